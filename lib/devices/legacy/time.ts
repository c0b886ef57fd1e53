// Times as clients of the reference write and read them: ISO 8601 outside, milliseconds since 1970 inside.
import { DevicesError } from '../devices-error.ts'

/** A time as the reference writes it. */
export function isoTime (time: number): string {
  return new Date(time).toISOString()
}

/**
 * Reads `?after=`.
 * @param text - ISO 8601, or milliseconds since 1970; undefined and empty for no bound
 * @returns milliseconds since 1970
 * @throws DevicesError REQUEST
 */
export function readAfter (text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const time = /^\d{1,15}$/.test(text) ? Number(text) : text.length <= 64 ? Date.parse(text) : NaN
  if (Number.isNaN(time)) throw new DevicesError('REQUEST', 'after is no time. Send ISO 8601 such as 2025-01-31T12:00:00Z, or milliseconds since 1970.')
  return time
}
