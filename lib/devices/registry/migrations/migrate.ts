// Brings a database to the tables that this version needs. What has been done stands in the database; of several processes that start at once one does it.
import { Migrator } from 'kysely/migration'
import type { Kysely } from 'kysely'
import { DevicesError } from '../../devices-error.ts'
import type { Tables } from '../database.ts'
import { tables } from './tables.ts'

/**
 * Does what has not been done, in the order of names: a new migration gets a name that comes last, and one that has been released is never changed.
 * @throws DevicesError UNAVAILABLE where the database cannot be reached, or a newer version of Tutti has been at work in it
 */
export async function migrate (db: Kysely<Tables>, isPostgres: boolean): Promise<void> {
  const provider = { getMigrations: async () => ({ '0001-tables': tables(isPostgres) }) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error === undefined) return
  if (error instanceof Error && error.message.includes('corrupted migrations')) {
    throw new DevicesError('UNAVAILABLE', 'The database of devices has been changed by a newer version of Tutti: run that version, or restore a backup of before')
  }
  throw error
}
