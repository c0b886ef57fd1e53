// Requests of any size: valid, each with a UUID of its own, with a graphic that is new each time or always the same.
import { randomBytes } from 'node:crypto'
import { foundBy, filedAs, renderer } from './replies.ts'

/** What requests are like. */
export interface RequestForm {
  /** Bytes of the whole body. */
  bytes: number
  /** True for a graphic that nobody has sent before. */
  unique: boolean
  /** A route that nobody serves, say; the default one where absent. */
  route?: string | undefined
}

/** Makes requests of one form: parts to write one after the other. All but the first are always the same memory. */
export function createRequests ({ bytes, unique, route }: RequestForm): () => Buffer[] {
  const before = `","timestamp":1700000000,"URL":"https://example.org/page","language":"en","context":"<img alt=\\"\\">","dimensions":[1200,800],"capabilities":[],"renderers":["${renderer}"],` +
    `${route === undefined ? '' : `"route":"${route}",`}"graphic":"data:image/jpeg;base64,`
  const start = '{"request_uuid":"'
  const end = '"}'
  const room = bytes - start.length - 36 - before.length - 16 - end.length
  if (room < 0) throw new RangeError(`a request has at least ${bytes - room} bytes`)
  // Such text is as hard to parse and to hash as that of a real graphic.
  const rest = Buffer.from(randomBytes(Math.ceil(room * 3 / 4)).toString('base64').replaceAll('=', 'A').slice(0, room) + end)
  let number = randomBytes(6).readUIntBE(0, 6)
  return () => {
    number = (number + 1) % 2 ** 48
    const digits = number.toString(16).padStart(12, '0')
    // Hexadecimal digits are base64 too.
    return [Buffer.from(`${start}00000000-0000-4000-8000-${digits}${before}${unique ? `aaaa${digits}` : 'aaaaaaaaaaaaaaaa'}`), rest]
  }
}

/** The text of a request in which preprocessors have found something. */
export function withResults (request: readonly Buffer[], finders: readonly string[]): Buffer {
  const whole = Buffer.concat(request)
  if (finders.length === 0) return whole
  const results = finders.map(name => `"${filedAs(name)}":${foundBy(name)}`)
  return Buffer.concat([whole.subarray(0, -1), Buffer.from(`,"preprocessors":{${results.join()}}}`)])
}
