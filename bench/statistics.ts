// Numbers out of many measurements: medians with an interval, percentiles, and how fast a cost grows.

/** What repeated measurements say of one number. */
export interface Estimate {
  median: number
  /** The median lies between these two as often as asked for, and between the least and the greatest value where there are too few to say. */
  low: number
  high: number
}

/** The middle value. @throws RangeError where there is none */
export function median (values: readonly number[]): number {
  const sorted = ascending(values)
  return (at(sorted, Math.floor(sorted.length / 2)) + at(sorted, Math.ceil(sorted.length / 2) - 1)) / 2
}

/** The value that the share of all values, from 0 to 1, does not exceed (nearest rank). @throws RangeError where there is none */
export function percentile (values: readonly number[], share: number): number {
  const sorted = ascending(values)
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1))
}

/**
 * The median with an interval that assumes nothing of how the values are spread: two of the values themselves, as far from both ends as
 * the confidence allows (order statistics of the median; each value is above it with a chance of one half).
 * Five values give 94 %, six 97 %.
 * @throws RangeError where there are no values
 */
export function estimate (values: readonly number[], confidence = 0.95): Estimate {
  const sorted = ascending(values)
  const place = intervalPlace(sorted.length, confidence)
  return { median: median(sorted), low: at(sorted, place), high: at(sorted, sorted.length - 1 - place) }
}

/** How many values may be left out at each end. */
function intervalPlace (count: number, confidence: number): number {
  // Chance that no more than `place` of the values lie on one given side of the median.
  let chance = 0
  let term = 0.5 ** count
  for (let place = 0; place < count / 2; place++) {
    chance += term
    if (1 - 2 * chance < confidence) return Math.max(0, place - 1)
    term *= (count - place) / (place + 1)
  }
  return 0
}

/** One measurement of a cost: how much there was to do, and what it cost. Both above 0. */
export type Growth = readonly [size: number, cost: number]

/**
 * The exponent with which a cost grows: the slope of the straight line through the points on a double logarithmic scale (least squares). 1 is linear, 0 is no
 * growth at all, 2 is quadratic.
 * @throws RangeError where there are not two sizes
 */
export function exponent (points: readonly Growth[]): number {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const)
  const mean = (place: 0 | 1) => logs.reduce((sum, log) => sum + log[place], 0) / logs.length
  const [x, y] = [mean(0), mean(1)]
  const spread = logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0)
  if (!(spread > 0)) throw new RangeError('growth needs two sizes')
  return logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0) / spread
}

function ascending (values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

function at (values: readonly number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new RangeError('there are no values')
  return value
}
