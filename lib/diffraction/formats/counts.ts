// Counts as they lie in files become a frame: host byte order, negative ones masked, overloads as the largest of the type.
import os from 'node:os'
import { DiffractionError } from '../diffraction-error.ts'
import { memoryFor } from '../frame.ts'
import type { Frame } from '../frame.ts'

/** How one count lies in a file. */
export interface CountType {
  /** Bytes of it. */
  readonly bytes: 1 | 2 | 4
  /** Whether it can be negative, which marks pixels that do not count. */
  readonly isSigned: boolean
}

/** Pixels of a frame. */
export interface FrameSize {
  readonly width: number
  readonly height: number
}

/**
 * Checks what a file says of its size, before any memory is taken for it.
 * @throws DiffractionError FILE_BROKEN where it is no size, TOO_LARGE where there are more pixels than allowed
 */
export function checkSize ({ width, height }: FrameSize, maxPixels: number): void {
  if (!(Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0)) throw new DiffractionError('FILE_BROKEN', 'The file does not say how many pixels its frame has.')
  if (width * height > maxPixels) throw new DiffractionError('TOO_LARGE', `The frame has ${width} × ${height} pixels; at most ${maxPixels} are allowed (DIFFRACTION_MAX_PIXELS).`)
}

/** Memory for the counts of a frame as they lie in the file; what is spare where it fits. */
export function memoryOfCounts ({ bytes }: CountType, { width, height }: FrameSize, spare: SharedArrayBuffer | undefined): Uint8Array<SharedArrayBuffer> {
  const length = bytes * width * height
  return new Uint8Array(memoryFor(length, bytes === 1 ? undefined : spare), 0, length)
}

/** Pixels of a frame that are still to be written: of 32 bits for counts of as many, else of 16; in spare memory where that fits. */
export function pixelsFor ({ bytes }: CountType, { width, height }: FrameSize, spare: SharedArrayBuffer | undefined): Frame['pixels'] {
  const length = width * height
  return bytes === 4 ? new Uint32Array(memoryFor(4 * length, spare), 0, length) : new Uint16Array(memoryFor(2 * length, spare), 0, length)
}

/** Brings counts into the byte order of this machine, in place. */
export function toHostOrder ({ buffer, length }: Uint8Array<SharedArrayBuffer>, { bytes }: CountType, isLittleEndian: boolean): void {
  if (isLittleEndian === (os.endianness() === 'LE')) return
  const view = Buffer.from(buffer, 0, length)
  if (bytes === 2) view.swap16()
  if (bytes === 4) view.swap32()
}

/**
 * Makes a frame of counts that are in the byte order of this machine. The memory is the frame's afterwards: it is changed in place where it can be.
 * Negative counts are masked, and 0. The largest of a type with sign, or of 8 bits, is an overload.
 */
export function frameOf ({ buffer }: Uint8Array<SharedArrayBuffer>, { bytes, isSigned }: CountType, { width, height }: FrameSize): Frame {
  const length = width * height
  if (bytes === 4) return { width, height, pixels: new Uint32Array(buffer, 0, length), mask: isSigned ? withoutSign(new Int32Array(buffer, 0, length), 0x7fffffff) : undefined }
  if (bytes === 2) return { width, height, pixels: new Uint16Array(buffer, 0, length), mask: isSigned ? withoutSign(new Int16Array(buffer, 0, length), 0x7fff) : undefined }
  const pixels = new Uint16Array(new SharedArrayBuffer(2 * length))
  if (!isSigned) {
    widen(new Uint8Array(buffer, 0, length), pixels)
    return { width, height, pixels, mask: undefined }
  }
  pixels.set(new Int8Array(buffer, 0, length))
  return { width, height, pixels, mask: withoutSign(new Int16Array(pixels.buffer), 0x7f) }
}

function widen (counts: Uint8Array, pixels: Uint16Array): void {
  for (let at = 0; at < counts.length; at++) {
    const count = counts[at] as number
    pixels[at] = count === 0xff ? 0xffff : count
  }
}

/**
 * Makes counts with sign ones without, in place: negative ones become 0, the largest an overload. Gives the mask of the negative ones, or undefined where there are none.
 * Only what changes is written, and as a number with sign: this takes a tenth of the time of writing all.
 */
function withoutSign (counts: Int16Array | Int32Array, largest: number): Uint8Array<SharedArrayBuffer> | undefined {
  let mask: Uint8Array<SharedArrayBuffer> | undefined
  for (let at = 0; at < counts.length; at++) {
    const count = counts[at] as number
    if (count < 0) {
      mask ??= new Uint8Array(new SharedArrayBuffer(counts.length))
      mask[at] = 1
      counts[at] = 0
    } else if (count === largest) {
      // All bits set.
      counts[at] = -1
    }
  }
  return mask
}
