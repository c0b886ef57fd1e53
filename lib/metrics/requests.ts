// Metrics of the requests that clients send.
import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'

/** Upper bounds of the classes of a duration, in seconds; the last ones are the timeouts of services and requests. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120]

/** One request that has ended. */
export interface EndedRequest {
  /** Pattern of its route, one of a few. */
  route: string
  /** Status of the answer; 499 where the client went before it had it. */
  status: number
  /** How long it took. */
  seconds: number
}

/** Adds the metrics of requests to a registry. @returns a function that counts one request */
export function addRequestMetrics (registry: Registry): (request: EndedRequest) => void {
  const registers = [registry]
  const requests = new Counter({
    name: 'tutti_requests_total', help: 'Requests that have ended, by route and status; 499 where the client went away.', labelNames: ['route', 'status'], registers
  })
  const durations = new Histogram({
    name: 'tutti_request_duration_seconds', help: 'Time from the headers of a request to the end of its answer, by route.', labelNames: ['route'], buckets: durationBuckets, registers
  })
  return ({ route, status, seconds }) => {
    requests.inc({ route, status: String(status) })
    durations.observe({ route }, seconds)
  }
}
