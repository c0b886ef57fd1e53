// Telling devices: one thing at a time each, some devices at a time, and not to its end where it is not wanted any more.
import pLimit from 'p-limit'
import type { LimitFunction } from 'p-limit'
import type { DeviceAnswer, NodeDocument } from '../deployment.ts'
import type { DeviceClient } from '../device-client.ts'
import { selfName } from '../device.ts'
import { DevicesError } from '../devices-error.ts'
import type { Id } from '../id.ts'
import type { Telling } from './rollouts.ts'

/** What Tutti does itself as a device, for core services. */
export interface SelfDevice {
  deploy (document: NodeDocument): Promise<DeviceAnswer>
  undeploy (deployment: Id): Promise<DeviceAnswer>
}

/** Tells devices what is due. */
export interface Tellings {
  /** Tells what is due of a deployment, and stops telling what is not. What is on its way already is left alone. */
  set (deployment: Id, due: readonly Telling[]): void
  /** Stops all. */
  clear (): void
  /** Stops all, and resolves when nothing is on its way any more. */
  close (): Promise<void>
  /** Tellings that wait or are on their way. */
  readonly size: number
}

/** What tellings work with. */
export interface TellingsOptions {
  readonly client: Pick<DeviceClient, 'deploy' | 'undeploy'>
  readonly self: SelfDevice | undefined
  /** Devices at one time. */
  readonly most: number
  /** Milliseconds that a device has. */
  readonly timeout: number
  readonly now: () => number
  /** Is awaited; must not throw. */
  readonly onAnswer: (deployment: Id, telling: Telling, answer: DeviceAnswer) => Promise<void>
  /** One that was stopped has ended: what is due instead may begin. */
  readonly onStopped: (deployment: Id) => void
}

/** Makes it. */
export function createTellings ({ client, self, most, timeout, now, onAnswer, onStopped }: TellingsOptions): Tellings {
  const together = pLimit(most)
  const lines = new Map<Id, LimitFunction>()
  const under = new Map<Id, Map<Id, { telling: Telling, stop: AbortController, done: Promise<void> }>>()

  const tell = async (deployment: Id, telling: Telling, signal: AbortSignal): Promise<DeviceAnswer> => {
    const { device } = telling
    const isSelf = self !== undefined && device.name === selfName
    try {
      if (telling.what === 'deploy') return await (isSelf ? self.deploy(telling.document) : client.deploy(device, telling.document, signal))
      return await (isSelf ? self.undeploy(deployment) : client.undeploy(device, deployment, signal))
    } catch (error) {
      return { status: undefined, data: error instanceof DevicesError ? error.message : 'It did not answer', time: now() }
    }
  }

  const begin = (deployment: Id, telling: Telling) => {
    const { id } = telling.device
    const stop = new AbortController()
    const line = lines.get(id) ?? pLimit(1)
    lines.set(id, line)
    const done = line(() => together(async () => {
      if (!stop.signal.aborted) {
        const answer = await tell(deployment, telling, AbortSignal.any([stop.signal, AbortSignal.timeout(timeout)]))
        if (!stop.signal.aborted) await onAnswer(deployment, telling, answer)
      }
    })).finally(() => {
      if (line.activeCount + line.pendingCount === 0) lines.delete(id)
      const devices = under.get(deployment)
      devices?.delete(id)
      if (devices?.size === 0) under.delete(deployment)
      if (stop.signal.aborted) onStopped(deployment)
    })
    const devices = under.get(deployment) ?? new Map()
    under.set(deployment, devices.set(id, { telling, stop, done }))
  }

  const isSame = (a: Telling, b: Telling) => a.what === b.what && a.digest === b.digest && a.device.sessions === b.device.sessions
  const all = () => [...under.values()].flatMap(devices => [...devices.values()])

  return {
    set (deployment, due) {
      const wanted = new Map(due.map(telling => [telling.device.id, telling]))
      const devices = under.get(deployment)
      for (const [id, { telling, stop }] of devices ?? []) {
        const instead = wanted.get(id)
        if (instead === undefined || !isSame(instead, telling)) stop.abort()
      }
      // What takes the place of one that was stopped begins when that has ended, with the next look.
      for (const [id, telling] of wanted) if (devices?.has(id) !== true) begin(deployment, telling)
    },

    clear () { for (const { stop } of all()) stop.abort() },

    async close () {
      const left = all()
      for (const { stop } of left) stop.abort()
      await Promise.all(left.map(({ done }) => done))
    },

    get size () { return all().length }
  }
}
