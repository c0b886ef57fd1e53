// The largest count of each box of a frame, without branches that depend on counts: counts are noise, and every other guess of the processor would be wrong.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import { scanBoxes } from './box-scan.ts'
import type { ReducedPixels } from './box-scan.ts'
import type { Boxes } from './boxes.ts'

/** Counts for comparison: those of 32 bits with a sign, so that overloads, and what no detector gives, are negative. */
type Comparable = Uint16Array | Int32Array

/** Finds the largest count of each box. Masked pixels are skipped; a box without any other is 0, and masked. */
export function boxMaxima (frame: Frame, rows: Boxes, columns: Boxes): ReducedPixels {
  const is16 = frame.pixels.BYTES_PER_ELEMENT === 2
  const source = is16 ? frame.pixels as Uint16Array : new Int32Array(frame.pixels.buffer, frame.pixels.byteOffset, frame.pixels.length)
  const memory = new SharedArrayBuffer(columns.starts.length * rows.starts.length * frame.pixels.BYTES_PER_ELEMENT)
  const pixels = is16 ? new Uint16Array(memory) : new Uint32Array(memory)
  const maxima = is16 ? new Uint16Array(memory) : new Int32Array(memory)
  const largest = is16 ? 0xffff : 0x7fffffff
  let saturated = 0
  const mask = scanBoxes(frame, rows, columns, ({ starts, ends, width }) => {
    const line = new Int32Array(width)
    const places = fivePlaces(starts, ends)
    return {
      joinRows: offsets => compareRows(source, offsets, line),
      joinColumns: (at, isDoubtful) => {
        if (places === undefined) compareColumns(line, starts, ends, largest, maxima, at, isDoubtful)
        else compareFiveColumns(line, places, largest, maxima, at, isDoubtful)
      },
      lookAt: (at, offsets, start, end) => {
        const { max, overloads, isSeen } = lookAt(frame, offsets, start, end)
        pixels[at] = max
        saturated += overloads
        return isSeen
      }
    }
  })
  return { pixels, mask, saturated }
}

/** Finds the maximum of each column of some rows; it is negative where one of the counts is. */
function compareRows (source: Comparable, offsets: readonly number[], line: Int32Array): void {
  const last = offsets.length - 1
  const [a, b, c, d, e] = Array.from({ length: 5 }, (_, row) => offsets[Math.min(row, last)]!) as [number, number, number, number, number]
  if (offsets.length <= 3) compareThree(source, a, b, c, line)
  else compareFive(source, a, b, c, d, e, line)
  for (let row = 5; row < offsets.length; row += 4) {
    const [a, b, c, d] = Array.from({ length: 4 }, (_, more) => offsets[Math.min(row + more, last)]!) as [number, number, number, number]
    compareFourMore(source, a, b, c, d, line)
  }
}

// Of two numbers without a sign below 2³¹ the larger is `a + (b - a)` where `b - a` is positive, and `a` where it is not.

function compareThree (source: Comparable, a: number, b: number, c: number, line: Int32Array): void {
  for (let x = 0; x < line.length; x++) {
    const first = source[a + x]!
    const second = source[b + x]!
    const third = source[c + x]!
    const more = (second - first) | 0
    const larger = (first + (more & ~(more >> 31))) | 0
    const most = (third - larger) | 0
    line[x] = (larger + (most & ~(most >> 31))) | ((first | second | third) & 0x80000000)
  }
}

function compareFive (source: Comparable, a: number, b: number, c: number, d: number, e: number, line: Int32Array): void {
  for (let x = 0; x < line.length; x++) {
    const first = source[a + x]!
    const second = source[b + x]!
    const third = source[c + x]!
    const fourth = source[d + x]!
    const fifth = source[e + x]!
    const more = (second - first) | 0
    const larger = (first + (more & ~(more >> 31))) | 0
    const moreOfOthers = (fourth - third) | 0
    const largerOfOthers = (third + (moreOfOthers & ~(moreOfOthers >> 31))) | 0
    const moreOfBoth = (largerOfOthers - larger) | 0
    const largerOfBoth = (larger + (moreOfBoth & ~(moreOfBoth >> 31))) | 0
    const most = (fifth - largerOfBoth) | 0
    line[x] = (largerOfBoth + (most & ~(most >> 31))) | ((first | second | third | fourth | fifth) & 0x80000000)
  }
}

function compareFourMore (source: Comparable, a: number, b: number, c: number, d: number, line: Int32Array): void {
  for (let x = 0; x < line.length; x++) {
    const first = source[a + x]!
    const second = source[b + x]!
    const third = source[c + x]!
    const fourth = source[d + x]!
    const known = line[x]!
    const more = (second - first) | 0
    const larger = (first + (more & ~(more >> 31))) | 0
    const moreOfOthers = (fourth - third) | 0
    const largerOfOthers = (third + (moreOfOthers & ~(moreOfOthers >> 31))) | 0
    const moreOfBoth = (largerOfOthers - larger) | 0
    const largerOfBoth = (larger + (moreOfBoth & ~(moreOfBoth >> 31))) | 0
    const most = (known - largerOfBoth) | 0
    line[x] = (largerOfBoth + (most & ~(most >> 31))) | ((first | second | third | fourth | known) & 0x80000000)
  }
}

/** Finds the maximum of each box of a line. Doubtful are those that are negative, or so large that it may be an overload. */
function compareColumns (line: Int32Array, starts: Int32Array, ends: Int32Array, largest: number, maxima: Comparable, offset: number, isDoubtful: Uint8Array): void {
  for (let box = 0; box < starts.length; box++) {
    const end = ends[box]!
    let at = starts[box]!
    let max = 0
    let signs = 0
    for (; at + 4 <= end; at += 4) {
      const first = line[at]!
      const second = line[at + 1]!
      const third = line[at + 2]!
      const fourth = line[at + 3]!
      const more = (second - first) | 0
      const larger = (first + (more & ~(more >> 31))) | 0
      const moreOfOthers = (fourth - third) | 0
      const largerOfOthers = (third + (moreOfOthers & ~(moreOfOthers >> 31))) | 0
      const moreOfBoth = (largerOfOthers - larger) | 0
      const largerOfBoth = (larger + (moreOfBoth & ~(moreOfBoth >> 31))) | 0
      const most = (largerOfBoth - max) | 0
      max = (max + (most & ~(most >> 31))) | 0
      signs |= first | second | third | fourth
    }
    for (; at < end; at++) {
      const count = line[at]!
      const more = (count - max) | 0
      max = (max + (more & ~(more >> 31))) | 0
      signs |= count
    }
    maxima[offset + box] = max
    if (signs < 0 || max === largest) isDoubtful[box] = 1
  }
}

/** As `compareColumns`, for boxes of up to five columns. */
function compareFiveColumns (line: Int32Array, places: Int32Array, largest: number, maxima: Comparable, offset: number, isDoubtful: Uint8Array): void {
  for (let box = 0; box < isDoubtful.length; box++) {
    const first = line[places[box * 5]!]!
    const second = line[places[box * 5 + 1]!]!
    const third = line[places[box * 5 + 2]!]!
    const fourth = line[places[box * 5 + 3]!]!
    const fifth = line[places[box * 5 + 4]!]!
    const more = (second - first) | 0
    const larger = (first + (more & ~(more >> 31))) | 0
    const moreOfOthers = (fourth - third) | 0
    const largerOfOthers = (third + (moreOfOthers & ~(moreOfOthers >> 31))) | 0
    const moreOfBoth = (largerOfOthers - larger) | 0
    const largerOfBoth = (larger + (moreOfBoth & ~(moreOfBoth >> 31))) | 0
    const most = (fifth - largerOfBoth) | 0
    const max = (largerOfBoth + (most & ~(most >> 31))) | 0
    maxima[offset + box] = max
    if ((first | second | third | fourth | fifth) < 0 || max === largest) isDoubtful[box] = 1
  }
}

/** Five columns for each box that together are all of it, some more than once; undefined where boxes are wider. */
function fivePlaces (starts: Int32Array, ends: Int32Array): Int32Array | undefined {
  const places = new Int32Array(starts.length * 5)
  for (let box = 0; box < starts.length; box++) {
    const [start, last] = [starts[box]!, ends[box]! - 1]
    if (last - start >= 5) return undefined
    // An empty box is looked at again; here it only must not reach beyond the line.
    for (let place = 0; place < 5; place++) places[box * 5 + place] = Math.max(0, Math.min(start + place, last))
  }
  return places
}

/** Looks at a box pixel by pixel. */
function lookAt ({ pixels, mask }: Frame, offsets: readonly number[], start: number, end: number): { max: number, overloads: number, isSeen: boolean } {
  const overload = overloadOf(pixels)
  let max = 0
  let overloads = 0
  let isSeen = false
  for (const offset of offsets) {
    for (let at = offset + start; at < offset + end; at++) {
      if (mask !== undefined && mask[at] !== 0) continue
      const count = pixels[at]!
      isSeen = true
      if (count === overload) overloads++
      if (count > max) max = count
    }
  }
  return { max, overloads, isSeen }
}
