// What a frame would count without spots: mean and spread block by block, with what stands out left out, and the count above which a pixel stands out.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'

/** Pixels in a row of a block, and rows of it. */
const side = 32

/** Of this many rows of a block one is looked at: half of its pixels tell its mean to a twentieth of their spread. */
const step = 2

/** Fewest pixels of a block that say what its background is; others take what their neighbours say. */
const fewest = 8

/** Standard deviations above the mean where a pixel stands out. One count comes on top: where next to nothing is counted, a single photon is many deviations. */
const deviations = 4

/** Standard deviations above the mean where counts no longer belong to the background of a block. */
const clipping = 3

/** Rounds in which counts are left out; blocks with spots take three or four. */
const mostRounds = 16

/** The background of a frame. Between the middles of blocks it is interpolated. */
export interface Background {
  /** Writes for each pixel of a row the largest count that does not stand out; the largest of all where that is not known. */
  limits (row: number, into: Uint32Array): void
  /** Mean and variance around a pixel; NaN where that is not known. */
  at (x: number, y: number): { mean: number, variance: number, limit: number }
}

/** The count above which a pixel stands out of a background. Counts spread at least as photons do (Poisson): their variance is their mean. */
export function limitOver (mean: number, variance: number): number {
  return mean + deviations * Math.sqrt(Math.max(variance, mean)) + 1
}

/** Looks at all blocks of a frame; overloads and masked pixels are left out. */
export function backgroundOf (frame: Frame): Background {
  const { height, width } = frame
  const columns = Math.ceil(width / side)
  const rows = Math.ceil(height / side)
  const means = new Float32Array(columns * rows)
  const variances = new Float32Array(columns * rows)
  const counts = new Uint32Array(side * side / step)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const n = gather(frame, column * side, row * side, counts)
      const { mean, variance } = n < fewest ? unknown : clipped(counts, n)
      means[row * columns + column] = mean
      variances[row * columns + column] = variance
    }
  }
  fillGaps(means, variances, columns, rows)
  const limits = Float64Array.from(means, (mean, block) => limitOver(mean, variances[block]!))
  const across = new Float64Array(columns)

  return {
    limits (row, into) {
      const [above, share] = between(row, rows)
      const below = Math.min(above + 1, rows - 1)
      for (let column = 0; column < columns; column++) {
        const upper = limits[above * columns + column]!
        const limit = share === 0 ? upper : upper + (limits[below * columns + column]! - upper) * share
        across[column] = limit <= most ? limit : most
      }
      spread(across, into, width)
    },
    at (x, y) {
      const block = Math.floor(y / side) * columns + Math.floor(x / side)
      return { mean: means[block] ?? NaN, variance: variances[block] ?? NaN, limit: limits[block] ?? NaN }
    }
  }
}

/** What no count is above. */
const most = 0xffffffff

const unknown = { mean: NaN, variance: NaN }

/** Takes the counts of a block that count. @returns how many */
function gather ({ height, mask, pixels, width }: Frame, left: number, top: number, into: Uint32Array): number {
  const overload = overloadOf(pixels)
  const right = Math.min(left + side, width)
  const bottom = Math.min(top + side, height)
  let n = 0
  for (let row = top; row < bottom; row += step) {
    const end = row * width + right
    for (let at = row * width + left; at < end; at++) {
      const count = pixels[at]!
      if (count === overload || (mask !== undefined && mask[at] !== 0)) continue
      into[n++] = count
    }
  }
  return n
}

/** Mean and variance of counts, without those far above, again and again until none is. The counts are moved about. */
function clipped (counts: Uint32Array, n: number): { mean: number, variance: number } {
  for (let round = 1, left = n; ; round++) {
    // Small numbers keep squares exact.
    const origin = counts[0]!
    let sum = 0
    let squares = 0
    for (let at = 0; at < left; at++) {
      const count = counts[at]! - origin
      sum += count
      squares += count * count
    }
    const offset = sum / left
    const mean = origin + offset
    const variance = Math.max(0, squares / left - offset * offset)
    const limit = mean + clipping * Math.sqrt(Math.max(variance, mean)) + 1
    let kept = 0
    for (let at = 0; at < left; at++) {
      const count = counts[at]!
      if (count <= limit) counts[kept++] = count
    }
    if (kept === left || round === mostRounds) return { mean, variance }
    left = kept
  }
}

/** Gives blocks that know nothing the mean of what the blocks around them know. */
function fillGaps (means: Float32Array, variances: Float32Array, columns: number, rows: number): void {
  const known = means.slice()
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!Number.isNaN(known[row * columns + column]!)) continue
      let n = 0
      let mean = 0
      let variance = 0
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
          const block = y * columns + x
          if (Number.isNaN(known[block]!)) continue
          n++
          mean += means[block]!
          variance += variances[block]!
        }
      }
      means[row * columns + column] = mean / n
      variances[row * columns + column] = variance / n
    }
  }
}

/** The block whose middle is before a place, and how far the place is from there to the next middle: 0 to 1. */
function between (place: number, blocks: number): [block: number, share: number] {
  const position = Math.min(Math.max((place - (side - 1) / 2) / side, 0), blocks - 1)
  const block = Math.floor(position)
  return [block, position - block]
}

/** Interpolates numbers of blocks for all pixels of a row, and makes them whole. */
function spread (across: Float64Array, into: Uint32Array, width: number): void {
  const last = across.length - 1
  const half = side / 2
  into.fill(across[0]!, 0, Math.min(half, width))
  for (let block = 0; block < last; block++) {
    const start = block * side + half
    const from = across[block]!
    const slope = (across[block + 1]! - from) / side
    const end = Math.min(start + side, width)
    for (let x = start; x < end; x++) into[x] = from + slope * (x - start + 0.5)
  }
  if (last * side + half < width) into.fill(across[last]!, last * side + half, width)
}
