// The score of a line: when each value sounds and how high, before any sound is made. Time follows x, pitch follows y.
import type { LineSeries } from '../line-charts/line-chart.ts'

/** A moment of a line. */
export interface Moment {
  /** Seconds from the start of the line. */
  time: number
  /** Height of the value within the range of the chart: 0 lowest, 1 highest. */
  level: number
}

/** A line as it will sound. */
export interface Score {
  /** Length of the line in seconds. */
  duration: number
  /** The stretches between gaps, each with its moments in order of time. */
  stretches: Moment[][]
  /** When the highest value sounds, in seconds. */
  highest: number
  /** The level below which values are negative; undefined when none is, or the scale has no zero. */
  zero: number | undefined
}

/** The range of values that lowest and highest pitch stand for. */
export interface Scale {
  lowest: number
  highest: number
  /** Whether the chart's own scale is logarithmic. */
  logarithmic: boolean
}

/** Shortest duration of a line, in seconds. */
export const shortest = 2
/** Longest duration of a line, in seconds. */
export const longest = 6

/*
 * Brown, Brewster, Ramloll, Burton and Riedel ("Design guidelines for audio presentation of graphs and tables", ICAD 2003) found 50 to 70 ms a value
 * quick but still followed; lines of many values move faster than their values can be told apart and are heard as a shape.
 */
const secondsPerPoint = 0.07

/** A shorter silence is not heard as one, in seconds: such a gap is bridged. */
const shortestGap = 0.03

/** Moments a second that are kept of a denser line: its extremes in each slice of time. */
const slicesPerSecond = 100

/** Gives how long a line of so many points sounds, in seconds: 2 to 6, or up to a shorter limit where several lines share the time. */
export function durationOf (points: number, limit = longest): number {
  return Math.min(Math.max(points * secondsPerPoint, shortest), limit)
}

/**
 * Gives the range of values of some lines, so that equal values of different lines sound equally high.
 * A logarithmic scale is only kept where all values are positive. Throws a RangeError for lines without points.
 */
export function scaleOf (lines: readonly LineSeries[], logarithmic: boolean): Scale {
  let lowest = Infinity
  let highest = -Infinity
  for (const { dataPoints } of lines) {
    for (const { y } of dataPoints) {
      lowest = Math.min(lowest, y)
      highest = Math.max(highest, y)
    }
  }
  if (lowest > highest) throw new RangeError('Lines without points have no scale')
  return { lowest, highest, logarithmic: logarithmic && lowest > 0 }
}

// Where value stands between low and high, 0 to 1; halves, because the range of two finite numbers may be infinite.
function portion (value: number, low: number, high: number): number {
  const range = high / 2 - low / 2
  return range > 0 ? Math.min(1, Math.max(0, (value / 2 - low / 2) / range)) : 0.5
}

function levelOf (value: number, { lowest, highest, logarithmic }: Scale): number {
  return logarithmic ? portion(Math.log(value), Math.log(lowest), Math.log(highest)) : portion(value, lowest, highest)
}

/** Writes the score of one line. Distances in x are kept; a line without any extent in x is one moment in the middle, which is held for the whole time. Linear in the number of points. */
export function scoreOf ({ dataPoints }: LineSeries, scale: Scale, duration: number): Score {
  const [start = 0, end = 0] = [dataPoints.at(0)?.x, dataPoints.at(-1)?.x]
  const stretches: Moment[][] = []
  let highest: Moment | undefined
  for (const { x, y, afterGap } of dataPoints) {
    const moment = { time: portion(x, start, end) * duration, level: levelOf(y, scale) }
    if (highest === undefined || moment.level > highest.level) highest = moment
    const stretch = stretches.at(-1)
    const silent = moment.time - (stretch?.at(-1)?.time ?? 0)
    if (stretch === undefined || (afterGap === true && silent >= shortestGap)) stretches.push([moment])
    else stretch.push(moment)
  }
  const zero = scale.lowest < 0 ? levelOf(Math.min(0, scale.highest), scale) : undefined
  // A single moment is heard for as long as a line would be.
  const whole = start === end ? stretches.map((stretch) => [{ time: 0, level: stretch[0]?.level ?? 0 }, ...stretch, { time: duration, level: stretch.at(-1)?.level ?? 0 }]) : stretches
  return { duration, stretches: whole.map(thinned), highest: highest?.time ?? 0, zero }
}

// Of a line with more values than can sound, each slice of time keeps its first, lowest, highest and last: the shape stays and no peak is lost.
function thinned (moments: Moment[]): Moment[] {
  const kept: Moment[] = []
  let slice: Moment[] = []
  const close = () => {
    kept.push(...(slice.length > 4 ? essential(slice) : slice))
    slice = []
  }
  for (const moment of moments) {
    const [first] = slice
    if (first && Math.floor(first.time * slicesPerSecond) !== Math.floor(moment.time * slicesPerSecond)) close()
    slice.push(moment)
    if (slice.length > 64) slice = essential(slice)
  }
  close()
  return kept
}

function essential (moments: Moment[]): Moment[] {
  const levels = moments.map(({ level }) => level)
  const keep = new Set([0, levels.indexOf(Math.min(...levels)), levels.indexOf(Math.max(...levels)), moments.length - 1])
  return moments.filter((_, index) => keep.has(index))
}
