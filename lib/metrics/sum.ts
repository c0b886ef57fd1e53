// Makes the metrics of one server out of those of its processes. What processes that have ended had counted stays counted: a sum that
// falls looks like a restart of everything.
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'
import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** Everything that one process has counted and measured. */
export type Numbers = Array<MetricObjectWithValues<MetricValue<string>>>

/** Metrics of several processes. */
export interface MetricsSum {
  /** Says what a process has counted by now. */
  put (process: number, numbers: Numbers): void
  /** Says that a process has ended: what it had counted, as far as that is known, is kept. What it had measured is gone. */
  end (process: number): void
  /**
   * Everything together, in the Prometheus text format. A process that has said nothing new counts with what it said last.
   * @param processes - how many answer requests now
   */
  text (processes: number): Promise<string>
}

/** Most values that are kept of processes that have ended; with more of them counting begins again. */
const mostKept = 50_000

/** Makes a sum of no process. */
export function createMetricsSum (): MetricsSum {
  const own = new Registry()
  const newest = new Map<number, Numbers>()
  let past: Numbers = []
  const alive = new Gauge({ name: 'tutti_workers', help: 'Processes that answer requests.', registers: [own] })
  const ends = new Counter({ name: 'tutti_worker_ends_total', help: 'Processes that have ended while the server was to go on.', registers: [own] })

  return {
    put (process, numbers) {
      newest.set(process, numbers)
    },
    end (process) {
      const counted = newest.get(process)?.filter(({ type }) => isCounted(type)) ?? []
      newest.delete(process)
      ends.inc()
      past = together([past, counted])
      if (past.reduce((sum, { values }) => sum + values.length, 0) > mostKept) past = []
    },
    async text (processes) {
      alive.set(processes)
      return await AggregatorRegistry.aggregate([past, ...newest.values(), await own.getMetricsAsJSON()]).metrics()
    }
  }
}

/** Several numbers as one; what the registry has made of them is there at once. */
function together (all: Numbers[]): Numbers {
  return AggregatorRegistry.aggregate(all).getMetricsAsArray() as unknown as Numbers
}

/** Whether metrics of this type only grow. */
function isCounted (type: unknown): boolean {
  return type === 'counter' || type === 'histogram'
}
