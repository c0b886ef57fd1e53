// How far devices are with a deployment: what each is to be told next and when, and what its answer means. All of it is pure.
import type { Deployment, DeviceAnswer, NodeDocument, Rollout } from '../deployment.ts'
import type { Device } from '../device.ts'
import type { Id } from '../id.ts'

/** How often devices that failed are asked again, in milliseconds. */
export interface Retries {
  /** After the first time without an answer; doubled each time. */
  readonly first: number
  readonly most: number
  /** How much longer a device is left alone that did answer, but not well: nothing but somebody's hand may change that. */
  readonly refusedFactor: number
}

/** Retries of the brief kind: 1 s to 60 s, and five times that for those that refuse. */
export const standardRetries: Retries = { first: 1000, most: 60_000, refusedFactor: 5 }

/** Something to tell a device. */
export type Telling =
  { readonly what: 'deploy', readonly device: Device, readonly document: NodeDocument, readonly digest: string } |
  { readonly what: 'forget', readonly device: Device, readonly digest: string }

/** Milliseconds until a device is asked again. @param random - 0 to 1 */
export function pauseAfter (attempts: number, wasRefused: boolean, { first, most, refusedFactor }: Retries, random: number): number {
  const factor = wasRefused ? refusedFactor : 1
  return Math.min(most, first * 2 ** Math.min(attempts - 1, 30)) * factor * (0.5 + random / 2)
}

/** What rollouts are compared with. */
export interface Sight {
  readonly devices: ReadonlyMap<Id, Device>
  readonly now: number
  /** Milliseconds that a device's report of what it holds may be older than it looks. */
  readonly lag: number
  readonly digestOf: (document: NodeDocument) => string
}

/**
 * The rollouts that fit what is wanted: those of new documents wait to be told, and so do those of devices that have been away; those of devices without a document wait to be forgotten.
 * @returns the same object where nothing changes
 */
export function fitted ({ id, rollouts, nodes, isWanted }: Pick<Deployment, 'id' | 'rollouts' | 'nodes' | 'isWanted'>, sight: Sight): Deployment['rollouts'] {
  const fit: Record<Id, Rollout> = {}
  for (const [deviceId, document] of isWanted ? Object.entries(nodes) : []) {
    const digest = sight.digestOf(document)
    const before = rollouts[deviceId]
    const device = sight.devices.get(deviceId)
    const isSame = before !== undefined && before.state !== 'removing' && before.digest === digest
    fit[deviceId] = seen(id, isSame ? before : { state: 'pending', digest, session: device?.sessions ?? 0, attempts: 0, retryAt: undefined, answer: undefined }, device, sight)
  }
  for (const [deviceId, before] of Object.entries(rollouts)) {
    // Of a device that is not known any more there is nobody to tell.
    if (fit[deviceId] !== undefined || !sight.devices.has(deviceId)) continue
    // It may have heard of the deployment even where it did not answer.
    fit[deviceId] = before.state === 'removing' ? before : { ...before, state: 'removing', attempts: 0, retryAt: undefined }
  }
  const ids = Object.keys(fit)
  return ids.length === Object.keys(rollouts).length && ids.every(each => fit[each] === rollouts[each]) ? rollouts : fit
}

/** A rollout as it is once its device has been looked at. */
function seen (id: Id, rollout: Rollout, device: Device | undefined, { now, lag }: Sight): Rollout {
  if (rollout.state !== 'ready' && rollout.answer !== undefined) return rollout
  if (device === undefined || device.state === 'offline') {
    return { ...rollout, state: 'failed', attempts: rollout.attempts + 1, retryAt: undefined, answer: { status: undefined, data: device === undefined ? 'The device is not known any more' : 'The device is offline', time: now } }
  }
  if (rollout.state !== 'ready') return rollout
  const saysNo = device.deployments !== undefined && !device.deployments.includes(id) && (device.health?.time ?? 0) > (rollout.answer?.time ?? 0) + lag
  return rollout.session === device.sessions && !saysNo ? rollout : { ...rollout, state: 'pending', attempts: 0, retryAt: undefined }
}

/** What is to be told now, and when to look again. */
export interface Due {
  readonly tellings: readonly Telling[]
  /** Milliseconds since 1970; undefined where only a change brings something new. */
  readonly nextAt: number | undefined
}

/** Looks what a deployment has to tell. Devices forget only once all of its new devices are ready. */
export function due ({ nodes, rollouts, isWanted }: Pick<Deployment, 'nodes' | 'rollouts' | 'isWanted'>, devices: ReadonlyMap<Id, Device>, now: number): Due {
  const tellings: Telling[] = []
  let nextAt: number | undefined
  const mayBreak = !isWanted || Object.keys(nodes).every(device => rollouts[device]?.state === 'ready')
  for (const [deviceId, { state, retryAt, session, digest }] of Object.entries(rollouts)) {
    const device = devices.get(deviceId)
    const document = nodes[deviceId]
    if (device === undefined || device.state === 'offline' || state === 'ready' || (state === 'removing' && !mayBreak)) continue
    // A device that has come back is told at once.
    if (retryAt !== undefined && retryAt > now && session === device.sessions) nextAt = Math.min(nextAt ?? retryAt, retryAt)
    else if (state === 'removing') tellings.push({ what: 'forget', device, digest })
    else if (document !== undefined) tellings.push({ what: 'deploy', device, document, digest })
  }
  return { tellings, nextAt }
}

/** Whether a status says that a device did as it was told. */
export function isWell (status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}

/** Whether a device that answers so has forgotten: it has, it never knew, or it knows no such route. */
export function isForgotten (status: number | undefined): boolean {
  return isWell(status) || status === 404 || status === 405 || status === 410 || status === 501
}

/**
 * The rollouts after an answer.
 * @returns undefined where the answer is to something that is not wanted any more
 */
export function answered (rollouts: Deployment['rollouts'], { what, device, digest }: Telling, answer: DeviceAnswer, retries: Retries, random: number): Deployment['rollouts'] | undefined {
  const before = rollouts[device.id]
  if (before === undefined || (what === 'forget') !== (before.state === 'removing') || before.digest !== digest) return undefined
  const attempts = before.attempts + 1
  const isDone = what === 'forget' ? isForgotten(answer.status) : isWell(answer.status)
  if (what === 'forget' && isDone) return Object.fromEntries(Object.entries(rollouts).filter(([id]) => id !== device.id))
  const after: Rollout = {
    ...before,
    state: what === 'forget' ? 'removing' : isDone ? 'ready' : 'failed',
    session: device.sessions,
    attempts: isDone ? 0 : attempts,
    retryAt: isDone ? undefined : answer.time + Math.round(pauseAfter(attempts, answer.status !== undefined, retries, random)),
    answer
  }
  return { ...rollouts, [device.id]: after }
}
