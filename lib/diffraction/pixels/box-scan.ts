// How a frame is gone through when boxes of it become pixels. This is where a picture of a whole frame spends its time: the rows of a box are joined to one line first, then
// the columns of that line, and no mask is looked at on the way. The few boxes with a masked pixel, or where the result is doubtful, are looked at again one by one.
import type { Frame } from '../frame.ts'
import type { Boxes } from './boxes.ts'
import { createMarker, maskedRuns } from './masks.ts'
import type { Runs } from './masks.ts'

/** What was met besides results. */
export interface BoxResult {
  /** Whether there are results for which no pixel that counts was met. */
  readonly isMasked: boolean
  /** Overloads that were met. */
  readonly saturated: number
}

/** Where results of boxes go. */
export interface Results<Pixels> {
  readonly pixels: Pixels
  /** 1 for each that has no pixel that counts. */
  readonly mask: Uint8Array
}

/** The columns that lie in any box, from the first one on. */
export interface Columns extends Boxes {
  /** How many. */
  readonly width: number
}

/** What becomes of boxes. `at` is the place of a result, `offsets` are the places in the frame where rows begin, at the first column of any box. */
export interface BoxWork {
  /** Joins rows to a line. */
  readonly joinRows: (offsets: readonly number[]) => void
  /** Makes a result of each box of the line, from `at` on, and says by a 1 which of them to look at again. */
  readonly joinColumns: (at: number, isDoubtful: Uint8Array) => void
  /** Makes the result of a box pixel by pixel, masked ones left out. Gives whether there was any other. */
  readonly lookAt: (at: number, offsets: readonly number[], start: number, end: number) => boolean
}

/**
 * Goes through all boxes.
 * @param mask - gets 1 for each that has no pixel that counts; all zeros, one for each box
 * @returns whether there are any
 */
export function scanBoxes (frame: Frame, rows: Boxes, columns: Boxes, mask: Uint8Array, workOn: (columns: Columns) => BoxWork): boolean {
  const [across, down] = [columns.starts.length, rows.starts.length]
  const left = columns.starts[0]!
  const width = columns.ends[across - 1]! - left
  const starts = columns.starts.map(start => start - left)
  const ends = columns.ends.map(end => end - left)
  const { joinRows, joinColumns, lookAt } = workOn({ starts, ends, width })
  const marker = createMarker(mask)
  const runsOf = frame.mask && maskedRuns(frame.mask)
  const boxesOf = boxesOfColumns(starts, ends, width)
  const isEmpty = Uint8Array.from(starts, (start, box) => start === ends[box] ? 1 : 0)
  const isDoubtful = new Uint8Array(across)
  for (let index = 0, at = 0; index < down; index++, at += across) {
    isDoubtful.set(isEmpty)
    const offsets = []
    let doubted: Runs = []
    for (let y = rows.starts[index]!; y < rows.ends[index]!; y++) {
      const offset = y * frame.width + left
      const runs = runsOf === undefined ? [] : runsOf(offset, width)
      if (runs[0] === 0 && runs[1] === width) continue
      offsets.push(offset)
      if (runs !== doubted) doubt(runs, boxesOf, isDoubtful)
      doubted = runs
    }
    if (offsets.length === 0) {
      marker.fill(at, at + across)
      continue
    }
    joinRows(offsets)
    joinColumns(at, isDoubtful)
    for (let box = isDoubtful.indexOf(1); box >= 0; box = isDoubtful.indexOf(1, box + 1)) {
      if (!lookAt(at + box, offsets, starts[box]!, ends[box]!)) marker.set(at + box)
    }
  }
  return marker.isMarked
}

/** Marks the boxes that masked runs lie in. */
function doubt (runs: Runs, { first, last }: { first: Int32Array, last: Int32Array }, isDoubtful: Uint8Array): void {
  for (let run = 0; run < runs.length; run += 2) {
    const end = last[runs[run + 1]! - 1]!
    for (let box = first[runs[run]!]!; box <= end; box++) isDoubtful[box] = 1
  }
}

/** For each column, the first and the last box that it is in; where it is in none, the last is before the first. */
function boxesOfColumns (starts: Int32Array, ends: Int32Array, width: number): { first: Int32Array, last: Int32Array } {
  const first = new Int32Array(width)
  const last = new Int32Array(width)
  for (let x = 0, from = 0, to = -1; x < width; x++) {
    while (from < ends.length && ends[from]! <= x) from++
    while (to + 1 < starts.length && starts[to + 1]! <= x) to++
    first[x] = from
    last[x] = to
  }
  return { first, last }
}
