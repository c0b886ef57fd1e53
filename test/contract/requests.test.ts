// What an operator sees at /requests: what became of the last requests, as JSON and as it happens, and nothing of what was in them.
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { Ajv } from 'ajv'
import type { Test } from 'tap'
import { RecentRequests } from '../../schemas/requests.ts'
import { after, answer, build, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, uuid } from '../helper.ts'
import { readEvents } from './event-reader.ts'

const validate = new Ajv().compile<RecentRequests>(RecentRequests)
type Recent = RecentRequests['requests'][number]
type Server = Awaited<ReturnType<typeof build>>

/** Once the server has written down so many. The client has its answer before. */
async function recent (server: Server, count: number): Promise<Recent[]> {
  while (server.app.recentRequests.list().length < count) await new Promise(resolve => setImmediate(resolve))
  const { status, json, headers } = await server.send('/requests')
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.ok(validate(json), JSON.stringify(validate.errors))
  return (json as RecentRequests).requests
}

/** Follows events until the test ends. */
async function follow (t: Test, server: Server, path = '/requests') {
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  const response = await fetch(server.origin + path, { headers: { accept: 'text/event-stream' }, signal: ending.signal })
  const events = readEvents(Readable.fromWeb(response.body as never))
  const next = async (wanted: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value } = await events.next()
      if (value === undefined) throw new Error(`no ${wanted}`)
      if (value.event === wanted) return JSON.parse(value.data)
    }
  }
  return { response, next, end: () => ending.abort() }
}

t.test('what became of requests', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), { text: 'secret finding' }))
  const wrong = await mockService(t, answer(500, 'secret traceback'))
  const speak = await mockService(t, made(rendering('secret description')))
  const server = await build(t, {
    services: { look: preprocessor(look, { cacheTimeout: 60 }), wrong: preprocessor(wrong, { 'tutti.retries': 0 }), speak: handler(speak, { required_dependencies: 'look' }), chart: handler(speak, { route: 'chart' }) },
    env: { PARALLEL_PREPROCESSORS: 'ON' }
  })
  const secret = { context: 'secret context', URL: 'https://secret.example.org/', graphic: 'data:image/png;base64,c2VjcmV0' }

  t.test('shows each service with role, outcome, reason and times', async t => {
    await server.render(graphicRequest(secret))
    const [request] = await recent(server, 1)
    t.match(request, { number: 1, id: uuid, path: '/render', route: 'default', status: 200, end: 'answered', omittedSteps: 0 })
    t.ok(Math.abs((request?.when ?? 0) - Date.now()) < 60_000)
    const steps = new Map(request?.steps.map(step => [step.service, step]))
    t.match(steps.get('look'), { role: 'preprocessor', kind: 'done', cached: false })
    t.match(steps.get('wrong'), { role: 'preprocessor', kind: 'failed', reason: 'status' })
    t.match(steps.get('speak'), { role: 'handler', kind: 'done' })
    const [first, last] = [steps.get('look'), steps.get('speak')]
    t.ok((last?.start ?? 0) >= (first?.start ?? NaN) + (first?.ms ?? NaN) - 1)
    t.ok((request?.ms ?? 0) >= (last?.start ?? NaN) + (last?.ms ?? NaN) - 1)
  })

  t.test('shows what was known before, and what only preprocessors did', async t => {
    await server.post('/render/preprocess', graphicRequest(secret))
    const [request] = await recent(server, 2)
    t.match(request, { number: 2, path: '/render/preprocess', end: 'answered' })
    t.match(request?.steps.find(({ service }) => service === 'look'), { kind: 'cached', cached: true })
    t.strictSame(request?.steps.map(({ service }) => service).sort(), ['look', 'wrong'])
  })

  t.test('names why a request was refused, and repeats no route that nobody serves', async t => {
    await server.render({ nothing: 'secret' })
    await server.render('secret {')
    await server.render(graphicRequest({ route: 'secret' }))
    await server.render(graphicRequest({ route: 'chart' }))
    const [chart, unknown, unreadable, invalid] = await recent(server, 6)
    t.match(invalid, { status: 400, end: 'refused', code: 'invalid', steps: [] })
    t.match(unreadable, { status: 400, end: 'refused', code: 'TUTTI_MALFORMED_BODY', path: '/render' })
    t.notHas(unreadable, 'id')
    t.match(unknown, { status: 200, end: 'answered', steps: [] })
    t.notHas(unknown, 'route')
    t.match(chart, { route: 'chart', steps: [{ service: 'chart' }] })
  })

  t.test('holds nothing of what was sent, found or answered', async t => {
    const { text } = await server.send('/requests')
    t.notMatch(text, /secret|c2Vjcm|127\.0\.0\.1|http:/)
  })

  t.test('answers HEAD, and OPTIONS with its methods', async t => {
    t.equal((await server.send('/requests', { method: 'HEAD', headers: { accept: 'text/event-stream' } })).status, 200)
    t.equal((await server.send('/requests', { method: 'OPTIONS' })).text, 'GET,HEAD')
  })
})

t.test('a client that goes away has cancelled its request', async t => {
  const slow = await mockService(t, hang)
  const server = await build(t, { services: { slow: handler(slow) } })
  const ending = new AbortController()
  const asked = server.render(graphicRequest(), { signal: ending.signal })
  await slow.request(1)
  ending.abort()
  await t.rejects(asked)
  const [request] = await recent(server, 1)
  t.match(request, { status: 499, end: 'cancelled', steps: [{ service: 'slow' }] })
})

t.test('only so many are kept, and none where none are wanted', async t => {
  const server = await build(t, { services: {}, env: { RECENT_REQUESTS: '3' } })
  for (let count = 0; count < 5; count++) await server.render()
  while (server.app.recentRequests.list()[0]?.number !== 5) await new Promise(resolve => setImmediate(resolve))
  t.strictSame((await recent(server, 3)).map(({ number }) => number), [5, 4, 3])
  const deaf = await build(t, { services: {}, env: { RECENT_REQUESTS: '0' } })
  await deaf.render()
  t.strictSame((await deaf.send('/requests')).json, { limit: 0, requests: [] })
})

t.test('live', async t => {
  const gate = Promise.withResolvers<void>()
  const slow = await mockService(t, after(gate.promise, made(rendering('secret'))))
  const server = await build(t, { services: { slow: handler(slow) } })
  await server.render({})
  await recent(server, 1)
  const { response, next, end } = await follow(t, server)
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  t.match(await next('recent'), { limit: 200, requests: [{ number: 1, end: 'refused' }] })
  const asked = server.render()
  t.match(await next('started'), { number: 2, id: uuid, path: '/render', route: 'default' })
  t.match(await next('step'), { number: 2, service: 'slow', role: 'handler', kind: 'running' })
  gate.resolve()
  t.match(await next('step'), { number: 2, service: 'slow', kind: 'done', ms: Number })
  t.match(await next('ended'), { number: 2, status: 200, end: 'answered', steps: [{ service: 'slow', kind: 'done' }] })
  await asked
  end()
})

t.test('events of a server that stops come to an end', async t => {
  const server = await build(t, { services: {} })
  const { next } = await follow(t, server)
  await next('recent')
  const closing = server.app.close()
  await next('end')
  await closing
})

t.test('who asks for events and does not read them is cut off', async t => {
  const server = await build(t, { services: {} })
  const { follow: really } = server.app.recentRequests
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  const { promise: following, resolve: begin } = Promise.withResolvers<void>()
  server.app.recentRequests.follow = listener => {
    const stop = really(listener)
    begin()
    return () => {
      stop()
      resolve()
    }
  }
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.pause()
  socket.write('GET /requests HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n')
  await following
  const cut = { isDone: false }
  stopped.then(() => { cut.isDone = true })
  let events = 0
  for (; !cut.isDone && events < 100_000; events++) {
    const recording = server.app.recentRequests.begin('/render', 0)
    recording.identify('x'.repeat(200), 'y'.repeat(200))
    recording.end(200)
    if (events % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(cut.isDone, `${events} events`)
})

t.test('is for operators', async t => {
  const token = 'the-token-of-an-operator'
  const server = await build(t, { services: {}, env: { OPERATOR_TOKEN: token } })
  for (const accept of ['application/json', 'text/event-stream']) {
    t.equal((await server.send('/requests', { headers: { accept } })).status, 401)
    t.equal((await server.send('/requests', { headers: { accept, authorization: 'Bearer the-token-of-somebody-else' } })).status, 401)
  }
  t.equal((await server.send('/requests', { headers: { authorization: `Bearer ${token}` } })).status, 200)
  const open = await build(t, { services: {} })
  t.equal((await open.send('/requests', { headers: { via: '1.1 proxy' } })).status, 403)
})
