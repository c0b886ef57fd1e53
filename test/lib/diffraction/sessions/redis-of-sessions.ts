// The part of Redis that sessions are asked of: hashes, and what a client says first. It does what a test wants where that is something else.
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { startBrokenServer } from '../../cache/broken-server.ts'

/** Values by key: the members of a hash, or a text, which is no hash. */
export type Hashes = Map<string, Record<string, string> | string>

/** Where it listens. */
export interface RedisOfSessions {
  readonly url: string
  readonly hashes: Hashes
  /** Commands that came, in capitals, with their arguments. */
  readonly asked: string[][]
  /** Set to answer nothing any more. */
  isHung: boolean
  /** Breaks all connections. */
  cut (): void
}

/** Starts one; it ends with the test. */
export async function redisOfSessions (t: Test): Promise<RedisOfSessions> {
  const sockets = new Set<Socket>()
  const { port } = await startBrokenServer(t, socket => {
    sockets.add(socket)
    let unread = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      unread = Buffer.concat([unread, bytes])
      for (let read = readCommand(unread); read !== undefined; read = readCommand(unread)) {
        unread = unread.subarray(read.length)
        redis.asked.push(read.words)
        if (!redis.isHung) socket.write(answer(redis.hashes, read.words))
      }
    })
  })
  const redis: RedisOfSessions = {
    url: `redis://127.0.0.1:${port}`,
    hashes: new Map(),
    asked: [],
    isHung: false,
    cut () {
      for (const socket of sockets) socket.destroy()
    }
  }
  return redis
}

/** A command at the beginning of bytes (https://redis.io/docs/latest/develop/reference/protocol-spec/); undefined where it has not come whole. */
function readCommand (bytes: Buffer): { words: string[], length: number } | undefined {
  let at = 0
  const line = () => {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const text = bytes.toString('latin1', at + 1, end)
    at = end + 2
    return Number(text)
  }
  const count = line()
  if (count === undefined) return undefined
  const words: string[] = []
  for (let each = 0; each < count; each++) {
    const length = line()
    if (length === undefined || bytes.length < at + length + 2) return undefined
    words.push(bytes.toString('utf8', at, at + length))
    at += length + 2
  }
  return { words: [words[0]?.toUpperCase() ?? '', ...words.slice(1)], length: at }
}

function answer (hashes: Hashes, [command, key = '', ...names]: string[]): string {
  const bulk = (value: string | undefined) => value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`
  if (command === 'INFO') return bulk('redis_version:7.0.0\r\nloading:0\r\n')
  if (command !== 'HSTRLEN' && command !== 'HMGET') return '+OK\r\n'
  const hash = hashes.get(key)
  if (typeof hash === 'string') return '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n'
  if (command === 'HSTRLEN') return `:${Buffer.byteLength(hash?.[names[0] ?? ''] ?? '')}\r\n`
  return `*${names.length}\r\n${names.map(name => bulk(hash?.[name])).join('')}`
}
