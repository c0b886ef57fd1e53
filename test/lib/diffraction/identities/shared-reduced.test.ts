// Reduced frames that processes share: who makes them, who waits, and that no ESAF sees those of another.
import t from 'tap'
import type { Test } from 'tap'
import { guard } from '../../../../lib/cache/guard.ts'
import type { Cache, Lease, Turn } from '../../../../lib/cache/cache.ts'
import { createMemoryStore } from '../../../../lib/cache/memory.ts'
import { createSharedReduced } from '../../../../lib/diffraction/identities/shared-reduced.ts'
import type { SharedReducedOptions } from '../../../../lib/diffraction/identities/shared-reduced.ts'
import { buildWorkers, somebody } from './fixtures/workers.ts'

const never = new AbortController().signal

/** A cache in memory whose leases are held in memory too. */
function leasingCache (): Cache & { readonly held: Map<string, PromiseWithResolvers<Turn | undefined>> } {
  const cache = guard(createMemoryStore({ bytes: 100_000_000 }))
  const held = new Map<string, PromiseWithResolvers<Turn | undefined>>()
  return {
    ...cache,
    held,
    async lease (key, signal): Promise<Turn | undefined> {
      for (;;) {
        const other = held.get(key)
        if (other === undefined) break
        const aborted = new Promise<'aborted'>(resolve => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
        const turn = await Promise.race([other.promise, aborted])
        if (turn === 'aborted') return undefined
        if (turn !== undefined) return turn
      }
      const mine = Promise.withResolvers<Turn | undefined>()
      held.set(key, mine)
      const lease: Lease = {
        kind: 'held',
        async release (ending) {
          held.delete(key)
          mine.resolve(ending && { kind: 'over', ending })
        }
      }
      return lease
    }
  }
}

function build (t: Test, options: Partial<SharedReducedOptions> = {}) {
  const cache = leasingCache()
  const store = createSharedReduced({ cache, ...options })
  t.teardown(() => store.close())
  return { cache, store }
}

t.test('one makes it, those who ask meanwhile wait, and then have it', async t => {
  const { store } = build(t)
  const [one, other] = [store.open(7), store.open(7)]
  t.equal(await one.get('frame', never), undefined)
  const waiting = [other.get('frame', never), other.get('frame', never)]
  one.set('frame', Buffer.from('counts'))
  t.strictSame((await Promise.all(waiting)).map(String), ['counts', 'counts'])
  t.equal(String(await store.open(7).get('frame', never)), 'counts')
})

t.test('who cannot make it leaves it to the next; so does who has gone', async t => {
  const { cache, store } = build(t)
  const [one, other, third] = [store.open(7), store.open(7), store.open(7)]
  await one.get('frame', never)
  const second = other.get('frame', never)
  one.giveUp('frame')
  t.equal(await second, undefined)
  const last = third.get('frame', never)
  other.close()
  t.equal(await last, undefined)
  t.equal(cache.held.size, 1)
  third.close()
  t.equal(cache.held.size, 0)
  t.equal(await third.get('frame', never), undefined)
  t.equal(cache.held.size, 0, 'who is closed holds nothing')
})

t.test('nobody waits longer than there is time for, nor for one who takes too long', async t => {
  const { cache, store } = build(t, { longestWait: 30, longestHold: 60_000 })
  await store.open(7).get('frame', never)
  t.equal(await store.open(7).get('frame', never), undefined)
  const going = new AbortController()
  const waiting = build(t).store.open(7).get('frame', going.signal)
  going.abort()
  t.equal(await waiting, undefined)
  t.equal(cache.held.size, 1)
  const quick = build(t, { longestHold: 20, longestWait: 10_000 })
  await quick.store.open(7).get('frame', never)
  t.equal(await quick.store.open(7).get('frame', never), undefined, 'the lease has lapsed')
})

t.test('each ESAF has its own, whatever keys are asked for', async t => {
  const { store } = build(t)
  store.open(7).set('frame', Buffer.from('of 7'))
  store.open(71).set('frame', Buffer.from('of 71'))
  for (const key of ['frame', '7\nframe', '\nframe', '../7/frame']) t.not(String(await store.open(1).get(key, never)), 'of 7')
  t.equal(String(await store.open(7).get('frame', never)), 'of 7')
  t.equal(await store.open(7).get('k'.repeat(5000), never), undefined)
})

t.test('a cache without leases, and values too large, only mean that everybody makes it', async t => {
  const store = createSharedReduced({ cache: guard(createMemoryStore({ bytes: 1_000_000 }), { largestValue: 10 }) })
  t.teardown(() => store.close())
  const one = store.open(7)
  t.equal(await one.get('frame', never), undefined)
  one.set('frame', Buffer.alloc(11))
  t.equal(await one.get('frame', never), undefined)
  one.set('frame', Buffer.alloc(10))
  t.equal((await one.get('frame', never))?.length, 10)
})

t.test('worker processes of one ESAF share by way of the server, those of others do not; a process that crashes holds nobody up', async t => {
  const { cache, store } = build(t)
  const { ask } = buildWorkers(t, { shared: store, processes: 3 })
  const [jane, john, other] = [somebody('jane', 7), somebody('john', 7), somebody('jack', 8)]
  t.equal(await ask('share:a', {}, jane), undefined)
  const waiting = ask('share:a', {}, john)
  await ask('keep:a=counts', {}, jane)
  t.equal(await waiting, 'counts')
  t.equal(await ask('share:a', {}, other), undefined)
  await ask('giveUp:a', {}, other)
  t.equal(await ask('share:b', {}, jane), undefined)
  t.equal(cache.held.size, 1)
  const next = ask('share:b', {}, john)
  await t.rejects(ask('crash', {}, jane), { code: 'WORKER_ENDED' })
  t.equal(await next, undefined)
})
