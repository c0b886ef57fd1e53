// A store in the memory of this process. What has not been asked for longest goes first where bytes run short.
import { LRUCache } from 'lru-cache'
import type { Store } from './cache.ts'

/** What an entry takes besides its value, in bytes: key, buffer object and places in the lists, roughly. */
export const entryOverhead = 512

/** Bounds of the memory. */
export interface MemoryOptions {
  /** Bytes of all values at most, overhead included. */
  bytes: number
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** Starts empty. Values are kept as they are given, not copied; one that alone is larger than all the memory is not taken. */
export function createMemoryStore ({ bytes, now = () => performance.now() }: MemoryOptions): Store & { readonly bytes: number } {
  const entries = new LRUCache<string, Buffer>({
    maxSize: bytes,
    sizeCalculation: value => value.length + entryOverhead,
    ttl: 1,
    // Asks the clock each time, and starts no timer.
    ttlResolution: 0,
    perf: { now }
  })
  return {
    name: 'memory',
    async get (key) { return entries.get(key) },
    async set (key, value, seconds) {
      entries.set(key, value, { ttl: seconds * 1000 })
      return entries.has(key)
    },
    async close () { entries.clear() },
    get bytes () { return entries.calculatedSize }
  }
}
