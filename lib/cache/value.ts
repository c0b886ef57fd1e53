// What is kept in the cache: the JSON text of `{"name":…,"data":…}`, as the reference writes it.
import { withoutByteOrderMark } from '../body.ts'
import type { Reader } from '../graphics/reader.ts'

/** A preprocessor's result. */
export interface CachedResult {
  /** Name under which it is filed. */
  name: string
  /** The JSON text of its data. */
  data: Buffer
}

/** The value of a result. It shares no memory with anything else, so that keeping it keeps nothing else alive. */
export function encodeValue ({ name, data }: CachedResult): Buffer {
  const head = Buffer.from(`{"name":${JSON.stringify(name)},"data":`)
  const value = Buffer.allocUnsafeSlow(head.length + data.length + 1)
  head.copy(value)
  data.copy(value, head.length)
  value[value.length - 1] = 0x7d
  return value
}

// A value is checked as the reply it was made of, whose other members it lacks.
const lacking = Buffer.from('{"request_uuid":"00000000-0000-4000-8000-000000000000","timestamp":0,')

/** Where the text of an object begins: just past its brace, -1 where there is none. */
function insideBrace (text: Buffer): number {
  let at = 0
  while (at < text.length && (text[at] === 0x20 || text[at] === 0x0a || text[at] === 0x0d || text[at] === 0x09)) at++
  return text[at] === 0x7b ? at + 1 : -1
}

/**
 * Reads a value, whoever wrote it, and checks it as a preprocessor's reply is checked. The bytes given are not changed; the data are a slice of others.
 * @returns undefined where it is no such value, or too hard to read
 */
export async function decodeValue (value: Buffer, reader: Reader, signal?: AbortSignal): Promise<CachedResult | undefined> {
  const text = withoutByteOrderMark(value)
  const start = insideBrace(text)
  if (start === -1) return undefined
  try {
    const reading = await reader.read('preprocessorReply', Buffer.concat([lacking, text.subarray(start)]), signal)
    return reading.ok ? { name: reading.name, data: reading.bytes.subarray(reading.dataStart, reading.dataEnd) } : undefined
  } catch {
    return undefined
  }
}
