// The largest count of each box of a frame.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import { aligned, simdOfThread } from '../simd/simd.ts'
import { scanBoxes } from './box-scan.ts'
import type { BoxResult, BoxWork, Columns, Results } from './box-scan.ts'
import type { Boxes } from './boxes.ts'

/** Most columns of a frame: those of some rows must fit into the memory of a thread. */
const mostColumns = 1024 * 1024

/** Rows that are looked at in one go, so that they stay in the cache of a core. */
const mostRows = 16

/**
 * Finds the largest count of each box. Masked pixels are skipped; a box without any other is 0, and masked.
 * @param results - get them; as many as there are boxes, and all zeros
 * @throws DiffractionError TOO_LARGE for a frame of more than a million columns
 */
export function boxMaxima (frame: Frame, rows: Boxes, columns: Boxes, { pixels, mask }: Results<Uint16Array | Uint32Array>): BoxResult {
  if (frame.width > mostColumns) throw new DiffractionError('TOO_LARGE', `A frame is at most ${mostColumns} pixels wide.`)
  let saturated = 0
  const isMasked = scanBoxes(frame, rows, columns, mask, within => ({
    ...unmaskedMaxima(frame, within, pixels),
    lookAt: (at, offsets, start, end) => {
      const { max, overloads, isSeen } = lookAt(frame, offsets, start, end)
      pixels[at] = max
      saturated += overloads
      return isSeen
    }
  }))
  return { isMasked, saturated }
}

/** Maxima of whole boxes, for those in which nothing is masked. Those with an overload are doubtful: how many there are is found by looking. */
function unmaskedMaxima ({ pixels: source }: Frame, { starts, ends, width }: Columns, pixels: Uint16Array | Uint32Array): Pick<BoxWork, 'joinRows' | 'joinColumns'> {
  const simd = simdOfThread()
  const is16 = source.BYTES_PER_ELEMENT === 2
  const raise = is16 ? simd.raise16 : simd.raise32
  const boxes = starts.length
  // Where things lie: rows, their maxima with 32 bits each, where boxes start and end, their maxima, and whether there are overloads among them.
  const row = aligned(width * source.BYTES_PER_ELEMENT)
  const line = row * mostRows
  const lineBytes = is16 ? 2 * row : row
  const { span, narrow } = spanOf(starts, ends)
  // What lies behind a line is read with it.
  const behind = line + lineBytes + aligned(4 * (span ?? 0)) + 16
  const [startsAt, endsAt, maximaAt, overloadedAt] = [0, 1, 2, 3].map(each => behind + each * aligned(boxes * 4)) as [number, number, number, number]
  const memory = simd.memory(overloadedAt + boxes)
  new Int32Array(memory, startsAt, boxes).set(starts)
  new Int32Array(memory, endsAt, boxes).set(ends)
  const bytes = Buffer.from(memory)
  const joined = new Uint8Array(memory, line, lineBytes)
  const maxima = new Uint32Array(memory, maximaAt, boxes)
  const overloaded = new Uint8Array(memory, overloadedAt, boxes)
  const overload = overloadOf(source)
  // As bytes, since what threads share is copied word by word otherwise.
  const unit = source.BYTES_PER_ELEMENT
  const sourceBytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  let [lastOffset, lastPlace]: [offset: number, place: number] = [-1, 0]
  return {
    joinRows (offsets) {
      // All of it may lie outside of the frame.
      if (width === 0) return
      joined.fill(0)
      let next = 0
      // The last row of a box may be the first of the next one.
      if (offsets[0] === lastOffset) {
        raise(1, row, lastPlace, line)
        next = 1
      }
      while (next < offsets.length) {
        const rows = Math.min(mostRows, offsets.length - next)
        for (let index = 0; index < rows; index++) {
          const from = unit * offsets[next + index]!
          sourceBytes.copy(bytes, index * row, from, from + unit * width)
        }
        raise(rows, row, 0, line)
        next += rows
        lastPlace = (rows - 1) * row
      }
      lastOffset = offsets.at(-1) ?? -1
    },
    joinColumns (at, isDoubtful) {
      const hasOverload = span === undefined
        ? simd.boxMaxima(line, startsAt, endsAt, boxes, overload, maximaAt, overloadedAt)
        : simd.spanMaxima(line, width, span, startsAt, endsAt, boxes, overload, maximaAt, overloadedAt)
      pixels.set(maxima, at)
      for (const box of narrow) isDoubtful[box] = 1
      if (hasOverload !== 0) for (let box = overloaded.indexOf(1); box >= 0; box = overloaded.indexOf(1, box + 1)) isDoubtful[box] = 1
    }
  }
}

/** How many boxes in a hundred may be narrower than the others, and are looked at pixel by pixel. */
const mostNarrow = 2

/** The largest power of 2 that the widest box is as wide as, and the boxes that are narrower. No span where these are many. */
function spanOf (starts: Int32Array, ends: Int32Array): { span: number | undefined, narrow: readonly number[] } {
  const widths = starts.map((start, box) => ends[box]! - start)
  const widest = widths.reduce((most, width) => Math.max(most, width), 0)
  const span = 2 ** Math.floor(Math.log2(widest))
  const narrow: number[] = []
  widths.forEach((width, box) => { if (width > 0 && width < span) narrow.push(box) })
  return widest > 0 && narrow.length <= Math.max(2, widths.length * mostNarrow / 100) ? { span, narrow } : { span: undefined, narrow: [] }
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
