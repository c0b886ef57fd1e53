// Pixels that stand out, as the LS-CAT image server counts them and calls them spots. There are more of them the larger the picture is; Bragg spots are found elsewhere.
import { aligned, simdOfThread } from '../simd/simd.ts'
import type { Reduced } from '../view.ts'
import { clearTotals, overloadIn, readTotals, totalsBytes } from './statistics.ts'

/** Rings of equal area around the beam that a pixel is compared within. */
const rings = 16

/**
 * Counts the pixels that are above the mean of their ring by more than 1.5 times its root mean square. Overloads count, but have no part in means.
 * @param beam - where the beam would hit, in pixels of the frame
 */
export function countSpots ({ width, height, pixels, window }: Reduced, beam: { readonly x: number, readonly y: number }): number {
  const x = (beam.x - window.x) * width / window.width
  const y = (beam.y - window.y) * height / window.height
  const [nearX, farX] = squareDistances(x, width)
  const [nearY, farY] = squareDistances(y, height)
  const near = nearX + nearY
  const runsOf = runsOfRow(width, x, (farX + farY - near) / rings)
  const row = placeForRow(pixels, width)
  const overload = overloadIn(pixels)
  // Ring, first place and the one after the last of each run, row by row.
  const runs: number[] = []
  const rows: number[] = [0]
  for (let line = 0; line < height; line++) {
    row.place(line * width)
    runsOf((line - y) * (line - y) - near, (ring, from, to) => {
      row.simd.addUp(row.at + 4 * from, row.at + 4 * to, overload, ring * totalsBytes)
      runs.push(ring, from, to)
    })
    rows.push(runs.length)
  }
  // More than a number that is not whole is more than the whole number below it.
  const levels = row.totals.map(each => {
    const { n, sum, squares } = readTotals(each)
    return n === 0 ? 0 : Math.min(0xffffffff, Math.floor(sum / n + 1.5 * Math.sqrt(squares / n)))
  })
  let spots = 0
  for (let line = 0; line < height; line++) {
    row.place(line * width)
    for (let run = rows[line]!; run < rows[line + 1]!; run += 3) spots += row.simd.countAbove(row.at + 4 * runs[run + 1]!, row.at + 4 * runs[run + 2]!, levels[runs[run]!]!)
  }
  return spots
}

/** Squares of the smallest and the largest distance from a place to pixels along one axis. */
function squareDistances (place: number, pixels: number): [near: number, far: number] {
  const [first, last] = [place * place, (pixels - place) * (pixels - place)]
  return [place >= 0 && place < pixels ? 0 : Math.min(first, last), Math.max(first, last)]
}

/** The memory of the loops: totals of all rings, and behind them one row of pixels. */
function placeForRow (pixels: Reduced['pixels'], width: number) {
  const simd = simdOfThread()
  const at = aligned(rings * totalsBytes)
  const memory = simd.memory(at + 4 * width)
  const totals = Array.from({ length: rings }, (_, ring) => new DataView(memory, ring * totalsBytes, totalsBytes))
  for (const each of totals) clearTotals(each)
  const row = new Uint32Array(memory, at, width)
  return { simd, at, totals, place: (from: number) => row.set(pixels.subarray(from, from + width)) }
}

/** Takes pixels of a row that lie in one ring, one after the other. */
type TakeRun = (ring: number, from: number, to: number) => void

/**
 * Cuts rows into runs of one ring. From the column of the beam rings only rise, to the left and to the right, so that each ends where the next is found to begin.
 * @param x - column of the beam
 * @param area - square of the distance that a ring is wide
 */
function runsOfRow (width: number, x: number, area: number): (rowSquare: number, take: TakeRun) => void {
  const middle = Math.min(width, Math.max(0, Math.ceil(x))) || 0
  return (rowSquare, take) => {
    const ringAt = (column: number) => {
      const ring = ((column - x) * (column - x) + rowSquare) / area
      return ring >= rings ? rings - 1 : ring >= 0 ? Math.trunc(ring) : 0
    }
    /** How far from the beam a ring begins, nearly. */
    const radius = (ring: number) => Math.sqrt(Math.max(0, ring * area - rowSquare))
    for (let from = 0; from < middle;) {
      const ring = ringAt(from)
      // The first column of the next ring inwards.
      let to = clamp(Math.floor(x - radius(ring)) + 1, from + 1, middle)
      while (to > from + 1 && ringAt(to - 1) !== ring) to--
      while (to < middle && ringAt(to) === ring) to++
      take(ring, from, to)
      from = to
    }
    for (let from = middle; from < width;) {
      const ring = ringAt(from)
      let to = ring === rings - 1 ? width : clamp(Math.ceil(x + radius(ring + 1)), from + 1, width)
      while (to > from + 1 && ringAt(to - 1) !== ring) to--
      while (to < width && ringAt(to) === ring) to++
      take(ring, from, to)
      from = to
    }
  }
}

/** A number within bounds; the lower one where it is none. */
function clamp (value: number, least: number, most: number): number {
  return value >= most ? most : value >= least ? value : least
}
