// Brings devices to what deployments want of them, and keeps them there. It looks at what is, never at what has happened, so that nothing is lost with a process:
// whatever wakes it, and however often, it does what is left to do.
import type { Certificate, Deployment } from '../deployment.ts'
import type { DeviceClient } from '../device-client.ts'
import type { Device } from '../device.ts'
import { isUsable } from '../device.ts'
import type { Events } from '../events.ts'
import type { Id } from '../id.ts'
import type { Registry } from '../registry.ts'
import type { WasmModule } from '../wasm-module.ts'
import { happenings, withConditions } from './conditions.ts'
import { causeOf, documentsNow, placed, returnAt } from './placing.ts'
import type { Planner, Surroundings } from './planner.ts'
import { answered, due, fitted, standardRetries } from './rollouts.ts'
import type { Retries } from './rollouts.ts'
import { createSettling } from './settling.ts'
import { createTellings } from './tellings.ts'
import type { SelfDevice } from './tellings.ts'
import { createWorkQueue } from './work-queue.ts'

/** What a reconciler works with. Times are in milliseconds. */
export interface ReconcilerOptions {
  readonly registry: Registry
  readonly client: Pick<DeviceClient, 'deploy' | 'undeploy'>
  readonly planner: Planner
  readonly events: Pick<Events, 'record'>
  /** Time that a device has to take a deployment, or to forget one. */
  readonly timeout: number
  /** Tutti itself as a device; asked over HTTP like all others where absent. */
  readonly self?: SelfDevice | undefined
  /** Devices that are told something at one time. */
  readonly most?: number
  readonly retries?: Retries
  /** Time that a device must have been online before steps return to it. */
  readonly settling?: number
  /** Time between two looks at everything, in case anything was missed. */
  readonly resync?: number
  /** Time after which a deployment that is to go is gone, though a device has not forgotten it. */
  readonly patience?: number
  /** Time that a device's report of what it holds may be older than it looks. */
  readonly lag?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** 0 to 1. */
  readonly random?: () => number
}

/** The reconciler. It works in the process that leads; in others it only waits for what the leader does. */
export interface Reconciler {
  /** Begins and stops to work. */
  lead (isLeader: boolean): void
  /** Looks at a deployment soon; at all of them without an id. */
  wake (id?: Id): void
  /** A device has changed, or is not known any more. */
  deviceChanged (device: Device, isGone?: boolean): void
  /** See Settling. */
  settled (id: Id, signal: AbortSignal): Promise<Deployment | undefined>
  /** For metrics: what is left to look at, what devices are being told, how often registry or device did not do. */
  readonly numbers: { readonly waiting: number, readonly telling: number, readonly troubles: number, readonly tellings: Readonly<Record<'deploy' | 'forget', number>> }
  /** Stops all work, and resolves when nothing is under way. */
  close (): Promise<void>
}

const day = 24 * 60 * 60_000
/** Milliseconds in which changes of devices are gathered for deployments that have no place. */
const gathering = 250

/** Makes a reconciler, which does nothing until it leads. */
export function createReconciler (options: ReconcilerOptions): Reconciler {
  const { registry, client, planner, events, timeout, self, most = 256, retries = standardRetries, settling = 0, resync = 30_000, patience = day, lag = 1000, now = Date.now, random = Math.random } = options
  const devices = new Map<Id, Device>()
  /** What is known of deployments, to find those that a device concerns, and how busy devices are. */
  const known = new Map<Id, Pick<Deployment, 'id' | 'sequence' | 'isWanted'> & { readonly concerns: ReadonlySet<Id>, readonly hasPlace: boolean }>()
  /** Devices that have changed while they were listed. */
  const fresher = new Set<Id>()
  const troubles = new Map<Id, number>()
  /** What was so when placing last brought nothing: while it is, nothing else would come of it. */
  const inVain = new Map<Id, string>()
  const told = { deploy: 0, forget: 0 }
  let isLeader = false
  let isLoaded = false
  let isClosed = false
  let loading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let trouble = 0
  /** Rises with each change of a device. */
  let fleet = 0

  const waiters = createSettling({ registry })
  const queue = createWorkQueue({ most: 8, work, now })
  const tellings = createTellings({
    client,
    self,
    most,
    timeout,
    now,
    onStopped: id => queue.add(id),
    async onAnswer (id, telling, answer) {
      told[telling.what] += 1
      const roll = random()
      try {
        await change(id, before => {
          const rollouts = answered(before.rollouts, telling, answer, retries, roll)
          return rollouts === undefined ? before : withConditions({ ...before, rollouts }, {}, now())
        })
      } catch {
        trouble += 1
        // It is told again then: nothing says that it was told.
        queue.addAt(id, now() + retries.first)
        return
      }
      queue.add(id)
    }
  })

  /** Writes what has changed, and tells of it. @param next - gives the same object where nothing has */
  async function change (id: Id, next: (before: Deployment) => Deployment): Promise<Deployment | undefined> {
    let before: Deployment | undefined
    let after: Deployment | undefined
    const deployment = await registry.deployments.update(id, current => {
      before = current
      after = next(current)
      return after === current ? undefined : after
    })
    if (before !== undefined && after !== undefined && after !== before) {
      for (const { reason, message } of happenings(before, after)) events.record({ subject: 'deployment', subjectId: id, reason, message })
      registry.notify('deployments', id)
      waiters.heard(id)
    }
    return deployment
  }

  async function work (id: Id): Promise<void> {
    if (!isLeader || !isLoaded) return
    try {
      await look(id)
      troubles.delete(id)
    } catch {
      // The registry cannot be reached: all is still there when it can.
      trouble += 1
      const times = (troubles.get(id) ?? 0) + 1
      troubles.set(id, times)
      queue.addAt(id, now() + Math.min(retries.most, retries.first * 2 ** Math.min(times - 1, 30)))
    }
  }

  /** Does what is left to do for a deployment. */
  async function look (id: Id): Promise<void> {
    const read = await registry.deployments.get(id)
    if (read === undefined) return forget(id)
    const surroundings = await surroundingsOf(read)
    let certificate: Certificate | undefined
    let isOutdated = false
    const next = (before: Deployment): Deployment => {
      certificate = undefined
      // What is known of devices is only known to the one that leads.
      if (!isLeader || !isLoaded) return before
      // Somebody has changed it meanwhile: its modules have to be read first.
      isOutdated = before.steps.some(({ module }) => read.steps.every(step => step.module !== module))
      if (isOutdated) return before
      const fresh = decide(before, surroundings)
      certificate = fresh.certificate
      return fresh.deployment
    }
    // Most looks find nothing to change, and write nothing.
    const deployment = next(read) === read ? read : await change(id, next)
    if (!isLeader || !isLoaded) return
    if (deployment === undefined) return forget(id)
    if (isOutdated) return queue.add(id)
    if (certificate !== undefined) await registry.certificates.insert(certificate)
    const { isLeaving, rollouts, updatedAt } = deployment
    if (isLeaving && (Object.keys(rollouts).length === 0 || updatedAt + patience <= now())) {
      await registry.deployments.remove(id)
      await registry.datalists.removeAll({ owner: id })
      events.record({ subject: 'deployment', subjectId: id, reason: 'DeploymentRemoved', message: `Deployment ${JSON.stringify(deployment.name)} is gone` })
      registry.notify('deployments', id)
      waiters.heard(id)
      return forget(id)
    }
    remember(deployment)
    if (deployment.isWanted && causeOf(deployment, surroundings, settling) !== undefined) inVain.set(id, situation(deployment, surroundings))
    else inVain.delete(id)
    const { tellings: toTell, nextAt } = due(deployment, devices, now())
    tellings.set(id, toTell)
    const times = [nextAt, deployment.isWanted ? returnAt(deployment, devices, settling) : undefined].filter(time => time !== undefined && time > now())
    if (times.length > 0) queue.addAt(id, Math.min(...times as number[]))
  }

  /** What a deployment becomes, by what is seen now; the same object where it stays as it is. */
  function decide (before: Deployment, surroundings: Surroundings): { deployment: Deployment, certificate: Certificate | undefined } {
    const time = now()
    let deployment = before
    let certificate: Certificate | undefined
    let problem: string | undefined
    if (before.isWanted) {
      const cause = causeOf(before, surroundings, settling)
      if (cause === undefined) problem = ''
      else if (inVain.get(before.id) !== situation(before, surroundings)) {
        const outcome = placed(before, surroundings, planner, Object.keys(before.rollouts).length === 0)
        ;({ problem, certificate } = outcome)
        deployment = outcome.deployment === before || isSameJson(outcome.deployment, before) ? before : { ...outcome.deployment, updatedAt: time }
        if (deployment === before) certificate = undefined
      }
      const nodes = documentsNow(deployment, surroundings, planner)
      if (nodes !== deployment.nodes && !isSameJson(nodes, deployment.nodes)) deployment = { ...deployment, nodes }
    }
    // What has no place now stays where it was until it has one.
    if (!before.isWanted || deployment.sequence.length > 0) {
      const rollouts = fitted(deployment, { devices, now: time, lag, digestOf: planner.digestOf })
      if (rollouts !== deployment.rollouts) deployment = { ...deployment, rollouts }
    }
    const isRiskAccepted = certificate === undefined || !planner.isRiskMinded ? undefined : certificate.valid
    return { deployment: withConditions(deployment, { problem, isRiskAccepted }, time), certificate }
  }

  /** All that decides where a deployment goes, in few words. */
  function situation ({ generation, placedGeneration, sequence }: Deployment, { modules, cards }: Surroundings): string {
    return JSON.stringify([fleet, generation, placedGeneration, sequence, [...modules.values()].map(({ version }) => version), cards.modules.length, cards.nodes.length, cards.dataSources.length, cards.zones])
  }

  /** All that placement looks at. */
  async function surroundingsOf ({ id: own, steps, isWanted }: Deployment): Promise<Surroundings> {
    const modules = new Map<Id, WasmModule>()
    if (isWanted) {
      for (const id of new Set(steps.map(({ module }) => module))) {
        const module = await registry.modules.get(id)
        if (module !== undefined) modules.set(id, module)
      }
    }
    return { devices, modules, deployments: [...known.values()].filter(({ id, isWanted }) => isWanted && id !== own), cards: isWanted && planner.isRiskMinded ? await cards() : noCards, now: now() }
  }

  async function cards (): Promise<Surroundings['cards']> {
    return { modules: await registry.moduleCards.list(), nodes: await registry.nodeCards.list(), dataSources: await registry.dataSourceCards.list(), zones: await registry.zones.list() }
  }

  function remember ({ id, sequence, isWanted, goal, rollouts, conditions }: Deployment): void {
    known.set(id, {
      id,
      sequence,
      isWanted,
      concerns: new Set([...sequence.map(({ device }) => device), ...goal, ...Object.keys(rollouts)]),
      hasPlace: conditions.every(({ type, status }) => type !== 'Placed' || status)
    })
  }

  function forget (id: Id): void {
    known.delete(id)
    inVain.delete(id)
    troubles.delete(id)
    tellings.set(id, [])
  }

  /** Reads everything, and looks at all of it. */
  async function load (): Promise<void> {
    fresher.clear()
    const found = await registry.devices.list()
    if (!isLeader) return
    fleet += found.some(device => !isSameView(devices.get(device.id), device)) || found.length !== devices.size ? 1 : 0
    const listed = new Set(found.map(({ id }) => id))
    for (const id of devices.keys()) if (!listed.has(id) && !fresher.has(id)) devices.delete(id)
    for (const device of found) if (!fresher.has(device.id)) devices.set(device.id, device)
    const deployments = await registry.deployments.list()
    if (!isLeader) return
    for (const id of known.keys()) if (!deployments.some(deployment => deployment.id === id)) queue.add(id)
    for (const deployment of deployments) remember(deployment)
    isLoaded = true
    for (const { id } of deployments) queue.add(id)
  }

  /** Loads now, and from then on every now and then. */
  function begin (): void {
    clearTimeout(timer)
    if (!isLeader || isClosed) return
    loading ??= load().then(() => resync, () => {
      trouble += 1
      return Math.min(resync, retries.first)
    }).then(pause => {
      loading = undefined
      if (!isLeader || isClosed) return
      timer = setTimeout(begin, pause)
      timer.unref()
    })
  }

  function deviceChanged (device: Device, isGone = false): void {
    if (!isLeader) return
    const before = devices.get(device.id)
    fresher.add(device.id)
    if (isGone) devices.delete(device.id)
    else devices.set(device.id, device)
    if (!isGone && isSameView(before, device)) return
    fleet += 1
    if (!isLoaded) return
    for (const { id, concerns, hasPlace, isWanted } of known.values()) {
      if (concerns.has(device.id)) queue.add(id)
      else if (isWanted && !hasPlace && !isGone && isUsable(device)) queue.addAt(id, now() + gathering)
    }
  }

  const stopHearing = registry.onNotified((topic, id) => {
    if (!isLeader) return
    if (topic === 'deployments' && isLoaded) queue.add(id)
    else if (topic === 'devices' && isLoaded) {
      registry.devices.get(id).then(device => {
        const before = devices.get(id)
        if (device !== undefined) deviceChanged(device)
        else if (before !== undefined) deviceChanged(before, true)
      }, () => { trouble += 1 })
    }
  })

  return {
    lead (leads) {
      if (leads === isLeader || isClosed) return
      isLeader = leads
      if (leads) begin()
      else {
        isLoaded = false
        clearTimeout(timer)
        queue.clear()
        tellings.clear()
        known.clear()
        inVain.clear()
        troubles.clear()
      }
    },

    wake (id) {
      if (!isLeader || !isLoaded) return
      if (id !== undefined) queue.add(id)
      else for (const each of known.keys()) queue.add(each)
    },

    deviceChanged,
    settled: waiters.settled,
    get numbers () { return { waiting: queue.size, telling: tellings.size, troubles: trouble, tellings: { ...told } } },

    async close () {
      isClosed = true
      isLeader = false
      clearTimeout(timer)
      stopHearing()
      waiters.close()
      await tellings.close()
      await queue.close()
      await loading
    }
  }
}

const noCards: Surroundings['cards'] = { modules: [], nodes: [], dataSources: [], zones: [] }

/** What of a device deployments depend on. */
function view ({ state, blacklisted, since, sessions, addresses, port, tls, deployments, labels, description }: Device): string {
  return JSON.stringify([state, blacklisted === undefined, since, sessions, addresses, port, tls, deployments, labels, description])
}

function isSameView (one: Device | undefined, other: Device): boolean {
  return one !== undefined && view(one) === view(other)
}

function isSameJson (one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
