// How long the services of a request took, in the words that scripts for the IMAGE project look for in a log.
import { availableParallelism } from 'node:os'
import type { Outcome } from './outcome.ts'
import type { Step } from './plan.ts'

/** Takes the times of one request. */
export interface Timings {
  /** To be told of each call as it starts. */
  onStart: (step: Step) => void
  /** To be told of each outcome as it happens. */
  onOutcome: (outcome: Outcome) => void
  /** A line for each service that was asked, as they settled, and one for the whole request so far. */
  lines (): string[]
}

/** What times are taken with. */
export interface TimingsOptions {
  /** The wall clock, in milliseconds since 1970. */
  wallClock?: () => number
  /** A monotonic clock in milliseconds. */
  now?: () => number
  /** Processor time of this process so far, in milliseconds. */
  cpu?: () => number
  processors?: number
}

/** Processor time of this process so far, in milliseconds. */
function readProcessorTime (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * Processor time of this process so far, in milliseconds, looked at once a millisecond at most: the kernel adds up all threads for it, which took a tenth of
 * the time of a busy server that asked twice for each service.
 * @param now - a monotonic clock in milliseconds
 */
export function createProcessorClock (now: () => number = () => performance.now()): () => number {
  let read = -Infinity
  let time = 0
  return () => {
    const at = now()
    if (at - read >= 1) {
      read = at
      time = readProcessorTime()
    }
    return time
  }
}

/** Most services that have a line. */
const mostServices = 100

/** Takes times from now on. The processor's time is that of the whole server while the service was asked. */
export function createTimings (requestUuid: string, options: TimingsOptions = {}): Timings {
  const { wallClock = Date.now, now = () => performance.now(), cpu = readProcessorTime, processors = availableParallelism() } = options
  const begin = now()
  const asked = new Map<string, number>()
  const lines: string[] = []

  return {
    onStart: ({ service, role }) => {
      if (asked.size < mostServices) asked.set(`${role} ${service.name}`, cpu())
    },
    onOutcome: ({ service, role, milliseconds }) => {
      const before = asked.get(`${role} ${service}`)
      if (before === undefined) return
      const used = cpu() - before
      const share = milliseconds > 0 ? used / milliseconds / processors * 100 : 0
      const label = `${role === 'handler' ? 'Handler' : 'Preprocessor'} ${JSON.stringify(service)}`
      lines.push(`req=${requestUuid} timestamp=${new Date(wallClock()).toISOString()} label=${label} execution_time_ms=${milliseconds.toFixed(2)}ms ` +
        `cpu_time_ms=${used.toFixed(2)}ms normalized_cpu_usage_percent=${share.toFixed(2)}%`)
    },
    lines: () => [...lines, `req=${requestUuid} TotalRequestExecutionTime execution_time_ms=${(now() - begin).toFixed(2)}ms`]
  }
}
