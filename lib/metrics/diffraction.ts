// Metrics of the module `diffraction`.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Workers } from '../diffraction/session.ts'
import { measure, total } from './registry.ts'

/** Numbers to read whenever the metrics are read. */
export interface DiffractionNumbers extends ReturnType<Workers['numbers']> {
  /** Whether sessions cannot be read. */
  readonly isTroubled: boolean
}

/** What is told of a task that has ended. */
export interface EndedTask {
  /** Its name, one of a few. */
  readonly task: string
  /** `done`, or the code of what went wrong. */
  readonly outcome: string
  /** How long it took. */
  readonly seconds: number
}

/** What is counted as it happens. */
export interface DiffractionCounts {
  /** A task has ended. */
  task (ended: EndedTask): void
  /** A session was asked for. @param result - `found`, `unavailable`, or the number that it was refused with */
  session (result: string): void
}

/** Upper bounds of the classes of a duration, in seconds: the bars of frames lie among them. */
const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300]

/** Adds the metrics of diffraction to a registry. */
export function addDiffractionMetrics (registry: Registry, read: () => DiffractionNumbers): DiffractionCounts {
  const registers = [registry]
  measure(registry, { name: 'tutti_diffraction_processes', help: 'Worker processes that run.', read: () => read().processes })
  measure(registry, { name: 'tutti_diffraction_in_flight', help: 'Tasks that worker processes have, or that wait for one.', read: () => read().inFlight })
  measure(registry, { name: 'tutti_diffraction_trouble', help: '1 where sessions cannot be looked up, otherwise 0.', aggregator: 'max', read: () => read().isTroubled ? 1 : 0 })
  total(registry, { name: 'tutti_diffraction_restarts_total', help: 'Worker processes that have ended while they were to go on.', read: () => read().restarts })
  total(registry, { name: 'tutti_diffraction_decoded_total', help: 'Frames that were decoded.', read: () => read().frames.decoded })
  total(registry, { name: 'tutti_diffraction_reduced_total', help: 'Frames that were reduced.', read: () => read().frames.reduced })
  const hits = new Counter({
    name: 'tutti_diffraction_hits_total',
    help: 'Reduced frames that were there already: in the process, or in the cache that servers share.',
    labelNames: ['place'],
    registers,
    collect () {
      const { frames } = read()
      hits.reset()
      hits.inc({ place: 'process' }, frames.hits)
      hits.inc({ place: 'shared' }, frames.sharedHits)
    }
  })
  const bytes = new Gauge({
    name: 'tutti_diffraction_cache_bytes',
    help: 'Bytes that worker processes keep: frames as read, masks, reduced frames.',
    labelNames: ['kind'],
    registers,
    collect () {
      for (const [kind, number] of Object.entries(read().frames.bytes)) bytes.set({ kind }, number)
    }
  })
  const tasks = new Counter({ name: 'tutti_diffraction_tasks_total', help: 'Tasks of worker processes that have ended.', labelNames: ['task', 'outcome'], registers })
  const durations = new Histogram({ name: 'tutti_diffraction_task_duration_seconds', help: 'Time that a task took.', labelNames: ['task'], buckets, registers })
  const sessions = new Counter({ name: 'tutti_diffraction_sessions_total', help: 'Sessions that were asked for.', labelNames: ['result'], registers })
  return {
    task ({ task, outcome, seconds }) {
      tasks.inc({ task, outcome })
      durations.observe({ task }, seconds)
    },
    session: result => sessions.inc({ result })
  }
}
