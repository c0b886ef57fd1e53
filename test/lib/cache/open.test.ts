import t from 'tap'
import { chooseServer } from '../../../lib/cache/memcached.ts'
import { openCache } from '../../../lib/cache/open.ts'
import { closedPort, startBrokenServer } from './broken-server.ts'

t.test('without a server, values are in memory', async t => {
  const cache = await openCache()
  t.equal(cache.name, 'memory')
  await cache.set('a', Buffer.from('value'), 60)
  t.equal((await cache.get('a'))?.toString(), 'value')
  await cache.close()
})

t.test('the servers named decide, memcached before Redis', async t => {
  const redisUrl = `redis://127.0.0.1:${await closedPort()}`
  for (const [options, name] of [[{ redisUrl }, 'redis'], [{ memcachedServers: 'localhost' }, 'memcached'], [{ redisUrl, memcachedServers: 'localhost' }, 'memcached']] as const) {
    const cache = await openCache(options)
    t.equal(cache.name, name)
    await cache.close()
  }
  await t.rejects(openCache({ memcachedServers: 'user:word@host' }), RangeError)
})

t.test('where one memcached of two is dead, the keys of the other are found', async t => {
  const { port } = await startBrokenServer(t, socket => socket.on('data', bytes => {
    const [, key] = bytes.toString().split(/\s/)
    socket.write(`VALUE ${key} 0 5\r\nvalue\r\nEND\r\n`)
  }))
  const events: string[] = []
  const cache = await openCache({ memcachedServers: `127.0.0.1:${port},127.0.0.1:${await closedPort()}`, onEvent: (_, event) => events.push(event), timeout: 5000 })
  t.teardown(() => cache.close())
  const [own, dead] = [0, 1].map(server => Array.from({ length: 100 }, (_, key) => String(key)).find(key => chooseServer(key, 2) === server) ?? '')
  for (let times = 0; times < 5; times++) {
    t.equal((await cache.get(own ?? ''))?.toString(), 'value')
    t.equal(await cache.get(dead ?? ''), undefined)
  }
  t.strictSame(events, ['hit', 'fault', 'hit', 'fault', 'hit', 'fault', 'hit', 'open', 'hit', 'open'])
})
