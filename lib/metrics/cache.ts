// Metrics of the cache.
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { CacheEvent, CacheOperation } from '../cache/guard.ts'

/** Adds the metrics of the cache to a registry. @returns a function that counts what came of one call */
export function addCacheMetrics (registry: Registry): (operation: CacheOperation, event: CacheEvent) => void {
  const events = new Counter({
    name: 'tutti_cache_events_total',
    help: 'What came of asking the cache, of keeping results in it, and of asking leave to make one.',
    labelNames: ['operation', 'event'],
    registers: [registry]
  })
  return (operation, event) => events.inc({ operation, event })
}
