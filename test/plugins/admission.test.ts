// Admission as routes have it: those that want it are counted, all others answer whatever happens, and no place is ever lost.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import admission from '../../plugins/admission.ts'
import errors from '../../plugins/errors.ts'
import metrics from '../../plugins/metrics.ts'
import { head, rawClient } from '../faults/raw-client.ts'
import { buildBare } from '../lib/fixtures/app.ts'

/** A listening server whose POST /render answers each request when the test says so. */
async function build (t: Test, environment: Record<string, string>) {
  const { app } = await buildBare(t, environment)
  for (const plugin of [metrics, errors, admission]) await app.register(plugin)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: app.config.MAX_BODY }, async (_request: unknown, bytes: Buffer) => bytes)
  const begun: Array<PromiseWithResolvers<void>> = []
  const begins = (number: number) => (begun[number] ??= Promise.withResolvers<void>())
  let count = 0
  const answers: Array<() => void> = []
  app.post('/render', { config: { admitted: true } }, async () => {
    begins(count++).resolve()
    await new Promise<void>(resolve => answers.push(resolve))
    return 'done'
  })
  app.get('/open', async () => 'open')
  // What releases a place is the end of an answer or of its connection; whoever waits looks again then.
  app.addHook('onRequest', async (_request, { raw }) => { raw.once('close', () => setImmediate(() => app.server.emit('request ended'))) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const idle = async () => {
    while (app.admission.state().requests > 0) await once(app.server, 'request ended')
  }
  return { app, port, answers, idle, begins: (number: number) => begins(number).promise }
}

/** The first answer on a connection. */
async function firstAnswer (client: Awaited<ReturnType<typeof rawClient>>): Promise<string> {
  while (!/\r\n\r\n[^]/.test(client.received())) await once(client.socket, 'data')
  return client.received()
}

t.test('beyond MAX_REQUESTS the answer is 503 with Retry-After, and the connection ends', async t => {
  const { app, port, answers, begins, idle } = await build(t, { MAX_REQUESTS: '2' })
  const clients = await Promise.all([1, 2, 3].map(() => rawClient(t, port)))
  const [first, second, third] = clients
  for (const client of [first, second]) await client?.write(head({ 'content-length': 2 }) + '{}')
  await begins(1)
  await third?.write(head({ 'content-length': 2 }))
  const refused = await third?.closed
  t.match(refused, /^HTTP\/1\.1 503 Service Unavailable\r\n.*retry-after: [1-9]/is)
  t.match(refused, /connection: close/i)
  t.match(refused, /Try again in a moment.*\(TUTTI_OVERLOADED\)$/)
  t.equal((await app.inject('/open')).statusCode, 200, 'what does not ask for a place always answers')
  for (const give of answers) give()
  t.match(await Promise.all([first, second].map(client => client && firstAnswer(client))), [/200 OK/, /200 OK/])
  await idle()
  t.strictSame(app.admission.state(), { requests: 0, bytes: 0, refused: 1 })
})

t.test('bodies take their room before they are read, by what their headers say', async t => {
  const { app, port, idle } = await build(t, { MAX_BODY: '1000', MAX_INFLIGHT: '2500' })
  const heads: Array<Record<string, string | number>> = [{ 'content-length': 1000 }, { 'transfer-encoding': 'chunked' }, { 'content-length': 500 }]
  const clients = []
  for (const headers of heads) {
    const came = new Promise(resolve => app.server.once('request', () => setImmediate(resolve)))
    const client = await rawClient(t, port)
    clients.push(client)
    await client.write(head(headers))
    await came
  }
  t.strictSame(app.admission.state(), { requests: 3, bytes: 2500, refused: 0 })
  const late = await rawClient(t, port)
  await late.write(head({ 'content-length': 1 }))
  t.match(await late.closed, /^HTTP\/1\.1 503 /)
  const tooLarge = await rawClient(t, port)
  await tooLarge.write(head({ 'content-length': 1001 }))
  t.match(await tooLarge.closed, /^HTTP\/1\.1 413 /, 'what is never read needs no room')
  for (const { socket } of clients) socket.destroy()
  await idle()
  t.strictSame(app.admission.state(), { requests: 0, bytes: 0, refused: 1 }, 'who hangs up gives its room back')
})

t.test('a body that was read takes as much room as it is large', async t => {
  const { app, port, answers, begins, idle } = await build(t, { MAX_BODY: '1000' })
  const client = await rawClient(t, port)
  await client.write(head({ 'transfer-encoding': 'chunked' }) + '2\r\n{}\r\n0\r\n\r\n')
  await begins(0)
  t.strictSame(app.admission.state(), { requests: 1, bytes: 2, refused: 0 })
  answers[0]?.()
  await idle()
  t.equal(app.admission.state().bytes, 0)
})

t.test('a body that is wrong gives its place back', async t => {
  const { app, port, idle } = await build(t, { MAX_BODY: '1000' })
  const client = await rawClient(t, port)
  await client.write(head({ 'transfer-encoding': 'chunked' }) + `800\r\n${' '.repeat(2048)}\r\n`)
  t.match(await client.closed, /^HTTP\/1\.1 413 /)
  const broken = await rawClient(t, port)
  await broken.write(head({ 'transfer-encoding': 'chunked' }) + 'no length\r\n')
  await broken.closed
  await idle()
  t.equal(app.admission.state().bytes, 0)
})

t.test('what is taken in can be seen', async t => {
  const { app, port, begins } = await build(t, { MAX_REQUESTS: '1' })
  const client = await rawClient(t, port)
  await client.write(head({ 'content-length': 2 }) + '{}')
  await begins(0)
  t.equal((await app.inject({ method: 'POST', url: '/render' })).statusCode, 503)
  const text = await app.metrics.text()
  t.match(text, /^tutti_requests_in_flight 1$/m)
  t.match(text, /^tutti_body_bytes_in_flight 2$/m)
  t.match(text, /^tutti_requests_refused_total 1$/m)
  t.match(await app.metrics.text(), /^tutti_requests_refused_total 1$/m, 'and is counted once')
})

t.test('F22: while the event loop is late, what wants a place is refused; with MAX_EVENT_LOOP_DELAY=0 it never is', async t => {
  const [bounded, unbounded] = await Promise.all(['150', '0'].map(MAX_EVENT_LOOP_DELAY => build(t, { MAX_EVENT_LOOP_DELAY })))
  // Longer than the second over which the mean is taken, and the one before.
  for (let turn = 0; turn < 11; turn++) {
    const end = performance.now() + 200
    while (performance.now() < end);
    await new Promise(resolve => setImmediate(resolve))
  }
  t.match(await bounded?.app.inject({ method: 'POST', url: '/render', payload: '{}' }), { statusCode: 503, headers: { 'retry-after': '1', connection: 'close' }, body: /\(TUTTI_EVENT_LOOP_BEHIND\)$/ })
  t.equal((await bounded?.app.inject('/open'))?.statusCode, 200, 'what does not ask for a place always answers')
  t.equal(bounded?.app.admission.state().requests, 0)
  const reply = unbounded?.app.inject({ method: 'POST', url: '/render', payload: '{}' })
  await unbounded?.begins(0)
  unbounded?.answers[0]?.()
  t.equal((await reply)?.statusCode, 200)
})
