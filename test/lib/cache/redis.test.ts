import t from 'tap'
import type { Test } from 'tap'
import type { Socket } from 'node:net'
import { guard } from '../../../lib/cache/guard.ts'
import type { CacheEvent } from '../../../lib/cache/guard.ts'
import { createRedisStore } from '../../../lib/cache/redis.ts'
import { closedPort, startBrokenServer } from './broken-server.ts'

const key = '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226'

/** A store at a port, closed with the test. */
function build (t: Test, port: number, stall = 200) {
  const store = createRedisStore({ url: `redis://127.0.0.1:${port}`, largestValue: 1000, stall })
  t.teardown(() => store.close())
  return store
}

const faults: Record<string, (socket: Socket) => void> = {
  'says nothing': () => {},
  'resets the connection': socket => socket.once('data', () => socket.resetAndDestroy()),
  'hangs up': socket => socket.once('data', () => socket.end()),
  'speaks HTTP': socket => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
  'answers half': socket => socket.once('data', () => socket.end('$1000\r\nhalf')),
  'answers bytes of chance': socket => socket.on('data', () => socket.write(Buffer.from([0, 255, 254, 13, 10, 128]))),
  'wants a password': socket => socket.on('data', () => socket.write('-NOAUTH Authentication required.\r\n'))
}
for (const [name, onConnection] of Object.entries(faults)) {
  t.test(`a server that ${name} is a fault, and no more`, async t => {
    const { port } = await startBrokenServer(t, onConnection)
    const store = build(t, port)
    await t.rejects(store.get(key))
    await t.rejects(store.set(key, Buffer.from('value'), 60))
  })

  t.test(`a server that ${name} gives no lease`, async t => {
    const { port } = await startBrokenServer(t, onConnection)
    await t.rejects(async () => await build(t, port).leases?.acquire(key, 'token', 2500))
  })
}

t.test('a server that answers everything with OK gives no lease', async t => {
  const { port } = await startBrokenServer(t, socket => socket.on('data', () => socket.write('+OK\r\n'.repeat(4))))
  await t.rejects(async () => await build(t, port).leases?.acquire(key, 'token', 2500))
})

t.test('whoever listens is told when the connection breaks', async t => {
  const { port } = await startBrokenServer(t, socket => socket.once('data', () => socket.resetAndDestroy()))
  const heard = Promise.withResolvers<unknown>()
  build(t, port).leases?.listen(key, heard.resolve)
  t.equal(await heard.promise, undefined)
})

t.test('a closed port is a fault at once', async t => {
  const store = build(t, await closedPort(), 5000)
  await t.rejects(store.get(key))
  await t.rejects(store.get(key))
})

t.test('behind a guard, a dead server becomes an open breaker', async t => {
  const events: CacheEvent[] = []
  const cache = guard(createRedisStore({ url: `redis://127.0.0.1:${await closedPort()}`, largestValue: 1000 }), { onEvent: (_, event) => events.push(event), timeout: 5000 })
  t.teardown(() => cache.close())
  for (let times = 0; times < 5; times++) t.equal(await cache.get(key), undefined)
  t.strictSame(events, ['fault', 'fault', 'fault', 'open', 'open'])
})
