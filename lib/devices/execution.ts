// One run of a deployment, from its inputs to its result.
import type { Id } from './id.ts'
import type { StoredFile } from './wasm-module.ts'

/** How far it is. */
export type ExecutionState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** A run. */
export interface Execution {
  readonly id: Id
  readonly deployment: Id
  /** Which process runs it: `host/pid/random`, so that what a killed one has left is found. */
  readonly runner: string
  readonly state: ExecutionState
  /** What was given, by name; files are not kept. */
  readonly parameters: Readonly<Record<string, string>>
  /** Names of files that were given. */
  readonly files: readonly string[]
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** What the last device gave, as it came: `["233",null]`, or `[null,["outFile"]]`. */
  readonly result: unknown
  /** The same as JSON text, where numbers in it are not what doubles make of them; undefined where `result` says it all. */
  readonly resultText: string | undefined
  /** Where it was fetched from, as the reference tells it, a whole address; undefined where the device said nothing. */
  readonly resultUrl: string | undefined
  /** Files that came out, stored here, by name. */
  readonly outputs: Readonly<Record<string, StoredFile>>
  readonly isInFailover: boolean
  readonly error: { readonly code: string, readonly message: string, readonly details: unknown } | undefined
  /** What happened on the way, oldest first; 1000 at most. */
  readonly progress: ReadonlyArray<{ readonly time: number, readonly what: string }>
}
