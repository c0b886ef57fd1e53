// Slopes of measurements over time, for finding leaks. Robust: a few wild values do not move them.
import { median } from '../../bench/statistics.ts'

/** One measurement: when, in minutes, and what. */
export type Point = readonly [minutes: number, value: number]

/**
 * The slope of a series by Theil and Sen (https://doi.org/10.1007/978-94-011-2546-8_20): the median of the slopes between all
 * pairs, in units a minute. Up to 29 % of the points may be anything.
 * @throws RangeError where there are not two moments
 */
export function slopeOf (points: readonly Point[]): number {
  const slopes: number[] = []
  for (const [index, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(index + 1)) if (otherX !== x) slopes.push((otherY - y) / (otherX - x))
  }
  return median(slopes)
}

/** The least of each so many points in a row: what stays when requests under way, of which there are now more and now fewer, are left out. */
export function floorOf (points: readonly Point[], every: number): Point[] {
  return points.flatMap((_, index) => {
    if (index % every !== 0) return []
    const group = points.slice(index, index + every)
    return [group.reduce((least, point) => point[1] < least[1] ? point : least, group[0] ?? [0, 0])]
  })
}

/** What is left when the start is cut off: the first third, but no more than so many minutes. */
export function afterWarmUp (points: readonly Point[], most = 10): Point[] {
  const [first = 0] = points[0] ?? []
  const [last = 0] = points.at(-1) ?? []
  const start = first + Math.min(most, (last - first) / 3)
  return points.filter(([minutes]) => minutes >= start)
}
