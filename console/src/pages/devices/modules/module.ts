// What the pages of modules ask the server for, and send to it.
import type { paths } from '../../../api/schema.d.ts'
import { api, ask, failureOf, fetchFromServer, unlessMissing } from '../../../lib/api.ts'

type ModuleAnswer = paths['/api/v1/modules/{id}']['get']['responses']['200']['content']['application/json']

/** A file of a mount. */
export interface MountDescription { readonly mediaType: string, readonly stage: 'deployment' | 'execution' | 'output' }

/** How a function is called. */
export interface FunctionDescription {
  readonly method: string
  readonly parameters: ReadonlyArray<{ readonly name: string, readonly type: 'integer' | 'float' }>
  readonly output: string
  readonly mounts: Readonly<Record<string, MountDescription>>
}

/** Types of a function in WebAssembly. */
export interface Signature { readonly parameters: readonly string[], readonly results: readonly string[] }

/** What was found in a module without running it. */
export interface Analysis {
  readonly requirements: ReadonlyArray<{ readonly module: string, readonly name: string, readonly kind: string, readonly signature?: Signature }>
  readonly exports: ReadonlyArray<Signature & { readonly name: string }>
  readonly memory?: { readonly initial: number, readonly maximum?: number }
  readonly hasStart: boolean
}

/** A version of a module. The OpenAPI document leaves open what its analysis and its functions are; they are as above. */
export type ModuleVersion = Omit<ModuleAnswer['versions'][number], 'analysis' | 'functions'> & { readonly analysis: Analysis, readonly functions?: Readonly<Record<string, FunctionDescription>> }

/** A module. */
export type Module = Omit<ModuleAnswer, 'versions'> & { readonly versions: readonly ModuleVersion[] }

/** A module as the server gives it. */
export function moduleOf (answer: ModuleAnswer): Module {
  return answer as unknown as Module
}

/** A module by its id, or null where there is none. @throws ApiFailure */
export async function loadModule (id: string, signal: AbortSignal): Promise<Module | null> {
  const answer = await unlessMissing(ask(api.GET('/api/v1/modules/{id}', { params: { path: { id } }, signal })))
  return answer === undefined ? null : moduleOf(answer)
}

/** The version that is deployed. */
export function currentOf ({ version, versions }: Module): ModuleVersion | undefined {
  return versions.find(each => each.version === version)
}

/** A signature as it is read: `(i32, i32) → i32`. */
export function written ({ parameters, results }: Signature): string {
  return `(${parameters.join(', ')}) → ${results.length === 1 ? results[0] ?? '' : `(${results.join(', ')})`}`
}

/** Sends a form that brings files, and gives the module that comes of it. @throws ApiFailure */
export async function sendForm (method: 'POST' | 'PUT', path: string, body: FormData): Promise<Module> {
  const response = await fetchFromServer(path, { method, body })
  if (!response.ok) throw failureOf(response.status, await bodyOf(response))
  return await response.json() as Module
}

/** Gives the bytes of a module, or of a file that is deployed with it. @throws ApiFailure */
export async function fetchBytes (path: string): Promise<Blob> {
  const response = await fetchFromServer(path)
  if (!response.ok) throw failureOf(response.status, await bodyOf(response))
  return await response.blob()
}

/** The JSON of an answer, or its text where it is none. */
async function bodyOf (response: Response): Promise<unknown> {
  const text = await response.text()
  try { return JSON.parse(text) } catch { return text }
}

/** Where a module is on the server. */
export function placeOf (id: string): string {
  return `/api/v1/modules/${encodeURIComponent(id)}`
}
