// Turns the bytes of a request body into the bytes of a UTF-8 JSON text: content type, content encoding, charset.
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import {
  BodyTooLargeError, MalformedEncodingError, MalformedTextError, UnsupportedCharsetError, UnsupportedEncodingError
} from './errors.ts'

/** The headers that say how a body is written, as received. */
export interface BodyHeaders {
  contentType: string | undefined
  contentEncoding: string | undefined
}

/** Characters of UTF-32 that are decoded before others get their turn. */
const utf32Slice = 65536

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) }

/**
 * Decodes a body.
 * @param bytes - the body as received
 * @param headers - how it is written
 * @param limit - most bytes after decompression
 * @returns UTF-8 text without byte order mark; empty where the content type is not exactly `application/json`, whose body counts as absent
 * @throws UnsupportedEncodingError, MalformedEncodingError, BodyTooLargeError, UnsupportedCharsetError, MalformedTextError
 */
export async function decodeBody (bytes: Buffer, headers: BodyHeaders, limit: number): Promise<Buffer> {
  const [type = '', ...parameters] = (headers.contentType ?? '').toLowerCase().split(';').map(part => part.trim())
  if (type !== 'application/json') return Buffer.alloc(0)
  const plain = await decompress(bytes, (headers.contentEncoding ?? 'identity').trim().toLowerCase(), limit)
  const charset = parameters.find(parameter => parameter.startsWith('charset='))?.slice('charset='.length).replaceAll('"', '') ?? 'utf-8'
  return await toUtf8(plain, charset === '' ? 'utf-8' : charset)
}

/** The bytes without a leading UTF-8 byte order mark. */
export function withoutByteOrderMark (bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

async function decompress (bytes: Buffer, encoding: string, limit: number): Promise<Buffer> {
  if (encoding === 'identity' || encoding === '') return bytes
  if (encoding !== 'gzip' && encoding !== 'deflate') throw new UnsupportedEncodingError(encoding.slice(0, 40))
  try {
    return await inflaters[encoding](bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLargeError(limit)
    throw new MalformedEncodingError(encoding)
  }
}

async function toUtf8 (bytes: Buffer, charset: string): Promise<Buffer> {
  const [, width, order] = charset.match(/^utf-?(8|16|32)(le|be)?$/) ?? []
  if (width === '8' && order === undefined) return withoutByteOrderMark(bytes)
  if (width !== '16' && width !== '32') throw new UnsupportedCharsetError(charset.slice(0, 40))
  try {
    const littleEndian = order === undefined ? isLittleEndian(bytes, width) : order === 'le'
    const text = width === '16'
      ? new TextDecoder(littleEndian ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes)
      : await decodeUtf32(bytes, littleEndian)
    return Buffer.from(text, 'utf8')
  } catch {
    throw new MalformedTextError(charset)
  }
}

/** By the byte order mark (RFC 2781, section 4.3), and without one by the first character, which in JSON is ASCII. */
function isLittleEndian (bytes: Buffer, width: '16' | '32'): boolean {
  const first = bytes.subarray(0, Number(width) / 8)
  return first[0] !== 0 && first[0] !== 0xfe
}

/** UTF-32 (The Unicode Standard, section 3.10, D90); Node's own decoders do not know it. */
async function decodeUtf32 (bytes: Buffer, littleEndian: boolean): Promise<string> {
  if (bytes.length % 4 !== 0) throw new RangeError('not whole characters')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const slices: string[] = []
  for (let at = 0; at < bytes.length; at += utf32Slice * 4) {
    let slice = ''
    for (let place = at; place < Math.min(at + utf32Slice * 4, bytes.length); place += 4) {
      const point = view.getUint32(place, littleEndian)
      if (point >= 0xd800 && point <= 0xdfff) throw new RangeError('a surrogate')
      if (place > 0 || point !== 0xfeff) slice += String.fromCodePoint(point)
    }
    slices.push(slice)
    await new Promise(resolve => setImmediate(resolve))
  }
  return slices.join('')
}
