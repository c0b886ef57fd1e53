// Which connections are found to be broken, and which are left alone.
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { createHeartbeat } from '../../../../lib/tracking/connections/heartbeat.ts'
import type { HeartbeatOptions } from '../../../../lib/tracking/connections/heartbeat.ts'
import { listen } from '../connections.ts'

async function watchAll (t: Test, options: HeartbeatOptions) {
  const heartbeat = createHeartbeat(options)
  t.teardown(() => heartbeat.close())
  const dead: string[] = []
  /** Batches of pings: as many as were sent in one turn of the event loop. */
  const batches: number[] = []
  let isOpen = false
  const { connect } = await listen(t, (socket) => {
    let name = 'nameless'
    const life = heartbeat.watch(socket, () => {
      dead.push(name)
      socket.terminate()
    })
    const ping = socket.ping.bind(socket)
    socket.ping = () => {
      ping()
      if (!isOpen) {
        batches.push(0)
        isOpen = true
        setImmediate(() => { isOpen = false })
      }
      batches.push((batches.pop() ?? 0) + 1)
    }
    socket.on('message', data => {
      name = String(data)
      if (name === 'bye') life.end()
      else life.heard()
    })
  })
  return { connect, dead, batches }
}

t.test('a peer that gives no sign of life is found, those that answer or send are not', async t => {
  const { connect, dead } = await watchAll(t, { interval: 100, timeout: 200 })
  const silent = await connect({ autoPong: false })
  const answering = await connect()
  const sending = await connect({ autoPong: false })
  sending.socket.on('ping', () => { sending.socket.send('sending') })
  // A first ping may have come before anybody listened.
  sending.socket.send('sending')
  silent.socket.send('silent')
  t.equal(await silent.closed, 1006)
  for (let pings = 0; pings < 10; pings++) await once(answering.socket, 'ping')
  t.equal(sending.socket.readyState, sending.socket.OPEN)
  t.strictSame(dead, ['silent'])
})

t.test('a timeout that is longer than the interval counts as well', async t => {
  const { connect, dead } = await watchAll(t, { interval: 40, timeout: 200 })
  const silent = await connect({ autoPong: false })
  let pings = 0
  silent.socket.on('ping', () => { pings += 1 })
  silent.socket.send('silent')
  await silent.closed
  t.strictSame(dead, ['silent'])
  t.ok(pings <= 1, 'there is one ping under way at a time')
})

t.test('pings to many connections are spread over the interval, by one timer', async t => {
  const { connect, batches } = await watchAll(t, { interval: 1000, timeout: 1000 })
  const visitors = await Promise.all(Array.from({ length: 100 }, () => connect()))
  await Promise.all(visitors.map(({ socket }) => once(socket, 'ping')))
  t.ok(batches.length >= 10, `${batches.length} batches`)
  t.ok(Math.max(...batches) <= 20, `the largest was of ${Math.max(...batches)}`)
})

t.test('a connection that has ended is not watched', async t => {
  const { connect, dead } = await watchAll(t, { interval: 40, timeout: 40 })
  const ended = await connect({ autoPong: false })
  const silent = await connect({ autoPong: false })
  ended.socket.send('bye')
  silent.socket.send('silent')
  await silent.closed
  const next = await connect({ autoPong: false })
  next.socket.send('next')
  await next.closed
  t.strictSame(dead, ['silent', 'next'])
})

t.test('an interval of 0 sends no pings', async t => {
  const none = await watchAll(t, { interval: 0, timeout: 10 })
  const some = await watchAll(t, { interval: 20, timeout: 10_000 })
  await none.connect({ autoPong: false })
  const pinged = await some.connect()
  for (let pings = 0; pings < 5; pings++) await once(pinged.socket, 'ping')
  t.strictSame(none.dead, [])
  t.strictSame(none.batches, [])
})
