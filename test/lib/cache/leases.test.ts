// Leases of several servers on one store that is kept in memory: who works, who waits, and who takes over.
import t from 'tap'
import type { LeaseEnding, LeaseStore, Store } from '../../../lib/cache/cache.ts'
import { guard } from '../../../lib/cache/guard.ts'
import { createLeases } from '../../../lib/cache/leases.ts'
import { createMemoryStore } from '../../../lib/cache/memory.ts'

const patient = new AbortController().signal

/** Leases in memory, with a clock to turn and what servers see and do of it. */
function createLeaseStore () {
  const leases = new Map<string, { token: string, until: number }>()
  const known = new Set<string>()
  const listeners = new Set<{ key: string, hear: (ending: LeaseEnding | undefined) => void }>()
  const calls: string[] = []
  let time = 0
  const isAnothers = (key: string, token: string) => leases.has(key) && leases.get(key)?.token !== token
  const store: LeaseStore = {
    async acquire (key, token, milliseconds) {
      calls.push('acquire')
      if (known.has(key)) return 'known'
      const left = (leases.get(key)?.until ?? time) - time
      if (left > 0) return left
      leases.set(key, { token, until: time + milliseconds })
      return 'held'
    },
    async renew (key, token, milliseconds) {
      calls.push('renew')
      if (!isAnothers(key, token)) leases.set(key, { token, until: time + milliseconds })
    },
    async release (key, token, ending) {
      calls.push('release')
      if (isAnothers(key, token)) return
      leases.delete(key)
      for (const each of listeners) if (each.key === key) each.hear(ending)
    },
    listen (key, hear) {
      const listener = { key, hear }
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    probe () { calls.push('probe') }
  }
  return { store, leases, known, listeners, calls, pass: (milliseconds: number) => { time += milliseconds }, breakOff: () => { for (const { hear } of listeners) hear(undefined) } }
}

/** One server behind a guard, without leases where the store has none. */
function serve (leases: LeaseStore | undefined, calls: Partial<Store> = {}) {
  const events: string[] = []
  const cache = guard({ ...createMemoryStore({ bytes: 100_000 }), ...calls, ...leases && { leases } }, { timeout: 5000, onEvent: (operation, event) => events.push(`${operation} ${event}`) })
  return { cache, events, turn: async (signal = patient) => await cache.lease?.('key', signal) }
}

const quiet = () => new Promise(resolve => setImmediate(resolve))

t.test('a store without leases gives a cache without', async t => {
  t.equal(serve(undefined).cache.lease, undefined)
})

t.test('one works, and all others are told how that ended', async t => {
  for (const ending of ['kept', 'empty', 'failed'] as const) {
    const { store, listeners, leases } = createLeaseStore()
    const [one, ...others] = Array.from({ length: 5 }, () => serve(store))
    const held = await one?.turn()
    const waiting = others.map(other => other.turn())
    await quiet()
    if (held?.kind === 'held') await held.release(ending)
    t.same(await Promise.all(waiting), others.map(() => ({ kind: 'over', ending })))
    t.same([one, ...others].map(each => each?.events), [['lease held'], ...others.map(() => ['lease followed'])])
    t.same([listeners.size, leases.size], [0, 0])
  }
})

t.test('a value that has come meanwhile is as good as one that was waited for', async t => {
  const { store, known } = createLeaseStore()
  known.add('key')
  t.same(await serve(store).turn(), { kind: 'over', ending: 'kept' })
})

t.test('of those who wait for one that goes without a word, one takes over', async t => {
  const { store } = createLeaseStore()
  const [one, two, three] = [serve(store), serve(store), serve(store)]
  const held = await one.turn()
  const waiting = [two.turn(), three.turn()]
  await quiet()
  if (held?.kind === 'held') await held.release()
  const next = await Promise.race(waiting)
  t.equal(next?.kind, 'held')
  if (next?.kind === 'held') await next.release('kept')
  t.same((await Promise.all(waiting)).map(turn => turn?.kind).sort(), ['held', 'over'])
})

t.test('one that is not heard of any more is followed when its lease has lapsed, and not before', async t => {
  const { store, pass, calls } = createLeaseStore()
  await store.acquire('key', 'of a server that has died', 20)
  const waiting = serve(store).turn()
  await quiet()
  t.same(calls, ['acquire', 'acquire'])
  pass(10)
  // It looks when the lease should have ended; by this clock it has not.
  while (calls.length < 4) await quiet()
  t.same(calls.slice(2), ['probe', 'acquire'])
  pass(10)
  t.equal((await waiting)?.kind, 'held')
})

t.test('a lease is renewed until it is given back, also one that has been forgotten', async t => {
  const { store, leases, calls } = createLeaseStore()
  const server = createLeases(store, { ask: async (_, call) => ({ value: await call() }), timeout: 1000, backgroundTimeout: 1000, lifetime: 3 })
  const held = await server.acquire('key', patient)
  leases.clear()
  // The process stays awake for nobody's lease.
  const awake = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(awake))
  while (calls.filter(call => call === 'renew').length < 3) await quiet()
  t.ok(leases.has('key'))
  if (held?.kind === 'held') await held.release('kept')
  const renewals = calls.filter(call => call === 'renew').length
  t.equal(leases.size, 0)
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(calls.filter(call => call === 'renew').length, renewals)
  await server.close()
})

t.test('whoever goes waits no longer, and leaves nothing behind', async t => {
  const { store, listeners } = createLeaseStore()
  const [one, two] = [serve(store), serve(store)]
  await one.turn()
  const leaving = new AbortController()
  const waiting = two.turn(leaving.signal)
  await quiet()
  leaving.abort()
  t.equal(await waiting, undefined)
  t.equal(listeners.size, 0)
  t.same(two.events, ['lease cancelled'])
  t.equal(await two.turn(AbortSignal.abort()), undefined)
})

t.test('a lease that comes when nobody wants it any more is given back', async t => {
  const { store, leases, calls } = createLeaseStore()
  const answered = Promise.withResolvers<void>()
  const { acquire } = store
  const server = serve({ ...store, acquire: async (...args) => { await answered.promise; return await acquire(...args) } })
  const leaving = new AbortController()
  const asked = server.turn(leaving.signal)
  await quiet()
  leaving.abort()
  t.equal(await asked, undefined)
  answered.resolve()
  await quiet()
  t.same(calls, ['acquire', 'release'])
  t.equal(leases.size, 0)
})

t.test('when the store is not heard any more nobody waits for it', async t => {
  const { store, breakOff } = createLeaseStore()
  let isAway = false
  const { acquire } = store
  const away: LeaseStore = { ...store, acquire: async (...args) => { if (isAway) throw new Error('away'); return await acquire(...args) } }
  const [one, two] = [serve(away), serve(away)]
  await one.turn()
  const waiting = two.turn()
  await quiet()
  isAway = true
  breakOff()
  t.equal(await waiting, undefined)
  t.same(two.events, ['lease fault'])
})

t.test('a store that is in doubt is not asked for a lease', async t => {
  const { store, calls } = createLeaseStore()
  let isWell = false
  const get = async () => { if (!isWell) throw new Error('not well'); return undefined }
  const { cache, events, turn } = serve(store, { get })
  await cache.get('key')
  t.equal(await turn(), undefined)
  t.same(calls, [])
  isWell = true
  await cache.get('key')
  t.equal((await turn())?.kind, 'held')
  t.same(events, ['get fault', 'lease open', 'get miss', 'lease held'])
})

t.test('a store that refuses, fails or throws gives none, and closing waits for what is being given back', async t => {
  const { store } = createLeaseStore()
  const refusing = serve({ ...store, acquire: async () => 'refused' })
  t.equal(await refusing.turn(), undefined)
  const failing = serve({ ...store, acquire: () => { throw new Error('at once') } })
  t.equal(await failing.turn(), undefined)
  t.same([refusing.events, failing.events], [['lease refused'], ['lease fault']])

  const released = Promise.withResolvers<void>()
  const slow = serve({ ...store, release: async () => await released.promise })
  const held = await slow.turn()
  const releasing = held?.kind === 'held' ? held.release() : undefined
  let isClosed = false
  const closing = slow.cache.close().then(() => { isClosed = true })
  await quiet()
  t.notOk(isClosed)
  released.resolve()
  await Promise.all([releasing, closing])
})
