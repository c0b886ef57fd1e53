// The grammar of JSON (RFC 8259) over bytes that are known to be UTF-8: each function is given the offset of a value and gives the offset just past it, or -1 where
// there is none. Linear, makes nothing, and needs no `JSON.parse` before it: so megabytes of hostile text cost some milliseconds and no memory.
// It accepts what JSON.parse accepts, but nothing that is nested more than `mostDepth` levels deep.

/** Most levels of objects and arrays in one another. */
export const mostDepth = 256

/** Bytes that mean something. */
export const QUOTE = 0x22
/** `[` */
export const OPEN_ARRAY = 0x5b
/** `]` */
export const CLOSE_ARRAY = 0x5d
/** `{` */
export const OPEN_OBJECT = 0x7b
/** `}` */
export const CLOSE_OBJECT = 0x7d
/** `,` */
export const COMMA = 0x2c
/** `:` */
export const COLON = 0x3a
/** `\` */
export const BACKSLASH = 0x5c
/** `-` */
export const MINUS = 0x2d
/** `0` */
export const ZERO = 0x30
/** `9` */
export const NINE = 0x39

const PLUS = 0x2b
const POINT = 0x2e

const trueText = Buffer.from('true')
const falseText = Buffer.from('false')
const nullText = Buffer.from('null')

// A byte past the end reads as 0, which begins nothing, continues nothing, and must not stand in a string.
function byteAt (bytes: Buffer, at: number): number {
  return at < bytes.length ? bytes[at] as number : 0
}

/** Any value. @param depth - objects and arrays that it lies in */
export function skipValue (bytes: Buffer, at: number, depth: number): number {
  switch (bytes[at]) {
    case QUOTE: return skipString(bytes, at)
    case OPEN_OBJECT: return skipObject(bytes, at, depth)
    case OPEN_ARRAY: return skipArray(bytes, at, depth)
    case 0x74:
    case 0x66: return skipBoolean(bytes, at)
    case 0x6e: return skipNull(bytes, at)
    default: return skipNumber(bytes, at)
  }
}

/** The offset of the first byte that is no whitespace. */
export function skipSpace (bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const byte = byteAt(bytes, at)
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at
    at++
  }
}

/** A string. */
export function skipString (bytes: Buffer, opening: number): number {
  if (bytes[opening] !== QUOTE) return -1
  let at = opening + 1
  for (;;) {
    const byte = byteAt(bytes, at)
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) return -1
    at++
    if (byte === BACKSLASH) {
      at = skipEscape(bytes, at)
      if (at === -1) return -1
    }
  }
}

/** A number. */
export function skipNumber (bytes: Buffer, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = bytes[first] === ZERO ? first + 1 : skipDigits(bytes, first)
  if (at === first) return -1
  if (bytes[at] === POINT) {
    const digits = at + 1
    at = skipDigits(bytes, digits)
    if (at === digits) return -1
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1]
    const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1
    at = skipDigits(bytes, digits)
    if (at === digits) return -1
  }
  return at
}

/** `true` or `false`. */
export function skipBoolean (bytes: Buffer, at: number): number {
  return skipText(bytes, at, bytes[at] === 0x74 ? trueText : falseText)
}

/** `null`. */
export function skipNull (bytes: Buffer, at: number): number {
  return skipText(bytes, at, nullText)
}

/** Exactly this text. */
export function skipText (bytes: Buffer, at: number, text: Buffer): number {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text[index]) return -1
  }
  return at + text.length
}

function skipDigits (bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const byte = byteAt(bytes, at)
    if (((byte - ZERO) >>> 0) > 9) return at
    at++
  }
}

/** @param at - just past the backslash */
function skipEscape (bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case QUOTE: case BACKSLASH: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74: return at + 1
    case 0x75: break
    default: return -1
  }
  for (let index = at + 1; index < at + 5; index++) {
    const byte = byteAt(bytes, index)
    // Setting this bit makes letters small and leaves digits as they are.
    const small = byte | 0x20
    if (!(byte >= ZERO && byte <= NINE) && !(small >= 0x61 && small <= 0x66)) return -1
  }
  return at + 5
}

function skipArray (bytes: Buffer, opening: number, depth: number): number {
  if (depth === mostDepth) return -1
  let at = skipSpace(bytes, opening + 1)
  if (bytes[at] === CLOSE_ARRAY) return at + 1
  for (;;) {
    const end = skipValue(bytes, at, depth + 1)
    if (end === -1) return -1
    at = skipSpace(bytes, end)
    const byte = bytes[at]
    if (byte === CLOSE_ARRAY) return at + 1
    if (byte !== COMMA) return -1
    at = skipSpace(bytes, at + 1)
  }
}

function skipObject (bytes: Buffer, opening: number, depth: number): number {
  if (depth === mostDepth) return -1
  let at = skipSpace(bytes, opening + 1)
  if (bytes[at] === CLOSE_OBJECT) return at + 1
  for (;;) {
    const keyEnd = skipString(bytes, at)
    if (keyEnd === -1) return -1
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) return -1
    const end = skipValue(bytes, skipSpace(bytes, at + 1), depth + 1)
    if (end === -1) return -1
    at = skipSpace(bytes, end)
    const byte = bytes[at]
    if (byte === CLOSE_OBJECT) return at + 1
    if (byte !== COMMA) return -1
    at = skipSpace(bytes, at + 1)
  }
}
