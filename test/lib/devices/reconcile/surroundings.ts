// What tests of deployments stand in: a registry, devices that do as they are told or do not, and a planner that can be seen through.
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { Deployment, DeviceAnswer, Endpoint, NodeDocument, PlacedStep } from '../../../../lib/devices/deployment.ts'
import { createDeployments } from '../../../../lib/devices/deployments.ts'
import type { Device } from '../../../../lib/devices/device.ts'
import { isUsable } from '../../../../lib/devices/device.ts'
import { DevicesError } from '../../../../lib/devices/devices-error.ts'
import { createEvents } from '../../../../lib/devices/events.ts'
import { newId } from '../../../../lib/devices/id.ts'
import type { Id } from '../../../../lib/devices/id.ts'
import { isLost } from '../../../../lib/devices/reconcile/placing.ts'
import type { Planner } from '../../../../lib/devices/reconcile/planner.ts'
import { createReconciler } from '../../../../lib/devices/reconcile/reconciler.ts'
import type { ReconcilerOptions } from '../../../../lib/devices/reconcile/reconciler.ts'
import type { WasmModule } from '../../../../lib/devices/wasm-module.ts'
import { memoryRegistry } from '../memory-registry.ts'
import type { MemoryRegistry } from '../memory-registry.ts'

/** How a simulated device behaves. */
export type Behaviour = 'well' | 'refuses' | 'unreachable' | 'hangs'

/** A device as it really is, whatever is known of it. */
export interface Simulated {
  readonly id: Id
  behaviour: Behaviour
  /** Documents that it holds, by deployment. */
  readonly holds: Map<Id, NodeDocument>
  /** What it was told, oldest first: `deploy`, `forget` and the deployment. */
  readonly told: string[]
}

/** A module with a function `run`. */
export function wasmModule (name: string): WasmModule {
  const wasm = { sha256: createHash('sha256').update(name).digest('hex'), size: 8, mediaType: 'application/wasm', originalName: `${name}.wasm` }
  const run = { method: 'get', parameters: [], output: 'integer', mounts: {} } as const
  const analysis = { requirements: [], exports: [{ name: 'run', parameters: [], results: ['i32'] }, { name: 'undescribed', parameters: [], results: [] }], memory: undefined, hasStart: false } as const
  return { id: newId(), name, isCore: false, version: 1, versions: [{ version: 1, wasm, analysis, createdAt: 1, functions: { run }, dataFiles: {} }], createdAt: 1 }
}

/** A device that is online. */
export function device (name: string, more: Partial<Device> = {}): Device {
  return {
    id: newId(),
    name,
    origin: 'registered',
    description: { platform: {}, supervisorInterfaces: [] },
    state: 'online',
    reason: undefined,
    since: 1,
    lastSeen: 1,
    okChecks: 1,
    failedChecks: 0,
    health: undefined,
    blacklisted: undefined,
    statusLog: [],
    labels: {},
    deployments: undefined,
    sessions: 1,
    createdAt: 1,
    addresses: ['127.0.0.1'],
    port: 5000,
    tls: false,
    ...more
  }
}

/** Steps stay, return, go to failovers, or to the first device by name. Module `nowhere` has no place. */
export const planner: Planner<string[]> = {
  isRiskMinded: true,
  digestOf: document => createHash('sha256').update(JSON.stringify(document)).digest('hex'),

  place ({ deployment, sequence, goal }, { devices, modules }) {
    const free = [...devices.values()].filter(isUsable).sort((a, b) => a.name < b.name ? -1 : 1)
    const isFree = (id: Id | undefined): id is Id => id !== undefined && free.some(each => each.id === id)
    const places: PlacedStep[] = []
    for (const [index, { device: named, module, func, failovers }] of deployment.steps.entries()) {
      const kept = sequence[index]?.device
      const wanted = [named ?? undefined, goal[index]].filter(isFree)
      const found = wanted[0] ?? (kept !== undefined && !isLost(devices.get(kept)) ? kept : failovers.find(isFree) ?? free[0]?.id)
      if (found === undefined || modules.get(module)?.name === 'nowhere') return { sequence: undefined, problem: `step ${index + 1} has no device`, decisions: [] }
      places.push({ device: found, module, version: modules.get(module)?.version ?? 1, func })
    }
    return { sequence: places, problem: '', decisions: places.map(({ device }) => device) }
  },

  documents ({ id }, sequence, { devices, modules }) {
    const nodes: Record<Id, NodeDocument> = {}
    const endpoints = sequence.map(({ device: deviceId, module, func }): Endpoint => {
      const { addresses: [address], port } = devices.get(deviceId) ?? { addresses: [], port: 0 }
      const known = modules.get(module)
      if (address === undefined || known === undefined) throw new DevicesError('NO_PLACE', 'a device or module is not there')
      return { url: `http://${address}:${port}`, path: `/${id}/modules/${known.name}/${func}`, method: 'get', request: { parameters: [] }, response: { media_type: 'application/json', schema: { type: `integer of version ${known.version}` } } }
    })
    for (const [index, { device: deviceId, module, func }] of sequence.entries()) {
      const from = endpoints[index]
      if (from === undefined) continue
      const before = nodes[deviceId]
      nodes[deviceId] = { deploymentId: id, modules: [], endpoints: {}, mounts: {}, instructions: { modules: { ...before?.instructions.modules, [`${module} ${index}`]: { [func]: { from, to: endpoints[index + 1] ?? null } } } } }
    }
    return nodes
  },

  certify: ({ id }) => ({ id: newId(), date: Date.now(), deploymentId: id, valid: false, validationLogs: [] })
}

/** What several processes share. */
export interface Shared {
  readonly devices: readonly Device[]
  readonly modules: readonly WasmModule[]
  /** By id of device. */
  readonly real: Map<Id, Simulated>
}

/** All of it, with devices `a`, `b`, … and modules `one`, `two` and `nowhere`. */
export async function prepare (t: Pick<Test, 'teardown'>, { names = ['a', 'b', 'c'], registry = memoryRegistry(), share, ...options }: { names?: string[], registry?: MemoryRegistry, share?: Shared } & Partial<ReconcilerOptions> = {}) {
  const devices = share?.devices ?? names.map(name => device(name))
  const modules = share?.modules ?? ['one', 'two', 'nowhere'].map(wasmModule)
  const real: Map<Id, Simulated> = share?.real ?? new Map(devices.map(({ id }) => [id, { id, behaviour: 'well', holds: new Map(), told: [] }]))
  if (share === undefined) {
    for (const each of devices) await registry.devices.insert(each)
    for (const each of modules) await registry.modules.insert(each)
  }
  const wakes = new Set<() => void>()
  const stir = () => { for (const wake of wakes) wake() }
  const tell = async (id: Id, what: string, signal: AbortSignal | undefined, work: (simulated: Simulated) => DeviceAnswer): Promise<DeviceAnswer> => {
    const simulated = real.get(id)
    if (simulated === undefined) throw new DevicesError('DEVICE_FAILED', 'There is no device')
    simulated.told.push(what)
    stir()
    await new Promise(setImmediate)
    if (simulated.behaviour === 'hangs') await new Promise<void>(resolve => { if (signal?.aborted === true) resolve(); else signal?.addEventListener('abort', () => resolve()) })
    if (simulated.behaviour === 'unreachable' || simulated.behaviour === 'hangs') throw new DevicesError(simulated.behaviour === 'hangs' ? 'TIMEOUT' : 'DEVICE_FAILED', 'The device does not answer')
    return simulated.behaviour === 'refuses' ? { status: 500, data: { error: 'the digest is wrong' }, time: Date.now() } : work(simulated)
  }
  const idOf = (endpoint: object) => (endpoint as Device).id
  const client: ReconcilerOptions['client'] = {
    deploy: async (endpoint, document, signal) => await tell(idOf(endpoint), `deploy ${document.deploymentId}`, signal, ({ holds }) => {
      holds.set(document.deploymentId, document)
      return { status: 200, data: { status: 'success' }, time: Date.now() }
    }),
    undeploy: async (endpoint, id, signal) => await tell(idOf(endpoint), `forget ${id}`, signal, ({ holds }) => ({ status: holds.delete(id) ? 200 : 404, data: {}, time: Date.now() }))
  }
  const events = createEvents({ registry, limit: 10_000 })
  const reconciler = createReconciler({ registry, client, planner, events, timeout: 150, retries: { first: 4, most: 20, refusedFactor: 2 }, resync: 40, lag: 0, ...options })
  const deployments = createDeployments({ registry, planner, reconciler, events })
  const leader = registry.lead(isLeader => reconciler.lead(isLeader))
  const stop = registry.onNotified(stir)
  // Timers of the reconciler keep no process alive; here nothing else does.
  const alive = setInterval(() => {}, 60_000)
  t.teardown(async () => {
    clearInterval(alive)
    stop()
    await leader.close()
    await reconciler.close()
    await events.close()
  })

  const named = (name: string): Id => {
    const found = devices.find(each => each.name === name) ?? modules.find(each => each.name === name)
    if (found === undefined) throw new RangeError(name)
    return found.id
  }
  const simulated = (name: string): Simulated => {
    const found = real.get(named(name))
    if (found === undefined) throw new RangeError(name)
    return found
  }
  return {
    registry,
    devices,
    modules,
    real,
    events,
    reconciler,
    deployments,
    leader,
    named,
    simulated,

    /** What is known of a device changes, as the watch would write it. */
    async see (name: string, change: Partial<Device>): Promise<void> {
      const changed = await registry.devices.update(named(name), before => ({ ...before, ...change }))
      if (changed !== undefined) reconciler.deviceChanged(changed)
    },

    /** Waits until something is so of a deployment; whatever happens makes it look again. */
    async until (id: Id, isSo: (deployment: Deployment | undefined) => boolean): Promise<Deployment | undefined> {
      while (true) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wakes.add(resolve)
        const deployment = await registry.deployments.get(id)
        const isDone = isSo(deployment)
        if (!isDone) await promise
        wakes.delete(resolve)
        if (isDone) return deployment
      }
    },

    /** A manifest of steps such as `one`, `one on a`, or `one on a or b c`. */
    manifest (name: string, ...steps: string[]) {
      return {
        name,
        sequence: steps.map(step => {
          const [module = '', place] = step.split(' on ')
          const [first, others] = (place ?? '').split(' or ')
          return { func: 'run', module: named(module), failovers: (others ?? '').split(' ').filter(each => each !== '').map(named), device: first === '' || first === undefined ? null : named(first) }
        })
      }
    },

    async told (id: Id): Promise<string[]> {
      await events.flush()
      return (await registry.events.list({ owner: id })).map(({ reason }) => reason)
    }
  }
}

/** Whether a deployment is ready, by its condition. */
export function isReadyNow (deployment: Deployment | undefined): boolean {
  return deployment?.conditions.some(({ type, status }) => type === 'Ready' && status) ?? false
}
