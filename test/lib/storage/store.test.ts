// The queue in front of the disk: in order, bounded, and never in the way.
import { EventEmitter, once } from 'node:events'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createStore } from '../../../lib/storage/store.ts'
import type { StoreOptions } from '../../../lib/storage/store.ts'
import type { StorageFault } from '../../../lib/storage/fault.ts'
import { filesIn, numbered } from './files.ts'

const exchange = (number: number, text = '{}') => ({ requestUuid: numbered(number), request: Buffer.from(text), response: Buffer.from('{}') })

t.test('requests are stored one after the other', async t => {
  const folder = t.testdir()
  const store = createStore({ folder, queue: 100 })
  for (let number = 0; number < 10; number++) store.save(exchange(number))
  for (let version = 0; version < 10; version++) store.save(exchange(3, `{"version":${version}}`))
  t.match(store.status(), { queued: 20, queuedBytes: 10 * 4 + 10 * 15, saved: 0 })
  await store.idle()
  t.strictSame(store.status(), { saved: 20, failed: 0, dropped: 0, queued: 0, queuedBytes: 0, trouble: undefined })
  t.equal(readdirSync(folder).length, 10)
  t.equal(filesIn(folder)[`${numbered(3)}/request.json`], '{"version":9}', 'of one identity, the last counts')
})

t.test('what has no UUID of version 4 is not stored', async t => {
  const folder = t.testdir()
  const store = createStore({ folder, queue: 100 })
  for (const requestUuid of ['', '..', '../x', '6f1d2a3b-4c5d-1e6f-8a7b-9c0d1e2f3a4b', 'a/b', '\0']) store.save({ ...exchange(1), requestUuid })
  t.equal(store.status().queued, 0)
  await store.idle()
  t.strictSame(readdirSync(folder), [])
})

t.test('what is too much is let go: in number', async t => {
  const faults: Array<StorageFault | undefined> = []
  const store = createStore({ folder: t.testdir(), queue: 3, onTrouble: fault => faults.push(fault) })
  for (let number = 0; number < 5; number++) store.save(exchange(number))
  t.match(store.status(), { queued: 3, dropped: 2, trouble: { cause: /faster than/ } })
  await store.idle()
  t.match(store.status(), { saved: 3, dropped: 2, queued: 0, trouble: undefined })
  t.equal(faults.length, 2, 'it is said once, and once that it is over')
})

t.test('what is too much is let go: in bytes, but one request alone is always stored', async t => {
  const store = createStore({ folder: t.testdir(), queue: 100, queueBytes: 100 })
  const large = JSON.stringify('x'.repeat(200))
  store.save(exchange(1, large))
  store.save(exchange(2))
  await store.idle()
  t.match(store.status(), { saved: 1, dropped: 1, queuedBytes: 0 })
  for (let number = 3; number < 40; number++) store.save(exchange(number))
  t.match(store.status(), { queued: 25, queuedBytes: 100, dropped: 13 })
  await store.idle()
})

t.test('a fault is told once, with what the operator can do, and so is its end', async t => {
  const root = t.testdir()
  const folder = path.join(root, 'store')
  writeFileSync(folder, 'a file where the folder should be')
  const told: Array<[StorageFault | undefined, unknown]> = []
  const store = createStore({ folder, queue: 10, onTrouble: (fault, error) => told.push([fault, error]) })
  await store.probe()
  t.match(store.status().trouble, { cause: /STORAGE_DIR/, cure: /STORAGE_DIR/ }, 'known before the first request')
  store.save(exchange(1))
  store.save(exchange(2))
  await store.idle()
  t.match(store.status(), { saved: 0, failed: 2, queued: 0, trouble: { cause: /folder is none/ } })
  rmSync(folder)
  store.save(exchange(3))
  await store.idle()
  t.match(store.status(), { saved: 1, failed: 2, trouble: undefined })
  t.equal(told.length, new Set(told.map(([fault]) => fault?.cause)).size, 'each once')
  t.strictSame(told.at(-1), [undefined, undefined])
  t.match(told[0]?.[1], Error)
})

t.test('what is queued when the store closes is written, and nothing after it', async t => {
  const folder = t.testdir()
  const store = createStore({ folder, queue: 100 })
  for (let number = 0; number < 20; number++) store.save(exchange(number))
  const closed = store.close()
  store.save(exchange(99))
  await closed
  t.equal(readdirSync(folder).length, 20)
})

t.test('a store that has no time at the end lets the rest go, and leaves no half request', async t => {
  const folder = t.testdir()
  const store = createStore({ folder, queue: 1000, farewell: 0 })
  for (let number = 0; number < 500; number++) store.save(exchange(number))
  await store.close()
  await store.idle()
  const { saved, dropped, queued } = store.status()
  t.ok(dropped > 0)
  t.equal(saved + dropped, 500)
  t.equal(queued, 0)
  t.equal(readdirSync(folder).length, saved)
})

t.test('a folder that is there is not changed by a look at it', async t => {
  const folder = t.testdir({ other: 'x' })
  chmodSync(folder, 0o755)
  const store = createStore({ folder, queue: 1 })
  await store.probe()
  t.equal(store.status().trouble, undefined)
  t.strictSame(readdirSync(folder), ['other'])
})

/** Writes that hang until told otherwise, and what the store says of them. */
function hangingStore (options: Partial<StoreOptions> = {}) {
  const gate = Promise.withResolvers<void>()
  const told = new EventEmitter<{ trouble: [StorageFault], well: [] }>()
  const onTrouble = (fault?: StorageFault) => fault === undefined ? told.emit('well') : told.emit('trouble', fault)
  const store = createStore({ folder: 'none', queue: 3, write: () => gate.promise, patience: 5, farewell: 5, onTrouble, ...options })
  return { store, gate, told }
}

t.test('F18: a disk that hangs is told while it does; what comes meanwhile is bounded, and stored once the disk goes on', async t => {
  const { store, gate, told } = hangingStore()
  const trouble = once(told, 'trouble')
  for (let number = 0; number < 5; number++) store.save(exchange(number))
  t.match(store.status(), { queued: 3, queuedBytes: 12, dropped: 2 })
  t.match(await trouble, [{ cause: /faster than/ }])
  t.match(await once(told, 'trouble'), [{ cause: 'the disk of STORAGE_DIR does not answer', cure: /^Look at/ }])
  t.ok(store.stuck())
  store.save(exchange(6))
  t.match(store.status(), { queued: 3, queuedBytes: 12, dropped: 3, saved: 0, trouble: { cause: /does not answer/ } })
  gate.resolve()
  await store.idle()
  t.match(store.status(), { queued: 0, queuedBytes: 0, saved: 3, trouble: undefined })
  t.notOk(store.stuck())
})

t.test('F18: a disk that hangs and then fails has failed', async t => {
  const { store, gate, told } = hangingStore()
  store.save(exchange(1))
  await once(told, 'trouble')
  gate.reject(Object.assign(new Error('as a disk says'), { code: 'EIO' }))
  await store.idle()
  t.match(store.status(), { failed: 1, queued: 0, trouble: { cause: 'the disk of STORAGE_DIR is broken' } })
  t.notOk(store.stuck())
})

t.test('F18: a store on a disk that hangs closes within its farewell, and lets the rest go', async t => {
  const { store, told } = hangingStore()
  for (let number = 0; number < 3; number++) store.save(exchange(number))
  await once(told, 'trouble')
  await store.close()
  t.match(store.status(), { queued: 1, queuedBytes: 4, dropped: 2, saved: 0 })
  t.ok(store.stuck(), 'the one that is being written cannot be let go')
})
