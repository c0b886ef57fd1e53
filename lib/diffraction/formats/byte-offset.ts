// The compression x-CBF_BYTE_OFFSET: each count is the one before plus a difference of 1, 2, 4 or 8 bytes, the smallest that does; the lowest number of
// one length announces the next. Specified in International Tables for Crystallography G, 5.6.3.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { CountType } from './counts.ts'

/** Most bytes that one count can take: 1 + 2 + 4 + 8. */
export const longestDifference = 15

/** The byte that announces a difference of more than one. */
const announcement = 0x80

/**
 * Decodes counts into pixels: those below zero become 0 and are masked, the largest of the type becomes an overload.
 * @param bytes - the differences
 * @param pixels - where counts go; all are written
 * @param type - of the counts
 * @returns 1 for each pixel that does not count; undefined where all do
 * @throws DiffractionError FILE_BROKEN where there are fewer bytes or more than these counts have, or a count is none of its type
 */
export function decodeByteOffset (bytes: Uint8Array, pixels: Frame['pixels'], type: CountType): Frame['mask'] {
  const lowest = type.isSigned ? -(2 ** (8 * type.bytes - 1)) : 0
  const highest = lowest + 2 ** (8 * type.bytes) - 1
  const length = pixels.length
  const end = bytes.length
  let mask: Frame['mask']
  const putRare = (index: number, count: number) => {
    if (count < lowest || count > highest) throw new DiffractionError('FILE_BROKEN', `Count ${index + 1} of the frame does not fit into ${8 * type.bytes} bits.`)
    if (count < 0) (mask ??= new Uint8Array(new SharedArrayBuffer(length)))[index] = 1
    pixels[index] = count < 0 ? 0 : overloadOf(pixels)
  }
  let count = 0
  let index = 0
  let at = 0
  while (index < length) {
    // Nearly all differences have one byte, and nearly all counts are usual ones; a loop of their own makes the whole four times as quick.
    while (index < length && at < end) {
      const byte = bytes[at] as number
      if (byte === announcement) break
      count += byte << 24 >> 24
      if (count >= 0 && count < highest) pixels[index] = count
      else putRare(index, count)
      index++
      at++
    }
    if (index === length) break
    const size = sizeAt(bytes, at)
    if (at + size > end) throw new DiffractionError('FILE_BROKEN', 'The frame ends before its last pixel.')
    count += differenceAt(bytes, at, size)
    if (count >= 0 && count < highest) pixels[index] = count
    else putRare(index, count)
    index++
    at += size
  }
  if (at !== end) throw new DiffractionError('FILE_BROKEN', `The frame has ${end - at} bytes more than its pixels.`)
  return mask
}

/** Bytes of a difference with what announces it; beyond the end there are none. */
function sizeAt (bytes: Uint8Array, at: number): 1 | 3 | 7 | 15 {
  if (bytes[at] !== announcement) return 1
  if (bytes[at + 1] !== 0 || bytes[at + 2] !== 0x80) return 3
  return bytes[at + 3] === 0 && bytes[at + 4] === 0 && bytes[at + 5] === 0 && bytes[at + 6] === 0x80 ? 15 : 7
}

function differenceAt (bytes: Uint8Array, at: number, size: 1 | 3 | 7 | 15): number {
  if (size === 3) return ((bytes[at + 1] as number) | (bytes[at + 2] as number) << 8) << 16 >> 16
  if (size === 7) return wordAt(bytes, at + 3)
  // Rounded beyond 2^53, where no count is one of its type any more.
  return wordAt(bytes, at + 11) * 0x100000000 + (wordAt(bytes, at + 7) >>> 0)
}

function wordAt (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
}
