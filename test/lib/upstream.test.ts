// The HTTP client towards services, against real servers: well-behaved ones, and all the others.
import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { createUpstream, UpstreamError } from '../../lib/upstream.ts'
import type { UpstreamOptions, UpstreamRequest } from '../../lib/upstream.ts'
import { answering, bodyOf, closedOrigin, closeOf, startHttp, startRaw } from './fixtures/loopback.ts'

/** A client, and a POST of `{}` with whatever the test says otherwise. */
function build (t: Test, options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream({ maxReply: 1_000_000, connections: 4, ...options })
  t.teardown(() => upstream.close())
  const post = (origin: string, changes: Partial<UpstreamRequest> = {}) => upstream.post({
    origin, path: '/preprocessor', headers: { 'content-type': 'application/json' }, body: { parts: [Buffer.from('{}')], length: 2 }, timeout: 30_000, signal: new AbortController().signal, ...changes
  })
  return { upstream, post }
}

const because = (reason: string) => ({ name: 'UpstreamError', reason })
const brokenAnd = (stale: boolean) => ({ ...because('broken'), stale })

t.test('a POST carries its path, headers, length and all parts of its body, and brings the whole reply', async t => {
  let seen: IncomingMessage | undefined
  let body = ''
  const origin = await startHttp(t, async (request, response) => {
    seen = request
    body = await bodyOf(request)
    response.writeHead(201, { 'content-type': 'text/plain' })
    response.write('first ')
    response.end('second')
  })
  const parts = ['{"a":"', 'é'.repeat(100_000), '"}'].map(part => Buffer.from(part))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const reply = await build(t).post(origin, { path: '/handler', headers: { 'x-request-id': 'one' }, body: { parts, length } })
  t.same(reply, { status: 201, bytes: Buffer.from('first second') })
  t.equal(body, Buffer.concat(parts).toString())
  t.match(seen, { method: 'POST', url: '/handler', headers: { 'x-request-id': 'one', 'content-length': String(length) } })
  t.equal(seen?.headers['transfer-encoding'], undefined)
})

t.test('connections are kept and used again', async t => {
  const ports = new Set<number | undefined>()
  const origin = await startHttp(t, (request, response) => {
    ports.add(request.socket.remotePort)
    answering(200, 'ok')(request, response)
  })
  const { post } = build(t, { connections: 1 })
  for (let left = 5; left > 0; left--) await post(origin)
  t.equal(ports.size, 1)
})

t.test('no more connections are opened than allowed', async t => {
  const ports = new Set<number | undefined>()
  const held: ServerResponse[] = []
  const origin = await startHttp(t, (request, response) => {
    ports.add(request.socket.remotePort)
    held.push(response)
    // Answered two by two: none would be if there were but one connection.
    if (held.length === 2) held.splice(0).forEach(each => each.end())
  })
  const { post } = build(t, { connections: 2 })
  await Promise.all(Array.from({ length: 12 }, () => post(origin)))
  t.equal(ports.size, 2)
})

t.test('every status is a reply, with or without a body', async t => {
  for (const status of [200, 204, 304, 400, 404, 500, 503]) {
    const text = status === 204 || status === 304 ? '' : 'text'
    t.same(await build(t).post(await startHttp(t, answering(status, text))), { status, bytes: Buffer.from(text) })
  }
})

t.test('F8: a redirect is not followed', async t => {
  let followed = false
  const target = await startHttp(t, (_request, response) => {
    followed = true
    response.end('there')
  })
  for (const status of [301, 302, 307, 308]) {
    t.match(await build(t).post(await startHttp(t, answering(status, '', { location: target }))), { status })
  }
  t.notOk(followed)
})

t.test('F8: a compressed reply is left as it is, so that none grows in memory', async t => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  const reply = await build(t).post(await startHttp(t, answering(200, bomb, { 'content-encoding': 'gzip' })))
  t.ok(reply.bytes.equals(bomb))
})

t.test('nobody who listens, and a name that does not exist, are refusals', async t => {
  const { post } = build(t)
  await t.rejects(post(await closedOrigin()), because('refused'))
  await t.rejects(post('http://no-such-host.invalid'), because('refused'))
})

t.test('a connection that breaks, at any point, is broken', async t => {
  const { post } = build(t)
  const cut = (text: string) => startRaw(t, socket => socket.once('data', () => {
    if (text === '') socket.destroy()
    else socket.end(text)
  }))
  for (const text of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf', 'no HTTP at all\r\n\r\n']) {
    await t.rejects(post(await cut(text)), because('broken'), JSON.stringify(text))
  }
  await t.rejects(post(await startRaw(t, socket => socket.once('data', () => socket.resetAndDestroy()))), because('broken'))
})

t.test('headers without end are cut off', async t => {
  const origin = await startRaw(t, socket => socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1_000_000)}\r\n\r\n`)))
  await t.rejects(build(t).post(origin), because('broken'))
})

t.test('F8: a reply above the limit is cut off, announced or not; one of exactly the limit is read', async t => {
  const { post } = build(t, { maxReply: 1000 })
  t.equal((await post(await startHttp(t, answering(200, 'x'.repeat(1000))))).bytes.length, 1000)
  await t.rejects(post(await startHttp(t, answering(200, 'x'.repeat(1001)))), because('too-large'))
  const announced = await startHttp(t, (_request, response) => { response.writeHead(200, { 'content-length': '1001' }).flushHeaders() })
  await t.rejects(post(announced), because('too-large'), 'the announcement is enough')
  let stopped: Promise<unknown> | undefined
  const endless = await startHttp(t, (request, response) => {
    stopped = closeOf(response)
    const write = () => { while (!response.destroyed && response.write('x'.repeat(500))); }
    response.on('drain', write)
    request.resume().on('end', write)
  })
  await t.rejects(post(endless), because('too-large'))
  await stopped
  t.ok(stopped, 'and the service stops sending')
})

t.test('a service that is too slow is cut off, whether it sends nothing, headers only, or a byte now and then', async t => {
  const { post } = build(t)
  const closed: Array<Promise<unknown>> = []
  const silent = await startHttp(t, request => { closed.push(closeOf(request.socket)) })
  const headersOnly = await startHttp(t, (request, response) => {
    closed.push(closeOf(request.socket))
    response.writeHead(200).flushHeaders()
  })
  const dripping = await startHttp(t, (request, response) => {
    const drip = setInterval(() => response.write('x'), 5)
    closed.push(closeOf(request.socket).then(() => clearInterval(drip)))
  })
  for (const origin of [silent, headersOnly, dripping]) await t.rejects(post(origin, { timeout: 60 }), because('timeout'))
  await Promise.all(closed)
  t.equal(closed.length, 3, 'each connection is closed')
})

t.test('an abort ends the call at every stage, and the connection with it', async t => {
  const { post } = build(t)
  await t.rejects(post('http://127.0.0.1:9', { signal: AbortSignal.abort() }), because('aborted'), 'before it began')
  for (const begin of [false, true]) {
    const ending = new AbortController()
    const arrived = Promise.withResolvers<Socket>()
    const origin = await startHttp(t, (request, response) => {
      if (begin) response.write('some')
      arrived.resolve(request.socket)
    })
    const call = post(origin, { signal: ending.signal })
    const closed = closeOf(await arrived.promise)
    ending.abort(new Error('gone'))
    await t.rejects(call, because('aborted'))
    await closed
  }
})

/** Starts a service that answers the first request of each connection, and does something else at the first byte of the second. */
function startFickle (t: Test, second: (socket: Socket) => void): Promise<string> {
  return startRaw(t, socket => {
    let isFirst = true
    let text = ''
    socket.on('data', chunk => {
      if (!isFirst) return second(socket)
      text += chunk.toString('latin1')
      if (!text.endsWith('{}')) return
      isFirst = false
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
}

t.test('a kept connection that breaks before the reply has begun is stale, however it breaks and whatever is being sent', async t => {
  const large = { parts: [Buffer.alloc(10_000_000), Buffer.alloc(10_000_000)], length: 20_000_000 }
  for (const breakOff of [socket => socket.end(), socket => socket.destroy(), socket => socket.resetAndDestroy()] satisfies Array<(socket: Socket) => void>) {
    const origin = await startFickle(t, breakOff)
    const { post } = build(t, { connections: 1 })
    for (const body of [{ parts: [Buffer.from('{}')], length: 2 }, large]) {
      t.match(await post(origin), { status: 200 })
      await t.rejects(post(origin, { body }), brokenAnd(true))
    }
  }
})

t.test('a connection that has brought anything of the reply, or nothing yet at all, is not stale when it breaks', async t => {
  for (const text of ['HTTP/1.1 200', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', 'no HTTP at all\r\n\r\n']) {
    const { post } = build(t, { connections: 1 })
    const origin = await startFickle(t, socket => socket.end(text))
    await post(origin)
    await t.rejects(post(origin), brokenAnd(false), JSON.stringify(text))
    await t.rejects(post(await startRaw(t, socket => socket.once('data', () => socket.end(text)))), brokenAnd(false))
  }
  await t.rejects(build(t).post(await startRaw(t, socket => socket.destroy())), brokenAnd(false))
})

t.test('a fresh connection is used once', async t => {
  const ports: Array<number | undefined> = []
  const origin = await startHttp(t, (request, response) => {
    ports.push(request.socket.remotePort)
    answering(200, 'ok')(request, response)
  })
  const { post } = build(t, { connections: 1 })
  for (const fresh of [false, true, true, false, true]) await post(origin, { fresh })
  t.equal(new Set(ports).size, 4)
  t.equal(ports[3], ports[0])
})

t.test('closing the client breaks what is open', async t => {
  const { upstream, post } = build(t)
  const arrived = Promise.withResolvers<void>()
  const call = t.rejects(post(await startHttp(t, () => arrived.resolve())), because('broken'))
  await arrived.promise
  await upstream.close()
  await call
  t.notOk(diagnostics.hasSubscribers('undici:client:sendHeaders'), 'and follows no connection any more')
})

t.test('an error tells neither address nor content', async t => {
  const { post } = build(t)
  const origins = [await closedOrigin(), 'http://no-such-host.invalid', await startRaw(t, socket => socket.once('data', () => socket.end('secret\r\n\r\n')))]
  for (const origin of origins) {
    const error: unknown = await post(origin).catch((error: unknown) => error)
    t.ok(error instanceof UpstreamError)
    t.notMatch(String(error), /127\.0\.0\.1|invalid|secret/)
  }
})
