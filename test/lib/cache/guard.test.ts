import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Store } from '../../../lib/cache/cache.ts'
import { guard } from '../../../lib/cache/guard.ts'
import type { GuardOptions } from '../../../lib/cache/guard.ts'
import { createMemoryStore } from '../../../lib/cache/memory.ts'
import { createMemcachedStore } from '../../../lib/cache/memcached.ts'

/** A guard before a store in memory some of whose calls are done by a test, with a clock to turn. */
function build (calls: Partial<Store> = {}, options: GuardOptions = {}) {
  const events: string[] = []
  let time = 0
  const cache = guard({ ...createMemoryStore({ bytes: 1_000_000 }), ...calls }, { now: () => time, onEvent: (operation, event) => events.push(`${operation} ${event}`), ...options })
  return { cache, events, pass: (milliseconds: number) => { time += milliseconds } }
}

t.test('what was kept is found, and what was not is not', async t => {
  const { cache, events } = build()
  await cache.set('a', Buffer.from('value'), 60)
  t.equal((await cache.get('a'))?.toString(), 'value')
  t.equal(await cache.get('b'), undefined)
  t.strictSame(events, ['set kept', 'get hit', 'get miss'])
})

t.test('a store that is too slow is a miss, and left alone after three times', async t => {
  const late = Promise.withResolvers<Buffer>()
  let calls = 0
  const { cache, events, pass } = build({ get: async () => { calls++; return await late.promise } }, { timeout: 5 })
  for (let times = 0; times < 5; times++) t.equal(await cache.get('a'), undefined)
  t.equal(calls, 3)
  t.strictSame(events, ['get late', 'get late', 'get late', 'get open', 'get open'])
  late.resolve(Buffer.from('value'))
  await setImmediate()
  t.equal(await cache.get('a'), undefined, 'a reply that is late changes nothing')
  pass(1000)
  t.equal((await cache.get('a'))?.toString(), 'value', 'after a second it is tried')
  t.equal((await cache.get('a'))?.toString(), 'value')
})

t.test('a reply that has come while this process was busy is not late', async t => {
  // A server of its own thread, which is not held up with this one.
  const server = new Worker(`
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer(socket => socket.on('error', () => {}).on('data', () => socket.write('VALUE a 0 5\\r\\nvalue\\r\\nEND\\r\\n')))
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
  `, { eval: true })
  t.teardown(() => server.terminate())
  const [port] = await once(server, 'message')
  const store = createMemcachedStore({ host: '127.0.0.1', port: Number(port), largestValue: 100 })
  // Connected beforehand, so that one turn is enough for the reply.
  await store.get('a')
  const { cache, events } = build(store, { timeout: 20 })
  const asked = cache.get('a')
  const busyUntil = performance.now() + 100
  while (performance.now() < busyUntil);
  await asked
  t.strictSame(events, ['get hit'])
  await cache.close()
})

t.test('a store that throws is a miss, whatever it throws and however', async t => {
  const { cache, events } = build({
    get: () => { throw new Error('at once') },
    set: async () => { throw new Error('later') },
    close: async () => { throw new Error('in the end') }
  })
  t.equal(await cache.get('a'), undefined)
  await cache.set('a', Buffer.from('value'), 60)
  t.equal(await cache.get('a'), undefined)
  await cache.set('a', Buffer.from('value'), 60)
  t.strictSame(events, ['get fault', 'set fault', 'get fault', 'set open'])
  await cache.close()
})

t.test('a caller who goes does not wait, and is no fault', async t => {
  const { cache, events } = build({ get: async () => await new Promise(() => {}) }, { timeout: 60_000 })
  for (let times = 0; times < 4; times++) {
    const going = new AbortController()
    const asked = cache.get('a', going.signal)
    going.abort()
    t.equal(await asked, undefined)
  }
  t.equal(await cache.get('a', AbortSignal.abort()), undefined)
  t.strictSame(events, Array(4).fill('get cancelled'))
})

t.test('a value too large is not kept, and one found is not given', async t => {
  const { cache, events } = build({ get: async () => Buffer.alloc(11) }, { largestValue: 10 })
  await cache.set('a', Buffer.alloc(11), 60)
  t.equal(await cache.get('a'), undefined)
  t.strictSame(events, ['set too-large', 'get miss'])
})

t.test('nothing is kept for no time', async t => {
  const { cache, events } = build()
  for (const seconds of [0, -1, NaN, -Infinity]) await cache.set('a', Buffer.from('value'), seconds)
  t.strictSame(events, [])
  await cache.set('a', Buffer.from('value'), Infinity)
  t.ok(await cache.get('a'), 'for ever is long')
})

t.test('what is on its way to the store is bounded in number and in bytes', async t => {
  const taking = Promise.withResolvers<boolean>()
  const { cache, events } = build({ set: async () => await taking.promise }, { mostSets: 3, mostSetBytes: 100, setTimeout: 60_000 })
  const sets = [cache.set('a', Buffer.alloc(60), 60), cache.set('b', Buffer.alloc(60), 60), cache.set('c', Buffer.alloc(20), 60), cache.set('d', Buffer.alloc(20), 60), cache.set('e', Buffer.alloc(0), 60)]
  t.strictSame(events, ['set dropped', 'set dropped'])
  taking.resolve(true)
  await Promise.all(sets)
  await cache.set('f', Buffer.alloc(100), 60)
  t.equal(events.filter(event => event === 'set kept').length, 4)
})

t.test('closing waits for what is being kept, but not for ever', async t => {
  let isClosed = false
  const { cache, events } = build({ set: async () => await new Promise(() => {}), close: async () => { isClosed = true } }, { setTimeout: 5 })
  const set = cache.set('a', Buffer.from('value'), 60)
  await cache.close()
  await set
  t.ok(isClosed)
  t.strictSame(events, ['set late'])
})
