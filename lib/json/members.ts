// Where the members of a JSON object and the elements of a JSON array lie in the bytes of a text that is known to be valid.
// A long string costs one memchr, so a picture of many megabytes is stepped over, not read.

/** One member of an object: its key unescaped, and where it lies. Offsets count bytes from the start of the buffer; no whitespace is included. */
export interface Member {
  /** The key as `JSON.parse` would give it: `"\u0061"` is `a`. */
  key: string
  /** Offset of the key's opening quote. */
  keyStart: number
  /** Offset of the value's first byte. */
  valueStart: number
  /** Offset just past the value's last byte. */
  valueEnd: number
}

/** Where one element of an array lies, in byte offsets from the start of the buffer, without whitespace around it. */
export interface Element {
  /** Offset of the value's first byte. */
  valueStart: number
  /** Offset just past the value's last byte. */
  valueEnd: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

// Calling into memchr costs as much as looking at some dozens of bytes here: short strings, and strings full of
// escaped quotes, are quicker read byte by byte; only what is still open after this many bytes is searched.
const NEAR = 64

/**
 * The members of the object whose text is `bytes[start, end)` (RFC 8259; whitespace around the object is allowed), in the order of the text, duplicates included.
 * The text must be valid: `JSON.parse` has accepted it. Linear in `end - start`, whatever the text holds; nesting costs no stack.
 * @throws RangeError named `JsonScanError`, with the byte `offset`, where the promise of validity is seen to be broken. Not every fault is seen.
 */
export function scanMembers (bytes: Buffer, start = 0, end = bytes.length): Member[] {
  return scanItems(bytes, start, end, OPEN_OBJECT, CLOSE_OBJECT, scanMember)
}

/**
 * The elements of the array whose text is `bytes[start, end)`, in order; promise, cost and errors as for `scanMembers`.
 * @throws RangeError named `JsonScanError`.
 */
export function scanElements (bytes: Buffer, start = 0, end = bytes.length): Element[] {
  return scanItems(bytes, start, end, OPEN_ARRAY, CLOSE_ARRAY, (text, at) => ({ valueStart: at, valueEnd: skipValue(text, at) }))
}

/**
 * How many objects, arrays and members of objects a JSON text has, counted until there are more than `most`. What comes after a fault in the text is counted
 * somehow. Linear; tells how much memory `JSON.parse` would need before it is asked, because an engine that runs out of memory there ends the process.
 */
export function countParts (text: Buffer, most: number): number {
  let parts = 0
  for (let at = 0; at < text.length && parts <= most; at++) {
    const byte = text[at]
    if (byte === QUOTE) {
      const end = endOfString(text, at)
      if (end === -1) break
      at = end - 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY || byte === COLON) {
      parts++
    }
  }
  return parts
}

function scanItems<T extends Element> (bytes: Buffer, start: number, end: number, open: number, close: number, scanItem: (text: Buffer, at: number) => T): T[] {
  if (!(start >= 0 && start <= end && end <= bytes.length)) throw scanError(start, 'the range lies outside the buffer')
  // Cut off at `end`, so that no search runs on into bytes that are not ours; offsets stay those of the whole.
  const text = bytes.subarray(0, end)
  const items: T[] = []
  let at = skipSpace(text, expect(text, skipSpace(text, start), open))
  if (text[at] !== close) {
    for (;;) {
      const item = scanItem(text, at)
      items.push(item)
      at = skipSpace(text, item.valueEnd)
      if (text[at] !== COMMA) break
      at = skipSpace(text, at + 1)
    }
  }
  at = skipSpace(text, expect(text, at, close))
  if (at !== end) throw scanError(at, 'text follows the value')
  return items
}

function scanMember (text: Buffer, keyStart: number): Member {
  expect(text, keyStart, QUOTE)
  const keyEnd = skipString(text, keyStart)
  const valueStart = skipSpace(text, expect(text, skipSpace(text, keyEnd), COLON))
  return { key: unescapeKey(text, keyStart, keyEnd), keyStart, valueStart, valueEnd: skipValue(text, valueStart) }
}

function unescapeKey (text: Buffer, keyStart: number, keyEnd: number): string {
  const inner = text.toString('utf8', keyStart + 1, keyEnd - 1)
  if (!inner.includes('\\')) return inner
  try {
    return String(JSON.parse(`"${inner}"`))
  } catch {
    throw scanError(keyStart, 'a key is no JSON string')
  }
}

function skipValue (text: Buffer, at: number): number {
  switch (text[at]) {
    case QUOTE: return skipString(text, at)
    case OPEN_OBJECT:
    case OPEN_ARRAY: return skipNested(text, at)
    default: return skipScalar(text, at)
  }
}

function skipString (text: Buffer, opening: number): number {
  const end = endOfString(text, opening)
  if (end === -1) throw scanError(opening, 'a string does not end')
  return end
}

/** Offset just past the closing quote, -1 where there is none. */
function endOfString (text: Buffer, opening: number): number {
  let at = opening + 1
  for (;;) {
    const near = Math.min(at + NEAR, text.length)
    while (at < near) {
      const byte = text[at]
      if (byte === QUOTE) return at + 1
      at += byte === BACKSLASH ? 2 : 1
    }
    const quote = text.indexOf(QUOTE, at)
    if (quote === -1) return -1
    // The opening quote ends the count at the latest; a run of backslashes is counted once, by the quote right behind it.
    let slashes = 0
    while (text[quote - slashes - 1] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

// In a valid text brackets match, so their number is enough and no stack is needed.
function skipNested (text: Buffer, opening: number): number {
  let depth = 0
  let at = opening
  for (let byte = text[at]; byte !== undefined; byte = text[at]) {
    if (byte === QUOTE) {
      at = skipString(text, at)
      continue
    }
    // Digits, commas and whitespace, most of what is outside strings, sort before all brackets and are done with at once.
    if (byte >= OPEN_ARRAY) {
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1
    }
    at++
  }
  throw scanError(opening, 'an object or array does not end')
}

function skipScalar (text: Buffer, start: number): number {
  let at = start
  while (at < text.length && !endsScalar(text[at])) at++
  if (at === start) throw scanError(at, 'a value is missing')
  return at
}

function endsScalar (byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || isSpace(byte)
}

function isSpace (byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function skipSpace (text: Buffer, start: number): number {
  let at = start
  while (at < text.length && isSpace(text[at])) at++
  return at
}

function expect (text: Buffer, at: number, byte: number): number {
  if (text[at] !== byte) throw scanError(at, `'${String.fromCharCode(byte)}' is missing`)
  return at + 1
}

function scanError (offset: number, cause: string): RangeError {
  const error = new RangeError(`Not valid JSON at byte ${offset}: ${cause}; let JSON.parse accept the text before it is scanned`)
  return Object.assign(error, { name: 'JsonScanError', offset })
}
