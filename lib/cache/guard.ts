// Puts a guard before a store: it has little time to answer, is left alone while it is not well, and what is to be kept is bounded.
import { createBreaker } from './breaker.ts'
import type { BreakerOptions, Pass } from './breaker.ts'
import { longestLifetime } from './cache.ts'
import type { Cache, Store } from './cache.ts'

/**
 * What came of a call. Of get: `hit`, `miss`, `late` (too slow, counts as a fault too), `fault`, `open` (left alone), `cancelled`.
 * Of set: `kept`, `refused` by the store, `too-large`, `dropped` (too much is being kept already), `late`, `fault`, `open`.
 */
export type CacheEvent = 'hit' | 'miss' | 'late' | 'fault' | 'open' | 'cancelled' | 'kept' | 'refused' | 'too-large' | 'dropped'

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
  onEvent?: (operation: 'get' | 'set', event: CacheEvent) => void
}

const late = Symbol('late')
const aborted = Symbol('aborted')

/** Makes a cache of a store. Closing the cache closes the store. */
export function guard (store: Store, options: GuardOptions = {}): Cache {
  const { timeout = 50, setTimeout: setTime = 1000, largestValue = 5 * 1024 * 1024, mostSets = 64, mostSetBytes = 64 * 1024 * 1024, onEvent = () => {} } = options
  const breaker = createBreaker(options)
  const sets = new Set<Promise<void>>()
  let setBytes = 0

  async function tryToGet (pass: Pass, key: string, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
    const result = await settled(() => store.get(key), timeout, signal)
    if (result.value === aborted) {
      pass.neither()
      onEvent('get', 'cancelled')
      return undefined
    }
    if ('error' in result || result.value === late) {
      pass.fault()
      onEvent('get', 'error' in result ? 'fault' : 'late')
      return undefined
    }
    pass.success()
    const isUsable = result.value !== undefined && result.value.length <= largestValue
    onEvent('get', isUsable ? 'hit' : 'miss')
    return isUsable ? result.value : undefined
  }

  async function tryToSet (pass: Pass, key: string, value: Buffer, seconds: number): Promise<void> {
    setBytes += value.length
    const result = await settled(() => store.set(key, value, seconds), setTime)
    setBytes -= value.length
    if ('error' in result || typeof result.value === 'symbol') {
      pass.fault()
      onEvent('set', 'error' in result ? 'fault' : 'late')
    } else {
      pass.success()
      onEvent('set', result.value === true ? 'kept' : 'refused')
    }
  }

  return {
    name: store.name,
    async get (key, signal) {
      if (signal?.aborted === true) return undefined
      const pass = breaker.enter()
      if (pass !== undefined) return await tryToGet(pass, key, signal)
      onEvent('get', 'open')
      return undefined
    },
    async set (key, value, seconds) {
      if (!(seconds > 0)) return
      if (value.length > largestValue) return onEvent('set', 'too-large')
      // A value too many is dropped, or a store that takes its time would fill the memory.
      if (sets.size >= mostSets || setBytes + value.length > mostSetBytes) return onEvent('set', 'dropped')
      const pass = breaker.enter()
      if (pass === undefined) return onEvent('set', 'open')
      const set = tryToSet(pass, key, value, Math.min(seconds, longestLifetime))
      sets.add(set)
      await set
      sets.delete(set)
    },
    async close () {
      await Promise.all(sets)
      await store.close().catch(() => {})
    }
  }
}

/** What a call gave, or threw; `late` when its time was over, `aborted` when the signal came first. What comes afterwards is thrown away. */
async function settled<T> (call: () => Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<{ value: T | typeof late | typeof aborted, error?: never } | { value?: never, error: unknown }> {
  const { promise, resolve } = Promise.withResolvers<typeof late | typeof aborted>()
  const abort = () => resolve(aborted)
  signal?.addEventListener('abort', abort)
  // Where this process was held up itself, the reply may be there already, unread: a timer runs before what has come in is
  // read, an immediate after it.
  const timer = setTimeout(() => setImmediate(() => resolve(late)), milliseconds)
  try {
    return { value: await Promise.race([call(), promise]) }
  } catch (error) {
    return { error }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
