// A store in Redis, Valkey or whatever else speaks their protocol.
import type { Redis } from 'ioredis'
import { connectRedis, isReply } from '../redis.ts'
import type { Store } from './cache.ts'
import { createRedisLeases } from './redis-leases.ts'

/** Where a Redis is, and the bounds. */
export interface RedisOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. */
  url: string
  /** Bytes of a value at most. */
  largestValue: number
  /** What stands before each key, so that others may use the same database. */
  prefix?: string
  /** Milliseconds without a byte after which a connection is given up: that owes a reply, or that is being opened. */
  stall?: number
  /** Seconds that a value is kept from the moment on when it is read; undefined where reading changes nothing. */
  prolong?: number
}

/** States of the client in which nothing can be asked for some time. */
const isAway = new Set(['close', 'reconnecting', 'end'])

/** Makes a store and starts to connect; it connects again, by itself, whenever the connection breaks. */
export function createRedisStore ({ url, largestValue, prefix = 'tutti:cache:', prolong, stall = 1000 }: RedisOptions): Store {
  // What was asked of a connection that broke has failed; asking again is left to the next request.
  const client = connectRedis({ url, keyPrefix: prefix, stall })
  const listener = client.duplicate()
  listener.on('error', () => {})
  const leases = createRedisLeases(client, listener, `${prefix}leases`)

  const expectConnection = (connection: Redis) => {
    if (isAway.has(connection.status)) throw new Error('There is no connection to Redis')
  }

  return {
    name: 'redis',
    leases: {
      ...leases,
      async acquire (key, token, milliseconds) {
        expectConnection(client)
        expectConnection(listener)
        return await leases.acquire(key, token, milliseconds)
      }
    },
    async get (key) {
      expectConnection(client)
      try {
        // A range is bounded, whatever somebody else has put there; the range of nothing is empty.
        const value = await client.getrangeBuffer(key, 0, largestValue)
        if (value.length === 0 || value.length > largestValue) return undefined
        // Nobody waits for it, and where it fails the value goes sooner.
        if (prolong !== undefined) client.expire(key, prolong).catch(() => {})
        return value
      } catch (error) {
        if (isReply(error, 'WRONGTYPE')) return undefined
        throw error
      }
    },
    async set (key, value, seconds) {
      expectConnection(client)
      try {
        await client.set(key, value, 'EX', Math.ceil(seconds))
        return true
      } catch (error) {
        if (isReply(error, 'OOM')) return false
        throw error
      }
    },
    async close () {
      client.disconnect()
      listener.disconnect()
    }
  }
}
