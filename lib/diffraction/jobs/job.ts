// A request as the LS-CAT image server reads it: one JSON object, of which everything is kept to be sent back, and of which the numbers that it knows are read in its way.
import { DiffractionError } from '../diffraction-error.ts'
import { JsonNumber, isObject, readJson } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** What can be asked for; the first three by every client of the LS-CAT image server. */
export const jobTypes = ['jpeg', 'spots', 'index', 'meta', 'pixel', 'histogram', 'radial', 'findspots', 'cancel'] as const

/** What is asked for. */
export type JobType = typeof jobTypes[number]

/** Types that the LS-CAT image server once knew. */
const obsoleteTypes = ['rsync_host_test', 'rsync_connection_test', 'local_dir_stats', 'rsync_transfer']

/** One request. */
export interface Job {
  /** All that was sent, to be sent back. */
  readonly members: JsonObject
  /** Token of the session; undefined where there is none, or none that is a text. */
  readonly pid: string | undefined
  /** ESAF that the files are of; 0 where none is named. */
  readonly esaf: number
  /** Type in small letters, one of `jobTypes` where it is known; undefined where there is none. */
  readonly type: string | undefined
  /** Whether the one who asks wants to have the code of an error as well (`"errors": "code"`). */
  readonly wantsCode: boolean
}

/** Largest request, in bytes. */
export const largestRequest = 256 * 1024

/**
 * Reads a request.
 * @param type - what is asked for where the request does not say
 * @throws DiffractionError REQUEST where it is not JSON, or too large
 */
export function readJob (bytes: Uint8Array, type?: string): Job {
  if (bytes.length > largestRequest) throw new DiffractionError('REQUEST', `the request has more than ${largestRequest} bytes`)
  let value: JsonValue
  try {
    value = readJson(bytes)
  } catch (error) {
    throw new DiffractionError('REQUEST', error instanceof Error ? error.message : 'it is not JSON')
  }
  // What is no object has no members; that it has no pid is what is said of it.
  const members = isObject(value) ? value : {}
  const named = textOf(members, 'type') ?? type
  return {
    members,
    pid: textOf(members, 'pid'),
    esaf: Math.max(0, integerOf(members, 'esaf')),
    type: named?.toLowerCase(),
    wantsCode: textOf(members, 'errors') === 'code'
  }
}

/** What is wrong with the type of a job, undefined where nothing is. */
export function typeFault ({ type }: Job): 'missing' | 'obsolete' | 'unknown' | undefined {
  if (type === undefined) return 'missing'
  if (isJobType(type)) return undefined
  return obsoleteTypes.includes(type) ? 'obsolete' : 'unknown'
}

/** Whether a type is one that is known. */
export function isJobType (type: string): type is JobType {
  return (jobTypes as readonly string[]).includes(type)
}

/** A member that is a text, undefined where it is none. */
export function textOf (members: JsonObject, name: string): string | undefined {
  const value = memberOf(members, name)
  return typeof value === 'string' ? value : undefined
}

/** A member that was written as an integer; 0 where it was not: as text, as `512.0`, or not at all. */
export function integerOf (members: JsonObject, name: string): number {
  const value = memberOf(members, name)
  return value instanceof JsonNumber && value.isInteger ? value.value : 0
}

/** A member that is a number of any kind; 0 where it is none. */
export function numberOf (members: JsonObject, name: string): number {
  const value = memberOf(members, name)
  return value instanceof JsonNumber ? value.value : 0
}

/** A member, undefined where there is none. */
export function memberOf (members: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined
}
