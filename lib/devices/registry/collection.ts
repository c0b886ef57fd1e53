// Things of one kind in one table, whichever database it is in.
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Id } from '../id.ts'
import type { Collection, Query } from '../registry.ts'
import type { Database, Row } from './database.ts'
import { createDocuments } from './documents.ts'
import type { Guard } from './guard.ts'
import type { Columns } from './kinds.ts'

/** Rows that are listed in one go, documents that are read and parsed in one, and rows that are removed; between two, others get their turn. */
const rowsAtOnce = 400
const documentsAtOnce = 128
const removedAtOnce = 200

/** How much JSON of one table is kept parsed, in UTF-16 units. */
const mostKept = 32 * 1024 * 1024

/** Longest text of a column as it is, in UTF-16 units: an index of PostgreSQL takes some 2,700 bytes. */
const longestColumn = 500

/** Makes a collection. */
export function createCollection<Kind extends { readonly id: Id }> ({ db, hasRowLocks }: Database, { run }: Guard, table: string, columnsOf: (each: Kind) => Columns): Collection<Kind> {
  const meant = ({ name, owner, after, before, cursor, newestFirst = false }: Query) => {
    let rows = db.selectFrom(table)
    if (name !== undefined) rows = rows.where('name', '=', column(name))
    if (owner !== undefined) rows = rows.where('owner', '=', column(owner))
    if (after !== undefined) rows = rows.where('time', '>', after)
    if (before !== undefined) rows = rows.where('time', '<', before)
    if (cursor !== undefined) {
      // Ids rise with time, to the second: what is near one that has gone can still be told.
      const at = db.selectFrom(table).select('seq').where('id', '=', column(cursor))
      rows = newestFirst
        ? rows.where('seq', '<', sql<number>`coalesce(${at}, ${db.selectFrom(table).select(({ fn }) => fn.min('seq').as('seq')).where('id', '>', column(cursor))}, ${Number.MAX_SAFE_INTEGER})`)
        : rows.where('seq', '>', sql<number>`coalesce(${at}, ${db.selectFrom(table).select(({ fn }) => fn.max('seq').as('seq')).where('id', '<', column(cursor))}, 0)`)
    }
    return rows
  }

  /** Some of those that are meant, in order. */
  const page = (query: Query, limit: number, last: number | string | undefined) => {
    const { newestFirst = false, skip = 0 } = query
    let rows = meant(query).orderBy('seq', newestFirst ? 'desc' : 'asc').limit(limit)
    if (last !== undefined) rows = rows.where('seq', newestFirst ? '<' : '>', last)
    else if (skip > 0) rows = rows.offset(skip)
    return rows
  }

  const documents = createDocuments<Kind>(mostKept)
  const read = (document: string): Kind => JSON.parse(document)

  const write = (each: Kind) => {
    const { name, owner, time } = columnsOf(each)
    return { id: column(each.id), name: name === undefined ? null : column(name), owner: owner === undefined ? null : column(owner), time: Math.trunc(time), document: JSON.stringify(each) }
  }

  /** Documents of rows, in their order: those that are known as they are, the others from the database. */
  const readAll = async (rows: ReadonlyArray<Pick<Selectable<Row>, 'seq' | 'revision'>>): Promise<Array<Kind | undefined>> => {
    const found = new Map(rows.map(({ seq, revision }) => [seq, documents.find(seq, revision)]))
    const missing = [...found].flatMap(([seq, document]) => document === undefined ? [seq] : [])
    for (let start = 0; start < missing.length; start += documentsAtOnce) {
      if (start > 0) await turn()
      const some = missing.slice(start, start + documentsAtOnce)
      // As few different statements as there are powers of two: they are kept ready.
      const padded = [...some, ...Array<number | string>(2 ** Math.ceil(Math.log2(some.length)) - some.length).fill(some[0] ?? 0)]
      for (const { seq, revision, document } of await run(() => db.selectFrom(table).select(['seq', 'revision', 'document']).where('seq', 'in', padded).execute())) {
        const each = read(document)
        documents.keep(seq, revision, each, document.length)
        found.set(seq, each)
      }
    }
    return [...found.values()]
  }

  return {
    async get (id) {
      const row = await run(() => db.selectFrom(table).select('document').where('id', '=', column(id)).executeTakeFirst())
      return row === undefined ? undefined : read(row.document)
    },
    async list (query = {}) {
      const found: Kind[] = []
      const { limit = Infinity } = query
      let left = limit
      let last: number | string | undefined
      while (left > 0) {
        const size = Math.min(rowsAtOnce, left)
        const rows = await run(() => page(query, size, last).select(['seq', 'revision']).execute())
        // One that goes between these two is left out.
        for (const document of await readAll(rows)) if (document !== undefined) found.push(document)
        if (rows.length < size) break
        left -= size
        last = rows.at(-1)?.seq
        await turn()
      }
      return found
    },
    async count (query = {}) {
      const { skip = 0, limit = Infinity } = query
      const row = await run(() => meant(query).select(({ fn }) => fn.countAll<number | string>().as('count')).executeTakeFirst())
      return Math.min(Math.max(Number(row?.count ?? 0) - skip, 0), limit)
    },
    async insert (each) {
      await run(() => db.insertInto(table).values(write(each)).execute())
    },
    async update (id, change) {
      return await run(() => db.transaction().execute(async transaction => {
        const rows = transaction.selectFrom(table).select('document').where('id', '=', column(id))
        const row = await (hasRowLocks ? rows.forUpdate() : rows).executeTakeFirst()
        if (row === undefined) return undefined
        const before = read(row.document)
        const after = change(before)
        if (after === undefined || after === before) return before
        await transaction.updateTable(table).set({ ...write({ ...after, id }), revision: sql<number>`revision + 1` }).where('id', '=', column(id)).execute()
        return after
      }))
    },
    async remove (id) {
      const { numDeletedRows } = await run(() => db.deleteFrom(table).where('id', '=', column(id)).executeTakeFirstOrThrow())
      return numDeletedRows > 0n
    },
    async removeAll (query = {}) {
      const { limit = Infinity } = query
      let removed = 0
      while (removed < limit) {
        const size = Math.min(removedAtOnce, limit - removed)
        // What is left out at the front stays, so that each round leaves out the same.
        const { numDeletedRows } = await run(() => db.deleteFrom(table).where('seq', 'in', page(query, size, undefined).select('seq')).executeTakeFirstOrThrow())
        removed += Number(numDeletedRows)
        if (numDeletedRows < size) break
        await turn()
      }
      return removed
    }
  }
}

/** A text as a column takes it: PostgreSQL knows no NUL, and no half of a pair of surrogates. What is very long is told apart by its digest. */
function column (text: string): string {
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd')
  return clean.length <= longestColumn ? clean : `${clean.slice(0, 200)} ${createHash('sha256').update(clean).digest('hex')}`
}
