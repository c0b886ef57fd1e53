// Clients that go: their signal says so, as long as they have no answer.
import { once } from 'node:events'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import clientSignal from '../../plugins/client-signal.ts'
import { buildBare } from '../lib/fixtures/app.ts'
import { closeOf } from '../lib/fixtures/loopback.ts'

/** A listening server whose /wait answers when the test says so and whose /late asks only when the client has gone, and a way to connect to it. */
async function build (t: Test) {
  const { app } = await buildBare(t)
  await app.register(clientSignal)
  const arrived = Promise.withResolvers<AbortSignal>()
  const began = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  app.post('/wait', async (_request, reply) => {
    arrived.resolve(reply.clientSignal())
    await gate.promise
    return 'done'
  })
  app.get('/late', async (_request, reply) => {
    const closed = closeOf(reply.raw)
    began.resolve()
    await closed
    arrived.resolve(reply.clientSignal())
    return 'nobody'
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const connect = async () => {
    const socket = net.connect((app.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { app, connect, began: began.promise, arrived: arrived.promise, answer: gate.resolve }
}

const post = 'POST /wait HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

t.test('a client that waits is not given up, though its body has been read', async t => {
  const { connect, arrived, answer } = await build(t)
  const socket = await connect()
  socket.write(post)
  const signal = await arrived
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(signal.aborted)
  const [reply] = await Promise.all([once(socket, 'data'), answer()])
  t.match(String(reply), /200 OK[^]*done/)
  socket.destroy()
  await closeOf(socket)
  t.notOk(signal.aborted, 'nor is it when it goes with its answer')
})

t.test('a client that goes without its answer aborts its signal', async t => {
  const { connect, arrived, answer } = await build(t)
  const socket = await connect()
  socket.write(post)
  const signal = await arrived
  const aborted = once(signal, 'abort')
  socket.destroy()
  await aborted
  t.match(signal.reason, { code: 'TUTTI_CLIENT_GONE' })
  answer()
})

t.test('whoever asks after the client has gone is told at once', async t => {
  const { connect, began, arrived } = await build(t)
  const socket = await connect()
  socket.write('GET /late HTTP/1.1\r\nhost: x\r\n\r\n')
  await began
  socket.destroy()
  t.ok((await arrived).aborted)
})
