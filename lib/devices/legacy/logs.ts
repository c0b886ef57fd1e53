// Lines that supervisors log: JSON as text in the field `logData`, bounded, and given back as they came.
import { DevicesError } from '../devices-error.ts'
import { isId, newId } from '../id.ts'
import type { LogEntry } from '../registry.ts'
import { isoTime } from './time.ts'

/** Most bytes of a line. */
export const longestLine = 64 * 1024

/** Levels of JSON that a line may have. */
const deepest = 16

/** Reads a line. @param logData - JSON as text @throws DevicesError REQUEST, TOO_LARGE */
export function readLogLine (logData: unknown, now: number): LogEntry {
  if (typeof logData !== 'string') throw new DevicesError('REQUEST', 'There is no field logData. Send a JSON object as text in it.')
  if (Buffer.byteLength(logData) > longestLine) throw new DevicesError('TOO_LARGE', `The line is larger than ${longestLine} bytes.`)
  let line: unknown
  try {
    line = JSON.parse(logData)
  } catch {}
  if (typeof line !== 'object' || line === null || Array.isArray(line) || !isPlain(line)) throw new DevicesError('REQUEST', 'The field logData is no JSON object that can be kept. Send one as text.')
  const { deviceName, deployment_id: deployment } = line as Record<string, unknown>
  return {
    id: newId(now),
    dateReceived: now,
    deviceName: typeof deviceName === 'string' ? deviceName.slice(0, 128) : undefined,
    deployment: typeof deployment === 'string' && isId(deployment) ? deployment : undefined,
    line: line as Record<string, unknown>
  }
}

/** A line as it is given back. What the server adds stands where a line has members of the same names. */
export function legacyLogLine ({ id, dateReceived, line }: LogEntry): Record<string, unknown> {
  return { ...line, _id: id, dateReceived: isoTime(dateReceived) }
}

/** Whether JSON is not too deep, and has no key that pollutes prototypes where somebody merges it. */
function isPlain (value: object, depth = deepest): boolean {
  if (depth === 0) return false
  return Object.entries(value).every(([key, each]) => key !== '__proto__' && !(key === 'constructor' && typeof each === 'object' && each !== null && Object.hasOwn(each, 'prototype')) && (typeof each !== 'object' || each === null || isPlain(each as object, depth - 1)))
}
