// The registry in PostgreSQL, behind Kysely: the pool of connections, its bounds, and what its errors mean.
import { setTimeout as pause } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { DevicesError } from '../devices-error.ts'
import type { Database, Tables } from './database.ts'
import { migrate } from './migrations/migrate.ts'

/** Where the database is, and how long it may take. */
export interface PostgresOptions {
  /** Such as `postgres://user:password@host/name`. It is a secret: nothing here ever says it. */
  readonly url: string
  /** Milliseconds for one statement, and for a connection. */
  readonly timeout: number
  /** Milliseconds for which the first connection is tried again. */
  readonly patience: number
}

/** Most connections of a process, beside that of its link. */
const mostConnections = 8

/** Milliseconds for a migration, which waits for other processes that do the same. */
const migrationTimeout = 120_000

/** What every connection is opened with. */
export const connectionOptions = { application_name: 'tutti', keepAlive: true, keepAliveInitialDelayMillis: 5000 } as const

/** Opens the database and makes its tables. @throws DevicesError UNAVAILABLE where it cannot be reached */
export async function openPostgres ({ url, timeout, patience }: PostgresOptions): Promise<Database> {
  await makeTables(url, timeout, performance.now() + patience)
  const db = connect(url, timeout, timeout, mostConnections)
  return {
    db,
    hasRowLocks: true,
    probe: async () => { await sql`select 1`.execute(db) },
    async backUp () { throw new DevicesError('UNAVAILABLE', 'PostgreSQL has backups of its own: use pg_dump') },
    close: () => db.destroy()
  }
}

async function makeTables (url: string, timeout: number, end: number): Promise<void> {
  for (;;) {
    // Of its own: making tables may take longer than anything else may.
    const db = connect(url, timeout, migrationTimeout, 2)
    try {
      return await migrate(db, true)
    } catch (error) {
      if (!(error instanceof DevicesError && error.code === 'UNAVAILABLE') || performance.now() > end) throw error
      await pause(500)
    } finally {
      await db.destroy()
    }
  }
}

function connect (url: string, connectTimeout: number, timeout: number, max: number): Kysely<Tables> {
  const pool = new pg.Pool({
    ...connectionOptions,
    connectionString: url,
    max,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: timeout,
    idle_in_transaction_session_timeout: 2 * timeout,
    // The server gives up first, so that its connection can be used again.
    query_timeout: timeout + 1000
  })
  // A connection that breaks while nobody uses it leaves the pool; the next call opens another.
  pool.on('error', () => {})
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        options: pool.options,
        end: () => pool.end(),
        async connect () {
          try {
            return watched(await pool.connect())
          } catch (error) {
            throw failure(error)
          }
        }
      }
    })
  })
}

/** A connection that is given up once it has failed by itself: it may owe an answer still, which nobody must take for that of the next. */
function watched (client: pg.PoolClient): PostgresPoolClient {
  let broken: unknown
  const ask = async (text: string, values: readonly unknown[]) => {
    if (broken !== undefined) throw broken
    try {
      return await client.query(text, [...values])
    } catch (error) {
      const what = failure(error)
      if (!isAnswer(error)) broken = what
      throw what
    }
  }
  return { query: withoutCursors(ask), release: destroy => { client.release(destroy === true || broken !== undefined) } }
}

/** Kysely may ask with a cursor as well, once it has been given one; it has not. */
function withoutCursors (ask: (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>): PostgresPoolClient['query'] {
  function query<Row> (text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query<Row> (cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query (text: unknown, values: readonly unknown[] = []): unknown {
    if (typeof text !== 'string') throw new TypeError('cursors are not used here')
    return ask(text, values)
  }
  return query
}

/** Whether an error is what the server answered, with a code of five. */
function isAnswer (error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
}

/** Classes and codes of PostgreSQL that say that it cannot be used now: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const unavailable = /^(08|25006|28|3D|40|53|55|57|58|XX)/

/** What an error means. Nothing of its message is handed on: it may name users and hosts. */
function failure (error: unknown): unknown {
  if (error instanceof DevicesError) return error
  if (isAnswer(error)) {
    if (error.code === '23505') return new DevicesError('CONFLICT', 'There is one of that id or name already')
    if (!unavailable.test(error.code ?? '')) return error
    return new DevicesError('UNAVAILABLE', `PostgreSQL cannot be used (${error.code}): see its log, and DATABASE_URL`)
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return new DevicesError('UNAVAILABLE', `PostgreSQL cannot be reached, or does not answer${code}: see whether it runs, and DATABASE_URL`)
}
