// Fewer pixels out of a frame: what part of it, and how its pixels become those of a picture.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Reduced, Reduction, Window } from '../view.ts'
import type { ReducedPixels } from './box-scan.ts'
import { legacyBoxes, legacyBoxSize, legacyNearest, nearest, partition } from './boxes.ts'
import type { Axis } from './boxes.ts'
import { lazyMask } from './masks.ts'
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

/**
 * Reduces a frame. Mode `legacy` counts masked pixels as 0 in its statistics, as the LS-CAT image server does; the others leave them out.
 * What lies outside of the frame is masked.
 * @returns without spots; `reduction.frames` is of no account here
 * @throws DiffractionError REQUEST for sizes that are none
 */
export function reduce (frame: Frame, reduction: Reduction): Reduced {
  const { mode, width, height } = reduction
  const window = windowOf(reduction.part, frame.width, frame.height)
  const isNumbered = [window.x, window.y, window.width, window.height].every(each => !Number.isNaN(each)) && window.width >= 1 && window.height >= 1
  if (!isNumbered || !Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new DiffractionError('REQUEST', 'A picture is at least one pixel wide and high, and so is the part of the frame that it shows.')
  }
  const across = { origin: window.x, length: window.width, size: frame.width, count: width }
  const down = { origin: window.y, length: window.height, size: frame.height, count: height }
  const { pixels, mask, saturated } = reducedPixels(frame, mode, across, down)
  return { width, height, pixels, mask, window, statistics: statisticsOf(pixels, mode === 'legacy' ? undefined : mask, saturated), spots: undefined }
}

function reducedPixels (frame: Frame, mode: Reduction['mode'], across: Axis, down: Axis): ReducedPixels {
  switch (mode) {
    case 'legacy': {
      const mayReachIn = frame.pixels.BYTES_PER_ELEMENT === 4
      if (legacyBoxSize(across) > 1 && legacyBoxSize(down) > 1) return boxMaxima(frame, legacyBoxes(down, mayReachIn), legacyBoxes(across, mayReachIn))
      // Here the LS-CAT image server takes 65535 for a count. In 32 bits that is one.
      return nearestPixels(frame, legacyNearest(down, mayReachIn), legacyNearest(across, mayReachIn), 4)
    }
    case 'max': return boxMaxima(frame, partition(down), partition(across))
    case 'mean': return boxSums(frame, partition(down), partition(across), true)
    case 'sum': return boxSums(frame, partition(down), partition(across), false)
    case 'nearest': return nearestPixels(frame, nearest(down), nearest(across), frame.pixels.BYTES_PER_ELEMENT)
  }
}

function nearestPixels (frame: Frame, rows: Int32Array, columns: Int32Array, bytes: number): ReducedPixels {
  const length = rows.length * columns.length
  const memory = new SharedArrayBuffer(length * bytes)
  const pixels = bytes === 2 ? new Uint16Array(memory) : new Uint32Array(memory)
  const mask = lazyMask(length)
  let saturated = 0
  for (let index = 0, at = 0; index < rows.length; index++, at += columns.length) {
    if (rows[index]! < 0) mask.fill(at, at + columns.length)
    else saturated += takePixels(frame, rows[index]! * frame.width, columns, pixels, at, mask.set)
  }
  return { pixels, mask: mask.get(), saturated }
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
