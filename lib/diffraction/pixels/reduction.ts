// Fewer pixels out of a frame: what part of it, and how its pixels become those of a picture.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Reduced, Reduction, Window } from '../view.ts'
import type { BoxResult, Results } from './box-scan.ts'
import { legacyBoxes, legacyBoxSize, legacyNearest, nearest, partition } from './boxes.ts'
import type { Axis, Boxes } from './boxes.ts'
import { createMarker } from './masks.ts'
import { boxMaxima } from './maxima.ts'
import { statisticsOf } from './statistics.ts'
import { boxSums } from './sums.ts'

/** The part of a frame that is meant, in its pixels. It may lie outside of the frame, in part or all of it, and is one pixel wide and high at least. */
export function windowOf (part: Reduction['part'], frameWidth: number, frameHeight: number): Window {
  if (part === 'whole') return { x: 0, y: 0, width: frameWidth, height: frameHeight }
  if (!('zoom' in part)) return part
  const width = Math.max(1, Math.trunc(frameWidth / part.zoom))
  const height = Math.max(1, Math.trunc(frameHeight / part.zoom))
  return { x: Math.trunc(width * part.column), y: Math.trunc(height * part.row), width, height }
}

/** Rows of a picture of that width that shows pixels of a window as high as they are wide. */
export function heightOf (width: number, window: Pick<Window, 'width' | 'height'>): number {
  return Math.max(1, Math.round(width * window.height / window.width))
}

/** What came of one of several shares of the rows of a result, besides what is in memory. */
export type ReducedShare = BoxResult

/**
 * Reduces a frame. Mode `legacy` counts masked pixels as 0 in its statistics, as the LS-CAT image server does; the others leave them out.
 * What lies outside of the frame is masked.
 * @returns without spots; `reduction.frames` is of no account here
 * @throws DiffractionError REQUEST for sizes that are none
 */
export function reduce (frame: Frame, reduction: Reduction): Reduced {
  const memory = memoryForReduced(frame, reduction)
  return joinShares(frame, reduction, memory, [reduceShare(frame, reduction, 0, 1, memory)])
}

/** Memory of a reduced frame, whatever is in it. */
export interface ReducedMemory {
  readonly pixels: SharedArrayBuffer
  readonly mask: SharedArrayBuffer
}

/** Bytes that the pixels of a reduced frame will take, and its mask, if it has one. @throws DiffractionError REQUEST for sizes that are none */
export function reducedBytes (frame: Frame, reduction: Reduction): { pixels: number, mask: number } {
  const { across, down } = axesOf(frame, reduction)
  const mask = across.count * down.count
  return { pixels: mask * depthOf(frame, reduction.mode, across, down), mask }
}

/**
 * Memory for the result of a reduction.
 * @param spare - a reduced frame that nobody needs any more: what it has of the right size is used again
 * @throws DiffractionError REQUEST for sizes that are none
 */
export function memoryForReduced (frame: Frame, reduction: Reduction, spare?: Pick<Reduced, 'pixels' | 'mask'>): ReducedMemory {
  const bytes = reducedBytes(frame, reduction)
  const [pixels, mask] = [spare?.pixels.buffer, spare?.mask?.buffer]
  return {
    pixels: pixels?.byteLength === bytes.pixels ? pixels : new SharedArrayBuffer(bytes.pixels),
    mask: mask?.byteLength === bytes.mask ? mask : new SharedArrayBuffer(bytes.mask)
  }
}

/**
 * Does one of several shares of a reduction; when all have been done, `joinShares` makes the result of them.
 * @param share - its number, from 0
 * @param memory - what `memoryForReduced` gave
 * @throws DiffractionError REQUEST for sizes that are none
 */
export function reduceShare (frame: Frame, reduction: Reduction, share: number, shares: number, memory: ReducedMemory): ReducedShare {
  const { across, down } = axesOf(frame, reduction)
  const [from, to] = [share, share + 1].map(each => Math.floor(down.count * each / shares)) as [number, number]
  const results = clearedResults(typedPixels(frame, reduction, memory.pixels), new Uint8Array(memory.mask), from * across.count, to * across.count)
  const rows = ({ starts, ends }: Boxes): Boxes => ({ starts: starts.subarray(from, to), ends: ends.subarray(from, to) })
  // In 16 bits the LS-CAT image server has no pixels of boxes whose centre lies outside of the frame.
  const mayReachIn = frame.pixels.BYTES_PER_ELEMENT === 4
  switch (reduction.mode) {
    case 'legacy': return hasLegacyBoxes(across, down)
      ? boxMaxima(frame, rows(legacyBoxes(down, mayReachIn)), legacyBoxes(across, mayReachIn), results as Results<Counts>)
      : nearestPixels(frame, legacyNearest(down, mayReachIn).subarray(from, to), legacyNearest(across, mayReachIn), results as Results<Counts>)
    case 'max': return boxMaxima(frame, rows(partition(down)), partition(across), results as Results<Counts>)
    case 'mean':
    case 'sum': return boxSums(frame, rows(partition(down)), partition(across), results as Results<Uint32Array | Float32Array>)
    case 'nearest': return nearestPixels(frame, nearest(down).subarray(from, to), nearest(across), results as Results<Counts>)
  }
}

/** Makes a reduced frame of its pixels and what else came of its shares, as `reduce` does. */
export function joinShares (frame: Frame, reduction: Reduction, memory: ReducedMemory, shares: readonly ReducedShare[]): Reduced {
  const { mode, part, width, height } = reduction
  const pixels = typedPixels(frame, reduction, memory.pixels)
  const mask = shares.some(({ isMasked }) => isMasked) ? new Uint8Array(memory.mask) : undefined
  const saturated = shares.reduce((sum, share) => sum + share.saturated, 0)
  return { width, height, pixels, mask, window: windowOf(part, frame.width, frame.height), statistics: statisticsOf(pixels, mode === 'legacy' ? undefined : mask, saturated), spots: undefined }
}

type Counts = Uint16Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer>

function axesOf (frame: Frame, { part, width, height }: Reduction): { across: Axis, down: Axis } {
  const window = windowOf(part, frame.width, frame.height)
  const isNumbered = [window.x, window.y, window.width, window.height].every(each => !Number.isNaN(each)) && window.width >= 1 && window.height >= 1
  if (!isNumbered || !Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new DiffractionError('REQUEST', 'A picture is at least one pixel wide and high, and so is the part of the frame that it shows.')
  }
  return {
    across: { origin: window.x, length: window.width, size: frame.width, count: width },
    down: { origin: window.y, length: window.height, size: frame.height, count: height }
  }
}

function hasLegacyBoxes (across: Axis, down: Axis): boolean {
  return legacyBoxSize(across) > 1 && legacyBoxSize(down) > 1
}

/** Bytes of a pixel of a result. */
function depthOf ({ pixels }: Frame, mode: Reduction['mode'], across: Axis, down: Axis): 2 | 4 {
  // Without boxes the LS-CAT image server takes 65535 for a count. In 32 bits that is one.
  const isWide = mode === 'mean' || mode === 'sum' || (mode === 'legacy' && !hasLegacyBoxes(across, down))
  return isWide || pixels.BYTES_PER_ELEMENT === 4 ? 4 : 2
}

function typedPixels (frame: Frame, reduction: Reduction, memory: SharedArrayBuffer): Reduced['pixels'] {
  if (reduction.mode === 'mean') return new Float32Array(memory)
  const { across, down } = axesOf(frame, reduction)
  return depthOf(frame, reduction.mode, across, down) === 2 ? new Uint16Array(memory) : new Uint32Array(memory)
}

/** A part of memory that is all zeros: what is masked is not written otherwise. */
function clearedResults (pixels: Reduced['pixels'], mask: Uint8Array, from: number, to: number): Results<Reduced['pixels']> {
  const [some, ofMask] = [pixels.subarray(from, to), mask.subarray(from, to)]
  // As bytes of a buffer, since what threads share is filled word by word otherwise.
  for (const { buffer, byteLength, byteOffset } of [some, ofMask]) Buffer.from(buffer as SharedArrayBuffer, byteOffset, byteLength).fill(0)
  return { pixels: some, mask: ofMask }
}

function nearestPixels (frame: Frame, rows: Int32Array, columns: Int32Array, { pixels, mask }: Results<Counts>): ReducedShare {
  const marker = createMarker(mask)
  let saturated = 0
  for (let index = 0, at = 0; index < rows.length; index++, at += columns.length) {
    if (rows[index]! < 0) marker.fill(at, at + columns.length)
    else saturated += takePixels(frame, rows[index]! * frame.width, columns, pixels, at, marker.set)
  }
  return { isMasked: marker.isMarked, saturated }
}

/** Takes pixels out of a row. Gives the number of overloads among them. */
function takePixels ({ pixels: source, mask }: Frame, offset: number, columns: Int32Array, pixels: Uint16Array | Uint32Array, at: number, setMasked: (at: number) => void): number {
  const overload = overloadOf(source)
  let overloads = 0
  for (let box = 0; box < columns.length; box++) {
    const column = columns[box]!
    if (column < 0 || (mask !== undefined && mask[offset + column] !== 0)) {
      setMasked(at + box)
      continue
    }
    const count = source[offset + column]!
    if (count === overload) overloads++
    pixels[at + box] = count
  }
  return overloads
}
