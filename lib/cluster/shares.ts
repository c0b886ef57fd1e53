// What each of several processes may have of the bounds that an operator sets for the whole server.
import type { Configuration } from '../configuration.ts'

/** Bounds that are for the whole server. */
const divided = ['CACHE_BYTES', 'DIFFRACTION_INDEXERS', 'DIFFRACTION_WORKERS', 'MAX_INFLIGHT', 'MAX_REQUESTS', 'PARALLEL_LIMIT', 'SERVICE_LIMIT', 'STORAGE_QUEUE', 'TRACKING_MAX_SOCKETS'] as const

/**
 * The share of a bound that one process has, at least 1: a bound smaller than the number of processes is exceeded.
 * @param bound - for all processes together, a whole number from 1
 * @param processes - how many there are, from 1
 */
export function shareOf (bound: number, processes: number): number {
  return Math.max(1, Math.floor(bound / processes))
}

/** The configuration of one of WORKERS processes: bounds of the whole server are divided, everything else is as it is. */
export function configurationOfWorker (configuration: Configuration): Configuration {
  const shares = Object.fromEntries(divided.map(name => [name, shareOf(configuration[name], configuration.WORKERS)]))
  return { ...configuration, ...shares }
}
