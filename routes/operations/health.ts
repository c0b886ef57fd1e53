// GET /health: says that the process answers. No dependency is asked.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import { allow } from '../options.ts'

const Health = Type.Object({
  status: Type.Literal('healthy', { description: 'Always this word; a process that cannot say it is not healthy.' }),
  timestamp: Type.String({ description: 'Time of the answer, ISO 8601 in UTC with milliseconds.' })
})

const health: FastifyPluginAsync = async app => {
  allow(app, '/health', 'GET,HEAD')
  app.get('/health', { schema: { response: { 200: Health } } }, async () => ({ status: 'healthy', timestamp: new Date().toISOString() }))
}

export default health
