// The records of the journal. Each is a line: a checksum (CRC-32 in hexadecimal), a space, and JSON; a line that is not whole is known by it.
import { createReadStream } from 'node:fs'
import { crc32 } from 'node:zlib'

/** What is written down. `value` is JSON text, kept to the letter but for line feeds, which can only stand between its parts and become spaces. */
export type JournalRecord =
  /** A process has begun to write. */
  | { kind: 'open' }
  /** Numbers of objects up to this one have been used. */
  | { kind: 'last', id: number }
  /** An object is tracked from now on; at, in milliseconds since 1970. */
  | { kind: 'start', id: number, at: number }
  /** Its picture, or its feature map. */
  | { kind: 'image' | 'map', id: number, value: Buffer }
  /** Objects were seen. */
  | { kind: 'seen', at: number, ids: readonly number[] }
  /** An object is tracked no longer. */
  | { kind: 'stop', id: number }
  /** Nothing is left to be written: the history goes on from here. */
  | { kind: 'closed', epoch: string, offset: number }

const newline = Buffer.from('\n')
const valueMark = ',"value":'
const end = Buffer.from('}')
const checksumLength = 8
/** Bytes of a line besides its value, more or less. */
const lineOverhead = 80

/** Bytes that a record takes in the journal, roughly. */
export function weightOf (record: JournalRecord): number {
  if ('value' in record) return lineOverhead + record.value.length
  return 'ids' in record ? lineOverhead + 10 * record.ids.length : lineOverhead
}

/** Lines of some records, to be written at once. They begin with a line feed of their own, so that half a line before them spoils none of them. */
export function encodeRecords (records: readonly JournalRecord[]): Buffer {
  const parts: Buffer[] = [newline]
  for (const record of records) {
    if ('value' in record) {
      const { value, ...head } = record
      const begin = Buffer.from(JSON.stringify(head).slice(0, -1) + valueMark)
      const text = onOneLine(value)
      const checksum = crc32(end, crc32(text, crc32(begin)))
      parts.push(Buffer.from(`${spell(checksum)} `), begin, text, end, newline)
    } else {
      const text = JSON.stringify(record)
      parts.push(Buffer.from(`${spell(crc32(text))} ${text}\n`))
    }
  }
  return Buffer.concat(parts)
}

/** The record of a line without its line feed; undefined where it is not whole. A value lies in the bytes of the line. */
export function decodeLine (line: Buffer): JournalRecord | undefined {
  const text = line.subarray(checksumLength + 1)
  if (text.length === 0 || line.toString('latin1', 0, checksumLength + 1) !== `${spell(crc32(text))} `) return undefined
  // What stands before a value has no texts of others in it, and a record without one has none at all.
  const mark = text.indexOf(valueMark)
  try {
    if (mark === -1) return checked(JSON.parse(text.toString()))
    return checked({ ...JSON.parse(`${text.toString('utf8', 0, mark)}}`), value: text.subarray(mark + valueMark.length, -1) })
  } catch {
    return undefined
  }
}

/**
 * Reads a journal, however it ends.
 * @param file - its path
 * @param longest - longer lines are not kept in memory; they are not whole
 * @param each - called with each record, and with undefined for a line that is not whole. Values lie in larger blocks
 * @returns bytes of the file
 * @throws what `node:fs` throws
 */
export async function readRecords (file: string, longest: number, each: (record: JournalRecord | undefined) => void): Promise<number> {
  let bytes = 0
  let parts: Buffer[] = []
  let length = 0
  const add = (part: Buffer) => {
    length += part.length
    if (length <= longest) parts.push(part)
    else parts = []
  }
  const endLine = () => {
    if (length > 0) each(length > longest ? undefined : decodeLine(Buffer.concat(parts, length)))
    parts = []
    length = 0
  }
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    let begin = 0
    for (let feed = chunk.indexOf(newline); feed !== -1; feed = chunk.indexOf(newline, begin)) {
      add(chunk.subarray(begin, feed))
      endLine()
      begin = feed + 1
    }
    add(chunk.subarray(begin))
  }
  endLine()
  return bytes
}

function spell (checksum: number): string {
  return checksum.toString(16).padStart(checksumLength, '0')
}

function onOneLine (value: Buffer): Buffer {
  if (!value.includes(newline)) return value
  const copy = Buffer.from(value)
  for (let at = copy.indexOf(newline); at !== -1; at = copy.indexOf(newline, at)) copy[at] = 0x20
  return copy
}

/** A record that this version knows. What another version has written besides is left out. */
function checked (record: Partial<Record<string, unknown>>): JournalRecord | undefined {
  const { kind, id, at, ids, value, epoch, offset } = record
  if (kind === 'open') return { kind }
  if (kind === 'last' && isNumber(id)) return { kind, id }
  if (kind === 'start' && isNumber(id) && isNumber(at)) return { kind, id, at }
  if ((kind === 'image' || kind === 'map') && isNumber(id) && Buffer.isBuffer(value)) return { kind, id, value }
  if (kind === 'seen' && isNumber(at) && Array.isArray(ids) && ids.every(isNumber)) return { kind, at, ids }
  if (kind === 'stop' && isNumber(id)) return { kind, id }
  if (kind === 'closed' && typeof epoch === 'string' && isNumber(offset)) return { kind, epoch, offset }
  return undefined
}

/** Whether it is one that may be a number of an object, a moment or an offset. */
function isNumber (value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
