// The end of a server: nobody is cut off who may still be answered, and nobody holds it up.
import { once } from 'node:events'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import shutdown from '../../plugins/shutdown.ts'
import { buildBare } from '../lib/fixtures/app.ts'
import { closeOf } from '../lib/fixtures/loopback.ts'

/** A listening server whose /wait answers when the test says so, and a way to connect to it. */
async function build (t: Test, environment: Record<string, string> = {}) {
  const { app } = await buildBare(t, environment)
  await app.register(shutdown)
  const began = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  app.get('/wait', async () => {
    began.resolve()
    await gate.promise
    return 'done'
  })
  const closing = Promise.withResolvers<void>()
  app.addHook('preClose', async () => closing.resolve())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const connect = async () => {
    const accepted = once(app.server, 'connection')
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    t.teardown(() => socket.destroy())
    await accepted
    return socket
  }
  return { app, connect, began: began.promise, closing: closing.promise, answer: gate.resolve }
}

t.test('a connection that never asked for anything does not hold up the end', async t => {
  const { app, connect } = await build(t)
  const closed = closeOf(await connect())
  await app.close()
  await closed
})

t.test('who is answered while the server closes is told to go elsewhere next', async t => {
  const { app, connect, began, closing, answer } = await build(t)
  const socket = await connect()
  const received: Buffer[] = []
  socket.on('data', chunk => received.push(chunk))
  socket.write('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n')
  await began
  const closed = closeOf(socket)
  const ended = app.close()
  await closing
  answer()
  await Promise.all([ended, closed])
  t.match(String(Buffer.concat(received)), /^HTTP\/1.1 200 OK\r\n.*connection: close\r\n.*done$/is)
})

t.test('the last call comes when requests have had their time', async t => {
  const { app, connect, began, answer } = await build(t, { SHUTDOWN_TIMEOUT: '1' })
  const socket = await connect()
  socket.write('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n')
  await began
  const lastCall = once(app.lastCall, 'abort')
  const ended = app.close()
  await lastCall
  answer()
  await ended
  t.ok(app.lastCall.aborted)
})

t.test('a server that drains is known to be stopping before it closes, and still listens then', async t => {
  const { app, closing } = await build(t, { DRAIN_TIME: '100' })
  t.notOk(app.stopping.aborted)
  const stopped = once(app.stopping, 'abort')
  let hasDrained = false
  const drained = closing.then(() => { hasDrained = true })
  const ended = app.close()
  await stopped
  t.ok(app.server.listening)
  t.notOk(hasDrained)
  await Promise.all([drained, ended])
  t.notOk(app.server.listening)
})

t.test('a server that closes with nothing to do makes no last call', async t => {
  const { app } = await build(t)
  await app.close()
  t.notOk(app.lastCall.aborted)
})
