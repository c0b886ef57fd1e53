// The core service Datalist: a list of texts for each deployment, kept by Tutti itself, which acts as the device `orchestrator` for it.
import type { Deployment } from './deployment.ts'
import { selfName } from './device.ts'
import { DevicesError } from './devices-error.ts'
import { isId, newId } from './id.ts'
import type { Id } from './id.ts'
import type { Registry } from './registry.ts'
import type { FunctionDescription, StoredFile, WasmModule } from './wasm-module.ts'

/** Its name as a module, by which steps refer to it. */
export const datalistName = 'core:Datalist'

/** Which values of a list. */
export interface DatalistRange {
  /** This one alone; from the end where it is negative. */
  readonly index?: number | undefined
  /** From this one on; from the end where it is negative. */
  readonly from?: number | undefined
  readonly limit?: number | undefined
}

/** Lists of deployments. */
export interface Datalists {
  /** What `POST /deploy` does: makes the list of a deployment, where it has none yet. @throws DevicesError REQUEST for what is no node document with the service in it, MISSING where there is no such deployment */
  deploy (document: unknown): Promise<void>
  /** What `DELETE /deploy/:id` does. Whether there was a list. */
  undeploy (deployment: Id): Promise<boolean>
  /** Adds a value to the end. @returns where the list is: what devices are answered. @throws DevicesError MISSING, TOO_LARGE */
  push (deployment: Id, value: string): Promise<{ resultUrl: string }>
  /** Values from the first. @throws DevicesError MISSING where there is no such deployment, or no value of that index */
  get (deployment: Id, range?: DatalistRange): Promise<unknown[]>
  /** Removes all values. @throws DevicesError MISSING */
  clear (deployment: Id): Promise<void>
  /** Removes lists of deployments that are gone. @returns how many */
  sweep (): Promise<number>
  /** The deployment whose list a URL of `push` names; undefined for any other. */
  ownerOf (url: URL): Id | undefined
}

/** What lists are kept with. */
export interface DatalistsOptions {
  readonly registry: Pick<Registry, 'datalists' | 'deployments'>
  /** Address under which devices reach this server, without a slash at its end. */
  base (): string
  /** Most values of a list, and most bytes of all of them together. */
  readonly mostValues?: number
  readonly mostBytes?: number
}

/** Makes what keeps lists. */
export function createDatalists ({ registry, base, mostValues = 10_000, mostBytes = 1024 * 1024 }: DatalistsOptions): Datalists {
  /** Makes the list of a deployment that is there; two at once make one. */
  const make = async (deployment: Id) => {
    const found = isId(deployment) ? await registry.deployments.get(deployment) : undefined
    if (found === undefined || !usesDatalist(found)) throw new DevicesError('MISSING', 'There is no deployment of this id that has a Datalist.')
    // The list has the id of its deployment, so that there is one at most.
    await registry.datalists.insert({ id: deployment, deployment, values: [] }).catch((error: unknown) => {
      if (!(error instanceof DevicesError) || error.code !== 'CONFLICT') throw error
    })
  }

  const change = async (deployment: Id, become: (values: readonly unknown[]) => readonly unknown[]) => {
    const work = () => registry.datalists.update(deployment, list => ({ ...list, values: become(list.values) }))
    if (await work() !== undefined) return
    await make(deployment)
    await work()
  }

  return {
    async deploy (document) {
      const { deploymentId, instructions } = objectOf(document)
      const { modules } = objectOf(instructions)
      if (typeof deploymentId !== 'string' || !isId(deploymentId) || !Object.hasOwn(objectOf(modules), datalistName)) {
        throw new DevicesError('REQUEST', `The document deploys nothing that this server runs itself: it needs deploymentId, and instructions for ${datalistName}.`)
      }
      await make(deploymentId)
    },

    async undeploy (deployment) {
      return isId(deployment) && await registry.datalists.remove(deployment)
    },

    async push (deployment, value) {
      let fault: DevicesError | undefined
      await change(deployment, values => {
        fault = undefined
        const bytes = values.reduce((sum: number, each) => sum + Buffer.byteLength(String(each)), Buffer.byteLength(value))
        if (values.length >= mostValues || bytes > mostBytes) {
          fault = new DevicesError('TOO_LARGE', `The list is full: it takes ${mostValues} values of ${mostBytes} bytes in all. Clear it.`)
          return values
        }
        return [...values, value]
      })
      if (fault !== undefined) throw fault
      return { resultUrl: `${base()}/${deployment}/modules/${datalistName}/get` }
    },

    async get (deployment, { index, from = 0, limit } = {}) {
      let list = isId(deployment) ? await registry.datalists.get(deployment) : undefined
      if (list === undefined) {
        await make(deployment)
        list = await registry.datalists.get(deployment)
      }
      const values = list?.values ?? []
      if (index === undefined) return values.slice(from).slice(0, limit)
      const at = index < 0 ? values.length + index : index
      if (!Number.isInteger(at) || at < 0 || at >= values.length) throw new DevicesError('MISSING', `The list has ${values.length} values, and none at ${index}.`)
      return [values[at]]
    },

    async clear (deployment) {
      await change(deployment, () => [])
    },

    async sweep () {
      let gone = 0
      for (const { id, deployment } of await registry.datalists.list()) {
        if (await registry.deployments.get(deployment) === undefined && await registry.datalists.remove(id)) gone += 1
      }
      return gone
    },

    ownerOf (url) {
      if (!URL.canParse(base()) || url.origin !== new URL(base()).origin) return undefined
      const [, deployment] = /^\/+([0-9a-f]{24})\/modules\/core(?::|%3a)Datalist\/get$/i.exec(url.pathname) ?? []
      return deployment
    }
  }
}

/** Core services as modules: what people see, and place. They have no bytes. */
export function coreModules (now = Date.now()): WasmModule[] {
  const binary = 'application/octet-stream'
  const functions: Record<string, FunctionDescription> = {
    push: {
      method: 'put',
      parameters: [{ name: 'param0', type: 'integer' }],
      output: 'integer',
      mounts: { id: { mediaType: binary, stage: 'deployment' }, entry: { mediaType: binary, stage: 'execution' } }
    },
    get: { method: 'get', parameters: [], output: binary, mounts: { id: { mediaType: binary, stage: 'deployment' }, entry: { mediaType: binary, stage: 'output' } } },
    delete: { method: 'delete', parameters: [], output: 'integer', mounts: { id: { mediaType: binary, stage: 'deployment' } } },
    _wasmiot_init: { method: 'post', parameters: [], output: binary, mounts: { id: { mediaType: binary, stage: 'output' } } }
  }
  return [{
    id: newId(now),
    name: datalistName,
    isCore: true,
    version: 1,
    versions: [{
      version: 1,
      wasm: empty,
      analysis: {
        requirements: [],
        exports: Object.entries(functions).map(([name, { parameters }]) => ({ name, parameters: parameters.map(() => 'i64' as const), results: [] })),
        memory: undefined,
        hasStart: false
      },
      createdAt: now,
      functions,
      dataFiles: {}
    }],
    createdAt: now
  }]
}

/** Puts core modules into the registry where they are not there; ids of those that are stay. @returns them as they stand there */
export async function ensureCoreModules (registry: Pick<Registry, 'modules'>, now = Date.now()): Promise<WasmModule[]> {
  return await Promise.all(coreModules(now).map(async module => {
    const found = (await registry.modules.list({ name: module.name })).find(({ isCore }) => isCore)
    if (found === undefined) {
      await registry.modules.insert(module)
      return module
    }
    // As this version of Tutti describes it.
    return await registry.modules.update(found.id, ({ id, createdAt }) => ({ ...module, id, createdAt })) ?? module
  }))
}

/** SHA-256 of nothing. */
const empty: StoredFile = { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: 0, mediaType: 'application/wasm', originalName: `${selfName}.wasm` }

/** Whether one of its devices is told of the service. */
function usesDatalist ({ nodes }: Deployment): boolean {
  return Object.values(nodes).some(({ instructions }) => Object.hasOwn(instructions.modules, datalistName))
}

function objectOf (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : {}
}
