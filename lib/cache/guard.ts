// Puts a guard before a store: it has little time to answer, is left alone while it is not well, and what is to be kept is bounded.
import { createBreaker } from './breaker.ts'
import type { BreakerOptions } from './breaker.ts'
import { longestLifetime } from './cache.ts'
import type { Cache, Store } from './cache.ts'
import { createLeases } from './leases.ts'
import { unlessAborted } from '../unless-aborted.ts'

/**
 * What came of a call. Of each: `late` (too slow, counts as a fault too), `fault`, `open` (left alone), `cancelled`.
 * Of get: `hit`, `miss`. Of set: `kept`, `refused` by the store, `too-large`, `dropped` (too much is being kept already).
 * Of lease: `held`, `followed` (another server has done the work), `refused` by the store.
 */
export type CacheEvent = 'hit' | 'miss' | 'late' | 'fault' | 'open' | 'cancelled' | 'kept' | 'refused' | 'too-large' | 'dropped' | 'held' | 'followed'

/** What a store is asked for. */
export type CacheOperation = 'get' | 'set' | 'lease'

/** Asks a store, within so many milliseconds, unless it is left alone. Undefined where nothing came of it; the event has been told then. */
export interface Ask {
  <T>(operation: CacheOperation, call: () => Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<{ value: T } | undefined>
}

/** Bounds of a guard. */
export interface GuardOptions extends BreakerOptions {
  /** Milliseconds that the store has to give a value. */
  timeout?: number
  /** Milliseconds that the store has to take a value; nobody waits for it. */
  setTimeout?: number
  /** Bytes of one value at most. */
  largestValue?: number
  /** Values, and their bytes in all, that may be on their way to the store at one time. */
  mostSets?: number
  mostSetBytes?: number
  /** Is told what came of each call; must not throw. */
  onEvent?: (operation: CacheOperation, event: CacheEvent) => void
}

/** Makes a cache of a store. Closing the cache closes the store. */
export function guard (store: Store, options: GuardOptions = {}): Cache {
  const { timeout = 50, setTimeout: setTime = 1000, largestValue = 5 * 1024 * 1024, mostSets = 64, mostSetBytes = 64 * 1024 * 1024, onEvent = () => {} } = options
  const breaker = createBreaker(options)
  const sets = new Set<Promise<void>>()
  let setBytes = 0

  const ask: Ask = async (operation, call, milliseconds, signal) => {
    if (signal?.aborted === true) return undefined
    const pass = breaker.enter()
    if (pass === undefined) {
      onEvent(operation, 'open')
      return undefined
    }
    const answer = await settled(call, milliseconds, signal)
    if (answer.end === undefined) {
      pass.success()
      return answer
    }
    if (answer.end === 'cancelled') pass.neither()
    else pass.fault()
    onEvent(operation, answer.end)
    return undefined
  }

  async function keep (key: string, value: Buffer, seconds: number): Promise<void> {
    setBytes += value.length
    const answer = await ask('set', () => store.set(key, value, seconds), setTime)
    setBytes -= value.length
    if (answer !== undefined) onEvent('set', answer.value ? 'kept' : 'refused')
  }

  const leases = store.leases && createLeases(store.leases, { ask, timeout, backgroundTimeout: setTime, onEvent: event => onEvent('lease', event) })

  return {
    name: store.name,
    async get (key, signal) {
      const answer = await ask('get', () => store.get(key), timeout, signal)
      if (answer === undefined) return undefined
      const isUsable = answer.value !== undefined && answer.value.length <= largestValue
      onEvent('get', isUsable ? 'hit' : 'miss')
      return isUsable ? answer.value : undefined
    },
    async set (key, value, seconds) {
      if (!(seconds > 0)) return
      if (value.length > largestValue) return onEvent('set', 'too-large')
      // A value too many is dropped, or a store that takes its time would fill the memory.
      if (sets.size >= mostSets || setBytes + value.length > mostSetBytes) return onEvent('set', 'dropped')
      const set = keep(key, value, Math.min(seconds, longestLifetime))
      sets.add(set)
      await set
      sets.delete(set)
    },
    ...leases && {
      async lease (key: string, signal: AbortSignal) {
        // It only saves work. A store that is in doubt is not worth a second wait after that for the value.
        if (breaker.isSure) return await leases.acquire(key, signal)
        onEvent('lease', 'open')
        return undefined
      }
    },
    async close () {
      await Promise.all(sets)
      await leases?.close()
      await store.close().catch(() => {})
    }
  }
}

/** What a call gave, or why it gave nothing: its time was over, the signal came first, or it threw. What comes afterwards is thrown away. */
async function settled<T> (call: () => Promise<T>, milliseconds: number, signal: AbortSignal | undefined): Promise<{ value: T, end?: never } | { end: 'late' | 'cancelled' | 'fault' }> {
  const { promise: late, resolve } = Promise.withResolvers<{ end: 'late' }>()
  // Where this process was held up itself, the reply may be there already, unread: a timer runs before what has come in is
  // read, an immediate after it.
  const timer = setTimeout(() => setImmediate(() => resolve({ end: 'late' })), milliseconds)
  try {
    const answer = call().then(value => ({ value }))
    return await unlessAborted(Promise.race([answer, late]), signal) ?? { end: 'cancelled' }
  } catch {
    return { end: 'fault' }
  } finally {
    clearTimeout(timer)
  }
}
