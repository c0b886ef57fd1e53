// In which of the UTF encodings a JSON text comes, where nothing else says it.
import { isUtf8 } from 'node:buffer'
import { utf16Decoder, utf32Decoder } from '../utf.ts'

/**
 * A JSON text in UTF-8 without a byte order mark, from UTF-8, UTF-16 or UTF-32: told apart by the mark, or by where the zeros stand among the first bytes, because JSON
 * begins with ASCII (RFC 4627, section 3). The bytes themselves, where they are that already; undefined where they are no text. Linear.
 */
export function asUtf8 (bytes: Buffer): Buffer | undefined {
  const first = bytes[0] ?? 1
  const second = bytes[1] ?? 1
  if (first !== 0 && second !== 0 && first < 0xef) return isUtf8(bytes) ? bytes : undefined
  if (first === 0xef && second === 0xbb && bytes[2] === 0xbf) return isUtf8(bytes) ? bytes.subarray(3) : undefined
  const { width, littleEndian } = encodingOf(first, second, bytes)
  try {
    return Buffer.from(width === 16 ? utf16Decoder(littleEndian)(bytes, true) : utf32Decoder(littleEndian)(bytes, true))
  } catch {
    return undefined
  }
}

function encodingOf (first: number, second: number, bytes: Buffer): { width: 16 | 32, littleEndian: boolean } {
  const othersAreZero = bytes.length >= 4 && bytes[2] === 0 && bytes[3] === 0
  if (first === 0 && second === 0) return { width: 32, littleEndian: false }
  if (first === 0) return { width: 16, littleEndian: false }
  if (first === 0xfe) return { width: 16, littleEndian: false }
  return { width: othersAreZero ? 32 : 16, littleEndian: true }
}
