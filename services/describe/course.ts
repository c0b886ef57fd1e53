// The course of a line: where it begins and ends, its extremes, and the turns that a reader of the chart would notice. Knows no language.

/** A point of a line. */
export interface Place {
  x: number
  y: number
}

/** The course of a line. */
export interface Course<P extends Place> {
  first: P
  last: P
  /** The first of the highest points, and the first of the lowest ones. */
  highest: P
  lowest: P
  /** How many points share the highest and the lowest value. */
  highestCount: number
  lowestCount: number
  /** The points where the line turns from rising to falling or back, in order; each leg between them spans at least a fifth of the range. */
  turns: P[]
  /** What the line does over all, from its first to its last point: less than a fifth of its range is level. */
  trend: 'rising' | 'falling' | 'level'
}

/** A move of the line that is smaller than this part of its range is not worth a word. */
const noticeable = 0.2

/**
 * Gives the course of a line; undefined for a line without points. Turns are those of a zigzag filter: a high (low) counts as a turn once the line has come down (up)
 * from it by a fifth of the range. Linear in the number of points.
 */
export function courseOf<P extends Place> (points: readonly P[]): Course<P> | undefined {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return undefined
  let highest = first
  let lowest = first
  let highestCount = 0
  let lowestCount = 0
  for (const point of points) {
    if (point.y > highest.y) [highest, highestCount] = [point, 0]
    if (point.y < lowest.y) [lowest, lowestCount] = [point, 0]
    if (point.y === highest.y) highestCount++
    if (point.y === lowest.y) lowestCount++
  }
  // All in halves: the difference of two finite numbers may be infinite, that of their halves is not.
  const threshold = (highest.y / 2 - lowest.y / 2) * noticeable
  const change = last.y / 2 - first.y / 2
  const trend = threshold === 0 || Math.abs(change) < threshold ? 'level' : change > 0 ? 'rising' : 'falling'
  return { first, last, highest, lowest, highestCount, lowestCount, turns: turnsOf(points, first, threshold), trend }
}

function turnsOf<P extends Place> (points: readonly P[], first: P, threshold: number): P[] {
  const turns: P[] = []
  if (threshold === 0) return turns
  let direction: 'up' | 'down' | undefined
  let high = first
  let low = first
  for (const point of points) {
    if (point.y > high.y) high = point
    if (point.y < low.y) low = point
    if (direction !== 'down' && high.y / 2 - point.y / 2 >= threshold) {
      if (direction === 'up') turns.push(high)
      direction = 'down'
      low = point
    } else if (direction !== 'up' && point.y / 2 - low.y / 2 >= threshold) {
      if (direction === 'down') turns.push(low)
      direction = 'up'
      high = point
    }
  }
  return turns
}
