// How often each count occurs in a frame.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Histogram } from '../task.ts'
import { checkWhole } from './bounds.ts'

/** Most classes of a histogram, and rings of a radial profile. */
export const mostBins = 65536

/** Counts below this are tallied one by one; nearly all are. */
const small = 65536

/** What one look at a frame tells. */
interface Tally {
  /** How often each small count occurs. */
  readonly small: Uint32Array
  /** Smallest and largest count; Infinity and -Infinity where there is none. */
  readonly min: number
  readonly max: number
  readonly overloads: number
  readonly masked: number
}

/**
 * Counts pixels in classes of equal width from the smallest to the largest count; the last class has its upper border too. Where all counts are the same, or there
 * are none, the classes are as wide as one count together.
 * @throws DiffractionError REQUEST for no or too many bins
 */
export function histogramOf (frame: Frame, bins: number): Histogram {
  checkWhole('bins', bins, 1, mostBins)
  const tally = tallyOf(frame)
  const first = Number.isFinite(tally.min) ? tally.min : 0
  const span = tally.max > tally.min ? tally.max - tally.min : 1
  const counts = new Array<number>(bins).fill(0)
  const add = (count: number, times: number) => { counts[Math.min(bins - 1, Math.floor((count - first) * bins / span))]! += times }
  for (const [count, times] of tally.small.entries()) if (times > 0) add(count, times)
  if (tally.max >= small) addLarge(frame, add)
  return { borders: Array.from({ length: bins + 1 }, (_, border) => first + span * border / bins), counts, overloads: tally.overloads, masked: tally.masked }
}

function tallyOf ({ mask, pixels }: Frame): Tally {
  const overload = overloadOf(pixels)
  const tallies = new Uint32Array(small)
  let large = 0
  let min = Infinity
  let max = -Infinity
  let masked = 0
  let overloads = 0
  for (let at = 0; at < pixels.length; at++) {
    if (mask !== undefined && mask[at] !== 0) {
      masked++
      continue
    }
    const count = pixels[at]!
    if (count === overload) overloads++
    else if (count < small) tallies[count]!++
    else {
      large++
      if (count < min) min = count
      if (count > max) max = count
    }
  }
  const least = tallies.findIndex(times => times > 0)
  if (least !== -1) min = least
  if (large === 0 && least !== -1) max = tallies.findLastIndex(times => times > 0)
  return { small: tallies, min, max, overloads, masked }
}

function addLarge ({ mask, pixels }: Frame, add: (count: number, times: number) => void): void {
  const overload = overloadOf(pixels)
  for (let at = 0; at < pixels.length; at++) {
    const count = pixels[at]!
    if (count >= small && count !== overload && (mask === undefined || mask[at] === 0)) add(count, 1)
  }
}
