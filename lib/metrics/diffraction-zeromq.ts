// Metrics of requests for frames by ZeroMQ.
import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { measure } from './registry.ts'

/** What is counted as it happens. */
export interface ZeroMqCounts {
  /** A request has been answered. @param result - `OK`, or the code of the error */
  answer (type: string, result: string, seconds: number): void
  /** A message was no request. */
  malformed (fault: string): void
  /** A reply could not be sent. */
  drop (reason: string): void
}

/** Adds the metrics to a registry. @param inFlight - requests that are dealt with now */
export function addZeroMqMetrics (registry: Registry, inFlight: () => number): ZeroMqCounts {
  const registers = [registry]
  measure(registry, { name: 'tutti_diffraction_zeromq_in_flight', help: 'Requests by ZeroMQ that are dealt with now.', read: inFlight })
  const answers = new Counter({ name: 'tutti_diffraction_zeromq_answers_total', help: 'Requests by ZeroMQ that were answered.', labelNames: ['type', 'result'], registers })
  const durations = new Histogram({
    name: 'tutti_diffraction_zeromq_answer_seconds',
    help: 'Time from a request by ZeroMQ to its reply.',
    labelNames: ['type'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300],
    registers
  })
  const malformed = new Counter({ name: 'tutti_diffraction_zeromq_malformed_total', help: 'Messages by ZeroMQ whose frames are not those of a request.', labelNames: ['fault'], registers })
  const dropped = new Counter({ name: 'tutti_diffraction_zeromq_dropped_total', help: 'Replies by ZeroMQ that could not be sent.', labelNames: ['reason'], registers })
  return {
    answer (type, result, seconds) {
      answers.inc({ type, result })
      durations.observe({ type }, seconds)
    },
    malformed: fault => malformed.inc({ fault }),
    drop: reason => dropped.inc({ reason })
  }
}
