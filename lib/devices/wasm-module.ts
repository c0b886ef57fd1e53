// A WebAssembly module as it is kept: its versions, what it needs and gives, and how its functions are called.
import type { Id } from './id.ts'

/** Types of values in WebAssembly that functions take and give. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref'

/** Types of a function. */
export interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** What a module imports. */
export interface Requirement {
  readonly module: string
  readonly name: string
  readonly kind: 'function' | 'memory' | 'table' | 'global' | 'tag'
  /** For functions. */
  readonly signature: Signature | undefined
}

/** A function that a module exports. */
export interface ExportedFunction extends Signature {
  readonly name: string
}

/** What is found in a module without running it. */
export interface Analysis {
  readonly requirements: readonly Requirement[]
  readonly exports: readonly ExportedFunction[]
  /** Least and most pages of 64 KiB of its memory, imported or its own; undefined where it has none. */
  readonly memory: { readonly initial: number, readonly maximum: number | undefined } | undefined
  readonly hasStart: boolean
}

/** When a file is there: with the deployment, with each call, or after one. */
export type MountStage = 'deployment' | 'execution' | 'output'

/** A file that a function reads or writes. */
export interface Mount {
  readonly mediaType: string
  readonly stage: MountStage
}

/** A file in the store. */
export interface StoredFile {
  /** Hexadecimal digits; it is found by this. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
  /** As the client called it, without a path; for people only. */
  readonly originalName: string
}

/** How one function is called, once it has been described. */
export interface FunctionDescription {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** In the order in which the function takes them. */
  readonly parameters: ReadonlyArray<{ readonly name: string, readonly type: 'integer' | 'float' }>
  /** `integer`, `float`, or a media type. */
  readonly output: string
  /** By name. */
  readonly mounts: Readonly<Record<string, Mount>>
}

/** One version of a module. Nothing in it is changed once it is there, but that it is described. */
export interface ModuleVersion {
  /** 1, 2, … */
  readonly version: number
  readonly wasm: StoredFile
  readonly analysis: Analysis
  readonly createdAt: number
  /** By name of function; undefined until it is described. */
  readonly functions: Readonly<Record<string, FunctionDescription>> | undefined
  /** Files of mounts of stage `deployment`, by name of mount. */
  readonly dataFiles: Readonly<Record<string, StoredFile>>
}

/** A module. */
export interface WasmModule {
  readonly id: Id
  /** Names of modules need not differ, as in the reference; of several the newest is meant. */
  readonly name: string
  /** A service of Tutti itself, which has no bytes. */
  readonly isCore: boolean
  /** The version that is deployed: the last one unless it was rolled back. */
  readonly version: number
  /** Oldest first, one at least; a core module has one with empty bytes. */
  readonly versions: readonly ModuleVersion[]
  readonly createdAt: number
}

/** The version that counts. */
export function currentVersion ({ version, versions }: WasmModule): ModuleVersion {
  const found = versions.find(each => each.version === version) ?? versions.at(-1)
  if (found === undefined) throw new RangeError('a module without a version')
  return found
}
