// Deployments as people ask for them. What is wanted is written first; devices are told by the reconciler of the process that leads.
import type { Certificate, Deployment, NodeDocument, PlacedStep } from './deployment.ts'
import { readWanted, unplaceable } from './deployment-request.ts'
import type { Wanted } from './deployment-request.ts'
import type { Device } from './device.ts'
import { DevicesError } from './devices-error.ts'
import type { Events } from './events.ts'
import { isId, newId } from './id.ts'
import type { Id } from './id.ts'
import { withConditions } from './reconcile/conditions.ts'
import { placed } from './reconcile/placing.ts'
import type { Planner, Surroundings } from './reconcile/planner.ts'
import type { Reconciler } from './reconcile/reconciler.ts'
import { fitted } from './reconcile/rollouts.ts'
import type { Query, Registry } from './registry.ts'

/** What deployments work with. */
export interface DeploymentsOptions<Decisions> {
  readonly registry: Registry
  readonly planner: Planner<Decisions>
  readonly reconciler: Pick<Reconciler, 'wake' | 'settled'>
  readonly events: Pick<Events, 'record'>
  /** Most deployments. */
  readonly max?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** How manifests are read. */
export interface Reading {
  /** As the reference: see readWanted. */
  readonly isLenient?: boolean | undefined
}

/** What would come of a manifest. */
export interface Plan<Decisions> {
  /** Undefined where the steps cannot be placed. */
  readonly sequence: readonly PlacedStep[] | undefined
  /** Why not; empty where they can. */
  readonly problem: string
  /** What each device would be told; empty where the steps cannot be placed. The id of the deployment is a new one. */
  readonly nodes: Readonly<Record<Id, NodeDocument>>
  readonly certificate: Certificate | undefined
  /** Why which device was chosen, and why others were not. */
  readonly decisions: Decisions | undefined
}

/** Deployments. All that changes something has been written when it resolves. Each may throw DevicesError UNAVAILABLE. */
export interface Deployments<Decisions = unknown> {
  /** Places a deployment and keeps it; devices are not told yet. @throws DevicesError REQUEST, NO_PLACE, TOO_LARGE; nothing is kept then */
  create (manifest: unknown, reading?: Reading): Promise<Deployment>
  /** The dry run of `create`, which keeps nothing. @throws DevicesError REQUEST, NO_PLACE for what names something that is not there */
  plan (manifest: unknown, reading?: Reading): Promise<Plan<Decisions>>
  /** Changes what a deployment is; one that is wanted is brought to its devices. @throws DevicesError MISSING, REQUEST, NO_PLACE, CONFLICT; nothing is changed then */
  replace (idOrName: string, manifest: unknown, reading?: Reading): Promise<Deployment>
  /** Has it on devices: those that have it already are told again. Resolves at once: see `settled`. @throws DevicesError MISSING, CONFLICT where it is to go */
  deploy (idOrName: string): Promise<Deployment>
  /** Has it on no device, and keeps it. @throws DevicesError MISSING, CONFLICT where it is to go */
  stop (idOrName: string): Promise<Deployment>
  /** Has it forgotten by devices and then by this server. @throws DevicesError MISSING */
  remove (idOrName: string): Promise<void>
  /** The same for all. @returns how many */
  removeAll (): Promise<number>
  /** By id or name; of several of one name the newest that stays. @throws DevicesError MISSING */
  get (idOrName: string): Promise<Deployment>
  list (query?: Query): Promise<Deployment[]>
  /** See Settling. */
  settled (id: Id, signal: AbortSignal): Promise<Deployment | undefined>
  /** A module has another version or description, or is gone: deployments of it are looked at. */
  moduleChanged (id: Id): Promise<void>
}

/** Opens what answers people who ask for deployments. */
export function createDeployments<Decisions> ({ registry, planner, reconciler, events, max = 10_000, now = Date.now }: DeploymentsOptions<Decisions>): Deployments<Decisions> {
  const changed = (id: Id) => {
    registry.notify('deployments', id)
    reconciler.wake(id)
  }
  const say = ({ id, name }: Deployment, reason: string, what: string) => events.record({ subject: 'deployment', subjectId: id, reason, message: `Deployment ${JSON.stringify(name)} ${what}` })

  /** What is wanted, and all that placement looks at. */
  const read = async (manifest: unknown, { isLenient = false }: Reading, own?: Id): Promise<{ wanted: Wanted, surroundings: Surroundings }> => {
    const devices = new Map((await registry.devices.list()).map((device): [Id, Device] => [device.id, device]))
    const wanted = await readWanted(manifest, { registry, devices, isLenient })
    const deployments = (await registry.deployments.list()).filter(({ id, isWanted }) => isWanted && id !== own)
    const cards = { modules: await registry.moduleCards.list(), nodes: await registry.nodeCards.list(), dataSources: await registry.dataSourceCards.list(), zones: await registry.zones.list() }
    return { wanted, surroundings: { devices, modules: wanted.modules, deployments, cards, now: now() } }
  }

  const drafted = ({ name, steps }: Wanted): Deployment => {
    const time = now()
    return { id: newId(time), name, steps, isWanted: false, isLeaving: false, generation: 1, placedGeneration: 0, sequence: [], goal: [], nodes: {}, rollouts: {}, isInFailover: false, conditions: [], validationError: undefined, createdAt: time, updatedAt: time }
  }

  const get = async (idOrName: string): Promise<Deployment> => {
    const byId = isId(idOrName) ? await registry.deployments.get(idOrName) : undefined
    if (byId !== undefined) return byId
    const named = await registry.deployments.list({ name: idOrName, newestFirst: true, limit: 100 })
    const found = named.find(({ isLeaving }) => !isLeaving) ?? named[0]
    if (found === undefined) throw missing()
    return found
  }

  /** Changes what is wanted of a deployment. */
  const want = async (idOrName: string, change: (before: Deployment) => Deployment): Promise<Deployment> => {
    const { id } = await get(idOrName)
    let isLeaving = false
    const after = await registry.deployments.update(id, before => {
      isLeaving = before.isLeaving
      if (isLeaving) return undefined
      const wanted = change(before)
      const generation = before.generation + 1
      // Steps that are the same need not be placed again: where they are is looked at anyway.
      const stands = wanted.steps === before.steps && before.placedGeneration === before.generation
      return { ...wanted, generation, placedGeneration: stands ? generation : wanted.placedGeneration, updatedAt: now() }
    })
    if (after === undefined) throw missing()
    if (isLeaving) throw new DevicesError('CONFLICT', 'The deployment is being removed: devices are told to forget it. Create it anew')
    changed(id)
    return after
  }

  const certified = async (certificate: Certificate | undefined) => {
    if (certificate !== undefined) await registry.certificates.insert(certificate)
  }

  const leave = async (id: Id): Promise<boolean> => {
    const before = await registry.deployments.get(id)
    const after = await registry.deployments.update(id, current => current.isLeaving ? undefined : { ...current, isLeaving: true, isWanted: false, generation: current.generation + 1, updatedAt: now() })
    if (after === undefined) return false
    if (before?.isLeaving === false) say(after, 'DeploymentRemoving', 'is to be forgotten')
    changed(id)
    // What no device has been told need not wait for the process that leads.
    if (Object.keys(after.rollouts).length === 0) {
      await registry.deployments.remove(id)
      await registry.datalists.removeAll({ owner: id })
      changed(id)
    }
    return before?.isLeaving === false
  }

  return {
    get,
    settled: reconciler.settled,
    list: async query => await registry.deployments.list(query),

    async create (manifest, reading = {}) {
      const { wanted, surroundings } = await read(manifest, reading)
      if (await registry.deployments.count() >= max) throw new DevicesError('TOO_LARGE', `There are ${max} deployments already. Remove some`)
      const draft = drafted(wanted)
      const { deployment, problem, certificate, decisions } = placed(draft, surroundings, planner, true)
      if (problem !== '') throw unplaceable(problem, decisions)
      const whole = withConditions(deployment, { problem, isRiskAccepted: planner.isRiskMinded ? certificate?.valid : undefined }, draft.createdAt)
      await registry.deployments.insert(whole)
      await certified(certificate)
      say(whole, 'DeploymentCreated', 'has been created')
      changed(whole.id)
      return whole
    },

    async plan (manifest, reading = {}) {
      const { wanted, surroundings } = await read(manifest, reading)
      const { deployment, problem, certificate, decisions } = placed(drafted(wanted), surroundings, planner, true)
      return { sequence: problem === '' ? deployment.sequence : undefined, problem, nodes: deployment.nodes, certificate, decisions }
    },

    async replace (idOrName, manifest, reading = {}) {
      const { id } = await get(idOrName)
      const { wanted, surroundings } = await read(manifest, reading, id)
      const { name, steps } = wanted
      let problem = ''
      let certificate: Certificate | undefined
      let decisions: Decisions | undefined
      const after = await want(id, before => {
        const next = { ...before, name, steps, generation: before.generation + 1, goal: [] }
        const outcome = placed(next, surroundings, planner, true)
        ;({ problem, certificate, decisions } = outcome)
        // It is thrown away then: nobody is to see half of it.
        if (problem !== '') throw unplaceable(problem, decisions)
        const { deployment } = outcome
        // Devices are to be told at once, not only once the leader has looked: whoever waits for their answers waits for the new ones.
        const rollouts = before.isWanted ? fitted(deployment, { devices: surroundings.devices, now: now(), lag: Infinity, digestOf: planner.digestOf }) : before.rollouts
        return withConditions({ ...deployment, rollouts }, { problem, isRiskAccepted: planner.isRiskMinded ? certificate?.valid : undefined }, now())
      })
      await certified(certificate)
      say(after, 'DeploymentReplaced', 'has been changed')
      return after
    },

    async deploy (idOrName) {
      const after = await want(idOrName, before => ({
        ...before,
        isWanted: true,
        // Whoever asks wants devices to be told, whatever they were told before.
        rollouts: Object.fromEntries(Object.entries(before.rollouts).map(([device, rollout]) => [device, rollout.state === 'removing' ? rollout : { ...rollout, state: 'pending', attempts: 0, retryAt: undefined, answer: undefined }]))
      }))
      say(after, 'DeploymentWanted', 'is to be on its devices')
      return after
    },

    async stop (idOrName) {
      const after = await want(idOrName, before => ({ ...before, isWanted: false }))
      say(after, 'DeploymentStopped', 'is to be on no device')
      return after
    },

    async remove (idOrName) {
      const { id } = await get(idOrName)
      await leave(id)
    },

    async removeAll () {
      let count = 0
      for (const { id } of await registry.deployments.list()) if (await leave(id)) count += 1
      return count
    },

    async moduleChanged (id) {
      for (const { id: deployment, steps } of await registry.deployments.list()) if (steps.some(({ module }) => module === id)) changed(deployment)
    }
  }
}

function missing (): DevicesError {
  return new DevicesError('MISSING', 'There is no such deployment')
}
