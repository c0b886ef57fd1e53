// What the pages of executions ask the server for, and the shapes that its OpenAPI document leaves open.
import type { paths } from '../../../api/schema.d.ts'
import { api, ask, failureOf, fetchFromServer } from '../../../lib/api.ts'
import { getDeployment } from '../deployments/known.ts'

/** An execution. */
export type Execution = paths['/api/v1/executions/{id}']['get']['responses']['200']['content']['application/json']

/** A parameter that the first step takes. */
export interface Parameter { readonly name: string, readonly type: string }

/** A file that the first step reads. */
export interface InputFile { readonly name: string, readonly mediaType: string }

/** What it takes to run a deployment. */
export interface Runnable {
  readonly id: string
  readonly name: string
  readonly isReady: boolean
  /** Undefined where the deployment has no first step on any device. */
  readonly asks: { readonly parameters: readonly Parameter[], readonly files: readonly InputFile[] } | undefined
}

/** What a device is told of its functions, as far as it matters here. */
interface Node {
  readonly modules: ReadonlyArray<{ readonly id: string, readonly name: string }>
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, { readonly method: string, readonly request: { readonly parameters: ReadonlyArray<{ readonly name: string, readonly schema: { readonly type: string } }> } }>>>>
  readonly mounts: Readonly<Record<string, Readonly<Record<string, { readonly execution?: ReadonlyArray<{ readonly path: string, readonly media_type: string }> }>>>>
}

/** Asks what it takes to run a deployment: devices call its further steps by themselves. @throws ApiFailure */
export async function loadRunnable (id: string, signal: AbortSignal): Promise<Runnable> {
  const { name, isReady, sequence, nodes = {} } = await getDeployment(id, signal)
  const [step] = sequence
  const node = step === undefined ? undefined : nodes[step.device] as Node | undefined
  const module = node?.modules.find(each => each.id === step?.module)?.name ?? ''
  const endpoint = node?.endpoints[module]?.[step?.func ?? '']
  if (endpoint === undefined) return { id, name, isReady, asks: undefined }
  // What is only read needs no files.
  const files = /^(?:get|head)$/i.test(endpoint.method) ? [] : node?.mounts[module]?.[step?.func ?? '']?.execution ?? []
  return {
    id,
    name,
    isReady,
    asks: {
      parameters: endpoint.request.parameters.map(({ name, schema: { type } }) => ({ name, type })),
      files: files.map(({ path, media_type: mediaType }) => ({ name: path, mediaType }))
    }
  }
}

/** Runs a deployment. @returns the execution that has begun @throws ApiFailure */
export async function run (deployment: string, parameters: Readonly<Record<string, string>>, files: ReadonlyMap<string, File>): Promise<Execution> {
  const body = new FormData()
  for (const [name, value] of Object.entries(parameters)) body.append(name, value)
  for (const [name, file] of files) body.append(name, file, file.name)
  // A form without a field is none.
  const isEmpty = [...body.keys()].length === 0
  const response = await fetchFromServer(`/api/v1/deployments/${encodeURIComponent(deployment)}/executions`, { method: 'POST', ...isEmpty ? { body: '{}', headers: { 'content-type': 'application/json' } } : { body } })
  const answer: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw failureOf(response.status, answer)
  return answer as Execution
}

/** Names of all deployments by their ids. @throws ApiFailure */
export async function listNames (signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { items } = await ask(api.GET('/api/v1/deployments', { params: { query: { limit: 1000, order: 'oldest' } }, signal }))
  return new Map(items.map(({ id, name }) => [id, name]))
}

/** Whether an execution goes no further. */
export function isEnded ({ state }: Pick<Execution, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

/** What came out as one value: the text of a number, exactly as the device gave it, or JSON; undefined where only files came out. */
export function valueOf ({ result }: Pick<Execution, 'result'>): string | undefined {
  if (result === undefined || result === null) return undefined
  if (Array.isArray(result) && result.length === 2 && (result[1] === null || Array.isArray(result[1]))) {
    const [value] = result as [unknown]
    return value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
  }
  return JSON.stringify(result, null, 2)
}
