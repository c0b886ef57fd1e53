// How processes that share a PostgreSQL hear of each other, over one connection that each keeps for it: NOTIFY, and a lock that one of them holds, which leads.
import { randomBytes } from 'node:crypto'
import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { isId } from '../id.ts'
import { createListeners } from './leader.ts'
import type { Link, Topic } from './leader.ts'
import { connectionOptions } from './postgres.ts'

/** Where the database is, and the pace. */
export interface PostgresLinkOptions {
  readonly url: string
  /** Milliseconds for one statement, and for a connection. */
  readonly timeout: number
  /** Milliseconds between two attempts to lead, and two looks whether the connection still is one. */
  readonly beat: number
}

const channel = 'tutti_devices'

/** Number of the lock that the leader holds, within its database: `tutti` in ASCII. */
const leaderLock = 0x7475747469

/** Most messages that wait for a connection; the oldest give way. */
const mostWaiting = 1000

/** Milliseconds between two attempts to connect, at least and at most. */
const pauses = { first: 100, longest: 5000 }

const isTopic = (text: string | undefined): text is Topic => text === 'devices' || text === 'deployments' || text === 'executions'

/** Begins to connect, and does so again whenever the connection breaks. */
export function createPostgresLink ({ url, timeout, beat }: PostgresLinkOptions): Link {
  const listeners = createListeners()
  const origin = randomBytes(8).toString('hex')
  const waiting = new Set<string>()
  const candidates = new Set<(isLeader: boolean) => void>()
  const closing = new AbortController()
  let connection: pg.Client | undefined
  let isLeader = false
  let isFlushing = false
  let pauseNow = pauses.first

  const become = (now: boolean) => {
    if (now === isLeader) return
    isLeader = now
    for (const candidate of [...candidates]) candidate(now)
  }

  const flush = () => {
    const client = connection
    if (client === undefined || isFlushing || waiting.size === 0) return
    const messages = [...waiting]
    waiting.clear()
    isFlushing = true
    client.query('select pg_notify($1, message) from unnest($2::text[]) as message', [channel, messages]).then(() => {
      isFlushing = false
      flush()
    }, () => {
      isFlushing = false
      for (const message of messages) if (waiting.size < mostWaiting) waiting.add(message)
    })
  }

  const hear = ({ payload = '' }: { payload?: string | undefined }) => {
    const [topic, id = '', from] = payload.split(':')
    // What this process has told it has heard at once.
    if (from !== origin && isTopic(topic) && isId(id)) listeners.tell(topic, id)
  }

  const seekLead = async (client: pg.Client) => {
    if (candidates.size === 0 || isLeader) {
      await client.query('select 1')
      return
    }
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [leaderLock])
    if (rows[0]?.locked !== true) return
    // Whoever wanted to lead may have gone meanwhile.
    if (candidates.size > 0) become(true)
    else await client.query('select pg_advisory_unlock($1)', [leaderLock])
  }

  /** One connection, from its beginning to its end. */
  const serve = async () => {
    const socket = new Socket()
    const client = new pg.Client({ ...connectionOptions, connectionString: url, connectionTimeoutMillis: timeout, query_timeout: timeout, stream: () => socket })
    const ended = new AbortController()
    const end = () => {
      if (connection === client) connection = undefined
      become(false)
      ended.abort()
    }
    client.on('error', end).on('end', end).on('notification', hear)
    const stop = AbortSignal.any([ended.signal, closing.signal])
    try {
      await client.connect()
      // The server lets go of the lock of a process that is stopped, or whose machine has gone.
      await client.query('set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3')
      await client.query(`set idle_session_timeout = ${Math.max(10 * beat, 1000)}`)
      await client.query(`listen ${channel}`)
      connection = client
      pauseNow = pauses.first
      while (!stop.aborted) {
        await seekLead(client)
        flush()
        await wait(beat, undefined, { signal: stop })
      }
    } finally {
      end()
      // Asked to end it may wait for a server that says nothing more.
      if (closing.signal.aborted) await Promise.race([client.end(), wait(1000)]).catch(() => {})
      socket.destroy()
    }
  }

  const served = (async () => {
    while (!closing.signal.aborted) {
      await serve().catch(() => {})
      await wait(pauseNow, undefined, { signal: closing.signal }).catch(() => {})
      pauseNow = Math.min(2 * pauseNow, pauses.longest)
    }
  })()

  return {
    onNotified: listeners.add,
    notify (topic, id) {
      listeners.tell(topic, id)
      const message = `${topic}:${id}:${origin}`
      waiting.delete(message)
      const [oldest] = waiting
      if (waiting.size >= mostWaiting && oldest !== undefined) waiting.delete(oldest)
      waiting.add(message)
      // What is told in one turn goes together.
      setImmediate(flush)
    },
    lead (onChange) {
      const candidate = (now: boolean) => { onChange(now) }
      candidates.add(candidate)
      if (isLeader) queueMicrotask(() => { if (candidates.has(candidate) && isLeader) candidate(true) })
      return {
        async close () {
          if (!candidates.delete(candidate)) return
          const client = connection
          if (!isLeader) return
          candidate(false)
          if (candidates.size > 0) return
          isLeader = false
          await client?.query('select pg_advisory_unlock($1)', [leaderLock]).catch(() => {})
        }
      }
    },
    async close () {
      flush()
      closing.abort()
      await served
    }
  }
}
