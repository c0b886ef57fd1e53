// A connection to Redis over which scripts are run in the order in which they are asked for, and channels are heard. With RESP3 one connection does both.
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { connectRedis, isReply } from '../../redis.ts'

/** What Redis answers. */
export type Reply = Buffer | number | null | Reply[]

/** What a script is given. */
export type Argument = string | number | Buffer

/** Bounds of a link, and who is told. */
export interface RedisLinkOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. */
  url: string
  /** Keys that every script is given. */
  keys: readonly string[]
  /** Channels to hear. */
  channels: readonly string[]
  /** Scripts that Redis is taught at each connection. */
  scripts: readonly string[]
  /** Milliseconds without a byte after which a connection that owes a reply is given up. */
  patience: number
  /** Bytes that may be on their way at one time; what comes on top is refused. */
  mostOwed?: number
  /** There is a new connection, whose channels are heard. */
  onOpen (): void
  /** The connection has broken, or does not come up. */
  onLost (reason: string): void
  onMessage (channel: string, message: Buffer): void
}

/** A link to Redis, there or not. */
export interface RedisLink {
  /** Whether something can be asked now. */
  readonly isOpen: boolean
  /** Bytes that are on their way. */
  readonly owed: number
  /** Runs a script. Rejects where there is no connection, where it breaks, where too much is on its way, and with what Redis says. */
  run (script: string, args: readonly Argument[]): Promise<Reply[]>
  /** Runs any command. Rejects as `run`. */
  call (command: string, args: readonly Argument[]): Promise<Reply>
  /** Ends it. */
  close (): void
}

/** What too much on its way is refused with; nothing has been sent then. */
export class LinkFullError extends Error {}

const overhead = 128

/** Begins to connect, and does so again whenever the connection breaks. */
export function createRedisLink ({ url, keys, channels, scripts, patience, mostOwed = 64 * 1024 * 1024, onOpen, onLost, onMessage }: RedisLinkOptions): RedisLink {
  const client: Redis = connectRedis({ url, stall: patience, longestPause: 500 })
  const digests = new Map(scripts.map(script => [script, createHash('sha1').update(script).digest('hex')]))
  let isOpen = false
  let owed = 0
  let reason = 'there is no connection'

  client.on('error', error => { reason = error.message })
  client.on('messageBuffer', (channel, message) => onMessage(channel.toString(), message))
  client.on('ready', () => { void open() })
  client.on('close', () => {
    isOpen = false
    onLost(reason)
  })

  /** Teaches and listens; what is asked afterwards comes after that. */
  async function open (): Promise<void> {
    try {
      const asked = [...scripts.map(async script => await client.callBuffer('SCRIPT', ['LOAD', script])), ...(channels.length > 0 ? [client.subscribe(...channels)] : [])]
      await Promise.all(asked)
      isOpen = true
      onOpen()
    } catch (error) {
      // A server that does not allow it may do so later; a broken connection comes again by itself.
      reason = error instanceof Error ? error.message : String(error)
      onLost(reason)
      if (isReply(error)) setTimeout(() => { if (client.status === 'ready') void open() }, patience).unref()
    }
  }

  async function call (command: string, args: readonly Argument[]): Promise<Reply> {
    if (!isOpen || client.status !== 'ready') throw new Error(reason)
    let bytes = overhead
    for (const arg of args) bytes += typeof arg === 'number' ? 8 : arg.length
    if (owed + bytes > mostOwed && owed > 0) throw new LinkFullError('Redis takes what it is sent too slowly')
    owed += bytes
    try {
      return await client.callBuffer(command, [...args]) as Reply
    } finally {
      owed -= bytes
    }
  }

  async function evaluate (script: string, args: readonly Argument[]): Promise<Reply> {
    const rest = [keys.length, ...keys, ...args]
    try {
      return await call('EVALSHA', [digests.get(script) ?? '', ...rest])
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error
      return await call('EVAL', [script, ...rest])
    }
  }

  return {
    get isOpen () { return isOpen },
    get owed () { return owed },
    async run (script, args) {
      const reply = await evaluate(script, args)
      if (!Array.isArray(reply)) throw new Error('Redis sent what the script does not give')
      return reply
    },
    call,
    close () { client.disconnect() }
  }
}

/** A part of a reply that is a text. */
export function text (reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : ''
}

/** A part of a reply that is bytes; empty where it is not. */
export function bytes (reply: Reply | undefined): Buffer {
  return Buffer.isBuffer(reply) ? reply : nothing
}

const nothing = Buffer.alloc(0)
