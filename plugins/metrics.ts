// Counts requests and watches the process. What others count goes into the same registry.
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Siblings } from '../lib/cluster/worker.ts'
import { endStatus } from '../lib/end-status.ts'
import { addProcessMetrics } from '../lib/metrics/process.ts'
import { createMetricsRegistry } from '../lib/metrics/registry.ts'
import type { MetricsRegistry } from '../lib/metrics/registry.ts'
import { addRequestMetrics } from '../lib/metrics/requests.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything that is counted and measured; its text is that of all processes of the server. */
    metrics: MetricsRegistry
  }
}

export default fp<{ siblings?: Siblings | undefined }>(async (app, { siblings }) => {
  const metrics = createMetricsRegistry()
  const count = addRequestMetrics(metrics.registry)
  const endWatch = addProcessMetrics(metrics.registry)
  siblings?.measure(metrics.numbers)
  app.decorate('metrics', siblings === undefined ? metrics : { ...metrics, text: siblings.metrics })
  app.addHook('onClose', async () => endWatch())

  // The raw reply closes in every case, also where the client has gone; onResponse does not come then.
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { raw } = reply
    raw.once('close', () => count({
      route: request.routeOptions.url ?? 'unknown',
      status: endStatus(raw),
      seconds: reply.elapsedTime / 1000
    }))
  })
}, { name: 'metrics' })
