// Counts that are added up: over boxes of a frame (sum, mean), and over frames.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import { scanBoxes } from './box-scan.ts'
import type { BoxResult, Results } from './box-scan.ts'
import type { Boxes } from './boxes.ts'

/** Largest sum that is told from an overload. */
const largest = 0xfffffffe

/**
 * Adds up the counts of each box, or takes their mean. A box with an overload is one: 4294967295, or infinite as a mean. A box without pixels that count is 0, and masked.
 * @param results - get sums where they are integers, else means; as many as there are boxes, and all zeros
 */
export function boxSums (frame: Frame, rows: Boxes, columns: Boxes, { pixels, mask }: Results<Uint32Array | Float32Array>): BoxResult {
  const isMean = pixels instanceof Float32Array
  const overload = overloadOf(frame.pixels)
  let saturated = 0
  const isMasked = scanBoxes(frame, rows, columns, mask, ({ starts, ends, width }) => {
    const line = new Float64Array(width)
    let joined = 0
    return {
      joinRows: offsets => {
        addRows(frame.pixels, offsets, line)
        joined = offsets.length
      },
      joinColumns: (at, isDoubtful) => addColumns(line, joined, starts, ends, overload, isMean, pixels, at, isDoubtful),
      lookAt: (at, offsets, start, end) => {
        const { sum, counted, overloads } = lookAt(frame, offsets, start, end)
        saturated += overloads
        if (overloads > 0) pixels[at] = isMean ? Infinity : 0xffffffff
        else if (counted > 0) pixels[at] = isMean ? sum / counted : Math.min(sum, largest)
        else pixels[at] = 0
        return counted + overloads > 0
      }
    }
  })
  return { isMasked, saturated }
}

function addRows (source: Frame['pixels'], offsets: readonly number[], line: Float64Array): void {
  line.fill(0)
  const fours = offsets.length - offsets.length % 4
  for (let row = 0; row < fours; row += 4) addFour(source, offsets[row]!, offsets[row + 1]!, offsets[row + 2]!, offsets[row + 3]!, line)
  for (let row = fours; row < offsets.length; row++) addOne(source, offsets[row]!, line)
}

function addFour (source: Frame['pixels'], a: number, b: number, c: number, d: number, line: Float64Array): void {
  for (let x = 0; x < line.length; x++) line[x]! += (source[a + x]! + source[b + x]!) + (source[c + x]! + source[d + x]!)
}

function addOne (source: Frame['pixels'], offset: number, line: Float64Array): void {
  for (let x = 0; x < line.length; x++) line[x]! += source[offset + x]!
}

/** Adds up the columns of each box of a line. Doubtful is what is so large that there may be an overload in it. */
function addColumns (line: Float64Array, rows: number, starts: Int32Array, ends: Int32Array, overload: number, isMean: boolean, pixels: Float32Array | Uint32Array, offset: number, isDoubtful: Uint8Array): void {
  for (let box = 0; box < starts.length; box++) {
    let sum = 0
    for (let at = starts[box]!; at < ends[box]!; at++) sum += line[at]!
    pixels[offset + box] = isMean ? sum / (rows * (ends[box]! - starts[box]!)) : sum
    if (sum >= overload) isDoubtful[box] = 1
  }
}

/** Looks at a box pixel by pixel. */
function lookAt ({ pixels, mask }: Frame, offsets: readonly number[], start: number, end: number): { sum: number, counted: number, overloads: number } {
  const overload = overloadOf(pixels)
  let sum = 0
  let counted = 0
  let overloads = 0
  for (const offset of offsets) {
    for (let at = offset + start; at < offset + end; at++) {
      if (mask !== undefined && mask[at] !== 0) continue
      const count = pixels[at]!
      if (count === overload) overloads++
      else {
        sum += count
        counted++
      }
    }
  }
  return { sum, counted, overloads }
}

/**
 * Adds two frames up, pixel by pixel: an overload in either is one, and so is a pixel that does not count. Sums end at 4294967294.
 * @param into - memory for the sum; it may be that of either frame
 * @throws DiffractionError FILE_BROKEN where they differ in size
 */
export function addFrames (a: Frame, b: Frame, into?: Uint32Array<SharedArrayBuffer>): Frame {
  const { width, height } = a
  const length = width * height
  if (b.width !== width || b.height !== height) throw new DiffractionError('FILE_BROKEN', 'Frames of different sizes cannot be added up: ask for one frame.')
  const pixels = into?.length === length ? into : new Uint32Array(new SharedArrayBuffer(length * 4))
  for (let row = 0; row < height; row++) addPixels(a.pixels, b.pixels, pixels, row * width, (row + 1) * width)
  return { width, height, pixels, mask: eitherMask(a.mask, b.mask) }
}

function addPixels (a: Frame['pixels'], b: Frame['pixels'], pixels: Uint32Array, from: number, to: number): void {
  const overloadA = overloadOf(a)
  const overloadB = overloadOf(b)
  for (let at = from; at < to; at++) {
    const countA = a[at]!
    const countB = b[at]!
    pixels[at] = countA === overloadA || countB === overloadB ? 0xffffffff : Math.min(countA + countB, largest)
  }
}

function eitherMask (a: Frame['mask'], b: Frame['mask']): Frame['mask'] {
  if (a === undefined || b === undefined || a === b) return a ?? b
  const either = new Uint8Array(new SharedArrayBuffer(a.length))
  for (let at = 0; at < a.length; at++) either[at] = a[at]! | b[at]!
  return either
}
