// Counts requests and watches the process. What others count goes into the same registry.
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { addProcessMetrics } from '../lib/metrics/process.ts'
import { createMetricsRegistry } from '../lib/metrics/registry.ts'
import type { MetricsRegistry } from '../lib/metrics/registry.ts'
import { addRequestMetrics } from '../lib/metrics/requests.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything that is counted and measured. */
    metrics: MetricsRegistry
  }
}

export default fp(async app => {
  const metrics = createMetricsRegistry()
  const count = addRequestMetrics(metrics.registry)
  const endWatch = addProcessMetrics(metrics.registry)
  app.decorate('metrics', metrics)
  app.addHook('onClose', async () => endWatch())

  // The raw reply closes in every case, also where the client has gone; onResponse does not come then.
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { raw } = reply
    raw.once('close', () => count({
      route: request.routeOptions.url ?? 'unknown',
      status: raw.writableFinished ? raw.statusCode : 499,
      seconds: reply.elapsedTime / 1000
    }))
  })
}, { name: 'metrics' })
