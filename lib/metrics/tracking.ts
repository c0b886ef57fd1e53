// Metrics of the module `tracking`.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { ConnectionNumbers, Tally } from '../tracking/connections/connections.ts'
import type { Side } from '../tracking/connections/peer.ts'
import { measure, total } from './registry.ts'

/** Numbers to read whenever the metrics are read. */
export interface TrackingNumbers extends ConnectionNumbers {
  /** Objects that are tracked. */
  objects: number
  /** Processors that are registered, at all servers. */
  processors: number
  /** Whether what is tracked cannot be kept as it should be. */
  isTroubled: boolean
}

/** Adds the metrics of tracking to a registry. @returns a function that is told how long it took to hand boxes to all clients, in seconds */
export function addTrackingMetrics (registry: Registry, read: () => TrackingNumbers): (seconds: number) => void {
  const registers = [registry]
  const sockets = new Gauge({
    name: 'tutti_tracking_sockets',
    help: 'Connections that are open now.',
    labelNames: ['side'],
    registers,
    collect () {
      for (const [side, number] of Object.entries(read().sockets)) sockets.set({ side }, number)
    }
  })
  const count = (name: string, help: string, label: string, tallies: (numbers: TrackingNumbers) => Record<Side, Tally>) => {
    const counter = new Counter({
      name,
      help,
      labelNames: ['side', label],
      registers,
      collect () {
        counter.reset()
        for (const [side, tally] of Object.entries(tallies(read()))) {
          for (const [value, number] of Object.entries(tally)) counter.inc({ side, [label]: value }, number)
        }
      }
    })
  }
  count('tutti_tracking_messages_total', 'Messages of clients and processors.', 'type', ({ messages }) => messages)
  count('tutti_tracking_refusals_total', 'Messages of clients and processors that were not taken.', 'reason', ({ refusals }) => refusals)
  count('tutti_tracking_tokens_total', 'Tokens of clients and processors, by what came of them.', 'result', ({ tokens }) => tokens)
  count('tutti_tracking_closes_total', 'Connections that have ended, by the code they were closed with.', 'code', ({ closes }) => closes)
  total(registry, { name: 'tutti_tracking_dropped_total', help: 'Boxes that were not sent because newer ones of the same camera came.', read: () => read().dropped })
  measure(registry, { name: 'tutti_tracking_backlog_bytes', help: 'Bytes that wait for clients and processors.', read: () => read().backlog })
  // The same at all processes of a server, which share them.
  measure(registry, { name: 'tutti_tracking_objects', help: 'Objects that are tracked.', aggregator: 'max', read: () => read().objects })
  measure(registry, { name: 'tutti_tracking_processors', help: 'Cameras that a processor answers for.', aggregator: 'max', read: () => read().processors })
  measure(registry, { name: 'tutti_tracking_trouble', help: '1 where what is tracked, or who has seen it, cannot be kept as it should be, otherwise 0.', aggregator: 'max', read: () => read().isTroubled ? 1 : 0 })
  const fanOut = new Histogram({
    name: 'tutti_tracking_fan_out_seconds',
    help: 'Time to hand boxes to the connections of all clients, of one message in sixteen.',
    buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    registers
  })
  return seconds => fanOut.observe(seconds)
}
