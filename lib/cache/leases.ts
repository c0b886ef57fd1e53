// One of several servers that share a store does the work that gives a value; the others wait until it says how that ended, or is not heard of
// any more.
import { randomUUID } from 'node:crypto'
import type { Lease, LeaseEnding, LeaseStore, Turn } from './cache.ts'
import type { Ask, CacheEvent } from './guard.ts'
import { unlessAborted } from '../unless-aborted.ts'

/** Leases behind a guard: nothing they do throws or rejects. */
export interface Leases {
  /** As `lease` of a cache. */
  acquire (key: string, signal: AbortSignal): Promise<Turn | undefined>
  /** Waits for the leases that are being given back. */
  close (): Promise<void>
}

/** What leases are made with. */
export interface LeasesOptions {
  /** Asks the store. */
  ask: Ask
  /** Milliseconds that the store has to say who holds a lease. */
  timeout: number
  /** Milliseconds that it has for what nobody waits for. */
  backgroundTimeout: number
  /** Milliseconds after which a lease ends that is not renewed: others wait so long for a server that has died. */
  lifetime?: number
  /** Is told what came of each wish for a lease. */
  onEvent?: (event: CacheEvent) => void
}

/** Makes leases of a store that has them. */
export function createLeases (store: LeaseStore, { ask, timeout, backgroundTimeout, lifetime = 2500, onEvent = () => {} }: LeasesOptions): Leases {
  const releases = new Set<Promise<unknown>>()

  const background = (call: () => Promise<void>) => ask('lease', call, backgroundTimeout)

  async function take (key: string, token: string, signal: AbortSignal): Promise<'held' | 'known' | 'refused' | number | undefined> {
    let isAwaited = true
    const answer = await ask('lease', async () => {
      const reply = await store.acquire(key, token, lifetime)
      // Too late: nobody knows of it, and others would wait for nothing.
      if (!isAwaited && reply === 'held') await store.release(key, token)
      return reply
    }, timeout, signal)
    isAwaited = false
    return answer?.value
  }

  function hold (key: string, token: string): Lease {
    const renewal = setInterval(() => background(() => store.renew(key, token, lifetime)), lifetime / 3)
    renewal.unref()
    return {
      kind: 'held',
      async release (ending) {
        clearInterval(renewal)
        const release = background(() => store.release(key, token, ending))
        releases.add(release)
        await release
        releases.delete(release)
      }
    }
  }

  return {
    async acquire (key, signal) {
      const token = randomUUID()
      let heard = Promise.withResolvers<LeaseEnding | undefined>()
      const deafen = store.listen(key, ending => heard.resolve(ending))
      try {
        for (;;) {
          heard = Promise.withResolvers()
          const reply = await take(key, token, signal)
          if (reply === 'held') {
            onEvent('held')
            return hold(key, token)
          }
          if (reply === 'known') {
            onEvent('followed')
            return { kind: 'over', ending: 'kept' }
          }
          if (reply === 'refused') onEvent('refused')
          if (typeof reply !== 'number') return undefined
          const lapse = setTimeout(() => {
            heard.resolve(undefined)
            // Its holder may have died; or the end of the lease was told and not heard.
            store.probe()
          }, Math.min(reply, lifetime))
          const ending = await unlessAborted(heard.promise, signal)
          clearTimeout(lapse)
          if (signal.aborted) {
            onEvent('cancelled')
            return undefined
          }
          if (ending !== undefined) {
            onEvent('followed')
            return { kind: 'over', ending }
          }
        }
      } finally {
        deafen()
      }
    },
    async close () { await Promise.all(releases) }
  }
}
