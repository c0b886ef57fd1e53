// Metrics of the services: what is there, how far that can be trusted, and how calls end.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Replica, ServiceDiscovery } from '../discovery/topology.ts'
import type { ReplicaState } from '../graphics/replicas.ts'
import type { Outcome } from '../graphics/outcome.ts'
import { measure } from './registry.ts'
import { durationBuckets } from './requests.ts'

/** Where the numbers come from. */
export interface ServiceMetricsOptions {
  registry: Registry
  discovery: ServiceDiscovery
  /** What is known of a replica from calling it. */
  replicaState: (replica: Replica) => ReplicaState
  /** Most services whose past is remembered after they have gone; a container may have a new name at every start. */
  limit?: number
  /** The wall clock, in milliseconds since 1970. */
  now?: () => number
}

/** Adds the metrics of services to a registry. @returns a function that counts one outcome */
export function addServiceMetrics ({ registry, discovery, replicaState, limit = 500, now = Date.now }: ServiceMetricsOptions): (outcome: Outcome) => void {
  const registers = [registry]
  // Each of several processes knows all services: the worst is told, and only calls are added up.
  const gauge = (name: string, help: string, read: () => number | undefined, aggregator: 'max' | 'min' = 'max') => measure(registry, { name, help, read, aggregator })
  const gaugeByService = (name: string, help: string, read: (replicas: readonly Replica[]) => number, aggregator: 'max' | 'sum' = 'max') => new Gauge({
    name,
    help,
    aggregator,
    labelNames: ['service'],
    registers,
    collect () {
      this.reset()
      for (const { name, replicas } of discovery.current().services.values()) this.set({ service: name }, read(replicas))
    }
  })

  gauge('tutti_ready', '1 where requests can be answered, 0 before services have been looked for.', () => discovery.status().obstacle === undefined ? 1 : 0, 'min')
  gauge('tutti_discovery_trouble', '1 where the list of services may be out of date, otherwise 0.', () => discovery.status().trouble === undefined ? 0 : 1)
  gauge('tutti_discovery_age_seconds', 'Time since the list of services was last known to be true; absent before there is one.', () => {
    const { confirmedAt } = discovery.status()
    return confirmedAt === undefined ? undefined : Math.max(0, now() - confirmedAt) / 1000
  })
  gauge('tutti_topology_revision', 'Number of the list of services; grows with every change.', () => discovery.current().revision)
  gauge('tutti_topology_problems', 'Services and containers that are not as they should be; /topology names them.', () => discovery.current().problems.length)
  gauge('tutti_services', 'Services that can be called.', () => discovery.current().services.size)
  gaugeByService('tutti_replicas', 'Replicas of a service.', replicas => replicas.length)
  gaugeByService('tutti_replicas_set_aside', 'Replicas of a service that get no calls for a while because they failed.',
    replicas => replicas.filter(replica => replicaState(replica).setAsideUntil !== undefined).length)
  gaugeByService('tutti_calls_in_flight', 'Calls to a service that are under way.',
    replicas => replicas.reduce((sum, replica) => sum + replicaState(replica).inFlight, 0), 'sum')

  const outcomes = new Counter({
    name: 'tutti_service_outcomes_total',
    help: 'How services did for requests; kind is done, not-applicable, failed, late or cancelled, and reason says why one failed.',
    labelNames: ['service', 'role', 'kind', 'reason'],
    registers
  })
  const durations = new Histogram({
    name: 'tutti_service_duration_seconds', help: 'Time that a service took, further attempts included.', labelNames: ['service', 'role'], buckets: durationBuckets, registers
  })

  const further = new Counter({
    name: 'tutti_service_further_attempts_total', help: 'Attempts at another replica after a first one that failed.', labelNames: ['service', 'role'], registers
  })

  const known = new Map<string, Map<string, Record<'service' | 'role' | 'kind' | 'reason', string>>>()
  const forget = (service: string) => {
    for (const series of known.get(service)?.values() ?? []) {
      outcomes.remove(series)
      durations.remove({ service, role: series.role })
      further.remove({ service, role: series.role })
    }
    known.delete(service)
  }
  return ({ service, role, kind, reason = '', milliseconds, attempts = 1 }) => {
    const series = { service, role, kind, reason }
    const seen = known.get(service) ?? new Map()
    known.set(service, seen.set(`${role} ${kind} ${reason}`, series))
    outcomes.inc(series)
    // One that was never called has no duration.
    if (milliseconds > 0) durations.observe({ service, role }, milliseconds / 1000)
    if (attempts > 1) further.inc({ service, role }, attempts - 1)
    if (known.size <= limit) return
    const { services } = discovery.current()
    const gone = [...known.keys()].find(name => name !== service && !services.has(name))
    if (gone !== undefined) forget(gone)
  }
}
