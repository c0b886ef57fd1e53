// Metrics of storing requests.
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { StoreStatus } from '../storage/store.ts'
import { measure } from './registry.ts'

/** Numbers to read whenever the metrics are read. */
export type StorageNumbers = StoreStatus & {
  /** Folders of requests removed because their time was up. */
  removed: number
}

/** Adds the metrics of storage to a registry. */
export function addStorageMetrics (registry: Registry, read: () => StorageNumbers): void {
  const registers = [registry]
  const results = ['saved', 'failed', 'dropped'] as const
  const requests = new Counter({
    name: 'tutti_storage_requests_total',
    help: 'Requests that were to be stored: saved, failed (the disk) or dropped (too much was waiting).',
    labelNames: ['result'],
    registers,
    collect () {
      requests.reset()
      const numbers = read()
      for (const result of results) requests.inc({ result }, numbers[result])
    }
  })
  const removed = new Counter({
    name: 'tutti_storage_removed_total',
    help: 'Stored requests that were removed because their time was up.',
    registers,
    collect () {
      removed.reset()
      removed.inc(read().removed)
    }
  })
  measure(registry, { name: 'tutti_storage_trouble', help: '1 where requests cannot be stored or removed as they should be, otherwise 0.', aggregator: 'max', read: () => read().trouble === undefined ? 0 : 1 })
  measure(registry, { name: 'tutti_storage_queued', help: 'Requests waiting to be stored.', read: () => read().queued })
  measure(registry, { name: 'tutti_storage_queued_bytes', help: 'Bytes waiting to be stored.', read: () => read().queuedBytes })
}
