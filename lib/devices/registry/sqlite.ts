// The registry in a file: SQLite as Node brings it, behind Kysely.
import { chmod, mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync, backup } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import type { Driver, SqliteDatabase, SqliteStatement } from 'kysely'
import { DevicesError } from '../devices-error.ts'
import type { Database, Tables } from './database.ts'
import { migrate } from './migrations/migrate.ts'

/** Where the file is, in the folder of the registry. */
export const sqliteFile = 'registry.sqlite'

/** Milliseconds for which SQLite itself waits for another process, which stops everything here; whoever waits longer does so between two attempts. */
const busyTimeout = 20

/** Milliseconds of calls, one after the other, before others get their turn. */
const longestTurn = 5

/** Most statements that are kept ready. */
const mostStatements = 200

/** Codes of SQLite: https://www.sqlite.org/rescode.html */
const busy = 5
const locked = 6
const constraint = 19
const troubles = new Map([
  [8, 'its file cannot be written to'], [10, 'the disk fails'], [11, 'its file is damaged: restore a backup'], [13, 'the disk is full'], [14, 'its file cannot be opened'],
  [26, 'its file is none of SQLite: restore a backup']
])

/** Opens the database in a folder, which is made; its file is readable for nobody else. */
export async function openSqlite (folder: string): Promise<Database> {
  const file = path.join(folder, sqliteFile)
  const connection = await openFile(folder, file)
  const dialect = new SqliteDialect({ database: adapt(connection) })
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new TransactionalAdapter(),
      createDriver: () => considerate(dialect.createDriver()),
      createIntrospector: db => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler()
    }
  })
  try {
    await migrate(db, false)
  } catch (error) {
    connection.close()
    throw error
  }
  return {
    db,
    hasRowLocks: false,
    // Written, not read: a full disk is readable.
    probe: async () => { told(() => connection.exec('pragma user_version = 1')) },
    backUp: target => backUpFile(connection, target),
    async close () {
      await db.destroy()
      // Where nothing has been asked yet Kysely leaves it open.
      if (connection.isOpen) connection.close()
    }
  }
}

/**
 * Writes a whole copy of a database, while it is used.
 * @param source - the file, or a connection to it
 * @param target - a file that is not there yet; readable for nobody else
 * @throws DevicesError CONFLICT where it is there, UNAVAILABLE where it cannot be written
 */
export async function backUpFile (source: string | DatabaseSync, target: string): Promise<void> {
  const made = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new DevicesError('CONFLICT', 'The file of a backup must not be there yet: give another name') : new DevicesError('UNAVAILABLE', `The backup cannot be written (${error.code ?? 'unknown'})`)
  })
  const connection = typeof source === 'string' ? new DatabaseSync(source, { timeout: 5000 }) : source
  try {
    // All at once: a copy in steps begins anew whenever another process writes in between.
    await backup(connection, target, { rate: 2 ** 30 })
    await made.sync()
  } catch (error) {
    await rm(target, { force: true })
    throw failure(error)
  } finally {
    await made.close()
    if (typeof source === 'string') connection.close()
  }
}

async function openFile (folder: string, file: string): Promise<DatabaseSync> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await (await open(file, 'a', 0o600)).close()
    await chmod(file, 0o600)
  } catch (error) {
    throw new DevicesError('UNAVAILABLE', `The database of devices cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): see to DATA_DIR`)
  }
  return told(() => {
    const connection = new DatabaseSync(file, { timeout: busyTimeout, enableForeignKeyConstraints: true })
    try {
      // With a log written ahead nobody waits for a reader. NORMAL waits for the disk at checkpoints alone: when the power fails the last writes may be gone, which the next
      // probe and the next look at each device bring back, but the database is whole; and a process that is killed loses nothing.
      connection.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = 67108864; pragma cache_size = -32768')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

/** SQLite undoes a migration that was broken off, unlike what Kysely says of it. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl (): boolean {
    return true
  }
}

/** Calls of SQLite end before they come back, so that many of them, one after the other, would keep everything else waiting: now and then the next one waits for a turn of its own. */
function considerate (driver: Driver): Driver {
  const acquire = driver.acquireConnection.bind(driver)
  let began: number | undefined
  // Called for one after the other: there is one connection.
  driver.acquireConnection = async options => {
    if (began !== undefined && performance.now() - began > longestTurn) await turn()
    if (began === undefined) {
      began = performance.now()
      setImmediate(() => { began = undefined })
    }
    return await acquire(options)
  }
  return driver
}

/** Gives Kysely what it asks of a driver. */
function adapt (connection: DatabaseSync): SqliteDatabase {
  const ready = new Map<string, SqliteStatement>()
  return {
    close: () => { connection.close() },
    prepare (sql) {
      const known = ready.get(sql)
      if (known !== undefined) return known
      if (ready.size >= mostStatements) ready.clear()
      const statement = told(() => prepare(connection, sql))
      ready.set(sql, statement)
      return statement
    }
  }
}

/** A value as Kysely hands it over. */
type Value = string | number | bigint | null | Uint8Array

function prepare (connection: DatabaseSync, sql: string): SqliteStatement {
  // A transaction that begins as a reader cannot become a writer once another process has written.
  const statement = connection.prepare(sql === 'begin' ? 'begin immediate' : sql)
  const values = (parameters: readonly unknown[]) => parameters as readonly Value[]
  return {
    reader: statement.columns().length > 0,
    all: parameters => told(() => statement.all(...values(parameters))),
    run: parameters => told(() => statement.run(...values(parameters))),
    iterate: parameters => told(() => statement.iterate(...values(parameters)))
  }
}

/** Does it, and throws what goes wrong as what it means. */
function told<Result> (work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw failure(error)
  }
}

function failure (error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  // The lower byte says what it is, the rest more of it.
  const code = error.errcode & 0xff
  if (code === constraint) return new DevicesError('CONFLICT', 'There is one of that id or name already')
  if (code === busy || code === locked) return new DevicesError('BUSY', 'The database of devices is held by another process')
  const trouble = troubles.get(code)
  return trouble === undefined ? error : new DevicesError('UNAVAILABLE', `The database of devices cannot be used: ${trouble}`)
}
