// Waiting until a deployment has settled, in whichever process it is reconciled.
import type { Deployment } from '../deployment.ts'
import type { Id } from '../id.ts'
import type { Registry } from '../registry.ts'

/** Milliseconds between two looks where nobody tells of a change. */
const lookEvery = 1000

/** Those who wait. */
export interface Settling {
  /**
   * Waits until each device has answered once to what it is told of the last change, or nothing is left to forget for one that is not wanted, or the signal aborts.
   * @returns the deployment as it is then; undefined where it is gone
   */
  settled (id: Id, signal: AbortSignal): Promise<Deployment | undefined>
  /** Something of it has changed. */
  heard (id: Id): void
  close (): void
}

/** Opens a place to wait in. */
export function createSettling ({ registry }: { registry: Registry }): Settling {
  const waiting = new Map<Id, Set<() => void>>()
  const heard = (id: Id) => { for (const wake of waiting.get(id) ?? []) wake() }
  const stopHearing = registry.onNotified((topic, id) => { if (topic === 'deployments') heard(id) })

  /** Until somebody tells of the deployment, some time has passed, or nobody wants to wait any more. */
  const change = (id: Id, signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wakes = waiting.get(id) ?? new Set()
    waiting.set(id, wakes.add(resolve))
    const timer = setTimeout(resolve, lookEvery)
    const abort = () => resolve()
    signal.addEventListener('abort', abort)
    if (signal.aborted) resolve()
    return {
      promise,
      end () {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        wakes.delete(resolve)
        if (wakes.size === 0) waiting.delete(id)
      }
    }
  }

  return {
    async settled (id, signal) {
      while (true) {
        // What happens while the registry is asked is not to be missed.
        const next = change(id, signal)
        try {
          const deployment = await registry.deployments.get(id)
          if (deployment === undefined || signal.aborted || isSettled(deployment)) return deployment
          await next.promise
        } finally {
          next.end()
        }
      }
    },

    heard,

    close () {
      stopHearing()
      for (const wakes of waiting.values()) for (const wake of wakes) wake()
    }
  }
}

/** Whether all has been answered that is asked of devices. */
export function isSettled ({ isWanted, generation, placedGeneration, nodes, rollouts }: Deployment): boolean {
  if (!isWanted) return Object.keys(rollouts).length === 0
  return generation === placedGeneration && Object.keys(nodes).every(device => {
    const rollout = rollouts[device]
    return rollout !== undefined && rollout.answer !== undefined && rollout.state !== 'pending' && rollout.state !== 'removing'
  })
}
