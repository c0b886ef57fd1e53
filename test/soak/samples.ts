// What is measured of a server during a soak.
import { readExposition } from '../lib/fixtures/exposition.ts'
import type { ObservedServer } from './children.ts'
import type { Client } from './exchange.ts'
import type { Reading } from './probe.ts'

/** One look at the server. */
export type Sample = Reading & {
  /** Since the sampler was made. */
  minutes: number
  descriptors: number
  /** Everything under way, by the name of its metric. */
  gauges: Record<Gauge, number>
  /** Requests that were stored, let go for want of a faster disk, and removed again; results by event, and number of the list of services. */
  counters: { saved: number, dropped: number, removed: number, hits: number, misses: number, revision: number }
}

const gaugeNames = ['tutti_requests_in_flight', 'tutti_body_bytes_in_flight', 'tutti_calls_in_flight', 'tutti_storage_queued', 'tutti_storage_queued_bytes'] as const

/** A metric that is 0 when nothing is under way. */
export type Gauge = (typeof gaugeNames)[number]

/** Looks at a server. */
export interface Sampler {
  /** @param collect - whether the garbage is collected, after the memory has been measured */
  sample (collect?: boolean): Promise<Sample>
}

/** Makes a sampler; its time begins now. It asks for metrics as the operator. */
export function createSampler (server: ObservedServer, client: Client, operatorToken: string): Sampler {
  const start = performance.now()
  return {
    async sample (collect = false) {
      const reading = await server.probe({ collect })
      const descriptors = await server.descriptors()
      // From an address of its own, which no limit concerns.
      const page = await client.ask({ path: '/metrics', from: '127.0.0.3', headers: { authorization: `Bearer ${operatorToken}` } })
      if (page?.status !== 200) throw new Error(`the metrics cannot be read: ${page?.status}`)
      const exposition = readExposition(page.body.toString())
      const sum = (name: string) => {
        if (!exposition.types.has(name)) throw new Error(`there is no metric ${name}`)
        // Over all services, where it tells of each.
        return exposition.labels(name, 'service').reduce((total, service) => total + (exposition.value(name, service === '' ? {} : { service }) ?? 0), 0)
      }
      const read = (name: string, labels?: Record<string, string>) => exposition.value(name, labels) ?? 0
      return {
        ...reading,
        minutes: (performance.now() - start) / 60000,
        descriptors,
        gauges: Object.fromEntries(gaugeNames.map(name => [name, sum(name)])) as Record<Gauge, number>,
        counters: {
          saved: read('tutti_storage_requests_total', { result: 'saved' }),
          dropped: read('tutti_storage_requests_total', { result: 'dropped' }),
          removed: read('tutti_storage_removed_total'),
          hits: read('tutti_cache_events_total', { operation: 'get', event: 'hit' }),
          misses: read('tutti_cache_events_total', { operation: 'get', event: 'miss' }),
          revision: read('tutti_topology_revision')
        }
      }
    }
  }
}

/** Whether nothing is under way; the request that asks is no graphic. */
export function isIdle ({ gauges }: Sample): boolean {
  return Object.values(gauges).every(value => value === 0)
}
