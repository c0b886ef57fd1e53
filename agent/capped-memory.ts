// Limits the memory of a module in its bytes, before it is compiled: engines have no other limit for it, and those of worker threads leave it out.

const pageSize = 65_536

/** LEB128, unsigned, of 32 bits. */
function write (value: number): number[] {
  const bytes: number[] = []
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0))
    value >>>= 7
  } while (value > 0)
  return bytes
}

/**
 * The same module with no memory that can become larger than is allowed. Where one would, `memory.grow` answers -1, as at the end of any memory.
 * The sections are those of https://webassembly.github.io/spec/core/binary/modules.html; whether all else is sound the engine says.
 * @throws Error where it needs more at once, or imports, shares, or addresses by 64 bits a memory
 */
export function capMemory (bytes: Uint8Array, maxMemory: number): Uint8Array<ArrayBuffer> {
  let at = 8
  const byte = (): number => {
    const value = bytes[at++]
    if (value === undefined) throw new Error('The module ends too early.')
    return value
  }
  const read = (): number => {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const next = byte()
      value += (next & 0x7f) * 2 ** shift
      if (next < 0x80) return value
    }
    throw new Error('The module has a number that is too long.')
  }
  const most = Math.floor(maxMemory / pageSize)
  const parts: Uint8Array[] = [bytes.subarray(0, 8)]
  while (at < bytes.length) {
    const start = at
    const id = byte()
    const size = read()
    const end = at + size
    if (end > bytes.length) throw new Error('The module ends too early.')
    if (id === 5) {
      const count = read()
      if (count > 1) throw new Error('The module has more than one memory.')
      const limits: number[] = [count]
      for (let index = 0; index < count; index++) {
        const flags = byte()
        if (flags > 1) throw new Error('The module has a memory that is shared, or addressed by 64 bits.')
        const least = read()
        if (least > most) throw new Error(`The module needs ${least} pages of memory, and gets no more than ${most}.`)
        limits.push(1, ...write(least), ...write(Math.min(most, flags === 1 ? read() : most)))
      }
      parts.push(Uint8Array.from([id, ...write(limits.length), ...limits]))
    } else {
      parts.push(bytes.subarray(start, end))
    }
    at = end
  }
  return Uint8Array.from(Buffer.concat(parts))
}
