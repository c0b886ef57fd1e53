// Counts how services do, in the registry of plugins/metrics.ts.
import fp from 'fastify-plugin'
import type { Outcome } from '../lib/graphics/outcome.ts'
import { addServiceMetrics } from '../lib/metrics/services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts how one service did for a request. */
    countOutcome: (outcome: Outcome) => void
  }
}

export default fp(async app => {
  const { metrics, discovery, replicas } = app
  app.decorate('countOutcome', addServiceMetrics({ registry: metrics.registry, discovery, replicaState: replicas.state }))
}, { name: 'service-metrics', dependencies: ['metrics', 'discovery', 'replicas'] })
