// Judges a soak: what was measured, what is allowed, and whether it is.
import type { LoadResult } from './load.ts'
import type { Sample } from './samples.ts'
import { afterWarmUp, floorOf, slopeOf } from './slope.ts'
import type { Point } from './slope.ts'

/** What a soak brought. */
export interface SoakResult {
  seed: number
  /** Answers a second at best, and visits a second during the soak. */
  capacity: number
  rate: number
  load: LoadResult
  /** Visits of each kind. */
  kinds: Record<string, number>
  samples: Sample[]
  /** Before the load, and after it when all has settled. */
  before: Sample
  after: Sample
  /** Stored requests: seen, looked into, and wrong ones among those. */
  stored: { seen: number, checked: number, wrong: number }
  /** Wrong answers while the capacity was found. */
  earlyWrongs: string[]
  exitCode: number | null
  stderr: string
  /** Log lines that tell of an error, but for those that the soak causes on purpose. */
  errors: Record<string, number>
}

/** One thing that was judged. */
export interface Finding {
  what: string
  measured: string
  allowed: string
  isRight: boolean
}

/** Bytes that the memory may grow by in a minute. */
const mostGrowth = 1024 * 1024

/** Open files that come and go with the threads that read large texts, which end when they have had nothing to do for a minute. */
const spareDescriptors = 16

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(2)} MB`

/** What must hold after a load of any length. */
export function judgeCounts ({ load, earlyWrongs, before, after, stored, exitCode, stderr, errors }: SoakResult): Finding[] {
  const wrongs = load.wrong + earlyWrongs.length
  const finding = (what: string, measured: number, most: number): Finding => ({ what, measured: String(measured), allowed: most === 0 ? '0' : `at most ${most}`, isRight: measured <= most })
  return [
    finding(`wrong answers among ${load.visits}`, wrongs, 0),
    finding(`wrong ones among ${stored.checked} stored requests`, stored.wrong, 0),
    ...Object.entries(after.gauges).map(([name, value]) => finding(`\`${name}\` after the load`, value, 0)),
    finding(`open files and connections after the load (${before.descriptors} before it)`, after.descriptors, before.descriptors + spareDescriptors),
    finding('error lines in the log', Object.values(errors).reduce((sum, each) => sum + each, 0), 0),
    finding('lines on standard error, warnings and rejections nobody handled among them', stderr.split('\n').filter(line => line !== '').length, 0),
    { what: 'exit code after SIGTERM', measured: String(exitCode), allowed: '0', isRight: exitCode === 0 }
  ]
}

/** What must hold over time, on a machine with nothing else to do; of no use for less than some minutes. */
export function judgePace ({ samples, load }: SoakResult): Finding[] {
  // Memory and files of the requests under way come and go with them: what is judged is what stays in a minute and a half, or in one.
  const rate = (value: (sample: Sample) => number | undefined, every: number) => slopeOf(floorOf(afterWarmUp(pointsOf(samples, value)), every))
  const growth = (what: string, slope: number): Finding =>
    ({ what, measured: `${megabytes(slope)} a minute`, allowed: 'less than 1 MB a minute', isRight: slope < mostGrowth })
  const descriptors = rate(sample => sample.descriptors, 12)
  const count = (what: string, measured: number, most: number): Finding => ({ what, measured: String(measured), allowed: `at most ${most}`, isRight: measured <= most })
  return [
    count('visits refused for want of room', load.refused, Math.ceil(load.visits / 100)),
    count('visits that could not be made', load.skipped, Math.ceil(load.visits / 100)),
    growth('resident memory', rate(({ rss }) => rss, 1)),
    growth('JavaScript heap that stays, garbage collected', rate(({ live }) => live?.heapUsed, 3)),
    growth('buffers that stay, garbage collected', rate(({ live }) => live?.external, 3)),
    {
      what: 'open files and connections that stay', measured: `${descriptors.toFixed(2)} a minute`, allowed: 'less than 0.5 a minute', isRight: descriptors < 0.5
    }
  ]
}

/** A series over time, without the samples that lack the value. */
export function pointsOf (samples: readonly Sample[], value: (sample: Sample) => number | undefined): Point[] {
  return samples.flatMap(sample => {
    const measured = value(sample)
    return measured === undefined ? [] : [[sample.minutes, measured] as const]
  })
}
