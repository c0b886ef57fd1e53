// Keeps what services have found: in Redis, in memcached, or in the memory of this process.
import fp from 'fastify-plugin'
import { openCache } from '../lib/cache/open.ts'
import type { Cache } from '../lib/cache/cache.ts'
import { addCacheMetrics } from '../lib/metrics/cache.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What services have found, for as long as it may be kept. */
    cache: Cache
  }
}

export default fp(async app => {
  const { config, metrics } = app
  const count = addCacheMetrics(metrics.registry)
  const cache = await openCache({
    memcachedServers: config.MEMCACHIER_SERVERS ?? config.MEMCACHE_SERVERS,
    redisUrl: config.REDIS_URL,
    bytes: config.CACHE_BYTES,
    largestValue: config.CACHE_ITEM,
    timeout: config.CACHE_TIMEOUT,
    onEvent: count
  })
  app.log.info({ cache: cache.name }, 'results are cached')
  app.decorate('cache', cache)
  app.addHook('onClose', () => cache.close())
}, { name: 'cache', dependencies: ['config', 'metrics'] })
