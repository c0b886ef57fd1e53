// Traces: what services are told of them, what is written down, and that a receiver which does not do its part changes nothing.
import t from 'tap'
import type { Test } from 'tap'
import { after, answer, build, found, graphicRequest, handler, made, mockService, names, preprocessor, rendering, uuid } from '../helper.ts'
import type { Received } from '../helper.ts'
import { otlpReceiver } from '../lib/fixtures/otlp-receiver.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const client = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=one' }
const asking = (headers: Record<string, string>) => ({ headers: { 'content-type': 'application/json', ...headers } })

/** A preprocessor and a handler that waits for it. */
async function pair (t: Test) {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const text = await mockService(t, made(rendering('cup')))
  const services = { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
  const last = (): Array<Received['headers'] | undefined> => [look, text].map(({ received }) => received.at(-1)?.headers)
  return { look, text, services, last }
}

t.test('without a receiver', async t => {
  const { services, last } = await pair(t)
  const server = await build(t, { services })

  t.test('the trace of the client goes to every service as it came', async t => {
    await server.render(undefined, asking(client))
    for (const headers of last()) t.match(headers, client)
  })

  t.test('a new one is begun where there is none, or none that is valid', async t => {
    const seen = new Set<string>()
    for (const traceparent of ['', `00-${traceId}-${spanId}-01-more`, 'evil', `00-${traceId.toUpperCase()}-${spanId}-01`]) {
      await server.render(undefined, asking(traceparent === '' ? {} : { traceparent, tracestate: 'vendor=one' }))
      const [one, other] = last()
      t.match(one?.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
      t.equal(other?.traceparent, one?.traceparent, 'one request, one trace')
      t.notMatch(one?.traceparent, traceId)
      t.notHas(one, 'tracestate')
      seen.add(String(one?.traceparent))
    }
    t.equal(seen.size, 4)
  })

  t.test('the log knows no trace', async t => {
    await server.render(undefined, asking(client))
    t.notOk(server.logs.some(line => 'traceId' in line))
  })

  t.test('the request id goes with it, and is the one of the body whatever the client says', async t => {
    await server.render(undefined, asking({ 'x-request-id': 'x'.repeat(5000) }))
    for (const headers of last()) t.equal(headers?.['x-request-id'], uuid)
    const before = last()
    for (const id of [`${uuid}\n`, `${uuid}\u0000`, `${uuid}${'0'.repeat(5000)}`, `${uuid}\r\nx: y`, '\u0007', '']) {
      t.equal((await server.render(graphicRequest({ request_uuid: id }))).status, 400)
    }
    t.strictSame(last(), before, 'no service was asked')
  })
})

t.test('with a receiver', async t => {
  const receiver = await otlpReceiver(t)
  const { look, services, last } = await pair(t)
  const wrong = await mockService(t, answer(503))
  const server = await build(t, {
    services: { ...services, wrong: { labels: { preprocessor: 1 }, urls: [wrong.url, 'http://127.0.0.1:9'] } },
    env: {
      PARALLEL_PREPROCESSORS: 'ON',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.origin}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-two=a=b',
      OTEL_SERVICE_NAME: 'orchestrator'
    }
  })
  await server.render(undefined, asking(client))
  const sent = last()
  await server.send('/nowhere/secret-path?secret=1', { headers: { traceparent: client.traceparent } })
  await server.render({})
  const log = server.logs.slice()
  await server.app.close()
  const serverSpan = (route: string) => receiver.spans.find(({ kind, attributes }) => kind === 2 && attributes['http.route'] === route)
  const calls = receiver.spans.filter(({ kind }) => kind === 3)

  t.test('a request is a span of the client\'s trace, by the conventions for HTTP', async t => {
    t.match(serverSpan('/render'), {
      name: 'POST /render',
      traceId,
      parentSpanId: spanId,
      attributes: { 'http.request.method': 'POST', 'http.route': '/render', 'http.response.status_code': 200, 'tutti.request_id': uuid }
    })
    t.equal(receiver.spans.filter(({ kind }) => kind === 2).length, 3)
    t.match(receiver.spans.find(({ kind, attributes }) => kind === 2 && attributes['http.response.status_code'] === 404), { name: 'GET', traceId })
    t.match(receiver.requests[0], { path: '/v1/traces', headers: { authorization: 'Bearer abc', 'x-two': 'a=b' }, resource: { 'service.name': 'orchestrator' } })
  })

  t.test('each call is a span within it, and the service was told of that span', async t => {
    for (const [index, service] of ['look', 'text'].entries()) {
      const span = calls.find(({ attributes }) => attributes['tutti.service'] === service)
      t.match(span, { traceId, parentSpanId: serverSpan('/render')?.spanId, attributes: { 'http.request.method': 'POST', 'server.address': service, 'http.response.status_code': 200, 'tutti.attempt': 1, 'tutti.outcome': 'done' } })
      t.notHas(span?.attributes, 'error.type')
      t.match(sent[index], { traceparent: `00-${traceId}-${span?.spanId}-01`, tracestate: 'vendor=one', 'x-request-id': uuid })
    }
  })

  t.test('each attempt of a call that fails is a span of its own', async t => {
    const attempts = calls.filter(({ attributes }) => attributes['tutti.service'] === 'wrong').sort((a, b) => Number(a.attributes['tutti.attempt']) - Number(b.attributes['tutti.attempt']))
    t.strictSame(attempts.map(({ attributes }) => attributes['tutti.attempt']), [1, 2])
    t.strictSame(attempts.map(({ attributes }) => attributes['error.type']).sort(), ['503', 'refused'])
    t.ok(attempts.every(({ status, attributes }) => status === 2 && attributes['tutti.outcome'] === 'failed' && attributes['tutti.role'] === 'preprocessor'))
    t.match(wrong.received.at(-1)?.headers.traceparent, attempts.find(({ attributes }) => attributes['error.type'] === '503')?.spanId)
  })

  t.test('what waited, and what came of it, are events', async t => {
    const events = serverSpan('/render')?.events ?? []
    for (const [service, outcome, reason] of [['look', 'done'], ['text', 'done'], ['wrong', 'failed', String]] as const) {
      t.match(events.filter(({ attributes }) => attributes['tutti.service'] === service), [
        { name: 'service asked', attributes: { 'tutti.waited_ms': /^\d+$/ } },
        { name: 'service settled', attributes: { 'tutti.outcome': outcome, ...reason === undefined ? {} : { 'tutti.reason': reason } } }
      ])
    }
  })

  t.test('the log names the trace in every line of the request', async t => {
    const lines = log.filter(line => line.reqId === uuid)
    t.ok(lines.length > 3)
    t.ok(lines.every(line => line.traceId === traceId))
    t.match(log.filter(line => line.msg === 'request ended'), [{ traceId }, { traceId }, { traceId: /^[0-9a-f]{32}$/ }])
  })

  t.test('nothing of content, queries or addresses is sent', async t => {
    const text = receiver.requests.map(request => request.text).join()
    t.notMatch(text, /secret|base64|example\.org|127\.0\.0\.1|cup/)
    t.notMatch(text, new URL(look.url).port)
  })
})

t.test('a result from the cache is an event and no call', async t => {
  const receiver = await otlpReceiver(t)
  const { look } = await pair(t)
  const server = await build(t, { services: { look: preprocessor(look, { cacheTimeout: 60 }) }, env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.origin}/own/path`, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
  await server.render()
  await server.render()
  await server.app.close()
  t.equal(look.received.length, 1)
  t.equal(receiver.requests[0]?.path, '/own/path')
  t.strictSame(receiver.spans.filter(({ kind }) => kind === 2).map(({ events }) => events.map(({ name, attributes }) => `${name} ${attributes['tutti.outcome'] ?? ''}`.trim())), [
    ['service asked', 'service settled done'], ['service settled cached']
  ])
  t.equal(receiver.spans.filter(({ kind }) => kind === 3).length, 1)
})

t.test('a client that hangs up ends its span', async t => {
  const receiver = await otlpReceiver(t)
  const { look, services } = await pair(t)
  const release = Promise.withResolvers<void>()
  look.behaviour = after(release.promise, look.behaviour)
  const server = await build(t, { services, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin } })
  const client = new AbortController()
  const reply = server.render(undefined, { signal: client.signal, ...{ headers: { 'content-type': 'application/json' } } })
  await look.request(1)
  client.abort()
  await t.rejects(reply)
  await server.logged(line => line.msg === 'request ended')
  await server.app.close()
  release.resolve()
  t.match(receiver.spans.find(({ kind }) => kind === 2), { attributes: { 'http.response.status_code': 499 } })
  t.match(receiver.spans.find(({ kind }) => kind === 3), { attributes: { 'tutti.outcome': 'cancelled' } })
})

t.test('OTEL_SDK_DISABLED sends nothing', async t => {
  const receiver = await otlpReceiver(t)
  const { services, last } = await pair(t)
  const server = await build(t, { services, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin, OTEL_SDK_DISABLED: 'True' } })
  await server.render(undefined, asking(client))
  await server.app.close()
  t.equal(receiver.requests.length, 0)
  t.match(last()[0], client)
})

for (const [name, spoil] of Object.entries({
  hangs: receiver => { receiver.behaviour = () => {} },
  refuses: receiver => { receiver.behaviour = response => { response.writeHead(503).end() } },
  'is not there': receiver => receiver.close()
} satisfies Record<string, (receiver: Awaited<ReturnType<typeof otlpReceiver>>) => void>)) {
  t.test(`a receiver that ${name} costs nobody an answer, one line in the log, and no more than a moment at the end`, async t => {
    const receiver = await otlpReceiver(t)
    spoil(receiver)
    const { services, last } = await pair(t)
    const server = await build(t, { services, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin } })
    for (let round = 0; round < 30; round++) {
      const { status, json } = await server.render(undefined, asking(client))
      t.equal(status, 200)
      t.match(json, { renderings: [{ description: 'cup' }] })
    }
    t.match(last()[0]?.traceparent, traceId)
    await server.app.close()
    t.equal(server.logs.filter(line => line.msg === 'traces cannot be sent').length, 1)
    t.match(server.logs.find(line => line.msg === 'traces cannot be sent'), { level: 40, cause: /./ })
  })
}

for (const [name, value] of [['OTEL_EXPORTER_OTLP_HEADERS', 'secret token'], ['OTEL_EXPORTER_OTLP_HEADERS', 'a=x%0ay'], ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz'], ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'], ['OTEL_TRACES_SAMPLER', 'some'], ['OTEL_TRACES_SAMPLER_ARG', '2']] as const) {
  t.test(`${name}=${value} stops the start`, async t => {
    await t.rejects(build(t, { env: { [name]: value } }), { code: 'TUTTI_CONFIGURATION', message: name })
  })
}
