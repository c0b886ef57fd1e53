import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { chooseServer, createMemcachedStore, parseServers } from '../../../lib/cache/memcached.ts'
import { closedPort, startBrokenServer } from './broken-server.ts'

const key = '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226'

/** A store at a port, closed with the test. */
function build (t: Test, port: number, stall = 5000) {
  const store = createMemcachedStore({ host: '127.0.0.1', port, largestValue: 1000, stall, wallClock: () => 1_700_000_000_500 })
  t.teardown(() => store.close())
  return store
}

t.test('a list of servers is read', async t => {
  t.strictSame(parseServers('memcached:11211'), [{ host: 'memcached', port: 11211 }])
  t.strictSame(parseServers('a, b.example:1,[::1]:2,127.0.0.1'), [
    { host: 'a', port: 11211 }, { host: 'b.example', port: 1 }, { host: '::1', port: 2 }, { host: '127.0.0.1', port: 11211 }
  ])
  for (const list of ['', ',', 'a,', 'a:b', 'a:0', 'a:65536', 'user:word@a', 'a b', 'a\r\nb', '::1']) t.throws(() => parseServers(list), RangeError, JSON.stringify(list))
})

t.test('a key lies on the server where memjs has it', async t => {
  // As memjs 1.3.2 chooses among 2, 3 and 5 servers.
  const choices: Record<string, number[]> = {
    '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226': [0, 2, 0],
    da39a3ee5e6b4b0d3255bfef95601890afd80709: [0, 0, 1],
    '0a797023abb278fee467a8aa9a2d3a082471738b': [1, 2, 0],
    '0000000000000000000000000000000000000000': [0, 2, 1]
  }
  for (const [key, chosen] of Object.entries(choices)) t.strictSame([2, 3, 5].map(servers => chooseServer(key, servers)), chosen, key)
})

t.test('a value is sent with flags 0 and its lifetime, as a date where it is longer than thirty days', async t => {
  const sent: Buffer[] = []
  const { port } = await startBrokenServer(t, socket => socket.on('data', bytes => {
    sent.push(bytes)
    if (bytes.toString().endsWith('value\r\n')) socket.write('STORED\r\n')
  }))
  const store = build(t, port)
  t.equal(await store.set(key, Buffer.from('value'), 60), true)
  t.equal(await store.set(key, Buffer.from('value'), 0.2), true)
  t.equal(await store.set(key, Buffer.from('value'), 2592000), true)
  t.equal(await store.set(key, Buffer.from('value'), 2592001), true)
  t.equal(Buffer.concat(sent).toString(), [60, 1, 2592000, 1_702_592_001].map(lifetime => `set ${key} 0 ${lifetime} 5\r\nvalue\r\n`).join(''))
})

t.test('many questions share one connection, and each gets its own answer', async t => {
  let asked = ''
  const server = await startBrokenServer(t, socket => socket.on('data', bytes => {
    asked += bytes.toString()
    const whole = asked.slice(0, asked.lastIndexOf('\r\n') + 2)
    asked = asked.slice(whole.length)
    for (const [, key = ''] of whole.matchAll(/get (.+)\r\n/g)) socket.write(Number(key) % 2 === 0 ? `VALUE ${key} 0 ${key.length}\r\n${key}\r\nEND\r\n` : 'END\r\n')
  }))
  const store = build(t, server.port)
  const values = await Promise.all(Array.from({ length: 100 }, (_, index) => store.get(String(index))))
  t.strictSame(values.map(value => value?.toString()), values.map((_, index) => index % 2 === 0 ? String(index) : undefined))
  t.equal(server.connections, 1)
})

t.test('a key that could be a command is never sent', async t => {
  const server = await startBrokenServer(t, () => {})
  const store = build(t, server.port)
  for (const key of ['', 'a b', 'a\r\nflush_all', 'a\0', 'é', 'x'.repeat(251)]) {
    t.equal(await store.get(key), undefined)
    t.equal(await store.set(key, Buffer.from('value'), 60), false)
  }
  t.equal(server.connections, 0)
})

const broken: Record<string, string> = {
  'an HTTP server': 'HTTP/1.1 400 Bad Request\r\n\r\n',
  'an error': 'ERROR\r\n',
  'another key': 'VALUE other 0 1\r\nx\r\nEND\r\n',
  'a value twice': `VALUE ${key} 0 1\r\nx\r\nVALUE ${key} 0 1\r\nx\r\nEND\r\n`,
  'a value that is too large': `VALUE ${key} 0 1001\r\n`,
  'a line without an end': 'x'.repeat(100_000),
  'bytes of chance': '\0\xff\xfe\r\n\x80\x81'
}
for (const [name, reply] of Object.entries(broken)) {
  t.test(`an answer that is ${name} fails, and the next question has a fresh connection`, async t => {
    const server = await startBrokenServer(t, (socket, number) => socket.once('data', () => socket.write(number === 0 ? Buffer.from(reply, 'latin1') : 'END\r\n')))
    const store = build(t, server.port)
    await t.rejects(store.get(key))
    t.equal(await store.get(key), undefined)
    t.equal(server.connections, 2)
  })
}

t.test('a connection that breaks in the middle of an answer fails what was asked over it', async t => {
  const { port } = await startBrokenServer(t, socket => socket.once('data', () => socket.end(`VALUE ${key} 0 100\r\nhalf`)))
  const store = build(t, port)
  const results = await Promise.allSettled([store.get(key), store.get(key), store.set(key, Buffer.from('value'), 60)])
  t.strictSame(results.map(({ status }) => status), ['rejected', 'rejected', 'rejected'])
})

t.test('a reset, a closed port and an answer to nothing are survived', async t => {
  const resetting = await startBrokenServer(t, socket => socket.once('data', () => socket.resetAndDestroy()))
  await t.rejects(build(t, resetting.port).get(key))
  await t.rejects(build(t, await closedPort()).get(key), { code: 'ECONNREFUSED' })
  const talking = await startBrokenServer(t, (socket, number) => socket.on('data', () => socket.write(number === 0 ? 'END\r\nEND\r\n' : 'END\r\n')))
  const store = build(t, talking.port)
  t.equal(await store.get(key), undefined)
  t.equal(await store.get(key), undefined)
  t.equal(talking.connections, 2)
})

t.test('a server that says nothing is given up', async t => {
  const { port } = await startBrokenServer(t, () => {})
  await t.rejects(build(t, port, 30).get(key), /does not answer/)
})

t.test('a refusal for want of memory is no fault', async t => {
  const { port } = await startBrokenServer(t, socket => socket.on('data', () => socket.write('SERVER_ERROR object too large for cache\r\n')))
  t.equal(await build(t, port).set(key, Buffer.from('value'), 60), false)
})

t.test('closing fails what is on its way, and what comes later', async t => {
  const connected = Promise.withResolvers<void>()
  const { port } = await startBrokenServer(t, socket => { void once(socket, 'data').then(() => connected.resolve()) })
  const store = build(t, port)
  const asked = store.get(key)
  asked.catch(() => {})
  await connected.promise
  await store.close()
  await t.rejects(asked)
  await t.rejects(store.get(key), /closed/)
})
