// /client: where the interfaces of operators connect.
import type { FastifyPluginAsync } from 'fastify'
import { addPeerPath } from './peer-path.ts'

const client: FastifyPluginAsync = async app => addPeerPath(app, '/client', 'client')

export default client
