// What the page of trust asks the server for, and the shapes that its OpenAPI document leaves open.
import type { paths } from '../../../api/schema.d.ts'
import { api, ask } from '../../../lib/api.ts'
import { listDevices } from '../known.ts'

type Body<Path extends '/api/v1/cards/modules' | '/api/v1/cards/nodes' | '/api/v1/cards/data-sources'> = NonNullable<paths[Path]['post']['requestBody']>['content']['application/json']
interface Kept { readonly id: string, readonly dateReceived: number }

/** What a module risks. */
export type ModuleCard = Body<'/api/v1/cards/modules'> & Kept
/** Which zone a device is in. */
export type NodeCard = Body<'/api/v1/cards/nodes'> & Kept
/** What data of a type risk on a device. */
export type DataSourceCard = Body<'/api/v1/cards/data-sources'> & Kept

/** Levels of risk that a zone takes. */
export interface Zone { readonly id: string, readonly zone: string, readonly allowedRiskLevels: readonly string[], readonly lastUpdated: number }

/** What the check of risks said of a deployment. */
export interface Certificate {
  readonly id: string
  readonly date: number
  readonly deploymentId: string
  readonly valid: boolean
  readonly validationLogs: ReadonlyArray<{
    readonly device: string
    readonly module: string
    readonly func: string
    readonly node_zone: string
    readonly module_risk: string
    readonly input_risk: string
    readonly output_risk: string
    readonly valid: boolean
    readonly reasons: readonly string[]
  }>
}

/** Names of what cards and certificates are about, by id. */
export interface Names { readonly devices: ReadonlyMap<string, string>, readonly modules: ReadonlyMap<string, string>, readonly deployments: ReadonlyMap<string, string> }

const query = { limit: 1000, order: 'oldest' as const }
const byId = (items: ReadonlyArray<{ id: string, name: string }>) => new Map(items.map(({ id, name }) => [id, name]))

/** Asks for all names. @throws ApiFailure */
export async function listNames (signal: AbortSignal): Promise<Names> {
  const [devices, modules, deployments] = await Promise.all([listDevices(signal), ask(api.GET('/api/v1/modules', { params: { query }, signal })), ask(api.GET('/api/v1/deployments', { params: { query }, signal }))])
  return { devices: byId(devices.filter(({ origin }) => origin !== 'self')), modules: byId(modules.items.filter(({ isCore }) => !isCore)), deployments: byId(deployments.items) }
}

/** Asks for all cards. @throws ApiFailure */
export async function listCards (signal: AbortSignal): Promise<{ modules: readonly ModuleCard[], nodes: readonly NodeCard[], dataSources: readonly DataSourceCard[] }> {
  const [modules, nodes, dataSources] = await Promise.all([
    ask(api.GET('/api/v1/cards/modules', { params: { query }, signal })), ask(api.GET('/api/v1/cards/nodes', { params: { query }, signal })), ask(api.GET('/api/v1/cards/data-sources', { params: { query }, signal }))
  ])
  return { modules: modules.items as unknown as readonly ModuleCard[], nodes: nodes.items as unknown as readonly NodeCard[], dataSources: dataSources.items as unknown as readonly DataSourceCard[] }
}

/** Asks for all zones. @throws ApiFailure */
export async function listZones (signal: AbortSignal): Promise<readonly Zone[]> {
  return (await ask(api.GET('/api/v1/zones', { params: { query }, signal }))).items as unknown as readonly Zone[]
}

/** Asks for certificates, the newest first. @throws ApiFailure */
export async function listCertificates (signal: AbortSignal): Promise<readonly Certificate[]> {
  return (await ask(api.GET('/api/v1/certificates', { params: { query: { limit: 200, order: 'newest' } }, signal }))).items as unknown as readonly Certificate[]
}
