// Reduced frames that all servers and worker processes share by Redis, each ESAF for itself: what one process has made, the others need not. Redis is a help, never a need:
// where it is slow, away or wrong, frames are reduced as if there were none.
import { createHash } from 'node:crypto'
import type { Cache, Lease, LeaseEnding } from '../../cache/cache.ts'
import { guard } from '../../cache/guard.ts'
import type { GuardOptions } from '../../cache/guard.ts'
import { createRedisStore } from '../../cache/redis.ts'
import type { SharedReduced } from '../frames/frames.ts'
import { largestShared } from './shared-link.ts'

/** Reduced frames that are shared. */
export interface SharedReducedStore {
  /**
   * Opens what one worker process may use: frames of its ESAF alone, whatever it asks for.
   * Closing it gives back what it holds, so that nobody waits for a process that has gone.
   */
  open (esaf: number): SharedReduced & { close (): void }
  /** Waits for what is being kept, and closes connections. */
  close (): Promise<void>
}

/** What it is made of. */
export interface SharedReducedOptions {
  readonly cache: Cache
  /** Seconds that a frame is kept since it was last asked for. */
  readonly lifetime?: number
  /** Milliseconds that somebody waits for what another one makes; then both make it. */
  readonly longestWait?: number
  /** Milliseconds that one may take to make it; then somebody else may. */
  readonly longestHold?: number
}

const fiveMinutes = 300

/** Frames that one process may be making at one time; it makes more without telling others. */
const mostHeld = 256

/** Longest key of a process. */
const longestKey = 1024

/** Times that somebody looks again for what another one has kept. */
const mostTurns = 3

/** Opens it in a Redis. */
export function openSharedReduced ({ url, ...options }: { url: string } & Pick<GuardOptions, 'onEvent' | 'timeout' | 'firstPause' | 'longestPause'>): SharedReducedStore {
  const store = createRedisStore({ url, largestValue: largestShared, prefix: 'tutti:diffraction:', prolong: fiveMinutes })
  return createSharedReduced({ cache: guard(store, { ...options, largestValue: largestShared }), lifetime: fiveMinutes })
}

/** Makes it of a cache. */
export function createSharedReduced ({ cache, lifetime = fiveMinutes, longestHold = 10_000, longestWait = 3000 }: SharedReducedOptions): SharedReducedStore {
  return {
    open (esaf) {
      const held = new Map<string, { lease: Lease, lapse: NodeJS.Timeout }>()
      let isClosed = false
      // Nobody can choose a key whose digest is that of another ESAF's.
      const placeOf = (key: string) => createHash('sha256').update(`${esaf}\n${key}`).digest('hex').slice(0, 40)
      const release = (place: string, ending?: LeaseEnding) => {
        const found = held.get(place)
        held.delete(place)
        clearTimeout(found?.lapse)
        void found?.lease.release(ending)
      }
      /** Undefined where it is to be made here. */
      const find = async (place: string, signal: AbortSignal): Promise<Buffer | undefined> => {
        for (let turns = 0; turns < mostTurns; turns++) {
          const found = await cache.get(place, signal)
          if (found !== undefined) return found
          if (signal.aborted || held.size >= mostHeld || held.has(place)) return undefined
          const turn = await cache.lease?.(place, signal)
          if (turn?.kind === 'held') {
            if (isClosed || signal.aborted || held.has(place)) void turn.release()
            else held.set(place, { lease: turn, lapse: setTimeout(() => release(place), longestHold).unref() })
            return undefined
          }
          if (turn?.ending !== 'kept') return undefined
        }
        return undefined
      }

      return {
        async get (key, signal) {
          if (isClosed || signal.aborted || key.length > longestKey) return undefined
          const going = new AbortController()
          const end = () => going.abort()
          const late = setTimeout(end, longestWait)
          signal.addEventListener('abort', end)
          try {
            return await find(placeOf(key), going.signal)
          } finally {
            clearTimeout(late)
            signal.removeEventListener('abort', end)
          }
        },
        set (key, bytes) {
          const place = placeOf(key)
          // Told to the others only when they can find it.
          void cache.set(place, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), lifetime).then(() => release(place, 'kept'))
        },
        giveUp (key) { release(placeOf(key)) },
        close () {
          isClosed = true
          for (const place of held.keys()) release(place)
        }
      }
    },
    async close () { await cache.close() }
  }
}
