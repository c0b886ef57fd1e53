// The fast path of reading a request. A picture is nearly all of its bytes, and of a picture only one thing is to be known: that it is a base64 data URL. So the picture is
// checked where it lies and never becomes a string; a short one stands in for it in the text that is parsed and validated, and offsets behind it are moved. Whatever is
// not plainly such a request is left to reading.ts, which reads all of it; both say the same of every text.
// Measured at 5 MB: 1.2 ms instead of 16 ms, and no strings of megabytes for the garbage collector.
import type { Member } from '../json/members.ts'
import { isCertainlyBase64 } from '../json/base64.ts'
import type { ReadText, RequestReading } from './reading.ts'

/** Reads a request with a picture in it, at once; undefined where it has none, or is anything but a valid request. */
export interface ReadPictured {
  (bytes: Buffer): RequestReading | undefined
}

/** A picture shorter than this is not worth the trouble. */
const worthwhile = 1024

const key = Buffer.from('"graphic"')
const standIn = Buffer.from('"data:image/x;base64,AAAA"')
const quote = 0x22
const colon = 0x3a

/** The beginning of a data URL with nothing in it that JSON could take otherwise. */
const prefix = /^data:image\/[a-zA-Z0-9.+-]{1,100};base64,/

/**
 * Makes the function.
 * @param read - reads texts whole
 * @param most - bytes besides the picture that may be parsed while others wait
 */
export function createPicturedReading (read: ReadText, most: number): ReadPictured {
  return bytes => {
    const place = findPicture(bytes, most)
    if (place === undefined) return undefined
    const { start, end } = place
    const reading = read('request', Buffer.concat([bytes.subarray(0, start), standIn, bytes.subarray(end)]))
    if (!reading.ok) return undefined
    // What was found may have been the picture of something else, or one of several.
    const graphics = reading.members.filter(member => member.key === 'graphic')
    if (graphics.length !== 1 || graphics[0]?.valueStart !== start) return undefined
    const moved = end - start - standIn.length
    const move = (at: number) => at > start ? at + moved : at
    const moveAll = (members: Member[]) => members.map(each => ({ key: each.key, keyStart: move(each.keyStart), valueStart: move(each.valueStart), valueEnd: move(each.valueEnd) }))
    return { ...reading, members: moveAll(reading.members), results: moveAll(reading.results) }
  }
}

/**
 * Where the string of the first picture lies, quotes included, where that is certain to be a base64 data URL and all else is short enough. The text need not be
 * valid for that: if it is with the stand-in, it is with the picture, which is a string without quotes, backslashes and control characters at the same place.
 */
function findPicture (bytes: Buffer, most: number): { start: number, end: number } | undefined {
  const at = bytes.subarray(0, most).indexOf(key)
  if (at === -1) return undefined
  const start = skipSpace(bytes, skipSpace(bytes, at + key.length, colon), quote) - 1
  const last = bytes.indexOf(quote, start + 1)
  if (start < at || last - start < worthwhile || start + bytes.length - last > most) return undefined
  const head = prefix.exec(bytes.toString('latin1', start + 1, start + 150))
  return head !== null && isCertainlyBase64(bytes.subarray(start + 1 + head[0].length, last)) ? { start, end: last + 1 } : undefined
}

/** Offset just past the byte that is expected behind whitespace, -1 where something else stands there. */
function skipSpace (bytes: Buffer, from: number, expected: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at > 0 && bytes[at] === expected ? at + 1 : -1
}
