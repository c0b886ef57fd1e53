// Names that come from outside: what may name a module, a function, a parameter or a mount. They become parts of addresses, of paths on devices, and keys of objects.
import { DevicesError } from '../devices-error.ts'

/** Characters of a name at most. */
export const longestName = 100

/** Begins names of services of Tutti itself. */
const corePrefix = 'core:'

/** Names under which something else is served where data files are. */
const served = ['wasm', 'description']

/**
 * Checks a name, without blanks around it.
 * @param what - what it names, as the first word of a sentence, such as `A module`
 * @throws DevicesError REQUEST
 */
export function cleanName (what: string, name: unknown): string {
  if (typeof name !== 'string') throw refuse(what, 'needs a name')
  const cleaned = name.normalize('NFC').trim()
  if (cleaned === '') throw refuse(what, 'needs a name')
  // In code points; what is far too long is not counted.
  if (cleaned.length > 2 * longestName || [...cleaned].length > longestName) throw refuse(what, `has a name of more than ${longestName} characters`)
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(cleaned)) throw refuse(what, 'has control characters in its name')
  if (/[/\\]/.test(cleaned) || cleaned === '.' || cleaned === '..') throw refuse(what, 'has a path for its name')
  if (cleaned === '__proto__') throw refuse(what, 'cannot have this name')
  return cleaned
}

/** Checks the name of a module that is uploaded. @throws DevicesError REQUEST */
export function cleanModuleName (name: unknown): string {
  const cleaned = cleanName('A module', name)
  if (cleaned.startsWith(corePrefix)) throw refuse('A module', `cannot have a name that begins with ${corePrefix}, as services of the server have`)
  return cleaned
}

/** Checks the name of a mount. @throws DevicesError REQUEST */
export function cleanMountName (name: unknown): string {
  const cleaned = cleanName('A mount', name)
  if (served.includes(cleaned)) throw refuse('A mount', `cannot have the name ${cleaned}: something else of the module is served under it`)
  return cleaned
}

/** A media type without its parameters, in lower case (RFC 6838, section 4.2); `application/octet-stream` for what is none. */
export function cleanMediaType (mediaType: string): string {
  const [type = ''] = mediaType.slice(0, 300).split(';')
  const cleaned = type.trim().toLowerCase()
  return isMediaType(cleaned) ? cleaned : 'application/octet-stream'
}

/** Whether a text is a media type in lower case, without parameters. */
export function isMediaType (text: string): boolean {
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(text)
}

/** What a client calls a file, for people to read: without folders and control characters, 255 characters at most. */
export function cleanOriginalName (name: string): string {
  return name.slice(-4096).replace(/^.*[/\\]/s, '').replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, '').slice(0, 255)
}

function refuse (what: string, why: string): DevicesError {
  return new DevicesError('REQUEST', `${what} ${why}. Names have 1 to ${longestName} characters, and no slashes or control characters.`)
}
