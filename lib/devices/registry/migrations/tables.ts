// The first tables: one a kind, all alike.
import type { Kysely } from 'kysely'
import type { Tables } from '../database.ts'

// Not taken from kinds.ts: a migration stays as it was, whatever comes later.
const names = [
  'devices', 'modules', 'deployments', 'executions', 'events', 'logs', 'moduleCards', 'nodeCards', 'dataSourceCards', 'zones', 'certificates', 'datalists', 'tokens'
] as const

/** Names that there may be once. */
const unique = new Set<string>(['devices', 'zones'])

/** Makes tables and their indexes. */
export function tables (isPostgres: boolean): { up (db: Kysely<Tables>): Promise<void> } {
  return {
    async up (db) {
      for (const name of names) {
        await db.schema.createTable(name)
          // SQLite counts up what is called INTEGER PRIMARY KEY; AUTOINCREMENT keeps it from giving a number again.
          .addColumn('seq', isPostgres ? 'bigint' : 'integer', column => isPostgres ? column.primaryKey().generatedAlwaysAsIdentity() : column.primaryKey().autoIncrement())
          .addColumn('id', 'text', column => column.notNull().unique())
          .addColumn('name', 'text')
          .addColumn('owner', 'text')
          .addColumn('time', 'bigint', column => column.notNull())
          .addColumn('revision', 'integer', column => column.notNull().defaultTo(0))
          .addColumn('document', 'text', column => column.notNull())
          .execute()
        const byName = db.schema.createIndex(`${name}_name`).on(name).columns(unique.has(name) ? ['name'] : ['name', 'seq'])
        await (unique.has(name) ? byName.unique() : byName).execute()
        await db.schema.createIndex(`${name}_owner`).on(name).columns(['owner', 'seq']).execute()
        await db.schema.createIndex(`${name}_time`).on(name).columns(['time']).execute()
      }
    }
  }
}
