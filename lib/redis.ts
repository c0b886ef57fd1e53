// Connections to Redis, Valkey or whatever else speaks their protocol: how everything here opens them, and what their errors mean.
import { Redis, ReplyError } from 'ioredis'

/** Where a Redis is, and the bounds of a connection. */
export interface RedisConnectionOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. */
  url: string
  /** What stands before each key of the commands that the client knows. */
  keyPrefix?: string
  /** Milliseconds without a byte after which a connection is given up: that owes a reply, or that is being opened. */
  stall: number
  /** Most milliseconds between two attempts to connect. */
  longestPause?: number
}

/** Begins to connect; the client connects again, by itself, whenever the connection breaks. What was asked of a connection that broke has failed, and is not asked again. */
export function connectRedis ({ url, keyPrefix = '', stall, longestPause = 2000 }: RedisConnectionOptions): Redis {
  const client = new Redis(url, {
    keyPrefix,
    connectTimeout: stall,
    socketTimeout: stall,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: times => Math.min(100 * 2 ** Math.min(times, 5), longestPause)
  })
  // Each call in flight is told as well; without a listener the client would write to the console.
  client.on('error', () => {})
  return client
}

/** Whether an error is what the server itself answered, with the code given, or any. */
export function isReply (error: unknown, code?: string): boolean {
  return error instanceof ReplyError && error instanceof Error && (code === undefined || error.message.startsWith(`${code} `))
}
