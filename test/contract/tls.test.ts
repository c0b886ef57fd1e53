// TLS: beside the plain listener or alone, with the bounds, the answers and the end of a plain one.
import { once } from 'node:events'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { after, build, graphicRequest, handler, made, mockService, rendering } from '../helper.ts'
import type { Built, BuildOptions } from '../helper.ts'
import { makeKeyPair, placeKeyPair } from '../lib/fixtures/key-pair.ts'
import type { PemPair, PlacedPair } from '../lib/fixtures/key-pair.ts'
import { rawClient } from '../faults/raw-client.ts'
import { startProcess } from '../faults/server-process.ts'

/** A server with a certificate. */
interface Secured extends Built { secure: { port: number, pair: PemPair, placed: PlacedPair } }

/** Builds a server that listens for TLS too, or alone. */
async function buildSecure (t: Test, { services, env = {} }: BuildOptions = {}): Promise<Secured> {
  const pair = await makeKeyPair()
  const placed = placeKeyPair(t, pair)
  const server = await build(t, { ...services === undefined ? {} : { services }, env: { SSL_PORT: '0', ...placed.env, ...env } })
  return { ...server, secure: { port: Number(new URL(server.app.tlsOrigin() ?? server.origin).port), pair, placed } }
}

/** What came of a request. */
interface Reply { status: number | undefined, text: string, headers: NodeJS.Dict<string | string[]> }

/** Asks over TLS, on a connection of its own, and trusts nobody but this certificate. */
function ask (port: number, { cert }: PemPair, path: string, body?: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, ca: cert, agent: false, method: body === undefined ? 'GET' : 'POST', headers: { 'content-type': 'application/json' } }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString(), headers: response.headers }))
    })
    asking.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** A connection whose handshake is done. */
async function secured (t: Test, port: number, { cert }: PemPair, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: cert, ...options })
  t.teardown(() => { socket.destroy() })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

/** Everything that comes until the connection has closed. */
async function drained (socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => { text += String(chunk) })
  await new Promise(resolve => socket.once('close', resolve))
  return text
}

for (const SSL_ONLY of ['off', 'on']) {
  const alone = SSL_ONLY === 'on' ? ', alone' : ''

  t.test(`the same is answered over TLS${alone}`, async t => {
    const { app, origin, secure: { port, pair }, logs } = await buildSecure(t, { env: { SSL_ONLY } })
    t.match(await ask(port, pair, '/health'), { status: 200, headers: { 'x-content-type-options': 'nosniff' } })
    t.match(await ask(port, pair, '/nowhere'), { status: 404 })
    t.match((await ask(port, pair, '/docs')).text, /<h1>/)
    t.match(await ask(port, pair, '/metrics'), { status: 200 }, 'which is for operators: the machine itself')
    if (SSL_ONLY === 'off') t.equal((await fetch(`${origin}/health`)).status, 200)
    else t.match(origin, /^https:/)
    t.equal(app.tlsOrigin() === undefined, SSL_ONLY === 'on')
    t.ok(logs.some(({ msg, endsAt }) => msg === 'the certificate in SSL_CERT is in use' && typeof endsAt === 'string'))
  })

  t.test(`the oldest version that is spoken${alone} is TLS 1.2`, async t => {
    const { secure: { port, pair } } = await buildSecure(t, { env: { SSL_ONLY } })
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const socket = await secured(t, port, pair, { minVersion: version, maxVersion: version })
      t.equal(socket.getProtocol(), version)
    }
    for (const version of ['TLSv1.1', 'TLSv1'] as const) {
      const socket = connect({ host: '127.0.0.1', port, ca: pair.cert, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' })
      await t.rejects(once(socket, 'secureConnect'), { code: /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ECONNRESET/ })
    }
  })

  t.test(`whoever speaks no TLS${alone} gets no answer, and costs nobody else one`, async t => {
    const { secure: { port, pair }, logged } = await buildSecure(t, { env: { SSL_ONLY } })
    for (const bytes of ['GET /health HTTP/1.1\r\nhost: x\r\n\r\n', '\x16\x03\x01\x00\x05hello', '\0'.repeat(1000)]) {
      const client = await rawClient(t, port)
      await client.write(bytes)
      t.notMatch(await client.closed, /HTTP/)
    }
    await logged(({ msg }) => msg === 'a connection has not become one of TLS')
    t.match(await ask(port, pair, '/health'), { status: 200 })
  })

  t.test(`whoever is slow${alone} is cut off, in the handshake and after it`, async t => {
    const { secure: { port, pair } } = await buildSecure(t, { env: { SSL_ONLY, HEADERS_TIMEOUT: '300' } })
    const silent = await rawClient(t, port)
    const slow = await secured(t, port, pair)
    slow.write('GET /health HTTP/1.1\r\nx-slow: ')
    t.match(await drained(slow), /^HTTP\/1\.1 408 .*TUTTI_REQUEST_TIMEOUT\)$/s)
    await silent.closed
    t.match(await ask(port, pair, '/health'), { status: 200 })
  })

  t.test(`what is no HTTP${alone} is refused over TLS as it is without`, async t => {
    const { secure: { port, pair } } = await buildSecure(t, { env: { SSL_ONLY } })
    const socket = await secured(t, port, pair)
    socket.write('this is no HTTP\r\n\r\n')
    t.match(await drained(socket), /^HTTP\/1\.1 400 .*TUTTI_MALFORMED_REQUEST\)$/s)
  })

  t.test(`a server that is told to stop${alone} answers what is under way, and nobody holds it up`, async t => {
    const gate = Promise.withResolvers<void>()
    const service = await mockService(t, after(gate.promise, made(rendering('a cup'))))
    const { app, secure: { port, pair } } = await buildSecure(t, { services: { look: handler(service) }, env: { SSL_ONLY, SHUTDOWN_TIMEOUT: '60000' } })
    const answer = ask(port, pair, '/render', graphicRequest())
    await service.request(1)
    const quiet = await secured(t, port, pair)
    const midway = await rawClient(t, port)
    const idle = await secured(t, port, pair)
    idle.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(idle, 'data')

    const closed = app.close()
    await Promise.all([drained(quiet), drained(idle), midway.closed])
    gate.resolve()
    t.match(await answer, { status: 200, text: /a cup/ })
    await closed
    await t.rejects(ask(port, pair, '/health'), { code: 'ECONNREFUSED' })
  })

  t.test(`a renewed certificate is taken${alone}, one that is broken is not`, async t => {
    const { logged, logs, secure: { port, pair, placed } } = await buildSecure(t, { env: { SSL_ONLY } })
    const before = await secured(t, port, pair)
    const renewed = await makeKeyPair()
    let from = logs.length
    placed.replace(renewed)
    await logged(({ msg }) => msg === 'the certificate in SSL_CERT is in use', from)
    t.match(await ask(port, renewed, '/health'), { status: 200 })
    await t.rejects(ask(port, pair, '/health'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'the one before is used no more')
    before.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    t.match(String((await once(before, 'data'))[0]), 'HTTP/1.1 200', 'connections from before stay')

    from = logs.length
    placed.replace({ cert: 'broken', key: renewed.key })
    await logged(({ msg }) => msg?.startsWith('the certificate or its key has changed and cannot be used') === true, from)
    t.match(await ask(port, renewed, '/health'), { status: 200 })
  })
}

t.test('both listeners together may have as many connections as one alone', async t => {
  const alone = await build(t)
  const { app } = await buildSecure(t)
  // Where the system does not say how many files may be open, there is no bound.
  const most: number | undefined = alone.app.server.maxConnections
  t.equal(app.server.maxConnections, most === undefined ? undefined : Math.floor(most / 2))
})

t.test('a certificate that has ended is warned of', async t => {
  const { env } = placeKeyPair(t, await makeKeyPair('localhost', -1))
  const { logged } = await build(t, { env: { SSL_PORT: '0', ...env } })
  t.match(await logged(({ msg }) => msg?.startsWith('the certificate in SSL_CERT has ended') === true), { level: 40 })
})

t.test('a port that is taken is said', async t => {
  const { secure: { port } } = await buildSecure(t)
  const { env } = placeKeyPair(t, await makeKeyPair())
  const { ended } = startProcess(t, { ...env, SSL_PORT: String(port) })
  t.match(await ended, { code: 1, stderr: /^Tutti cannot start: [^\n]*EADDRINUSE[^\n]* SSL_PORT[^\n]*\n$/ })
})

t.test('several processes share both listeners', async t => {
  const pair = await makeKeyPair()
  const { env } = placeKeyPair(t, pair)
  const server = startProcess(t, { ...env, SSL_PORT: '0', WORKERS: '2' })
  const { msg = '' } = await server.logged('Server listening at https:')
  const port = Number(new URL(msg.slice(msg.indexOf('https'))).port)
  for (let each = 0; each < 4; each++) t.match(await ask(port, pair, '/health'), { status: 200 })
  t.equal((await fetch(`http://127.0.0.1:${await server.port}/health`)).status, 200)
  server.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})
