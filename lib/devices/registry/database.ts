// What the two databases have in common: tables, and the little in which they differ.
import type { Generated, Kysely } from 'kysely'

/** A row of any of the tables. */
export interface Row {
  /** Rises with each insert: the order of lists. PostgreSQL gives it as text. */
  readonly seq: Generated<number | string>
  readonly id: string
  readonly name: string | null
  readonly owner: string | null
  /** Milliseconds since 1970. PostgreSQL gives it as text. */
  readonly time: number | string
  /** Rises with each change. */
  readonly revision: Generated<number>
  /** JSON as text: the order of members is kept, as devices are sent some of it byte for byte. */
  readonly document: string
}

/** All tables look alike. */
export type Tables = Record<string, Row>

/** A database that is open. What goes wrong in it is thrown as DevicesError: CONFLICT, BUSY for what is worth another try, UNAVAILABLE. */
export interface Database {
  readonly db: Kysely<Tables>
  /** Whether rows are to be locked before they are changed; SQLite locks all of them. */
  readonly hasRowLocks: boolean
  /** Resolves when it can be read and written. */
  probe (): Promise<void>
  backUp (file: string): Promise<void>
  close (): Promise<void>
}
