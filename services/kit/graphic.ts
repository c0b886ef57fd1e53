// Small readings of a request that most services need: the bytes of its graphic, its language, the time of a reply.
import { Buffer } from 'node:buffer'

/** Longest media type that is read, in characters; real ones are far shorter. */
const longestMediaType = 128

/** A data URL taken apart. */
export interface DecodedDataUrl {
  /** Media type as the URL states it, such as `image/png`; what the bytes really are is for a decoder to find out. */
  mediaType: string
  /** The decoded bytes. */
  bytes: Buffer
}

/**
 * Takes a base64 data URL apart (RFC 2397), in linear time; the bytes are at most three quarters of the text.
 * Throws TypeError when the text is no such URL; a request's `graphic` has passed the request schema and always is one.
 */
export function decodeDataUrl (graphic: string): DecodedDataUrl {
  const head = graphic.slice(0, longestMediaType + 20)
  const marker = head.indexOf(';base64,')
  if (!head.startsWith('data:') || marker < 0) throw new TypeError('not a base64 data URL with a short media type')
  return { mediaType: head.slice('data:'.length, marker).toLowerCase(), bytes: Buffer.from(graphic.slice(marker + ';base64,'.length), 'base64') }
}

/** The time now as replies state it: whole seconds since 1970. */
export function now (): number {
  return Math.floor(Date.now() / 1000)
}

/** The language to answer in: French for `fr` in any case, English for everything else. */
export function languageOf (request: { language: string }): 'en' | 'fr' {
  return request.language.toLowerCase() === 'fr' ? 'fr' : 'en'
}
