// Receives the body of a request, and turns it into the bytes of a UTF-8 JSON text: content type, content encoding, charset.
import { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import {
  BodyTooLargeError, MalformedEncodingError, MalformedTextError, UnsupportedCharsetError, UnsupportedEncodingError
} from './errors.ts'
import { release } from './release.ts'
import { utf16Decoder, utf32Decoder } from './utf.ts'
import type { Decode } from './utf.ts'

/** The headers that say how a body is written, as received. */
export interface BodyHeaders {
  contentType: string | undefined
  contentEncoding: string | undefined
}

/** Bytes in another charset that are decoded before others get their turn; a multiple of the width of every unit. */
const sliceLength = 256 * 1024

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) }

/**
 * Receives a body. Where its length is announced there is room for all of it from the beginning, and each part is copied once, as it comes: to join the parts at the end
 * holds up others for 4 ms at 5 MB, and takes twice the memory.
 * @param limit - most bytes
 * @throws BodyTooLargeError, or with status 400 what has become of the connection
 */
export async function receiveBody (request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? NaN)
  if (announced > limit) throw new BodyTooLargeError(limit)
  // Node sees to it that there are no more and no fewer bytes than announced.
  const whole = Number.isNaN(announced) ? undefined : Buffer.allocUnsafeSlow(announced)
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  // The parser makes each part for us. What is injected without a connection belongs to somebody else.
  const isParsed = request instanceof IncomingMessage
  const parts: Buffer[] = []
  let received = 0
  const take = (part: Buffer) => {
    received += part.length
    if (whole === undefined) {
      parts.push(part)
    } else {
      part.copy(whole, received - part.length)
      if (isParsed) release(part)
    }
    if (received > limit) reject(new BodyTooLargeError(limit))
  }
  const fail = (error: Error) => reject(Object.assign(error, { statusCode: 400 }))
  request.on('data', take).once('end', resolve).once('error', fail)
  try {
    await ended
    return whole ?? Buffer.concat(parts, received)
  } finally {
    request.off('data', take).off('end', resolve).off('error', fail)
  }
}

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
    return await recode(bytes, width === '16' ? utf16Decoder(littleEndian) : utf32Decoder(littleEndian))
  } catch {
    throw new MalformedTextError(charset)
  }
}

/** By the byte order mark (RFC 2781, section 4.3), and without one by the first character, which in JSON is ASCII. */
function isLittleEndian (bytes: Buffer, width: '16' | '32'): boolean {
  const first = bytes.subarray(0, Number(width) / 8)
  return first[0] !== 0 && first[0] !== 0xfe
}

async function recode (bytes: Buffer, decode: Decode): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += sliceLength) {
    const slice = bytes.subarray(at, at + sliceLength)
    parts.push(Buffer.from(decode(slice, at + sliceLength >= bytes.length), 'utf8'))
    await new Promise(resolve => setImmediate(resolve))
  }
  return Buffer.concat(parts)
}
