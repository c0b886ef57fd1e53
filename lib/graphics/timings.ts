// How long the services of a request took, in the words that scripts for the IMAGE project look for in a log.
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
  /** Processors that this process may use. */
  processors: number
  /** The wall clock, in milliseconds since 1970. */
  wallClock?: () => number
  /** A monotonic clock in milliseconds. */
  now?: () => number
  /** Processor time of this thread so far, in milliseconds. */
  cpu: () => number
}

/** What came of a call, and when. */
interface Entry { outcome: Outcome, settled: number, cpu: number }

/** Most services that have a line. */
const mostServices = 100

/**
 * A clock of the processor time of this thread, in milliseconds, read once a millisecond at most. Measured: the time of the whole process, whose threads the kernel adds up, took
 * a tenth of the time of a busy server that asks twice for each service; that of the thread took 3 %.
 * @param now - a monotonic clock in milliseconds
 */
export function createProcessorClock (now: () => number = () => performance.now()): () => number {
  let read = -Infinity
  let time = 0
  return () => {
    if (now() - read >= 1) {
      read = now()
      const { user, system } = process.threadCpuUsage()
      time = (user + system) / 1000
    }
    return time
  }
}

/** Takes times from now on. The processor's time is that of the whole thread while the service was asked, and so that of all requests. */
export function createTimings (requestUuid: string, options: TimingsOptions): Timings {
  const { processors, cpu, wallClock = Date.now, now = () => performance.now() } = options
  const begin = now()
  const asked = new Map<string, number>()
  const entries: Entry[] = []

  const write = ({ outcome: { service, role, milliseconds }, settled, cpu }: Entry) => {
    const share = milliseconds > 0 ? cpu / milliseconds / processors * 100 : 0
    const label = `${role === 'handler' ? 'Handler' : 'Preprocessor'} ${JSON.stringify(service)}`
    return `req=${requestUuid} timestamp=${new Date(settled).toISOString()} label=${label} execution_time_ms=${milliseconds.toFixed(2)}ms ` +
      `cpu_time_ms=${cpu.toFixed(2)}ms normalized_cpu_usage_percent=${share.toFixed(2)}%`
  }

  return {
    onStart: ({ service, role }) => {
      if (asked.size < mostServices) asked.set(`${role} ${service.name}`, cpu())
    },
    onOutcome: outcome => {
      const before = asked.get(`${outcome.role} ${outcome.service}`)
      if (before !== undefined) entries.push({ outcome, settled: wallClock(), cpu: cpu() - before })
    },
    lines: () => [...entries.map(write), `req=${requestUuid} TotalRequestExecutionTime execution_time_ms=${(now() - begin).toFixed(2)}ms`]
  }
}
