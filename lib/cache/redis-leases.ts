// Leases in Redis: a key that lapses says who holds one, and each release is told on a channel to which every server listens.
import { ReplyError } from 'ioredis'
import type { Redis } from 'ioredis'
import type { LeaseEnding, LeaseStore } from './cache.ts'

// KEYS: lease, value. ARGV: token, milliseconds. A lease that lasts too long is none of ours, and would hold everybody up.
const acquire = `
if redis.call('exists', KEYS[2]) == 1 then return -1 end
local left = redis.call('pttl', KEYS[1])
if left >= 0 and left <= tonumber(ARGV[2]) then return left end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return -2`

// A lease that is gone, because all keys are, is put back.
const renew = `
local holder = redis.call('get', KEYS[1])
if not holder or holder == ARGV[1] then redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2]) end
return 0`

// ARGV: token, channel, message.
const release = `
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('del', KEYS[1])
redis.call('publish', ARGV[2], ARGV[3])
return 0`

/** A key and how the work ended, which may be missing. */
const message = /^([0-9a-f]{40}) (kept|empty|failed|)$/

/** Makes leases from two connections; the second is for listening alone. */
export function createRedisLeases (client: Redis, listener: Redis, channel: string): LeaseStore {
  const listeners = new Map<string, Set<(ending: LeaseEnding | undefined) => void>>()
  // Of the connection of the moment, or the next one.
  let listening = pending()

  listener.on('ready', () => {
    const { resolve, reject } = listening
    listener.subscribe(channel).then(() => resolve(), reject)
  })
  listener.on('close', () => {
    listening.reject(new Error('There is no connection to Redis'))
    listening = pending()
    for (const hearers of listeners.values()) for (const hear of hearers) hear(undefined)
  })
  listener.on('message', (_, text: string) => {
    const [, key = '', ending] = message.exec(text) ?? []
    for (const hear of listeners.get(key) ?? []) hear(ending === '' ? undefined : ending as LeaseEnding | undefined)
  })

  return {
    async acquire (key, token, milliseconds) {
      try {
        await listening.promise
        const left = Number(await client.eval(acquire, 2, `lease:${key}`, key, token, milliseconds))
        if (!(left >= -2)) throw new Error('Redis sent what the script does not give')
        return left === -1 ? 'known' : left === -2 ? 'held' : left
      } catch (error) {
        // Such as one without leave to run scripts, or with a full memory.
        if (error instanceof ReplyError) return 'refused'
        throw error
      }
    },
    async renew (key, token, milliseconds) { await client.eval(renew, 1, `lease:${key}`, token, milliseconds) },
    async release (key, token, ending = undefined) { await client.eval(release, 1, `lease:${key}`, token, channel, `${key} ${ending ?? ''}`) },
    listen (key, hear) {
      const hearers = listeners.get(key) ?? new Set()
      listeners.set(key, hearers.add(hear))
      return () => {
        hearers.delete(hear)
        if (hearers.size === 0 && listeners.get(key) === hearers) listeners.delete(key)
      }
    },
    // One that owes a reply and sends nothing is given up.
    probe: () => { listener.ping().catch(() => {}) }
  }
}

/** A promise whose rejection may go unnoticed. */
function pending (): PromiseWithResolvers<void> {
  const deferred = Promise.withResolvers<void>()
  deferred.promise.catch(() => {})
  return deferred
}
