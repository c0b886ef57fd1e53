// What a client reads when something goes wrong: cause, cure and code, never more.
import { once } from 'node:events'
import { request as send } from 'node:http'
import { Readable } from 'node:stream'
import t from 'tap'
import { BodyTooHardError, ServerBusyError } from '../../lib/errors.ts'
import errors from '../../plugins/errors.ts'
import { buildBare } from '../lib/fixtures/app.ts'

t.test('an error of ours is told with its message and code', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(errors)
  app.get('/hard', async () => { throw new BodyTooHardError() })
  const reply = await app.inject('/hard')
  t.equal(reply.statusCode, 413)
  t.match(reply.headers, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  t.match(reply.body, /^Payload Too Large: The body takes too long .* \(TUTTI_BODY_TOO_HARD\)$/)
  t.match(lines.at(-1), { level: 30, msg: 'request refused', code: 'TUTTI_BODY_TOO_HARD', status: 413 })
})

t.test('whoever comes too early is told when to come again', async t => {
  const { app } = await buildBare(t)
  await app.register(errors)
  app.get('/busy', async () => { throw new ServerBusyError() })
  const reply = await app.inject('/busy')
  t.equal(reply.statusCode, 503)
  t.equal(reply.headers['retry-after'], '1')
  t.match(reply.body, 'TUTTI_SERVER_BUSY')
})

t.test('an error that nobody foresaw tells the client nothing, and the log everything', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(errors)
  app.get('/broken', async () => { throw new Error('secret of /etc/passwd') })
  const reply = await app.inject('/broken')
  t.equal(reply.statusCode, 500)
  t.equal(reply.body, 'Internal Server Error: Something went wrong here. Try again; the log of the server says more. (TUTTI_INTERNAL)')
  t.match(lines.at(-1), { level: 50, msg: 'request failed', err: { message: 'secret of /etc/passwd' } })
})

t.test('a body beyond the limit is told the limit', async t => {
  const { app } = await buildBare(t, { MAX_BODY: '2kb' })
  await app.register(errors)
  app.post('/body', { bodyLimit: 2048 }, async () => 'ok')
  const reply = await app.inject({ method: 'POST', url: '/body', payload: { text: 'x'.repeat(3000) } })
  t.equal(reply.statusCode, 413)
  t.match(reply.body, /larger than 2048 bytes.*TUTTI_BODY_TOO_LARGE/)
})

t.test('a place where nothing is says so in plain text, without the query, and before it reads a body', async t => {
  const { app } = await buildBare(t)
  await app.register(errors)
  const reply = await app.inject({ method: 'POST', url: '/<script>?token=secret', headers: { 'content-type': 'application/json' }, payload: '{' })
  t.equal(reply.statusCode, 404)
  t.match(reply.headers, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  t.match(reply.body, /^Cannot POST \//)
  t.notMatch(reply.body, 'secret')
})

t.test('a client that goes before anything was sent is no fault', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(errors)
  const { promise: asked, resolve: ask } = Promise.withResolvers<Readable>()
  app.post('/stream', async () => {
    const nothing = new Readable({ read () {} })
    ask(nothing)
    return nothing
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const request = send(`${app.listeningOrigin}/stream`, { method: 'POST', headers: { 'content-type': 'application/json' } }).on('error', () => {}).end('{}')
  const stream = await asked
  request.destroy()
  if (!stream.closed) await once(stream, 'close')
  await new Promise(resolve => setImmediate(resolve))
  t.match(lines.at(-1), { level: 30, msg: 'request refused', code: 'TUTTI_CLIENT_GONE' })
})
