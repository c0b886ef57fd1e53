// One service asked once, over real connections: what it is sent, and what each of its answers means.
import t from 'tap'
import type { Test } from 'tap'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Service } from '../../../lib/discovery/topology.ts'
import { createCall } from '../../../lib/graphics/call.ts'
import type { CallOptions } from '../../../lib/graphics/call.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import type { CallOutcome } from '../../../lib/graphics/outcome.ts'
import type { Role } from '../../../lib/graphics/plan.ts'
import { createReader } from '../../../lib/graphics/reader.ts'
import { createReplicas } from '../../../lib/graphics/replicas.ts'
import type { ReplicasOptions } from '../../../lib/graphics/replicas.ts'
import { createRetryBudget } from '../../../lib/graphics/retry-budget.ts'
import { createUpstream } from '../../../lib/upstream.ts'
import { answering, bodyOf, closedOrigin, startHttp, startRaw } from '../fixtures/loopback.ts'
import { handlerReplyOf, jsonOf, preprocessorReplyOf, renderingOf, requestOf, textRenderer, uuid } from '../fixtures/messages.ts'
import { replicaOf, serviceOf, topologyOf } from '../fixtures/topology.ts'

const envelopeOf = (changes: Record<string, unknown> = {}) => createEnvelope(jsonOf(requestOf(changes)))

const patient = new AbortController().signal

/** A call with real upstream and reader, and short ways to ask one origin. */
function build (t: Test, { random, setAsideAfter = 5, ...options }: Partial<CallOptions & ReplicasOptions> = {}) {
  const upstream = createUpstream({ maxReply: 100_000, connections: 4 })
  const reader = createReader({ threads: 1 })
  t.teardown(async () => {
    await upstream.close()
    await reader.close()
  })
  const replicas = createReplicas({ setAsideAfter, setAsideTime: 30_000, ...random === undefined ? {} : { random }, ...options.now === undefined ? {} : { now: options.now } })
  const budget = createRetryBudget(20)
  const call = createCall({ upstream, reader, replicas, budget, preprocessorTimeout: 30_000, handlerTimeout: 30_000, ...options })
  const ask = (origin: string, role: Role, signal = patient): Promise<CallOutcome> => call({ service: serviceOf('one', { replicas: [replicaOf(origin)] }), role, after: [] }, envelopeOf(), signal)
  const askWith = async (listener: RequestListener, role: Role = 'preprocessor') => await ask(await startHttp(t, listener), role)
  /** Calls a service that has these replicas, in this order: the first is asked first where the random numbers are all 0. */
  const askAt = (origins: string[], changes: Partial<Service> = {}, signal = patient): Promise<CallOutcome> => {
    return call({ service: serviceOf('many', { ...changes, replicas: origins.map(replicaOf) }), role: 'preprocessor', after: [] }, envelopeOf(), signal)
  }
  return { call, ask, askAt, askWith, replicas, budget }
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
  const service = serviceOf('one', { replicas: [replicaOf(origin)] })
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
  const times = [100, 100, 142.5]
  t.match(await build(t, { now: () => times.shift() ?? 0 }).askWith(answering(204)), { milliseconds: 42.5 })
})

t.test('the label of a service rules over the deadline of its role', async t => {
  const { askAt } = build(t, { preprocessorTimeout: 20 })
  const slow = await startHttp(t, (request, response) => setTimeout(() => answering(200, found)(request, response), 60))
  t.match(await askAt([slow]), { kind: 'failed', reason: 'timeout', detail: 'no whole reply in 20 ms' })
  t.match(await askAt([slow], { timeout: 30_000 }), { kind: 'done' })
  t.match(await askAt([slow], { timeout: 10 }), { kind: 'failed', reason: 'timeout', detail: 'no whole reply in 10 ms' })
})

/** Always the replica that stands first among those that may be asked. */
const first = { random: () => 0 }

/** A service that counts what it is asked. */
async function counted (t: Test, listener: RequestListener): Promise<{ origin: string, asked: () => number }> {
  let count = 0
  const origin = await startHttp(t, (request, response) => {
    count += 1
    listener(request, response)
  })
  return { origin, asked: () => count }
}

const breaksOff: RequestListener = request => { request.socket.destroy() }

const breaksInTheMiddle: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"request_uuid":', () => request.socket.destroy())
}

t.test('where another replica could do better it is asked: after a refusal, a connection that broke, and a gateway that says no', async t => {
  const good = await counted(t, answering(200, found))
  const bad = [await closedOrigin(), await startRaw(t, socket => socket.destroy()), await startHttp(t, breaksOff), await startHttp(t, breaksInTheMiddle)]
  for (const status of [502, 503, 504]) bad.push(await startHttp(t, answering(status, 'busy', { 'retry-after': '3600' })))
  for (const [index, origin] of bad.entries()) {
    const outcome = await build(t, first).askAt([origin, good.origin])
    t.match(outcome, { kind: 'done', attempts: 2, result: { name: 'org.found' } })
    t.equal(good.asked(), index + 1)
  }
})

t.test('where another would do no better it is not asked', async t => {
  const good = await counted(t, answering(200, found))
  const silent = await startHttp(t, () => {})
  t.match(await build(t, first).askAt([silent, good.origin], { timeout: 50 }), { kind: 'failed', reason: 'timeout', attempts: undefined })
  const bad = [answering(500), answering(501), answering(404), answering(302), answering(200, 'no JSON'), answering(200, ''), answering(200, jsonOf(preprocessorReplyOf('org.x', 'no object'))), answering(200, 'x'.repeat(100_001))]
  for (const listener of bad) {
    const outcome = await build(t, first).askAt([await startHttp(t, listener), good.origin])
    t.match(outcome, { kind: 'failed', attempts: undefined })
  }
  t.match(await build(t, first).askAt([await startHttp(t, answering(204)), good.origin]), { kind: 'not-applicable', attempts: undefined })
  t.equal(good.asked(), 0)
})

t.test('as many others are asked as the label allows, each once, and the last failure is told', async t => {
  const services = await Promise.all([502, 503, 504, 502, 503].map(status => counted(t, answering(status))))
  const origins = services.map(service => service.origin)
  for (const [retries, asked, detail] of [[0, 1, '502'], [1, 2, '503'], [3, 4, '502'], [5, 5, '503']] as const) {
    const before = services.map(service => service.asked())
    const outcome = await build(t, first).askAt(origins, { retries })
    t.match(outcome, { kind: 'failed', reason: 'status', detail, attempts: asked > 1 ? asked : undefined })
    t.strictSame(services.map((service, index) => service.asked() - (before[index] ?? 0)), services.map((_, index) => index < asked ? 1 : 0))
  }
})

t.test('those that refuse count against no label: the call goes on to the next until one takes it', async t => {
  const closed = await Promise.all(Array.from({ length: 4 }, () => closedOrigin()))
  const { askAt } = build(t)
  for (const retries of [0, 1]) {
    const outcome = await askAt([...closed, await startHttp(t, answering(200, found))], { retries })
    t.equal(outcome.kind, 'done')
    t.ok((outcome.attempts ?? 1) <= 5)
  }
  t.match(await askAt(closed), { kind: 'failed', reason: 'refused', attempts: 4 }, 'each once, and no more')
})

t.test('one replica alone is asked once', async t => {
  const lone = await counted(t, answering(503))
  t.match(await build(t, first).askAt([lone.origin], { retries: 5 }), { kind: 'failed', reason: 'status', attempts: undefined })
  t.equal(lone.asked(), 1)
  t.match(await build(t, first).askAt([await closedOrigin()]), { kind: 'failed', reason: 'refused' })
})

t.test('a service that has gone in the meantime is not asked again; replicas that have come are', async t => {
  const good = await counted(t, answering(200, found))
  for (const [services, kind] of [[[], 'failed'], [[serviceOf('many', { replicas: [replicaOf(good.origin)] })], 'done']] as const) {
    const { askAt, replicas } = build(t, first)
    const going = await startHttp(t, request => {
      replicas.retain(topologyOf([...services]))
      request.socket.destroy()
    })
    t.match(await askAt([going, good.origin]), { kind })
  }
  t.equal(good.asked(), 1)
})

t.test('the deadline covers all attempts', async t => {
  let clock = 0
  const { askAt } = build(t, { ...first, now: () => clock })
  const late = await startHttp(t, (request, response) => {
    clock += 1500
    answering(503)(request, response)
  })
  const good = await counted(t, answering(200, found))
  t.match(await askAt([late, await startHttp(t, () => {})], { timeout: 1540 }), { kind: 'failed', reason: 'timeout', detail: 'no whole reply in 40 ms', attempts: 2 })
  t.match(await askAt([late, good.origin], { timeout: 1500 }), { kind: 'failed', reason: 'status', detail: '503', attempts: undefined }, 'and when it has passed nobody else is asked')
  t.equal(good.asked(), 0)
})

t.test('a further attempt waits for a place no longer than the deadline', async t => {
  const { call, askAt, replicas, budget } = build(t, first)
  const arrived = Promise.withResolvers<void>()
  const busy = await startHttp(t, () => arrived.resolve())
  const ending = new AbortController()
  const holding = askAt([busy], { concurrency: 1 }, ending.signal)
  await arrived.promise
  const failing = await startHttp(t, answering(503))
  const service = serviceOf('many', { replicas: [replicaOf(failing), replicaOf(busy)], concurrency: 1, timeout: 100 })
  t.match(await call({ service, role: 'handler', after: [] }, envelopeOf(), patient), { kind: 'failed', detail: '503', attempts: undefined })
  ending.abort()
  t.match(await holding, { kind: 'cancelled' })
  t.match([replicas.size.waiting, budget.size], [0, 0])
})

t.test('a caller who goes during a further attempt, or while it waits for a place, cancels the call', async t => {
  const ending = new AbortController()
  const { askAt, replicas, budget } = build(t, first)
  const failing = await startHttp(t, answering(503))
  t.match(await askAt([failing, await startHttp(t, () => ending.abort())], {}, ending.signal), { kind: 'cancelled', attempts: 2 })
  t.equal(replicas.size.replicas, 1, 'only the one that failed is remembered')
  t.equal(budget.size, 0)
})

t.test('a caller who goes while all replicas are full cancels the call', async t => {
  const { askAt, replicas } = build(t, first)
  const arrived = Promise.withResolvers<void>()
  const busy = await startHttp(t, () => arrived.resolve())
  const [holder, waiter] = [new AbortController(), new AbortController()]
  const holding = askAt([busy], { concurrency: 1 }, holder.signal)
  await arrived.promise
  const waiting = askAt([busy], { concurrency: 1 }, waiter.signal)
  t.equal(replicas.size.waiting, 1)
  waiter.abort()
  t.match(await waiting, { kind: 'cancelled', milliseconds: 0 })
  holder.abort()
  t.match(await holding, { kind: 'cancelled' })
  t.strictSame(replicas.size, { replicas: 0, waiting: 0 }, 'and neither says anything of the replica')
})

t.test('further attempts stay within their budget', async t => {
  const { askAt, budget } = build(t, first)
  const [failing, good] = [await startHttp(t, answering(503)), await startHttp(t, answering(200, found))]
  const others = Array.from({ length: 3 }, () => budget.open('many'))
  t.ok(others.every(other => other.allowsFurther()))
  t.match(await askAt([failing, good]), { kind: 'failed', attempts: undefined }, 'the fourth of four calls')
  t.match(await askAt([await closedOrigin(), good]), { kind: 'done', attempts: 2 }, 'but where nobody was there nothing has been done that would count')
  others.pop()?.close()
  t.match(await askAt([failing, good]), { kind: 'done', attempts: 2 }, 'the third of three')
  for (const other of others) other.close()
  t.equal(budget.size, 0)
})

/** A service that answers the first request of each connection and closes it at the first byte of the second, as if it had been idle for too long. */
function startFickle (t: Test, seen: { connections: number }): Promise<string> {
  const reply = `HTTP/1.1 200 OK\r\ncontent-length: ${found.length}\r\n\r\n`
  return startRaw(t, (socket: Socket) => {
    seen.connections += 1
    let [text, isFirst] = ['', true]
    socket.on('data', chunk => {
      if (!isFirst) socket.destroy()
      text += chunk.toString('latin1')
      if (!isFirst || !text.includes('\r\n\r\n') || !text.endsWith('}')) return
      isFirst = false
      socket.write(Buffer.concat([Buffer.from(reply), found]))
    })
  })
}

t.test('a connection that was closed while idle costs nothing: the same replica is asked over a fresh one, whatever the label says', async t => {
  const seen = { connections: 0 }
  const origin = await startFickle(t, seen)
  const { askAt, replicas } = build(t, { ...first, setAsideAfter: 1 })
  for (let left = 20; left > 0; left--) t.match(await askAt([origin], { retries: 0 }), { kind: 'done', attempts: undefined })
  t.ok(seen.connections >= 20)
  t.strictSame(replicas.state(replicaOf(origin)), { inFlight: 0, failures: 0 })
})

t.test('a replica that dies under a kept connection is not there over a fresh one, and the next one is asked', async t => {
  const good = await counted(t, answering(200, found))
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    if (asked === 1) return answering(200, found)(request, response)
    server.close()
    server.closeAllConnections()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dying = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { askAt, replicas } = build(t, first)
  t.match(await askAt([dying, good.origin]), { kind: 'done', attempts: undefined })
  t.match(await askAt([dying, good.origin]), { kind: 'done', attempts: 2 })
  t.strictSame([asked, good.asked(), replicas.state(replicaOf(dying)).failures], [2, 1, 1])
})

t.test('replicas that fail are set aside; one that is too slow, or answers 500, has failed, and one that says no has not', async t => {
  const silent = await startHttp(t, () => {})
  for (const [origin, failures] of [[silent, 1], [await closedOrigin(), 1], [await startHttp(t, answering(500)), 1], [await startHttp(t, answering(404)), 0], [await startHttp(t, answering(200, 'nonsense')), 0], [await startHttp(t, answering(200, 'x'.repeat(100_001))), 0]] as const) {
    const { askAt, replicas } = build(t, first)
    await askAt([origin], { timeout: origin === silent ? 50 : 30_000 })
    t.strictSame(replicas.state(replicaOf(origin)), { inFlight: 0, failures })
  }
})

t.test('F9: a replica that fails is set aside after five failures, and back after 30 s', async t => {
  const clock = { now: 0 }
  const { askAt, replicas } = build(t, { ...first, now: () => clock.now })
  let isWell = false
  const flapping = await counted(t, (request, response) => answering(isWell ? 200 : 500, found)(request, response))
  const steady = await counted(t, answering(200, found))
  const origins = [flapping.origin, steady.origin]
  replicas.retain(topologyOf([serviceOf('many', { replicas: origins.map(replicaOf) })]))
  const askTimes = async (times: number) => {
    const before = flapping.asked()
    for (let left = times; left > 0; left--) await askAt(origins)
    return flapping.asked() - before
  }
  t.equal(await askTimes(20), 5)
  clock.now += 29_999
  t.equal(await askTimes(20), 0)
  clock.now += 1
  t.equal(await askTimes(20), 1, 'once, to see how it is')
  clock.now += 59_999
  isWell = true
  t.equal(await askTimes(20), 0)
  clock.now += 1
  t.equal(await askTimes(20), 20)
})

t.test('calls in flight are counted until their replies have come', async t => {
  const arrivals: string[] = []
  const release: Array<() => void> = []
  let arrived = () => {}
  const start = (name: string) => startHttp(t, (_request, response) => {
    arrivals.push(name)
    release.push(() => response.writeHead(204).end())
    arrived()
  })
  const origins = [await start('a'), await start('b'), await start('c')]
  const { askAt } = build(t)
  const open: Array<Promise<CallOutcome>> = []
  for (let left = 3; left > 0; left--) {
    const arrival = new Promise<void>(resolve => { arrived = resolve })
    open.push(askAt(origins, { concurrency: 1 }))
    await arrival
  }
  t.strictSame(arrivals.toSorted(), ['a', 'b', 'c'])
  for (const each of release) each()
  await Promise.all(open)
})
