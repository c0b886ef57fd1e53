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

  // Counted here, and looked up when the metrics are read: to find a series by its labels takes longer than to count.
  const known = new Map<string, Map<string, Series>>()
  const series = () => [...known.values()].flatMap(each => [...each.values()])
  const counter = (name: string, help: string, labelNames: readonly Label[], read: (each: Series) => number) => new Counter({
    name,
    help,
    labelNames,
    registers,
    collect () {
      this.reset()
      for (const each of series()) {
        const count = read(each)
        if (count > 0) this.inc(Object.fromEntries(labelNames.map(label => [label, each[label]])), count)
      }
    }
  })
  counter('tutti_service_outcomes_total', 'How services did for requests; kind is done, not-applicable, failed, late or cancelled, and reason says why one failed.',
    ['service', 'role', 'kind', 'reason'], ({ count }) => count)
  counter('tutti_service_further_attempts_total', 'Attempts at another replica after a first one that failed.', ['service', 'role'], ({ further }) => further)
  const durations = new Histogram({
    name: 'tutti_service_duration_seconds', help: 'Time that a service took, further attempts included.', labelNames: ['service', 'role'], buckets: durationBuckets, registers
  })

  const forget = (service: string) => {
    for (const { role } of known.get(service)?.values() ?? []) durations.remove({ service, role })
    known.delete(service)
  }
  return ({ service, role, kind, reason = '', milliseconds, attempts = 1 }) => {
    let seen = known.get(service)
    if (seen === undefined) known.set(service, seen = new Map())
    const key = `${role} ${kind} ${reason}`
    let each = seen.get(key)
    if (each === undefined) seen.set(key, each = { service, role, kind, reason, count: 0, further: 0 })
    each.count += 1
    each.further += attempts - 1
    // One that was never called has no duration.
    if (milliseconds > 0) durations.observe({ service, role }, milliseconds / 1000)
    if (known.size <= limit) return
    const { services } = discovery.current()
    const gone = [...known.keys()].find(name => name !== service && !services.has(name))
    if (gone !== undefined) forget(gone)
  }
}

/** What tells one series from another. */
type Label = 'service' | 'role' | 'kind' | 'reason'

/** How often one service did one thing. */
interface Series extends Readonly<Record<Label, string>> {
  count: number
  /** Attempts at another replica. */
  further: number
}
