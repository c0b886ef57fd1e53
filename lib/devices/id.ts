// Ids of everything that is kept about devices: 24 hexadecimal digits, as clients of the Wasm-IoT orchestrator know them from MongoDB.
import { randomBytes } from 'node:crypto'

/** 24 hexadecimal digits in lower case: four bytes of seconds since 1970, then eight random ones, so that ids rise with time. */
export type Id = string

/** Makes an id that nobody else has. */
export function newId (now = Date.now()): Id {
  const bytes = randomBytes(12)
  bytes.writeUInt32BE(Math.floor(now / 1000) >>> 0, 0)
  return bytes.toString('hex')
}

/** Whether a text is an id. Anything else may still be a name. */
export function isId (text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text)
}
