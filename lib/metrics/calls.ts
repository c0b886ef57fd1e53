// Metrics of the calls to all services: what is under way and what waits.
import type { Registry } from 'prom-client'
import type { Limits } from '../limits.ts'
import type { SingleFlight } from '../single-flight.ts'
import { measure } from './registry.ts'

/** Where the numbers come from. */
export interface CallNumbers {
  limits: Pick<Limits, 'running' | 'waiting'>
  flights: Pick<SingleFlight<unknown>, 'size'>
}

/** Adds the metrics of calls to a registry. */
export function addCallMetrics (registry: Registry, { limits, flights }: CallNumbers): void {
  measure(registry, { name: 'tutti_calls_running', help: 'Calls that have one of PARALLEL_LIMIT places.', read: () => limits.running })
  measure(registry, { name: 'tutti_calls_waiting', help: 'Calls that wait for a place.', read: () => limits.waiting })
  measure(registry, { name: 'tutti_calls_shared', help: 'Calls whose result is kept, and goes to everybody who asks for the same meanwhile.', read: () => flights.size })
}
