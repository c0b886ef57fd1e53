// One service asked once, over real connections: what it is sent, and what each of its answers means.
import t from 'tap'
import type { Test } from 'tap'
import type { IncomingMessage, RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Service } from '../../../lib/discovery/topology.ts'
import { createCall } from '../../../lib/graphics/call.ts'
import type { CallOptions } from '../../../lib/graphics/call.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import type { CallOutcome } from '../../../lib/graphics/outcome.ts'
import type { Role } from '../../../lib/graphics/plan.ts'
import { createReader } from '../../../lib/graphics/reader.ts'
import { createUpstream } from '../../../lib/upstream.ts'
import { answering, bodyOf, closedOrigin, startHttp, startRaw } from '../fixtures/loopback.ts'
import { handlerReplyOf, jsonOf, preprocessorReplyOf, renderingOf, requestOf, textRenderer, uuid } from '../fixtures/messages.ts'
import { serviceOf } from '../fixtures/topology.ts'

const envelopeOf = (changes: Record<string, unknown> = {}) => createEnvelope(jsonOf(requestOf(changes)))

const patient = new AbortController().signal

/** A call with real upstream and reader, and short ways to ask one origin. */
function build (t: Test, options: Partial<CallOptions> = {}) {
  const upstream = createUpstream({ maxReply: 100_000, connections: 4 })
  const reader = createReader({ threads: 1 })
  t.teardown(async () => {
    await upstream.close()
    await reader.close()
  })
  const call = createCall({ upstream, reader, preprocessorTimeout: 30_000, handlerTimeout: 30_000, ...options })
  const ask = (origin: string, role: Role, signal = patient): Promise<CallOutcome> => call({ service: serviceOf('one', { replicas: [{ origin }] }), role, after: [] }, envelopeOf(), signal)
  const askWith = async (listener: RequestListener, role: Role = 'preprocessor') => await ask(await startHttp(t, listener), role)
  return { call, ask, askWith }
}

const found = jsonOf(preprocessorReplyOf('org.found', { seen: ['é'] }))
const made = jsonOf(handlerReplyOf([renderingOf('one'), renderingOf('two')]))

t.test('a service is sent the request as it stands, at the path of its role, with the id of the request', async t => {
  const { call } = build(t)
  const seen: Array<[IncomingMessage, string]> = []
  const origin = await startHttp(t, async (request, response) => {
    seen.push([request, await bodyOf(request)])
    response.writeHead(204).end()
  })
  const service = serviceOf('one', { replicas: [{ origin }] })
  const envelope = envelopeOf()
  envelope.addResult('org.earlier', Buffer.from('{"n":1}'))
  for (const [role, path] of [['modifier', '/preprocessor'], ['preprocessor', '/preprocessor'], ['handler', '/handler']] as const) {
    t.match(await call({ service, role, after: [] }, envelope, patient), { service: 'one', role, kind: 'not-applicable' })
    const [request, body] = seen.pop() ?? []
    t.match(request, { method: 'POST', url: path, headers: { 'content-type': 'application/json', 'x-request-id': uuid, 'user-agent': 'tutti' } })
    t.same(JSON.parse(body ?? ''), requestOf({ preprocessors: { 'org.earlier': { n: 1 } } }))
  }
})

t.test('what a preprocessor found comes back under its name, as its bytes', async t => {
  const outcome = await build(t).askWith(answering(200, found))
  t.match(outcome, { service: 'one', role: 'preprocessor', kind: 'done', result: { kind: 'data', name: 'org.found' } })
  t.equal(outcome.result?.kind === 'data' && outcome.result.data.toString(), '{"seen":["é"]}')
})

t.test('what a handler made comes back rendering by rendering, as its bytes, at any status that says success', async t => {
  const { askWith } = build(t)
  for (const status of [200, 201, 299]) {
    const { kind, result } = await askWith(answering(status, made), 'handler')
    t.equal(kind, 'done')
    t.same(result?.kind === 'renderings' && result.renderings.map(each => [each.typeId, each.description, JSON.parse(each.bytes.toString())]),
      ['one', 'two'].map(text => [textRenderer, text, renderingOf(text)]))
  }
})

t.test('a byte order mark in front of a reply does no harm', async t => {
  const outcome = await build(t).askWith(answering(200, Buffer.concat([Buffer.from('\ufeff'), found])))
  t.equal(outcome.result?.kind === 'data' && outcome.result.data.toString(), '{"seen":["é"]}')
})

t.test('a modifier must sign as one', async t => {
  const { askWith } = build(t)
  t.match(await askWith(answering(200, jsonOf(preprocessorReplyOf('ca.mcgill.a11y.image.request', { context: '' }))), 'modifier'), { kind: 'done', result: { name: 'ca.mcgill.a11y.image.request' } })
  t.match(await askWith(answering(200, found), 'modifier'), { kind: 'failed', reason: 'wrong-name' })
})

t.test('204 means that the request is not for it, whatever follows', async t => {
  const { askWith } = build(t)
  for (const role of ['modifier', 'preprocessor', 'handler'] as const) t.match(await askWith(answering(204), role), { kind: 'not-applicable' })
})

t.test('any other status is a failure, and says which', async t => {
  const { askWith } = build(t)
  for (const [role, statuses] of [['preprocessor', [201, 206, 302, 400, 404, 500, 503]], ['handler', [302, 400, 500]]] as const) {
    for (const status of statuses) t.match(await askWith(answering(status, role === 'handler' ? made : found, { location: '/there' }), role), { kind: 'failed', reason: 'status', detail: String(status) })
  }
})

t.test('a reply that is no JSON, or not what it should be, is a failure that tells nothing of its content', async t => {
  const { askWith } = build(t)
  const cases: Array<[Role, string | Buffer, string]> = [
    ['preprocessor', '', 'not-json'], ['handler', '', 'not-json'], ['preprocessor', 'secret', 'not-json'], ['preprocessor', found.subarray(0, -5), 'not-json'],
    ['preprocessor', Buffer.concat([Buffer.from('{"secret":"'), Buffer.from([0xff]), Buffer.from('"}')]), 'not-json'], ['preprocessor', gzipSync(found), 'not-json'],
    ['preprocessor', '["secret"]', 'invalid'], ['preprocessor', jsonOf(preprocessorReplyOf('secret name', {})), 'invalid'], ['preprocessor', jsonOf(preprocessorReplyOf('org.x', 'secret')), 'invalid'],
    ['preprocessor', '{"__proto__":{"secret":1}}', 'invalid'], ['handler', found, 'invalid'], ['handler', jsonOf(handlerReplyOf([renderingOf('secret'.repeat(99))])), 'invalid'],
    ['handler', jsonOf(handlerReplyOf([renderingOf('one'), { secret: 1 }])), 'invalid']
  ]
  for (const [role, reply, reason] of cases) {
    const outcome = await askWith(answering(200, reply), role)
    t.match(outcome, { kind: 'failed', reason })
    t.equal(outcome.result, undefined)
    t.notMatch(JSON.stringify(outcome), /secret/)
  }
  t.match(await askWith(answering(200, jsonOf(handlerReplyOf([renderingOf('x'.repeat(301))]))), 'handler'), { detail: '/renderings/0/description maxLength' })
})

t.test('a reply of more parts than anybody reads is invalid', async t => {
  const upstream = createUpstream({ maxReply: 10_000_000, connections: 1 })
  t.teardown(() => upstream.close())
  t.match(await build(t, { upstream }).askWith(answering(200, '['.repeat(2_000_001))), { kind: 'failed', reason: 'invalid' })
})

t.test('nobody there, a broken connection and too large a reply are failures, each with its reason', async t => {
  const { ask, askWith } = build(t)
  t.match(await ask(await closedOrigin(), 'preprocessor'), { kind: 'failed', reason: 'refused', detail: 'ECONNREFUSED' })
  t.match(await ask(await startRaw(t, socket => socket.destroy()), 'handler'), { kind: 'failed', reason: 'broken' })
  t.match(await askWith(answering(200, 'x'.repeat(100_001))), { kind: 'failed', reason: 'too-large' })
})

t.test('each role has its own deadline', async t => {
  const silent = () => {}
  t.match(await build(t, { preprocessorTimeout: 20 }).askWith(silent, 'preprocessor'), { kind: 'failed', reason: 'timeout' })
  t.match(await build(t, { preprocessorTimeout: 20 }).askWith(silent, 'modifier'), { kind: 'failed', reason: 'timeout' })
  t.match(await build(t, { handlerTimeout: 20 }).askWith(silent, 'handler'), { kind: 'failed', reason: 'timeout' })
})

t.test('a caller who has gone cancels the call', async t => {
  const { ask } = build(t)
  const ending = new AbortController()
  const origin = await startHttp(t, () => ending.abort())
  t.match(await ask(origin, 'handler', ending.signal), { kind: 'cancelled' })
  t.match(await ask(origin, 'handler', ending.signal), { kind: 'cancelled' }, 'also before it began')
})

t.test('a fault of the reader is ours, and is named', async t => {
  const reader = createReader({ atOnce: 0, threads: 1 })
  await reader.close()
  t.match(await build(t, { reader }).askWith(answering(200, found)), { kind: 'failed', reason: 'internal', detail: 'TUTTI_SERVER_BUSY' })
})

t.test('time is taken from the clock it was given', async t => {
  const times = [100, 142.5]
  t.match(await build(t, { now: () => times.shift() ?? 0 }).askWith(answering(204)), { milliseconds: 42.5 })
})

t.test('of two replicas drawn the one with fewer calls in flight is asked', async t => {
  const arrivals: string[] = []
  const release: Array<() => void> = []
  let arrived = () => {}
  const start = (name: string) => startHttp(t, (_request, response) => {
    arrivals.push(name)
    release.push(() => response.writeHead(204).end())
    arrived()
  })
  const replicas: Service['replicas'] = [{ origin: await start('a') }, { origin: await start('b') }, { origin: await start('c') }]
  const [a, b, c] = [0, 0.4, 0.99]
  const draws = [a, a, a, b, a, b, c, b, /* once all are free */ a, c]
  const { call } = build(t, { random: () => draws.shift() ?? 0 })
  const open: Array<Promise<CallOutcome>> = []
  const begin = async () => {
    const arrival = new Promise<void>(resolve => { arrived = resolve })
    open.push(call({ service: serviceOf('many', { replicas }), role: 'handler', after: [] }, envelopeOf(), patient))
    await arrival
  }
  const finish = async () => {
    for (const each of release.splice(0)) each()
    await Promise.all(open.splice(0))
  }
  for (let left = 4; left > 0; left--) await begin()
  t.strictSame(arrivals, ['a', 'b', 'a', 'c'])
  await finish()
  await begin()
  t.equal(arrivals.at(-1), 'a', 'calls that have ended count no more')
  await finish()
})
