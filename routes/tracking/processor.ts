// /processor: where the processors of cameras connect.
import type { FastifyPluginAsync } from 'fastify'
import { addPeerPath } from './peer-path.ts'

const processor: FastifyPluginAsync = async app => addPeerPath(app, '/processor', 'processor')

export default processor
