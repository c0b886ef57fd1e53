// The end of objects whose time is up, and their sightings, which may put that off: every server watches all of them, and Redis sees to it that each ends once.
import { createExpiry } from '../objects/expiry.ts'
import type { Expiry } from '../objects/expiry.ts'
import { text } from './link.ts'
import type { Argument, Reply } from './link.ts'
import * as scripts from './scripts.ts'
import type { State } from './state.ts'

/** What watches over objects is made with. */
export interface RedisExpiryOptions {
  /** Milliseconds after which an object is tracked no longer; without it they have no end. */
  timeout?: number | undefined
  /** What those count from. */
  countsFrom: 'start' | 'sighting'
  /** What is known of objects now. */
  state (): State
  /** Runs one of the scripts; rejects where that cannot be done. */
  run (script: string, ...args: Argument[]): Promise<Reply[]>
  /** Whether there is somebody to run them. */
  canRun (): boolean
  /** The wall clock, in milliseconds since 1970. */
  now (): number
  /** A monotonic clock in milliseconds. */
  uptime (): number
}

/** Watches over objects. */
export interface RedisExpiry {
  /** An object has just been started. */
  started (id: number): void
  stopped (id: number): void
  /** Objects have been seen. @param isHere - whether by a processor of this server, which lets Redis know then */
  sighted (ids: readonly number[], isHere: boolean): void
  /** What is known of objects is another. */
  replaced (): void
  /** Lets Redis know of the sightings here. */
  keepSightings (): Promise<void>
  /** Ends what is due, where it could not be ended before. */
  retry (): void
  close (): void
}

/** Objects in one step: what it takes to tell of their end must not hold up anything else. */
const chunk = 100

/** Begins with the objects that are known. */
export function createRedisExpiry ({ timeout, countsFrom, state, run, canRun, now, uptime }: RedisExpiryOptions): RedisExpiry {
  // When objects were seen here, of which Redis does not know yet.
  const seen = new Map<number, number>()
  const due = new Set<number>()
  let isEnding = false
  let isClosed = false
  let expiry: Expiry | undefined

  async function keepSightings (): Promise<void> {
    const all = [...seen].flat()
    seen.clear()
    for (let at = 0; at < all.length; at += 2 * chunk) await run(scripts.touch, ...all.slice(at, at + 2 * chunk))
  }

  async function endDue (): Promise<void> {
    if (isEnding) return
    isEnding = true
    try {
      while (due.size > 0 && canRun()) {
        if (countsFrom === 'sighting') await keepSightings()
        const some = first(due, chunk)
        const reply = await run(scripts.expire, ...some.flatMap(id => [id, countsFrom === 'start' ? Number.MAX_SAFE_INTEGER : state().objects.get(id)?.seenAt ?? 0]))
        if (text(reply[0]) !== 'done') return
        for (const id of some) due.delete(id)
        // Others have been seen where nobody here has heard of it.
        for (const id of reply.slice(1).map(Number)) if (state().objects.has(id)) expiry?.touch(id)
      }
    } catch {
      // They are still due when there is a connection again.
    } finally {
      isEnding = false
    }
  }

  function replaced (): void {
    if (timeout === undefined || isClosed) return
    expiry?.close()
    due.clear()
    const begun = createExpiry({
      timeout,
      now: uptime,
      expire (id) {
        due.add(id)
        void endDue()
      }
    })
    expiry = begun
    const moment = uptime()
    const wall = now()
    const all = [...state().objects.values()].map(({ id, startedAt, seenAt }) => ({ id, since: moment - Math.max(0, wall - (countsFrom === 'start' ? startedAt : seenAt)) }))
    for (const { id, since } of all.sort((one, other) => one.since - other.since)) begun.touch(id, since)
  }

  replaced()
  return {
    started (id) { expiry?.touch(id) },
    stopped (id) {
      expiry?.forget(id)
      due.delete(id)
      seen.delete(id)
    },
    sighted (ids, isHere) {
      const { objects } = state()
      const at = now()
      for (const id of ids) {
        const object = objects.get(id)
        if (object === undefined) continue
        objects.set(id, { ...object, seenAt: at })
        if (isHere) seen.set(id, at)
        if (countsFrom !== 'sighting') continue
        expiry?.touch(id)
        due.delete(id)
      }
    },
    replaced,
    keepSightings,
    retry () { void endDue() },
    close () {
      isClosed = true
      expiry?.close()
    }
  }
}

/** Some of a set. */
function first (set: ReadonlySet<number>, most: number): number[] {
  const some: number[] = []
  for (const each of set) {
    if (some.length === most) break
    some.push(each)
  }
  return some
}
