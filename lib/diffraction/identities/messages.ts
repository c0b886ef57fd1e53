// What the server and a worker process say to each other.
import type { DiffractionCode } from '../diffraction-error.ts'
import { DiffractionError, diffractionErrors } from '../diffraction-error.ts'
import type { FramesNumbers } from '../frames/frames.ts'
import type { TaskName } from '../task.ts'
import type { Credentials } from './credentials.ts'
import type { PerformerSettings } from './performer.ts'

/** What a worker process is told before anything else. */
export interface ProcessSettings {
  /** Whom it becomes; undefined where it stays who it is. */
  readonly credentials: Credentials | undefined
  /** Folders that files may be in, links not resolved: only who is to see them can do that. */
  readonly roots: readonly string[]
  /** Address of the module that does the tasks. */
  readonly module: string
  /** Whether reduced frames are shared. */
  readonly isShared: boolean
  readonly performer: PerformerSettings
}

/** From the server. `shared` answers `get`, its bytes the value where `isThere`. */
export type ToProcess =
  { kind: 'begin', settings: ProcessSettings } |
  { kind: 'task', id: number, name: TaskName, ask: unknown, timeout: number } |
  { kind: 'cancel', id: number } |
  { kind: 'shared', id: number, isThere: boolean } |
  { kind: 'end' }

/** From a worker process. Bytes come with `result`, where the result has a member `bytes`, and with `set`. A result is that of all tasks which it names: those that want the same picture have the same. */
export type FromProcess =
  { kind: 'ready' } |
  { kind: 'refused', failure: Failure } |
  { kind: 'result', ids: readonly number[], result: object, numbers: FramesNumbers } |
  { kind: 'failed', id: number, failure: Failure, numbers: FramesNumbers } |
  { kind: 'progress', id: number, text: string } |
  { kind: 'numbers', numbers: FramesNumbers } |
  { kind: 'get', id: number, key: string } |
  { kind: 'drop', id: number } |
  { kind: 'set', key: string } |
  { kind: 'giveUp', key: string }

/** An error on its way. */
export interface Failure { readonly code: DiffractionCode, readonly message: string, readonly legacy?: number | undefined }

/** Writes an error. Of those that nobody foresaw only that there was one: their texts name files and more. */
export function failureOf (error: unknown): Failure {
  if (error instanceof DiffractionError) return { code: error.code, message: error.message, legacy: error.legacy }
  return { code: 'WORKER_ENDED', message: 'The worker process met an error that it did not expect.' }
}

/** Reads an error, whoever wrote it. */
export function errorOf ({ code, legacy, message }: Failure): DiffractionError {
  const known = Object.hasOwn(diffractionErrors, code) ? code : 'WORKER_ENDED'
  return new DiffractionError(known, String(message), typeof legacy === 'number' ? legacy : undefined)
}
