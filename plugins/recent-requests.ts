// Remembers what became of the last requests to services, for operators.
import fp from 'fastify-plugin'
import { createRecentRequests } from '../lib/graphics/recent-requests.ts'
import type { RecentRequests } from '../lib/graphics/recent-requests.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What became of the last requests to /render and /render/preprocess. */
    recentRequests: RecentRequests
  }
}

export default fp(async app => {
  app.decorate('recentRequests', createRecentRequests(app.config.RECENT_REQUESTS))
}, { name: 'recent-requests', dependencies: ['config'] })
