// Pixels that stand out, as the LS-CAT image server counts them and calls them spots. There are more of them the larger the picture is; Bragg spots are found elsewhere.
import type { Reduced } from '../view.ts'
import { overloadIn } from './statistics.ts'

/** Rings of equal area around the beam that a pixel is compared within. */
const rings = 16

/**
 * Counts the pixels that are above the mean of their ring by more than 1.5 times its root mean square. Overloads count, but have no part in means.
 * @param beam - where the beam would hit, in pixels of the frame
 */
export function countSpots ({ width, height, pixels, window }: Reduced, beam: { readonly x: number, readonly y: number }): number {
  const overload = overloadIn(pixels)
  const x = (beam.x - window.x) * width / window.width
  const y = (beam.y - window.y) * height / window.height
  const [nearX, farX] = squareDistances(x, width)
  const [nearY, farY] = squareDistances(y, height)
  const near = nearX + nearY
  const area = (farX + farY - near) / rings
  const ringOf = new Uint8Array(width * height)
  const totals = { n: new Float64Array(rings), sums: new Float64Array(rings), squares: new Float64Array(rings) }
  for (let row = 0; row < height; row++) {
    findRings(ringOf, row * width, width, x, (row - y) * (row - y) - near, area)
    addUp(pixels, ringOf, row * width, width, overload, totals)
  }
  const thresholds = totals.n.map((n, ring) => n === 0 ? 0 : totals.sums[ring]! / n + 1.5 * Math.sqrt(totals.squares[ring]! / n))
  let spots = 0
  for (let row = 0; row < height; row++) spots += countAbove(pixels, ringOf, row * width, width, thresholds)
  return spots
}

/** Squares of the smallest and the largest distance from a place to pixels along one axis. */
function squareDistances (place: number, pixels: number): [near: number, far: number] {
  const [first, last] = [place * place, (pixels - place) * (pixels - place)]
  return [place >= 0 && place < pixels ? 0 : Math.min(first, last), Math.max(first, last)]
}

function findRings (ringOf: Uint8Array, offset: number, width: number, x: number, rowSquare: number, area: number): void {
  for (let column = 0; column < width; column++) {
    const ring = ((column - x) * (column - x) + rowSquare) / area
    ringOf[offset + column] = ring < 0 ? 0 : ring >= rings ? rings - 1 : ring
  }
}

function addUp (pixels: Reduced['pixels'], ringOf: Uint8Array, offset: number, width: number, overload: number, totals: { n: Float64Array, sums: Float64Array, squares: Float64Array }): void {
  let ring = ringOf[offset]!
  let n = 0
  let sum = 0
  let squares = 0
  for (let at = offset; at < offset + width; at++) {
    const count = pixels[at]!
    if (ringOf[at] !== ring) {
      totals.n[ring]! += n
      totals.sums[ring]! += sum
      totals.squares[ring]! += squares
      ring = ringOf[at]!
      n = 0
      sum = 0
      squares = 0
    }
    if (count === overload) continue
    n++
    sum += count
    squares += count * count
  }
  totals.n[ring]! += n
  totals.sums[ring]! += sum
  totals.squares[ring]! += squares
}

function countAbove (pixels: Reduced['pixels'], ringOf: Uint8Array, offset: number, width: number, thresholds: Float64Array): number {
  let above = 0
  for (let at = offset; at < offset + width; at++) if (pixels[at]! > thresholds[ringOf[at]!]!) above++
  return above
}
