// Finds Bragg spots: pixels that stand out of the background of their block, clusters of them that are as large as spots are, and what each of these has above the
// background right around it.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { FoundSpots, Spot } from '../task.ts'
import type { Geometry } from '../view.ts'
import { backgroundOf, limitOver } from './background.ts'
import type { Background } from './background.ts'
import { checkWhole } from './bounds.ts'
import { findClusters } from './clusters.ts'
import type { Cluster } from './clusters.ts'
import { iceShare } from './ice.ts'
import { spacingAt } from './resolution.ts'

/** Fewest pixels of a spot: a cosmic ray or a bad pixel has one or two. */
const fewestPixels = 3

/** Most pixels of a spot, and most in a row or column of it: what is larger is a ring, a shadow's edge or the beam itself. */
const mostPixels = 1000
const longestSide = 64

/** Smallest ratio of signal to noise. */
const smallestRatio = 3

/** Pixels around a spot that its background is taken from: those nearest are left out, as the spot may reach into them. */
const gap = 1
const margin = 5

/** Fewest pixels around a spot that say what its background is; with less, that of its block stands. */
const fewestAround = 12

/** Most spots that may be asked for. */
export const mostSpots = 100_000

/**
 * Finds spots, strongest first. A spot whose middle is overloaded is found too; its overloads then count as much as the largest count that is none, so that it is
 * stronger than it says.
 * @param limit - most spots in the result
 * @throws DiffractionError REQUEST for no or too many spots
 */
export function findSpots (frame: Frame, geometry: Geometry | undefined, limit: number): FoundSpots {
  checkWhole('limit', limit, 1, mostSpots)
  const background = backgroundOf(frame)
  const spots: Spot[] = []
  let found = 0
  findClusters(frame, background, cluster => {
    const spot = spotOf(frame, geometry, background, cluster)
    if (spot === undefined) return
    found++
    spots.push(spot)
    if (spots.length >= 2 * limit + 1024) keepStrongest(spots, limit)
  })
  keepStrongest(spots, limit)
  return { spots, found, ice: geometry === undefined ? undefined : iceShare(spots) }
}

function keepStrongest (spots: Spot[], limit: number): void {
  spots.sort((one, other) => other.intensity - one.intensity)
  if (spots.length > limit) spots.length = limit
}

/** Looks closer at a cluster. @returns undefined where it is no spot */
function spotOf (frame: Frame, geometry: Geometry | undefined, background: Background, cluster: Cluster): Spot | undefined {
  const { brightest, overloads } = cluster
  const pixels = cluster.pixels + overloads
  if (cluster.pixels === 0 || pixels < fewestPixels || pixels > mostPixels) return undefined
  if (cluster.right - cluster.left >= longestSide || cluster.bottom - cluster.top >= longestSide) return undefined
  const block = background.at((cluster.left + cluster.right) >> 1, (cluster.top + cluster.bottom) >> 1)
  if (!standsAlone(frame, block.limit, cluster)) return undefined
  const { mean, n, variance } = around(frame, block, cluster)
  // Slopes, and rings narrower than a block, stand out of their block but not of what is next to them.
  if (!(overloads > 0 || brightest > limitOver(mean, variance))) return undefined
  const total = cluster.sum + overloads * brightest
  const intensity = total - pixels * mean
  // Photons spread by their number; what the background spreads more than that comes on top, and so does not knowing its mean better.
  const noise = Math.sqrt(total + pixels * Math.max(0, variance - mean) + pixels * pixels * variance / n)
  const snr = intensity / noise
  if (!(snr >= smallestRatio)) return undefined
  const x = (cluster.sumXCount + cluster.overloadsX * brightest - mean * (cluster.sumX + cluster.overloadsX)) / intensity
  const y = (cluster.sumYCount + cluster.overloadsY * brightest - mean * (cluster.sumY + cluster.overloadsY)) / intensity
  if (!(x >= cluster.left && x <= cluster.right && y >= cluster.top && y <= cluster.bottom)) return undefined
  const d = geometry === undefined ? undefined : spacingAt(geometry, x, y)
  return { x, y, intensity, snr, pixels, d: d !== undefined && Number.isFinite(d) ? d : undefined }
}

/** Whether a cluster ends on each side. Where it does not, it is the edge of something large whose inside its block takes for background. */
function standsAlone (frame: Frame, limit: number, { bottom, left, right, top }: Cluster): boolean {
  const next = gap + 1
  return !isBright(frame, limit, left, top - next, right, top - next) && !isBright(frame, limit, left, bottom + next, right, bottom + next) &&
    !isBright(frame, limit, left - next, top, left - next, bottom) && !isBright(frame, limit, right + next, top, right + next, bottom)
}

/** Whether most pixels of a rectangle stand out, of those that are in the frame and count. */
function isBright ({ height, mask, pixels, width }: Frame, limit: number, left: number, top: number, right: number, bottom: number): boolean {
  let bright = 0
  let n = 0
  for (let row = Math.max(0, top); row <= Math.min(height - 1, bottom); row++) {
    for (let column = Math.max(0, left); column <= Math.min(width - 1, right); column++) {
      const at = row * width + column
      if (mask !== undefined && mask[at] !== 0) continue
      n++
      if (pixels[at]! > limit) bright++
    }
  }
  return 2 * bright > n
}

/** Background right around a cluster, without what stands out there as well. */
function around ({ height, mask, pixels, width }: Frame, block: ReturnType<Background['at']>, { bottom, left, right, top }: Cluster): { mean: number, variance: number, n: number } {
  const overload = overloadOf(pixels)
  const lastColumn = Math.min(width - 1, right + margin)
  const lastRow = Math.min(height - 1, bottom + margin)
  let n = 0
  let sum = 0
  let squares = 0
  for (let row = Math.max(0, top - margin); row <= lastRow; row++) {
    const isBeside = row >= top - gap && row <= bottom + gap
    for (let column = Math.max(0, left - margin); column <= lastColumn; column++) {
      if (isBeside && column >= left - gap && column <= right + gap) column = right + gap + 1
      if (column > lastColumn) break
      const at = row * width + column
      const count = pixels[at]!
      if (count === overload || count > block.limit || (mask !== undefined && mask[at] !== 0)) continue
      n++
      sum += count
      squares += count * count
    }
  }
  if (n < fewestAround) return { mean: block.mean, variance: block.variance, n: fewestAround }
  const mean = sum / n
  return { mean, variance: Math.max(mean, squares / n - mean * mean), n }
}
