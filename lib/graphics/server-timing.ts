// Tells the client what each service did, in a Server-Timing header (https://www.w3.org/TR/server-timing/).
import type { Outcome } from './outcome.ts'

/** Longest header that is written, in bytes: many clients accept 8 KiB of headers in all. */
const longest = 6000

/**
 * Writes one entry for each outcome: name, outcome (with the reason of a failure, and how many replicas were asked where it was
 * more than one) and milliseconds.
 * @returns the value of the header, cut at the last entry that fits; empty where there are no outcomes
 */
export function serverTiming (outcomes: readonly Outcome[]): string {
  let header = ''
  for (const { service, kind, reason, attempts, milliseconds } of outcomes) {
    const description = `${kind}${reason === undefined ? '' : `: ${reason}`}${attempts === undefined ? '' : `, ${attempts} attempts`}`
    const entry = `${header === '' ? '' : ', '}${token(service)};desc="${description}";dur=${milliseconds.toFixed(1)}`
    if (header.length + entry.length > longest) break
    header += entry
  }
  return header
}

/** The name with everything replaced that a token (RFC 9110, section 5.6.2) must not have. */
function token (name: string): string {
  return name.replace(/[^\w.!#$%&'*+^`|~-]/g, '_') || '_'
}
