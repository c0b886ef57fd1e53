// Decoders of UTF-16 and UTF-32, for texts that are not in UTF-8.

/** Gives the text of one slice; the first slice may begin with a byte order mark, the last one must end with a whole character. */
export type Decode = (slice: Buffer, isLast: boolean) => string

/** Decodes UTF-16. The function throws a TypeError where the bytes are none. */
export function utf16Decoder (littleEndian: boolean): Decode {
  const decoder = new TextDecoder(littleEndian ? 'utf-16le' : 'utf-16be', { fatal: true })
  return (slice, isLast) => decoder.decode(slice, { stream: !isLast })
}

/** Decodes UTF-32 (The Unicode Standard, section 3.10, D90); Node's own decoders do not know it. The function throws a RangeError where the bytes are none; each slice holds whole characters. */
export function utf32Decoder (littleEndian: boolean): Decode {
  let isStart = true
  return slice => {
    if (slice.length % 4 !== 0) throw new RangeError('not whole characters')
    const view = new DataView(slice.buffer, slice.byteOffset, slice.length)
    const units = Buffer.allocUnsafe(slice.length)
    let length = 0
    const push = (unit: number) => {
      units[length++] = unit & 0xff
      units[length++] = unit >> 8
    }
    for (let place = 0; place < slice.length; place += 4) {
      const point = view.getUint32(place, littleEndian)
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new RangeError('no character')
      if (point > 0xffff) {
        push(0xd7c0 + (point >> 10))
        push(0xdc00 | (point & 0x3ff))
      } else if (!isStart || point !== 0xfeff) {
        push(point)
      }
      isStart = false
    }
    return units.toString('utf16le', 0, length)
  }
}
