// Tells the client whose contribution its answer lacks, and why, in a Tutti-Incomplete header: a list of structured fields
// (https://www.rfc-editor.org/rfc/rfc9651).
import type { Outcome } from './outcome.ts'

/**
 * Most bytes of names and reasons that are written; a count may follow. The header shares the 8 KiB that many clients accept
 * with Server-Timing.
 */
const longest = 1000

/**
 * Names every service that failed or was late, in the order of the outcomes: `describe;reason=timeout, speak;reason=late`. A name is
 * a token where it can be, else a string, else a display string. What no longer fits is counted in a last entry, `*;count=12`.
 * @returns the value of the header; undefined where nothing is missing
 */
export function incomplete (outcomes: readonly Outcome[]): string | undefined {
  const missing = outcomes.filter(({ kind }) => kind === 'failed' || kind === 'late')
  if (missing.length === 0) return undefined
  let header = ''
  for (const [index, { service, kind, reason = kind }] of missing.entries()) {
    const entry = `${header === '' ? '' : ', '}${bareItem(service)};reason=${reason}`
    if (header.length + entry.length > longest) return `${header}${header === '' ? '' : ', '}*;count=${missing.length - index}`
    header += entry
  }
  return header
}

/** The name as an item of RFC 9651: sections 4.1.7 (token), 4.1.6 (string) and 4.1.11 (display string). */
function bareItem (name: string): string {
  if (/^[A-Za-z][\w!#$%&'*+.^`|~:/-]*$/.test(name)) return name
  if (/^[ -~]*$/.test(name)) return `"${name.replace(/["\\]/g, '\\$&')}"`
  const bytes = Buffer.from(name.slice(0, longest), 'utf8')
  let text = ''
  for (const byte of bytes) text += byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x25 ? `%${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
  return `%"${text}"`
}
