// GET /metrics, for operators: everything that is counted, for Prometheus.
import type { FastifyPluginAsync } from 'fastify'
import { allow } from '../options.ts'

const metrics: FastifyPluginAsync = async app => {
  allow(app, '/metrics', 'GET,HEAD')
  app.get('/metrics', { onRequest: app.operatorOnly }, async (_request, reply) => {
    reply.type(app.metrics.contentType)
    return await app.metrics.text()
  })
}

export default metrics
