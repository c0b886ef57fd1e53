// The bars that the server is held to, and whether it clears them.
import { compare } from './ratio.ts'
import type { ScenarioResult, Turn } from './rounds.ts'
import { median } from './statistics.ts'

/** A bar, and the measurement that comes closest to it or misses it by most. */
export interface Bar {
  what: string
  allowed: string
  /** What was measured; undefined where nothing was. */
  measured: string | undefined
  /** The scenario in which it was. */
  where: string
  /** Whether the bar is cleared; undefined where nothing was measured. */
  holds: boolean | undefined
}

/** A bar as it is looked for: `size` of a scenario, undefined where the bar does not concern it, at most `limit`, or at least where `isFloor`. */
interface Rule {
  what: string
  allowed: string
  isFloor?: boolean
  limit: (result: ScenarioResult) => number
  size: (result: ScenarioResult) => number | undefined
  show: (size: number, limit: number) => string
}

const megabyte = 1024 * 1024
const times = (size: number) => `${size.toFixed(2)} ×`
const percent = (size: number) => `${(size * 100).toFixed(1)} %`
const milliseconds = (size: number) => `${size.toFixed(1)} ms`

/** Whether nothing but the server itself decides how long it takes. */
const isPlain = ({ scenario }: ScenarioResult) => scenario.services === 'at once' && scenario.cache === 'off'
const isLarge = ({ scenario }: ScenarioResult) => scenario.bytes >= 1_000_000

function latency (what: string, limit: number, large: boolean): Rule {
  return {
    what: `latency beside the lower bound, one request at a time, ${what}`,
    allowed: `at most ${times(limit)}`,
    limit: () => limit,
    size: result => isPlain(result) && result.scenario.concurrency === 1 && isLarge(result) === large ? compare(result)?.latency.median : undefined,
    show: times
  }
}

function throughput (what: string, limit: number, large: boolean): Rule {
  return {
    what: `throughput beside the lower bound, 8 at once, ${what}`,
    allowed: `at least ${times(limit)}`,
    isFloor: true,
    limit: () => limit,
    size: result => isPlain(result) && result.scenario.concurrency === 8 && isLarge(result) === large ? compare(result)?.throughput.median : undefined,
    show: times
  }
}

const rules: Rule[] = [
  latency('10 and 100 kB', 1.8, false),
  latency('1 and 5 MB', 1.4, true),
  throughput('10 and 100 kB', 0.55, false),
  throughput('1 and 5 MB', 0.7, true),
  {
    what: 'share of the time that is not the services\', one request at a time, services of 50 ms',
    allowed: 'below 4 %',
    limit: () => 0.04,
    size: ({ scenario, subjects }) => scenario.services === '50 ms' && scenario.concurrency === 1 ? middle(subjects.ours?.turns, turn => 1 - turn.busy / turn.mean) : undefined,
    show: percent
  },
  {
    what: 'processor time beside the lower bound, the graph of IMAGE at 1 MB',
    allowed: `at most ${times(1.5)}`,
    limit: () => 1.5,
    size: result => isPlain(result) && result.scenario.graph.name === 'image' && result.scenario.bytes === 1_000_000 ? compare(result)?.processor?.median : undefined,
    show: times
  },
  {
    what: 'time beyond a request for which nobody is called, everything known, one at a time',
    allowed: 'below 2 ms + 0.6 ms/MB',
    limit: ({ scenario }) => 2 + 0.6 * scenario.bytes / 1e6,
    size: ({ scenario, subjects }) => {
      if (scenario.graph.name !== 'preprocessors' || scenario.cache !== 'warm' || scenario.concurrency !== 1) return undefined
      return middle(subjects.ours?.turns, (turn, round) => turn.p50 - (subjects.empty?.turns[round]?.p50 ?? NaN))
    },
    show: (size, limit) => `${milliseconds(size)} of ${milliseconds(limit)}`
  },
  {
    what: 'event loop delay, 99th percentile, 5 MB, 8 at once',
    allowed: 'below 25 ms',
    limit: () => 25,
    size: result => isPlain(result) && result.scenario.bytes === 5_000_000 && result.scenario.concurrency === 8 ? middle(result.subjects.ours?.turns, turn => turn.delay) : undefined,
    show: milliseconds
  },
  {
    what: 'most memory',
    allowed: 'below 8 × body × requests at once + 150 MB',
    limit: ({ scenario }) => 8 * scenario.bytes * scenario.concurrency + 150 * megabyte,
    size: ({ subjects }) => subjects.ours?.peak,
    show: (size, limit) => `${(size / megabyte).toFixed(0)} MB of ${(limit / megabyte).toFixed(0)} MB`
  },
  {
    what: 'from start to ready',
    allowed: 'below 1 s',
    limit: () => 1000,
    size: ({ subjects }) => subjects.ours?.start,
    show: size => `${size.toFixed(0)} ms`
  }
]

/** Judges everything that was measured, one line for each bar. */
export function judge (results: readonly ScenarioResult[]): Bar[] {
  return rules.map(({ what, allowed, isFloor = false, limit, size, show }) => {
    const found = results.flatMap(result => {
      const measured = size(result)
      if (measured === undefined || Number.isNaN(measured)) return []
      const bound = limit(result)
      return [{ measured, bound, where: result.scenario.name, strain: isFloor ? bound / measured : measured / bound }]
    })
    const worst = found.toSorted((a, b) => b.strain - a.strain)[0]
    return { what, allowed, measured: worst && show(worst.measured, worst.bound), where: worst?.where ?? '', holds: worst && worst.strain <= 1 }
  })
}

/** The middle of what all turns say; undefined where they say nothing. */
function middle (turns: readonly Turn[] | undefined, read: (turn: Turn, round: number) => number | undefined): number | undefined {
  const values = (turns ?? []).map(read).filter(value => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}
