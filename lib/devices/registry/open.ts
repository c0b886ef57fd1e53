// Opens what is kept about devices: in a file of SQLite, or in PostgreSQL.
import type { Registry } from '../registry.ts'
import { createCollection } from './collection.ts'
import type { Database } from './database.ts'
import { createGuard } from './guard.ts'
import { kinds } from './kinds.ts'
import type { KindOf, Table } from './kinds.ts'
import { createLocalLink } from './leader.ts'
import type { Link } from './leader.ts'
import { openSqlite } from './sqlite.ts'

/** Where the registry is. */
export interface RegistryOptions {
  /** Folder of the file of SQLite, which is made. */
  readonly folder: string
  /** PostgreSQL instead, for several processes. */
  readonly databaseUrl?: string | undefined
  /** Told what stands in the way of reading and writing once it does, in words for the operator; undefined when it no longer does. */
  readonly onTrouble?: ((trouble: string | undefined) => void) | undefined
  /** Milliseconds that PostgreSQL has for one statement, and for a connection. */
  readonly timeout?: number | undefined
  /** Milliseconds for which PostgreSQL is waited for at the start. */
  readonly patience?: number | undefined
  /** Milliseconds between two attempts to lead. */
  readonly beat?: number | undefined
}

/**
 * Opens the registry, and brings its tables to what this version needs.
 * @throws DevicesError UNAVAILABLE where the database cannot be used; the message says why, without its address
 */
export async function openRegistry ({ folder, databaseUrl, onTrouble, timeout = 5000, patience = 30_000, beat = 1000 }: RegistryOptions): Promise<Registry> {
  const { database, link } = databaseUrl === undefined ? { database: await openSqlite(folder), link: createLocalLink() } : await openShared(databaseUrl, { timeout, patience, beat })
  const guard = createGuard({ probe: database.probe, onTrouble })
  const open = <Name extends Table>(name: Name) => createCollection<KindOf<Name>>(database, guard, name, kinds[name])
  let closed: Promise<void> | undefined
  return {
    devices: open('devices'),
    modules: open('modules'),
    deployments: open('deployments'),
    executions: open('executions'),
    events: open('events'),
    logs: open('logs'),
    moduleCards: open('moduleCards'),
    nodeCards: open('nodeCards'),
    dataSourceCards: open('dataSourceCards'),
    zones: open('zones'),
    certificates: open('certificates'),
    datalists: open('datalists'),
    tokens: open('tokens'),
    lead: link.lead,
    notify: link.notify,
    onNotified: link.onNotified,
    backUp: database.backUp,
    get trouble () { return guard.trouble },
    close () {
      closed ??= (async () => {
        guard.close()
        await link.close()
        await database.close()
      })()
      return closed
    }
  }
}

/** Opens PostgreSQL. Its driver is loaded where it is needed. */
async function openShared (url: string, { timeout, patience, beat }: { timeout: number, patience: number, beat: number }): Promise<{ database: Database, link: Link }> {
  const [{ openPostgres }, { createPostgresLink }] = await Promise.all([import('./postgres.ts'), import('./postgres-link.ts')])
  return { database: await openPostgres({ url, timeout, patience }), link: createPostgresLink({ url, timeout, beat }) }
}
