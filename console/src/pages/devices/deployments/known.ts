// What the pages of deployments ask the server for, and the shapes that its OpenAPI document leaves open.
import type { paths } from '../../../api/schema.d.ts'
import { api, ask } from '../../../lib/api.ts'
import type { Device } from '../known.ts'

type Answer = paths['/api/v1/deployments/{id}']['get']['responses']['200']['content']['application/json']

/** A module. */
export type Module = paths['/api/v1/modules/{id}']['get']['responses']['200']['content']['application/json']

/** What is sent to have something planned, made or changed. */
export type Wanted = paths['/api/v1/deployments/plan']['post']['requestBody']['content']['application/json']

/** A step as it is wanted. */
export interface Step { readonly device: string | null, readonly module: string, readonly func: string, readonly failovers: readonly string[], readonly labels: Readonly<Record<string, string>> }

/** A step as it is placed. */
export interface PlacedStep { readonly device: string, readonly module: string, readonly func: string }

/** How far a device is with a deployment. */
export interface Rollout {
  readonly state: 'pending' | 'ready' | 'failed' | 'removing'
  readonly attempts: number
  readonly retryAt?: number
  readonly answer?: { readonly status?: number, readonly data: unknown, readonly time: number }
}

/** A deployment. */
export type Deployment = Omit<Answer, 'steps' | 'sequence' | 'rollouts'> & { readonly steps: readonly Step[], readonly sequence: readonly PlacedStep[], readonly rollouts: Readonly<Record<string, Rollout>> }

/** What speaks for a device; each from 0, nothing, to 1, all. */
export interface Scores { readonly memory: number, readonly processor: number, readonly spread: number, readonly locality: number, readonly steadiness: number }

/** A device that was looked at for a step. */
export interface Candidate { readonly device: string, readonly name: string, readonly fits: boolean, readonly reasons: readonly string[], readonly score: number, readonly scores?: Scores }

/** What was decided of a step, and why. */
export interface Decision {
  readonly step: number
  readonly module: string
  readonly func: string
  readonly device?: string
  readonly because: string
  readonly candidates: readonly Candidate[]
  readonly refused: Readonly<Record<string, number>>
  readonly considered: number
}

/** What would come of a deployment. */
export interface Plan { readonly problem: string, readonly decisions: readonly Decision[] }

/** Whether a device is the server itself. */
export const isServer = ({ origin }: Pick<Device, 'origin'>) => origin === 'self'

/** A deployment as this folder knows it. */
export function readDeployment (answer: Answer): Deployment {
  return answer as unknown as Deployment
}

/** Asks for a deployment. @throws ApiFailure where there is none */
export async function getDeployment (id: string, signal: AbortSignal): Promise<Deployment> {
  return readDeployment(await ask(api.GET('/api/v1/deployments/{id}', { params: { path: { id } }, signal })))
}

/** All modules, as many as fit into one answer. */
export async function listModules (signal: AbortSignal): Promise<readonly Module[]> {
  return (await ask(api.GET('/api/v1/modules', { params: { query: { limit: 1000, order: 'oldest' } }, signal }))).items
}

/** Names of the functions of a module that are described. */
export function functionsOf ({ version, versions }: Pick<Module, 'version' | 'versions'>): readonly string[] {
  return Object.keys(versions.find(each => each.version === version)?.functions ?? {})
}

/** Says what would come of a deployment; nothing changes. @throws ApiFailure where it names what there is not */
export async function plan (body: Wanted): Promise<Plan> {
  const { problem, decisions } = await ask(api.POST('/api/v1/deployments/plan', { body }))
  return { problem, decisions: (decisions ?? []) as readonly Decision[] }
}

/** What is wanted of a deployment that is there, as it is sent. */
export function wantedOf ({ name, steps }: Pick<Deployment, 'name' | 'steps'>): Wanted {
  return { name, sequence: steps.map(step => ({ ...step, failovers: [...step.failovers] })) }
}

/** Puts names in place of the ids of devices in what the server says. */
export function named (message: string, names: ReadonlyMap<string, string>): string {
  return message.replaceAll(/\b[0-9a-f]{24}\b/g, id => names.get(id) ?? id)
}
