// A store in one memcached, by its text protocol over one connection, and which of several has a key. Keys, values and the choice are those of
// memjs, which the reference uses, so that both can share a memcached.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Store } from './cache.ts'
import { createReplyParser } from './memcached-replies.ts'
import type { Reply } from './memcached-replies.ts'

/** Where a memcached listens. */
export interface MemcachedServer { host: string, port: number }

/** One memcached, and its bounds. */
export interface MemcachedOptions extends MemcachedServer {
  /** Bytes of a value at most. */
  largestValue: number
  /** Milliseconds without a byte after which a connection that owes a reply is given up. */
  stall?: number
  /** The wall clock, in milliseconds since 1970. */
  wallClock?: () => number
}

/**
 * Reads a list of servers such as `memcached:11211,[::1]:11212`; the port is 11211 where none is named.
 * @throws RangeError for what is no such list; names and passwords (SASL) are not supported
 */
export function parseServers (list: string): MemcachedServer[] {
  return list.split(',').map(text => {
    const { host, address, port = '11211' } = text.trim().match(/^(?:(?<host>[a-zA-Z0-9._-]+)|\[(?<address>[0-9a-fA-F:.]+)\])(?::(?<port>[0-9]{1,5}))?$/)?.groups ?? {}
    const name = host ?? address
    if (name === undefined || Number(port) < 1 || Number(port) > 65535) throw new RangeError('A list of memcached servers is written host:port,host:port')
    return { host: name, port: Number(port) }
  })
}

/** Which of a number of servers has a key: the choice of memjs 1.x, a string hash modulo their number. */
export function chooseServer (key: string, servers: number): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) hash = (31 * hash + key.charCodeAt(index)) | 0
  return Math.abs(hash) % servers
}

/** Above this number of seconds memcached takes a lifetime for a date in seconds since 1970. */
const thirtyDays = 30 * 24 * 3600

const [firstSign, lastSign] = [0x21, 0x7e]

/** Whether memcached takes a key: 1 to 250 signs of ASCII without spaces. Anything else could be a command. */
function isKey (key: string): boolean {
  if (key.length === 0 || key.length > 250) return false
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    if (code < firstSign || code > lastSign) return false
  }
  return true
}

/** A command whose reply has not come. */
interface Pending {
  /** Takes a reply; true when it was the last one of the command. Throws where it is none. */
  take (reply: Reply): boolean
  reject (error: Error): void
}

/** A connection with the commands that it owes replies to. */
interface Connection { socket: Socket, pending: Pending[] }

/** Makes a store; it connects when it is first asked, and again when it is asked after a connection has broken. */
export function createMemcachedStore ({ host, port, largestValue, stall = 1000, wallClock = Date.now }: MemcachedOptions): Store {
  let connection: Connection | undefined
  let isClosed = false

  function open (): Connection {
    const socket = connect({ host, port, noDelay: true })
    const opened: Connection = { socket, pending: [] }
    const parse = createReplyParser(largestValue)
    socket.on('data', chunk => {
      try {
        for (const reply of parse(chunk)) if (takeReply(opened, reply)) settle(opened)
      } catch (error) {
        leave(opened, error as Error)
      }
    })
    // With half a connection nothing can be asked.
    socket.on('end', () => leave(opened, new Error('memcached has closed the connection')))
    socket.on('timeout', () => leave(opened, new Error('memcached does not answer')))
    socket.on('error', error => leave(opened, error))
    socket.on('close', () => leave(opened, new Error('The connection to memcached is closed')))
    return opened
  }

  /** Nothing more will come of a connection. */
  function leave (left: Connection, error: Error): void {
    if (connection === left) connection = undefined
    left.socket.destroy()
    for (const pending of left.pending.splice(0)) pending.reject(error)
  }

  function send (pending: Pending, bytes: Buffer[]): void {
    if (isClosed) return pending.reject(new Error('The cache is closed'))
    connection ??= open()
    const { socket } = connection
    connection.pending.push(pending)
    socket.setTimeout(stall)
    socket.cork()
    for (const part of bytes) socket.write(part)
    socket.uncork()
  }

  return {
    name: 'memcached',
    async get (key) {
      if (!isKey(key)) return undefined
      const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
      let found: Buffer | undefined
      const take = ({ line, value }: Reply): boolean => {
        if (value !== undefined && found === undefined && line.startsWith(`VALUE ${key} `)) {
          found = value
          return false
        }
        if (line !== 'END') throw new RangeError('memcached did not answer get')
        resolve(found)
        return true
      }
      send({ take, reject }, [Buffer.from(`get ${key}\r\n`)])
      return await promise
    },
    async set (key, value, seconds) {
      if (!isKey(key)) return false
      const { promise, resolve, reject } = Promise.withResolvers<boolean>()
      const whole = Math.ceil(seconds)
      const lifetime = whole > thirtyDays ? Math.floor(wallClock() / 1000) + whole : whole
      const take = ({ line }: Reply): boolean => {
        // SERVER_ERROR: too large, or no memory left.
        if (line !== 'STORED' && line !== 'NOT_STORED' && !line.startsWith('SERVER_ERROR ')) throw new RangeError('memcached did not answer set')
        resolve(line === 'STORED')
        return true
      }
      send({ take, reject }, [Buffer.from(`set ${key} 0 ${lifetime} ${value.length}\r\n`), value, Buffer.from('\r\n')])
      return await promise
    },
    async close () {
      isClosed = true
      if (connection !== undefined) leave(connection, new Error('The cache is closed'))
    }
  }
}

/** Gives a reply to the command whose turn it is; true when that one has all of it. */
function takeReply ({ pending }: Connection, reply: Reply): boolean {
  const first = pending[0]
  if (first === undefined) throw new RangeError('memcached answered what it was not asked')
  return first.take(reply)
}

/** Closes the books on the first command. */
function settle ({ socket, pending }: Connection): void {
  pending.shift()
  if (pending.length === 0) socket.setTimeout(0)
}
