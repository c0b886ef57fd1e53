// Ending the process: nothing that has begun is lost, nothing holds it up for ever, and it says so by its exit status.
import t from 'tap'
import { after, answer, descriptions, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import type { Reply } from '../helper.ts'
import { head, rawClient } from './raw-client.ts'
import { startProcess } from './server-process.ts'

async function render (port: number): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${port}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`F20: after ${signal} requests in flight are finished, new ones are not taken, and the process exits with 0`, async t => {
    const gate = Promise.withResolvers<void>()
    const look = await mockService(t, after(gate.promise, found(names.preprocessor('look'), {})))
    const text = await mockService(t, made(rendering('text')))
    const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }), PARALLEL_PREPROCESSORS: 'ON' })
    const port = await server.port
    const kept = await rawClient(t, port)
    const replies = Promise.all(Array.from({ length: 8 }, () => render(port)))
    await look.request(8)
    server.kill(signal)
    await server.logged('the server stops')
    await kept.closed
    t.equal(await fetch(`http://127.0.0.1:${port}/health`).then(({ status }) => status, () => 503), 503, 'refused, or answered 503 at the very moment of closing')
    gate.resolve()
    for (const reply of await replies) {
      t.equal(reply.status, 200)
      t.strictSame(descriptions(reply), ['text'], 'the second stage has run as well')
      t.equal(reply.headers.get('connection'), 'close', 'and the client is told not to come back on this connection')
    }
    const { code, stderr } = await server.ended
    t.equal(code, 0)
    t.equal(stderr, '')
  })
}

t.test('F20: a second signal ends the process at once, with 1', async t => {
  const look = await mockService(t, hang)
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }) })
  const lost = t.rejects(render(await server.port))
  await look.request(1)
  server.kill('SIGTERM')
  await server.logged('the server stops')
  server.kill('SIGTERM')
  t.equal((await server.ended).code, 1)
  await lost
})

t.test('what is not finished after SHUTDOWN_TIMEOUT is answered with what is ready', async t => {
  const look = await mockService(t, hang)
  const text = await mockService(t, made(rendering('text')))
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look), text: handler(text) }), PARALLEL_PREPROCESSORS: 'ON', SHUTDOWN_TIMEOUT: '200', LOG_LEVEL: 'debug' })
  const reply = render(await server.port)
  await look.request(1)
  await server.logged('service settled')
  server.kill('SIGTERM')
  t.strictSame(descriptions(await reply), ['text'])
  t.equal((await server.ended).code, 0)
})

t.test('clients that have asked nothing, or not all, do not hold up the end', async t => {
  const look = await mockService(t, answer(204))
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }) })
  const port = await server.port
  const clients = await Promise.all(Array.from({ length: 3 }, () => rawClient(t, port)))
  await clients[1]?.write('POST /render HTTP/1.1\r\nhost: loc')
  await clients[2]?.write(head({ 'content-length': 2 }) + '{}')
  const answered = Promise.withResolvers<void>()
  clients[2]?.socket.once('data', () => answered.resolve())
  await answered.promise
  server.kill('SIGTERM')
  t.equal((await server.ended).code, 0)
  await Promise.all(clients.map(({ closed }) => closed))
})
