// Which counts are white and black in a picture.
import type { Drawing, Reduced } from '../view.ts'
import { overloadIn, stretch } from './statistics.ts'

/** Counts at which a picture is white (and below) and black (and above). */
export interface Levels {
  readonly black: number
  readonly white: number
}

/**
 * The levels of a picture: those that a drawing states, else by percentile where it says so, else one standard deviation around the mean. Black is above white, and white
 * not below 0. Counts are cut to whole ones; means are not.
 */
export function levelsOf (reduced: Pick<Reduced, 'pixels' | 'mask' | 'statistics'>, { black, white, percentiles }: Pick<Drawing, 'black' | 'white' | 'percentiles'>): Levels {
  const [low, high] = black !== undefined && white !== undefined
    ? [white, black]
    : percentiles === undefined ? aroundMean(reduced) : percentilesOf(reduced, percentiles)
  const cut = reduced.pixels instanceof Float32Array ? (level: number) => level : Math.trunc
  const lower = Math.max(0, cut(white ?? low))
  const upper = cut(black ?? high)
  return { white: lower, black: upper > lower ? upper : lower + 1 }
}

function aroundMean ({ statistics: { mean = 0, stddev = 0 } }: Pick<Reduced, 'statistics'>): [low: number, high: number] {
  return [mean - stddev, mean + stddev]
}

/**
 * The smallest count that at least so many per cent of the pixels that count, overloads left out, do not exceed; for each of two percentages. 0 where there is no such pixel.
 */
export function percentilesOf ({ pixels, mask }: Pick<Reduced, 'pixels' | 'mask'>, [lower, upper]: readonly [lower: number, upper: number]): [low: number, high: number] {
  // Floats that are not negative rise as their bits do.
  const bits = pixels instanceof Float32Array ? new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length) : pixels
  const overload = pixels instanceof Float32Array ? 0x7f800000 : overloadIn(pixels)
  const shift = bits instanceof Uint16Array ? 0 : 16
  const classes = new Uint32Array(0x10000)
  let counted = 0
  for (let from = 0; from < bits.length; from += stretch) counted += classify(bits, mask, overload, shift, from, Math.min(from + stretch, bits.length), classes)
  const at = (percentage: number) => {
    if (counted === 0) return 0
    const rank = Math.min(counted, Math.max(1, Math.ceil(percentage / 100 * counted)))
    const [upper, before] = placeOf(classes, rank)
    if (shift === 0) return upper
    const lowerHalves = new Uint32Array(0x10000)
    for (let from = 0; from < bits.length; from += stretch) classifyLower(bits, mask, overload, upper, from, Math.min(from + stretch, bits.length), lowerHalves)
    const [lower] = placeOf(lowerHalves, rank - before)
    const found = new Uint32Array([upper * 0x10000 + lower])
    return pixels instanceof Float32Array ? new Float32Array(found.buffer)[0]! : found[0]!
  }
  return [at(lower), at(upper)]
}

/** Counts how often the upper bits of pixels occur. */
function classify (bits: Uint16Array | Uint32Array, mask: Uint8Array | undefined, overload: number, shift: number, from: number, to: number, classes: Uint32Array): number {
  let counted = 0
  for (let at = from; at < to; at++) {
    const count = bits[at]!
    if (count === overload || (mask !== undefined && mask[at] !== 0)) continue
    classes[count >>> shift]! += 1
    counted++
  }
  return counted
}

/** Counts how often the lower 16 bits occur in pixels whose upper ones are known. */
function classifyLower (bits: Uint16Array | Uint32Array, mask: Uint8Array | undefined, overload: number, upper: number, from: number, to: number, classes: Uint32Array): void {
  for (let at = from; at < to; at++) {
    const count = bits[at]!
    if (count >>> 16 === upper && count !== overload && (mask === undefined || mask[at] === 0)) classes[count & 0xffff]! += 1
  }
}

/** The class that has the pixel of a rank, from 1, and how many pixels the classes before have. */
function placeOf (classes: Uint32Array, rank: number): [place: number, before: number] {
  let before = 0
  let place = 0
  while (place < classes.length - 1 && before + classes[place]! < rank) before += classes[place++]!
  return [place, before]
}
