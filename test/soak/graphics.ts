// Graphics for a soak: cut out of one large random text, so that any number of different ones costs nothing to make.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Random } from '../fixtures/json/random-text.ts'

/** A graphic. */
export interface Graphic {
  /** Its base64 text. */
  base64: Buffer
  /** The digest of its data URL, which is what the services of a soak find in it. */
  digest: string
}

/** A request about a graphic. */
export interface GraphicCall {
  requestUuid: string
  graphic: Graphic
  /** The body, in parts to write one after the other. */
  parts: Buffer[]
}

/** Makes graphics and requests about them. */
export interface GraphicSource {
  /** One that has been there before in two of five cases. */
  next (): GraphicCall
  /** One of about so many bytes. */
  unique (bytes: number): GraphicCall
}

/** The one renderer that clients of a soak have. */
export const textRenderer = 'ca.mcgill.a11y.image.renderer.Text'

/** The name under which a preprocessor files its result. */
export function filedAs (name: string): string {
  return `ca.mcgill.a11y.image.preprocessor.${name}`
}

const urlStart = 'data:image/jpeg;base64,'

/** The digest of a data URL, given as the bytes of its text. */
export function digestOf (...text: Buffer[]): string {
  const hash = createHash('sha1')
  for (const part of text) hash.update(part)
  return hash.digest('hex')
}

/** A source of graphics between 10 kB and 1 MB, small ones more often, and one in a hundred of up to 5 MB. */
export function createGraphicSource (random: Random): GraphicSource {
  const pool = Buffer.from(randomBytes(6 * 1024 * 1024).toString('base64'))
  const fraction = () => random(1_000_000) / 1_000_000
  const cut = (bytes: number): Graphic => {
    const length = Math.min(pool.length, Math.ceil(bytes / 4) * 4)
    const start = random(pool.length - length + 1)
    const base64 = pool.subarray(start, start + length)
    return { base64, digest: digestOf(Buffer.from(urlStart), base64) }
  }
  const size = () => random(100) === 0 ? 1e6 + fraction() * 4e6 : 1e4 * 100 ** fraction()
  const known = Array.from({ length: 60 }, () => cut(size()))
  const call = (graphic: Graphic): GraphicCall => {
    const requestUuid = randomUUID()
    const head = Buffer.from(`{"request_uuid":"${requestUuid}","timestamp":${Math.floor(Date.now() / 1000)},"language":"en","graphic":"${urlStart}`)
    return { requestUuid, graphic, parts: [head, graphic.base64, tail] }
  }
  return {
    next: () => call((random(5) < 2 ? known[random(known.length)] : undefined) ?? cut(size())),
    unique: bytes => call(cut(bytes))
  }
}

const tail = Buffer.from(`","dimensions":[600,400],"context":"<img>","capabilities":[],"renderers":["${textRenderer}"]}`)
