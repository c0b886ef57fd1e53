// Servers by ZeroMQ, and peers that do not read.
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { openZeroMqServer } from '../../../../lib/diffraction/zeromq/server.ts'
import type { ZeroMqServerOptions } from '../../../../lib/diffraction/zeromq/server.ts'
import { connectAsker, connectDealer } from '../../../diffraction-peers.ts'

const options: ZeroMqServerOptions = {
  addresses: [{ how: 'bind', address: 'tcp://127.0.0.1:*' }],
  answers: { answer: async request => [request] },
  heartbeat: 0,
  backlog: 1024 * 1024
}

async function open (t: { teardown (end: () => unknown): void }, more: Partial<ZeroMqServerOptions> = {}) {
  const server = await openZeroMqServer({ ...options, ...more })
  t.teardown(() => server.close(0))
  return { server, address: server.listening[0] ?? '' }
}

t.test('a peer that never reads costs no more than its share of memory, and others nothing', async t => {
  const picture = Buffer.alloc(512 * 1024)
  const full = Promise.withResolvers<void>()
  const { address } = await open(t, {
    answers: { answer: async () => [picture] },
    onDrop (reason) {
      if (reason === 'full') full.resolve()
    }
  })
  const deaf = connectDealer(t, address)
  deaf.receiveHighWaterMark = 1
  for (let index = 0; index < 300; index++) await deaf.send(['', '{}'])
  await full.promise
  const { ask } = connectAsker(t, address)
  t.equal((await ask('{}'))[0]?.length, picture.length)
})

t.test('a peer that reads late gets all that waited, in order', async t => {
  const { address } = await open(t, { answers: { answer: async request => [request, Buffer.alloc(100_000)] }, backlog: 64 * 1024 * 1024 })
  const slow = connectDealer(t, address)
  for (let index = 0; index < 300; index++) await slow.send(['', String(index)])
  const { ask } = connectAsker(t, address)
  // All have been taken by then.
  await ask('{}')
  for (let index = 0; index < 300; index++) {
    const [, number] = await slow.receive()
    if (String(number) !== String(index)) t.fail(`${String(number)} came instead of ${index}`)
  }
  t.pass('all came')
})

t.test('a peer that has gone costs its reply', async t => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { address } = await open(t, {
    answers: {
      async answer (request) {
        asked.resolve()
        await go.promise
        return [request]
      }
    },
    onDrop: resolve,
    onConnection: event => event === 'disconnected' && go.resolve()
  })
  const dealer = connectDealer(t, address)
  await dealer.send(['', '{}'])
  await asked.promise
  dealer.close()
  t.equal(await promise, 'gone')
})

t.test('an address that is taken is said to be', async t => {
  const { address } = await open(t)
  await t.rejects(open(t, { addresses: [{ how: 'bind', address }] }), { code: 'EADDRINUSE' })
})

t.test('a part that is larger than any request may be ends the connection of its sender alone', async t => {
  const { address } = await open(t)
  const { ask } = connectAsker(t, address)
  await ask('1')
  const rude = connectDealer(t, address)
  const cut = new Promise(resolve => rude.events.on('disconnect', resolve))
  await rude.send(['', Buffer.alloc(17 * 1024 * 1024)])
  await cut
  t.same((await ask('2')).map(String), ['2'])
})

t.test('a process whose server has closed ends', async t => {
  const module = path.join(import.meta.dirname, '../../../../lib/diffraction/zeromq/server.ts')
  const program = `
    const { openZeroMqServer } = await import(${JSON.stringify(module)})
    const addresses = [{ how: 'bind', address: 'tcp://127.0.0.1:*' }, { how: 'connect', address: 'tcp://127.0.0.1:9' }]
    const server = await openZeroMqServer({ addresses, answers: { answer: async () => [] }, heartbeat: 0, backlog: 1 })
    await server.close(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  t.same(await once(child, 'exit'), [0, null])
})
