// Opens the cache that the configuration names: Redis, memcached or the memory of this process.
import type { Cache } from './cache.ts'
import { guard } from './guard.ts'
import type { GuardOptions } from './guard.ts'
import { chooseServer, createMemcachedStore, parseServers } from './memcached.ts'
import { createMemoryStore } from './memory.ts'

/** Where values are kept, and the bounds. */
export interface CacheOptions extends GuardOptions {
  /** Servers of memcached, `host:port,host:port`. They come before Redis, because whoever names them wants to share with others. */
  memcachedServers?: string
  /** Address of a Redis or Valkey. */
  redisUrl?: string
  /** Bytes of all values in memory, where neither is named. */
  bytes?: number
}

/**
 * Opens a cache.
 * @throws RangeError where the list of memcached servers is none
 */
export async function openCache (options: CacheOptions = {}): Promise<Cache> {
  const { memcachedServers, redisUrl, bytes = 256 * 1024 * 1024, largestValue = 5 * 1024 * 1024 } = options
  if (memcachedServers !== undefined) {
    // Each has a guard of its own: one that is dead does not take the others with it.
    return share(parseServers(memcachedServers).map(server => guard(createMemcachedStore({ ...server, largestValue }), options)))
  }
  if (redisUrl !== undefined) {
    // The client is large.
    const { createRedisStore } = await import('./redis.ts')
    return guard(createRedisStore({ url: redisUrl, largestValue }), options)
  }
  return guard(createMemoryStore({ bytes, now: options.now }), options)
}

/** Makes one cache of several, each of which has its share of the keys, chosen as memjs does. */
function share (caches: readonly Cache[]): Cache {
  return {
    name: 'memcached',
    get: async (key, signal) => await caches[chooseServer(key, caches.length)]?.get(key, signal),
    set: async (key, value, seconds) => { await caches[chooseServer(key, caches.length)]?.set(key, value, seconds) },
    close: async () => { await Promise.all(caches.map(cache => cache.close())) }
  }
}
