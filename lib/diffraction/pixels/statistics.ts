// Numbers over the pixels of a reduced frame. As everywhere among pixels, the work is done by functions that are called for some thousand pixels at a time: V8 makes
// faster code of these than of one that goes through all of them once.
import { simdOfThread } from '../simd/simd.ts'
import type { Reduced, Statistics } from '../view.ts'

/** Pixels that are looked at in one go. */
export const stretch = 4096

/** The number that stands for an overload in pixels of that type. */
export function overloadIn (pixels: Reduced['pixels']): number {
  if (pixels instanceof Float32Array) return Infinity
  return pixels instanceof Uint16Array ? 0xffff : 0xffffffff
}

/**
 * Mean, spread and limits of pixels, overloads left out.
 * @param mask - pixels that are left out too
 * @param saturated - passed on
 */
export function statisticsOf (pixels: Reduced['pixels'], mask: Uint8Array | undefined, saturated: number): Statistics {
  const overload = overloadIn(pixels)
  const { n, sum, squares, min, max } = pixels instanceof Float32Array || mask !== undefined ? totalsOf(pixels, mask, overload) : wholeTotals(pixels, overload)
  if (n === 0) return { n, mean: undefined, rms: undefined, stddev: undefined, min: undefined, max: undefined, saturated }
  const mean = sum / n
  const meanSquare = squares / n
  // A sum of squares that is too large, or not whole, cannot be told from the square of the mean well enough.
  const variance = Number.isSafeInteger(squares) ? meanSquare - mean * mean : meanSquareFrom(mean, pixels, mask, overload, n)
  return { n, mean, rms: Math.sqrt(meanSquare), stddev: Math.sqrt(Math.max(0, variance)), min, max, saturated }
}

/** What pixels come to. */
interface Totals { n: number, sum: number, squares: number, min: number, max: number }

/** Totals of counts of which none is masked. The sum is exact; that of squares is where it is a whole number that can be told from the next one. */
function wholeTotals (pixels: Uint16Array | Uint32Array, overload: number): Totals {
  const simd = simdOfThread()
  const memory = simd.memory(totalsBytes + 4 * stretch)
  const totals = new DataView(memory, 0, totalsBytes)
  clearTotals(totals)
  const counts = new Uint32Array(memory, totalsBytes, stretch)
  for (let from = 0; from < pixels.length; from += stretch) {
    const some = pixels.subarray(from, from + stretch)
    counts.set(some)
    simd.addUp(totalsBytes, totalsBytes + 4 * some.length, overload, 0)
  }
  return readTotals(totals)
}

/** Bytes that the loops keep totals in. */
export const totalsBytes = 32

/** Begins totals with nothing. */
export function clearTotals (totals: DataView): void {
  for (let at = 0; at < totalsBytes; at += 8) totals.setFloat64(at, 0)
  totals.setUint32(24, 0xffffffff)
}

/** Reads totals as simd.wat has them. */
export function readTotals (totals: DataView): Totals {
  return { n: totals.getFloat64(0, true), sum: totals.getFloat64(8, true), squares: totals.getFloat64(16, true), min: totals.getUint32(24, true), max: totals.getUint32(28, true) }
}

function totalsOf (pixels: Reduced['pixels'], mask: Uint8Array | undefined, overload: number): Totals {
  const totals = { n: 0, sum: 0, squares: 0, min: Infinity, max: -Infinity }
  for (let from = 0; from < pixels.length; from += stretch) addUp(pixels, mask, overload, from, Math.min(from + stretch, pixels.length), totals)
  return totals
}

function addUp (pixels: Reduced['pixels'], mask: Uint8Array | undefined, overload: number, from: number, to: number, totals: Totals): void {
  let n = 0
  let sum = 0
  let squares = 0
  let { min, max } = totals
  for (let at = from; at < to; at++) {
    const count = pixels[at]!
    if (count === overload || (mask !== undefined && mask[at] !== 0)) continue
    n++
    sum += count
    squares += count * count
    if (count < min) min = count
    if (count > max) max = count
  }
  totals.n += n
  totals.sum += sum
  totals.squares += squares
  totals.min = min
  totals.max = max
}

/** Mean of the squares of what pixels differ from a number by. */
function meanSquareFrom (mean: number, pixels: Reduced['pixels'], mask: Uint8Array | undefined, overload: number, n: number): number {
  let squares = 0
  for (let from = 0; from < pixels.length; from += stretch) squares += squaresFrom(mean, pixels, mask, overload, from, Math.min(from + stretch, pixels.length))
  return squares / n
}

function squaresFrom (mean: number, pixels: Reduced['pixels'], mask: Uint8Array | undefined, overload: number, from: number, to: number): number {
  let squares = 0
  for (let at = from; at < to; at++) {
    const count = pixels[at]!
    if (count === overload || (mask !== undefined && mask[at] !== 0)) continue
    squares += (count - mean) * (count - mean)
  }
  return squares
}
