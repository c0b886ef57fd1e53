// Steps through WebAssembly's binary format, never past its end: LEB128 numbers, names, lengths.
// https://webassembly.github.io/spec/core/binary/values.html
import { DevicesError } from '../devices-error.ts'

/** Where in the bytes reading is, and what comes next. Each throws DevicesError MODULE_BROKEN at the end of the bytes. */
export interface Binary {
  /** Whether all has been read. */
  isAtEnd (): boolean
  /** Bytes that are left. */
  left (): number
  byte (): number
  /** An unsigned number of 32 bits. */
  u32 (): number
  /** An unsigned number of 64 bits; beyond 2^53 it is not exact. */
  u64 (): number
  /** Goes past a signed number of up to 33 bits, such as a heap type. */
  skipSigned (): void
  /** How many of something come, each of which takes a byte at least: what cannot be there is refused before anything is made of it. @param most - as many as are allowed */
  count (what: string, most: number): number
  /** UTF-8 text. */
  name (): string
  /** The next so many bytes by themselves; goes past them. */
  part (length: number): Binary
  /** Where it is, to come back to. */
  position (): number
  /** The same bytes from another position on. */
  from (position: number): Binary
}

/** Bytes of a name at most. */
const longest = 1000

/** Reads bytes. */
export function readBinary (bytes: Uint8Array, at = 0, end = bytes.length): Binary {
  const byte = () => {
    const value = at < end ? bytes[at] : undefined
    if (value === undefined) throw broken('it ends in the middle')
    at += 1
    return value
  }

  // Seven bits a byte, lowest first; a number of 32 bits has five bytes at most, one of 64 ten.
  const unsigned = (bits: 32 | 64) => {
    let value = 0
    for (let shift = 0; shift < bits; shift += 7) {
      const next = byte()
      value += (next & 0x7f) * 2 ** shift
      if (next < 0x80) {
        if (value >= 2 ** bits) break
        return value
      }
    }
    throw broken('a number in it is too long')
  }

  return {
    isAtEnd: () => at >= end,
    left: () => end - at,
    byte,
    u32: () => unsigned(32),
    u64: () => unsigned(64),
    skipSigned () {
      for (let length = 0; length < 5; length++) if (byte() < 0x80) return
      throw broken('a number in it is too long')
    },
    count (what, most) {
      const count = unsigned(32)
      if (count > most) throw broken(`it has ${count} ${what}; ${most} are allowed`)
      if (count > end - at) throw broken('it says that it has more than its bytes can hold')
      return count
    },
    name () {
      const length = unsigned(32)
      if (length > longest) throw broken(`a name in it has more than ${longest} bytes`)
      if (length > end - at) throw broken('it ends in the middle')
      const text = bytes.subarray(at, at + length)
      at += length
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text)
      } catch {
        throw broken('a name in it is no UTF-8')
      }
    },
    part (length) {
      if (length > end - at) throw broken('it ends in the middle')
      at += length
      return readBinary(bytes, at - length, at)
    },
    position: () => at,
    from: position => readBinary(bytes, position, end)
  }
}

/** Refuses a module. @param why - the rest of a sentence */
export function broken (why: string): DevicesError {
  return new DevicesError('MODULE_BROKEN', `The file is no WebAssembly module that devices can run: ${why}.`)
}
