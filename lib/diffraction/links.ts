// Signed links: texts that let whoever has one see one frame until it ends, without a session. Nothing is kept of them; what they say is proved by HMAC-SHA256.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** What a link allows: to see one frame, as the user who made it. */
export interface Grant {
  readonly user: string
  readonly esaf: number
  readonly file: string
  readonly frame: number
  /** When it ends, in seconds since 1970. */
  readonly expires: number
}

/** Makes links and reads them. */
export interface Links {
  /** Writes a grant as text of the alphabet of URLs, with one point in it. */
  sign (grant: Grant): string
  /** Reads such a text; undefined where it was not written with this secret, or has ended. */
  read (text: string): Grant | undefined
}

/** Longest time that a link is good for, in seconds. */
export const longestLink = 7 * 24 * 3600

/** Longest text that is looked at. */
const longestText = 8192

/** Words of the key: other uses of one secret, and later forms of links, have others. */
const purpose = 'tutti diffraction link 1'

/**
 * Makes links.
 * @param secret - whoever knows it can make links to anything
 * @param now - the clock, in milliseconds since 1970
 */
export function createLinks (secret: string, now: () => number = Date.now): Links {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest()
  return {
    sign ({ user, esaf, file, frame, expires }) {
      const payload = Buffer.from(JSON.stringify([expires, user, esaf, file, frame])).toString('base64url')
      return `${payload}.${sign(payload).toString('base64url')}`
    },
    read (text) {
      if (text.length > longestText || !/^[\w-]+\.[\w-]+$/.test(text)) return undefined
      const [payload = '', signature = ''] = text.split('.')
      const given = Buffer.from(signature, 'base64url')
      const wanted = sign(payload)
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
      // Signed by this server, and so as it writes it.
      const [expires, user, esaf, file, frame] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [number, string, number, string, number]
      return expires * 1000 > now() ? { user, esaf, file, frame, expires } : undefined
    }
  }
}
