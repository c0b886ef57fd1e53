// What is sent of traces, and what happens when nobody takes it.
import t from 'tap'
import type { Test } from 'tap'
import { startTracing } from '../../lib/tracing.ts'
import type { TracingOptions } from '../../lib/tracing.ts'
import type { Tracing } from '../../lib/span.ts'
import { otlpReceiver } from './fixtures/otlp-receiver.ts'
import type { OtlpReceiver } from './fixtures/otlp-receiver.ts'

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = (flags: string) => `00-${parent.traceId}-${parent.spanId}-${flags}`

/** Traces into a receiver; what is counted and told is kept. */
async function setUp (t: Test, options: Partial<TracingOptions> = {}) {
  const receiver = await otlpReceiver(t)
  const counts = { sent: 0, failed: 0, dropped: 0 }
  const told: string[] = []
  const tracing = startTracing({
    url: `${receiver.origin}/v1/traces`,
    headers: { 'x-token': 'one' },
    serviceName: 'tutti',
    sampler: 'parentbased_traceidratio',
    ratio: 1,
    count: (result, spans) => { counts[result] += spans },
    onTrouble: cause => told.push(cause),
    onRecovery: () => told.push('recovered'),
    delay: 1,
    ...options
  })
  t.teardown(() => tracing.close())
  return { receiver, tracing, counts, told }
}

/** Begins and ends so many spans. */
function work (tracing: Tracing, number: number): void {
  for (let each = 0; each < number; each++) tracing.begin('work', {}, {}).end({})
}

/** One after the other, so that each is a request of its own. */
async function workAndWait (tracing: Tracing, receiver: OtlpReceiver, number: number): Promise<void> {
  work(tracing, 1)
  await receiver.request(number)
}

t.test('calls lie within their request, whenever a millisecond begins', async t => {
  const { receiver, tracing } = await setUp(t)
  for (let number = 0; number < 200; number++) {
    const span = tracing.begin('POST /render', {}, {})
    span.call('POST look', {}).end({})
    span.end({})
  }
  await tracing.close()
  const bySpan = new Map(receiver.spans.map(span => [span.spanId, span]))
  const calls = receiver.spans.filter(({ kind }) => kind === 3)
  t.equal(calls.length, 200)
  t.strictSame(calls.filter(call => {
    const request = bySpan.get(call.parentSpanId ?? '')
    return request === undefined || request.start > call.start || call.start > call.end || call.end > request.end
  }), [])
})

t.test('a span goes out with its parent, attributes, events and calls', async t => {
  const { receiver, tracing, counts } = await setUp(t)
  const span = tracing.begin('POST /render', { 'http.route': '/render', absent: undefined }, { traceparent: traceparent('01'), tracestate: 'vendor=one' })
  const call = span.call('POST look', { attempt: 1 })
  call.end({ status: 503 }, '503')
  span.event('settled', { service: 'look', reason: undefined })
  span.end({ 'http.response.status_code': 200 })
  await tracing.close()

  const [client, server] = receiver.spans
  t.match(server, { name: 'POST /render', kind: 2, traceId: parent.traceId, parentSpanId: parent.spanId, attributes: { 'http.route': '/render', 'http.response.status_code': 200 } })
  t.notHas(server?.attributes, 'absent')
  t.strictSame(server?.events, [{ name: 'settled', attributes: { service: 'look' } }])
  t.match(client, { name: 'POST look', kind: 3, parentSpanId: server?.spanId, status: 2, attributes: { attempt: 1, status: 503, 'error.type': '503' } })
  t.ok(client !== undefined && server !== undefined && server.start <= client.start && client.start <= client.end && client.end <= server.end)
  t.equal(call.headers.traceparent, `00-${parent.traceId}-${client?.spanId}-01`)
  t.equal(call.headers.tracestate, 'vendor=one')
  t.equal(span.traceId, parent.traceId)
  t.match(receiver.requests, [{ path: '/v1/traces', headers: { 'content-type': 'application/json', 'x-token': 'one' }, resource: { 'service.name': 'tutti', 'service.instance.id': /^[0-9a-f-]{36}$/ } }])
  t.strictSame(counts, { sent: 2, failed: 0, dropped: 0 })
})

t.test('without a valid parent a trace begins', async t => {
  const { receiver, tracing } = await setUp(t)
  const span = tracing.begin('work', {}, { traceparent: 'nonsense' })
  span.end({})
  await tracing.close()
  t.match(span.headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  t.notHas(receiver.spans[0], 'parentSpanId')
})

for (const { sampler, ratio = 1, flags, isWritten } of [
  { sampler: 'parentbased_traceidratio', ratio: 1, flags: '00', isWritten: false },
  { sampler: 'parentbased_traceidratio', ratio: 0, flags: '01', isWritten: true },
  { sampler: 'parentbased_traceidratio', ratio: 0, flags: undefined, isWritten: false },
  { sampler: 'parentbased_always_on', flags: undefined, isWritten: true },
  { sampler: 'parentbased_always_off', flags: undefined, isWritten: false },
  { sampler: 'traceidratio', ratio: 0, flags: '01', isWritten: false },
  { sampler: 'traceidratio', ratio: 1, flags: '00', isWritten: true },
  { sampler: 'always_on', flags: '00', isWritten: true },
  { sampler: 'always_off', flags: '01', isWritten: false }
] as const) {
  t.test(`${sampler} of ${ratio} with the client's flags ${flags} ${isWritten ? 'writes down' : 'leaves out'}, and says so to the services`, async t => {
    const { receiver, tracing, counts } = await setUp(t, { sampler, ratio })
    const span = tracing.begin('work', {}, flags === undefined ? {} : { traceparent: traceparent(flags) })
    const call = span.call('call', {})
    call.end({})
    span.end({})
    await tracing.close()
    t.equal(receiver.spans.length, isWritten ? 2 : 0)
    t.match(call.headers.traceparent, isWritten ? /-01$/ : /-00$/)
    t.not(call.headers.traceparent, traceparent(flags ?? '00'), 'the span is a new one')
    t.strictSame(counts, { sent: isWritten ? 2 : 0, failed: 0, dropped: 0 })
  })
}

t.test('a receiver that refuses is told of once, and its return once', async t => {
  const { receiver, tracing, counts, told } = await setUp(t)
  receiver.behaviour = response => { response.writeHead(500).end('secret reply') }
  await workAndWait(tracing, receiver, 1)
  await workAndWait(tracing, receiver, 2)
  receiver.behaviour = response => { response.writeHead(200).end() }
  await workAndWait(tracing, receiver, 3)
  await workAndWait(tracing, receiver, 4)
  await tracing.close()
  t.strictSame(told, ['500', 'recovered'])
  t.strictSame(counts, { sent: 2, failed: 2, dropped: 0 })
})

t.test('redirects are not followed', async t => {
  const { receiver, tracing, told } = await setUp(t)
  receiver.behaviour = response => { response.writeHead(307, { location: `${receiver.origin}/elsewhere` }).end() }
  work(tracing, 1)
  await tracing.close()
  t.equal(receiver.requests.length, 1)
  t.strictSame(told, ['307'])
})

t.test('a receiver that is not there costs spans and nothing else', async t => {
  const { receiver, tracing, counts, told } = await setUp(t)
  receiver.close()
  work(tracing, 10)
  await tracing.close()
  t.strictSame(told, ['ECONNREFUSED'])
  t.strictSame(counts, { sent: 0, failed: 10, dropped: 0 })
})

t.test('a receiver that hangs is waited for by nobody; what is too much is dropped and counted', async t => {
  const { receiver, tracing, counts, told } = await setUp(t, { farewell: 50, timeout: 600_000 })
  receiver.behaviour = () => {}
  work(tracing, 1)
  await receiver.request(1)
  work(tracing, 5000)
  t.strictSame(counts, { sent: 0, failed: 0, dropped: 5000 - 2048 })
  // The end has a deadline although the receiver has none.
  await tracing.close()
  t.strictSame(counts, { sent: 0, failed: 1 + 2048, dropped: 5000 - 2048 })
  t.equal(told.length, 1)
})

t.test('a receiver that is too slow is given up', async t => {
  const { receiver, tracing, counts, told } = await setUp(t, { timeout: 50 })
  const late = Promise.withResolvers<void>()
  receiver.behaviour = response => { response.once('close', () => late.resolve()) }
  work(tracing, 1)
  await late.promise
  await tracing.close()
  t.strictSame(told, ['TimeoutError'])
  t.strictSame(counts, { sent: 0, failed: 1, dropped: 0 })
})
