// Pixels that stand out and touch each other, by side or corner, found in one pass over the rows of a frame. What is kept grows with a row and with what stands out in it, not with the frame.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Background } from './background.ts'

/** Rows over which the background is taken for the same: it is known for blocks that are larger. */
const steadyRows = 4

/** Pixels that touch. Of overloads it is only known where they are. */
export interface Cluster {
  /** Pixels that are no overloads. */
  pixels: number
  /** Sums over these: of counts, places, and places times counts. */
  sum: number
  sumX: number
  sumY: number
  sumXCount: number
  sumYCount: number
  /** Largest count that is no overload. */
  brightest: number
  overloads: number
  overloadsX: number
  overloadsY: number
  left: number
  right: number
  top: number
  bottom: number
}

/** A cluster on its way: it may turn out to be a part of another one. */
interface Growing extends Cluster {
  partOf: Growing | undefined
  isDone: boolean
}

/** Neighbours in one row that all stand out. */
interface Run {
  readonly left: number
  readonly right: number
  readonly cluster: Growing
}

/**
 * Tells of each cluster once, in the order of their last rows.
 * @param background - says which pixels stand out; masked ones never do
 */
export function findClusters (frame: Frame, background: Background, onCluster: (cluster: Cluster) => void): void {
  const { height, mask, pixels, width } = frame
  const limits = new Uint32Array(width)
  let before: Run[] = []
  for (let row = 0; row < height; row++) {
    if (row % steadyRows === 0) background.limits(row, limits)
    const start = row * width
    const runs: Run[] = []
    for (let column = 0; column < width; column++) {
      // Most pixels do not stand out: the one comparison here decides how long a frame takes.
      if (!(pixels[start + column]! > limits[column]!) || (mask !== undefined && mask[start + column] !== 0)) continue
      const right = endOfRun(frame, limits, row, column + 1)
      runs.push({ left: column, right, cluster: clusterOf(frame, row, column, right) })
      // The pixel after it does not stand out.
      column = right + 1
    }
    join(runs, before)
    for (const { cluster } of before) tellOf(wholeOf(cluster), row, onCluster)
    before = runs
  }
  for (const { cluster } of before) tellOf(wholeOf(cluster), height, onCluster)
}

/** The last pixel of a run. @param next - pixel after its first one */
function endOfRun ({ mask, pixels, width }: Frame, limits: Uint32Array, row: number, next: number): number {
  for (let column = next; column < width; column++) {
    if (!(pixels[row * width + column]! > limits[column]!) || (mask !== undefined && mask[row * width + column] !== 0)) return column - 1
  }
  return width - 1
}

function clusterOf ({ pixels, width }: Frame, row: number, left: number, right: number): Growing {
  const overload = overloadOf(pixels)
  const cluster: Growing = {
    pixels: 0, sum: 0, sumX: 0, sumY: 0, sumXCount: 0, sumYCount: 0, brightest: 0, overloads: 0, overloadsX: 0, overloadsY: 0, left, right, top: row, bottom: row, partOf: undefined, isDone: false
  }
  for (let column = left; column <= right; column++) {
    const count = pixels[row * width + column]!
    if (count === overload) {
      cluster.overloads++
      cluster.overloadsX += column
      cluster.overloadsY += row
      continue
    }
    cluster.pixels++
    cluster.sum += count
    cluster.sumX += column
    cluster.sumY += row
    cluster.sumXCount += column * count
    cluster.sumYCount += row * count
    if (count > cluster.brightest) cluster.brightest = count
  }
  return cluster
}

/** Joins the clusters of runs that touch runs of the row before. Both are in the order of their places. */
function join (runs: readonly Run[], before: readonly Run[]): void {
  let first = 0
  for (const { cluster, left, right } of runs) {
    while (first < before.length && before[first]!.right < left - 1) first++
    for (let at = first; at < before.length && before[at]!.left <= right + 1; at++) unite(wholeOf(cluster), wholeOf(before[at]!.cluster))
  }
}

/** The cluster that one has become a part of, or itself. */
function wholeOf (cluster: Growing): Growing {
  let whole = cluster
  while (whole.partOf !== undefined) {
    // Each look shortens the way of the next one.
    if (whole.partOf.partOf !== undefined) whole.partOf = whole.partOf.partOf
    whole = whole.partOf
  }
  return whole
}

function unite (one: Growing, other: Growing): void {
  if (one === other) return
  const [small, large] = one.pixels + one.overloads < other.pixels + other.overloads ? [one, other] : [other, one]
  small.partOf = large
  large.pixels += small.pixels
  large.sum += small.sum
  large.sumX += small.sumX
  large.sumY += small.sumY
  large.sumXCount += small.sumXCount
  large.sumYCount += small.sumYCount
  large.brightest = Math.max(large.brightest, small.brightest)
  large.overloads += small.overloads
  large.overloadsX += small.overloadsX
  large.overloadsY += small.overloadsY
  large.left = Math.min(large.left, small.left)
  large.right = Math.max(large.right, small.right)
  large.top = Math.min(large.top, small.top)
  large.bottom = Math.max(large.bottom, small.bottom)
}

/** Tells of a cluster that has nothing in a row any more. */
function tellOf (cluster: Growing, row: number, onCluster: (cluster: Cluster) => void): void {
  if (cluster.isDone || cluster.bottom >= row) return
  cluster.isDone = true
  onCluster(cluster)
}
