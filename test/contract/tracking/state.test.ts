// What an operator sees at /tracking/state: who is connected and how fast things go, as JSON and live, bounded, and nothing of what is seen or sent.
import { Readable } from 'node:stream'
import t from 'tap'
import { Ajv } from 'ajv'
import type { Test } from 'tap'
import { TrackingState, most } from '../../../schemas/tracking/state.ts'
import { buildTracking, connectPeer } from '../../tracking-peers.ts'
import type { TrackingServer } from '../../tracking-peers.ts'
import { good, pem, rsa, sign } from '../../lib/tracking/identity-provider.ts'
import { readEvents } from '../event-reader.ts'

t.setTimeout(120_000)

const validate = new Ajv().compile<TrackingState>(TrackingState)

async function stateOf (t: Test, server: TrackingServer): Promise<TrackingState> {
  const { status, json, headers } = await server.send('/tracking/state')
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.ok(validate(json), JSON.stringify(validate.errors))
  return json as TrackingState
}

/** Follows states until the test ends. */
async function follow (t: Test, server: TrackingServer) {
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  const response = await fetch(`${server.origin}/tracking/state`, { headers: { accept: 'text/event-stream' }, signal: ending.signal })
  const events = readEvents(Readable.fromWeb(response.body as never))
  const next = async (wanted = 'state'): Promise<TrackingState> => {
    for (;;) {
      const { value } = await events.next()
      if (value === undefined) throw new Error(`no ${wanted}`)
      if (value.event === wanted) return JSON.parse(value.data) as TrackingState
    }
  }
  return { response, next, end: () => ending.abort() }
}

const boxes = (count: number, frame: number) => ({ type: 'boundingBoxes', frameId: frame, boxes: Array.from({ length: count }, (_, boxId) => ({ boxId, rect: [0, 0, 1, 1], objectType: 'secret type' })) })

t.test('nobody is there', async t => {
  const server = await buildTracking(t)
  const state = await stateOf(t, server)
  t.match(state, { processors: [], omittedProcessors: 0, clients: [], omittedClients: 0, totals: { processors: 0, clients: 0, cameras: 0, objects: 0, messagesInPerSecond: 0, unread: 0, dropped: 0 } })
  t.ok(Math.abs(state.time - Date.now()) < 60_000)
  t.ok(state.window >= 0.9, 'rates are counted over a second')
})

t.test('who is connected, and what they follow', async t => {
  const server = await buildTracking(t)
  const before = Date.now()
  await server.processor('hall')
  await server.processor(7)
  await server.processor()
  const all = await server.client()
  const some = await server.client({ protocols: ['tutti.v1'] })
  await some.next()
  some.send({ type: 'subscribe', cameras: ['hall', 7, ...Array.from({ length: 20 }, (_, at) => `camera ${at}`)], objects: [3, 1] })
  some.send({ type: 'setUsesImages', usesImages: true })
  await Promise.all([all.settled(), some.settled()])

  const state = await stateOf(t, server)
  t.match(state.totals, { processors: 3, clients: 2, cameras: 2, objects: 0 })
  t.strictSame(state.processors.map(({ name, isRegistered }) => [name, isRegistered]), [['hall', true], ['7', true], [undefined, false]])
  t.notHas(state.processors[2], 'last', 'it has sent nothing')
  t.equal(new Set([...state.processors, ...state.clients].map(({ id }) => id)).size, 5)
  for (const { since } of [...state.processors, ...state.clients]) t.ok(since >= before && since <= state.time)
  const [first, second] = state.clients
  t.match(first, { omittedCameras: 0, omittedObjects: 0, usesImages: false, unread: 0, dropped: 0 })
  t.notHas(first, 'cameras', 'it wants all')
  t.notHas(first, 'objects')
  t.match(second, { objects: [3, 1], omittedObjects: 0, usesImages: true })
  t.strictSame(second?.cameras?.slice(0, 3), ['hall', '7', 'camera 0'])
  t.equal(second?.cameras?.length, most.cameras)
  t.equal(second?.omittedCameras, 22 - most.cameras)
})

t.test('the id of a connection is the one of the log', async t => {
  const server = await buildTracking(t)
  const client = await server.client()
  const { clients: [listed] } = await stateOf(t, server)
  await client.close()
  const line = await server.logged(({ msg }) => msg === 'connection ended')
  t.equal(listed?.id, line.reqId)
})

t.test('a processor whose camera another one has taken answers for none', async t => {
  const server = await buildTracking(t)
  const older = await server.processor('hall')
  await server.processor('hall')
  await older.closed
  const { processors, totals } = await stateOf(t, server)
  t.match(processors, [{ name: 'hall', isRegistered: true }])
  t.equal(totals.cameras, 1)
})

t.test('live: how fast things go', async t => {
  const server = await buildTracking(t)
  const { response, next, end } = await follow(t, server)
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  const camera = await server.processor('hall')
  const client = await server.client()
  let [sent, heard] = [0, 0]
  const counting = setInterval(() => {
    sent += 1
    camera.send(boxes(3, sent))
  }, 20)
  t.teardown(() => clearInterval(counting))
  client.socket.on('message', () => { heard += 1 })

  // The processor's identifier is a message as well: the first state that is about boxes alone is the second with them.
  let state = await next()
  for (let withBoxes = 0; withBoxes < 2; state = await next()) withBoxes += (state.processors[0]?.boxesPerSecond ?? 0) > 0 ? 1 : 0
  const [processor] = state.processors
  t.ok(validate(state), JSON.stringify(validate.errors))
  t.ok((processor?.messagesPerSecond ?? 0) > 0)
  t.ok(Math.abs((processor?.boxesPerSecond ?? 0) - 3 * (processor?.messagesPerSecond ?? 0)) < 0.5, 'three boxes a message')
  t.ok((processor?.last ?? 0) > state.time - 60_000 && (processor?.last ?? 0) <= state.time + 1)
  t.ok(Math.abs(state.totals.messagesInPerSecond - (processor?.messagesPerSecond ?? 0)) < 0.5)
  t.ok((state.clients[0]?.messagesPerSecond ?? 0) > 0)
  t.ok(heard > 0)

  clearInterval(counting)
  await camera.settled()
  do state = await next()
  while (state.totals.messagesInPerSecond > 0)
  t.match(state, { processors: [{ messagesPerSecond: 0, boxesPerSecond: 0 }], clients: [{ messagesPerSecond: 0 }], totals: { messagesOutPerSecond: 0, boxesPerSecond: 0 } })
  await camera.close()
  do state = await next()
  while (state.processors.length > 0)
  t.match(state.totals, { processors: 0, cameras: 0, clients: 1 })
  end()
})

t.test('a client that does not read has bytes that wait, and misses boxes', async t => {
  const server = await buildTracking(t)
  const camera = await server.processor('hall')
  const slow = await server.client()
  slow.socket.pause()
  const { next, end } = await follow(t, server)
  // Until the socket of the operating system is full too.
  const filling = setInterval(() => { for (let each = 0; each < 5; each++) camera.send(boxes(500, each)) }, 20)
  t.teardown(() => clearInterval(filling))
  let state = await next()
  while ((state.clients[0]?.dropped ?? 0) === 0) state = await next()
  clearInterval(filling)
  t.ok((state.clients[0]?.unread ?? 0) > 0)
  t.ok(state.totals.unread >= (state.clients[0]?.unread ?? 0))
  t.ok(state.totals.dropped >= (state.clients[0]?.dropped ?? 0))
  end()
})

t.test('is bounded', async t => {
  const server = await buildTracking(t)
  const many = await Promise.all(Array.from({ length: most.clients + 3 }, () => server.client()))
  await Promise.all(many.map(each => each.settled()))
  const state = await stateOf(t, server)
  t.equal(state.clients.length, most.clients)
  t.equal(state.omittedClients, 3)
  t.equal(state.totals.clients, most.clients + 3)
  const ages = state.clients.map(({ since }) => since)
  t.strictSame(ages, ages.toSorted((one, other) => one - other), 'the oldest first')
})

t.test('holds nothing of what is seen or sent', async t => {
  const server = await buildTracking(t)
  const camera = await server.processor('hall')
  const client = await server.client()
  client.send({ type: 'start', cameraId: 'hall', frameId: 1, boxId: 1, image: 'secret image' })
  await camera.nextJson()
  camera.send({ type: 'featureMap', objectId: 1, featureMap: { secret: 'features' } })
  camera.send(boxes(2, 1))
  await camera.settled()
  const { text } = await server.send('/tracking/state')
  t.match(text, /"objects":1\b/)
  t.notMatch(text, /secret|127\.0\.0\.1/)
})

t.test('who has brought no token is not listed', async t => {
  const { publicKey, privateKey } = rsa()
  const server = await buildTracking(t, { env: { PUBLIC_KEY: pem(publicKey), AUDIENCE: 'tracking', CLIENT_ROLE: 'watch', PROCESSOR_ROLE: 'film' } })
  const client = await connectPeer(t, server.port, '/client')
  t.match(await stateOf(t, server), { clients: [], totals: { clients: 0 } })
  client.send({ type: 'authenticate', jwt: await sign(privateKey, good()) })
  await client.settled()
  t.equal((await stateOf(t, server)).clients.length, 1)
})

t.test('events of a server that stops come to an end', async t => {
  const server = await buildTracking(t)
  const { next } = await follow(t, server)
  await next('open')
  const closing = server.app.close()
  await next('end')
  await closing
})

t.test('is for operators', async t => {
  const token = 'the-token-of-an-operator'
  const server = await buildTracking(t, { env: { OPERATOR_TOKEN: token } })
  for (const accept of ['application/json', 'text/event-stream']) {
    t.equal((await server.send('/tracking/state', { headers: { accept } })).status, 401)
    t.equal((await server.send('/tracking/state', { headers: { accept, authorization: 'Bearer the-token-of-somebody-else' } })).status, 401)
  }
  t.equal((await server.send('/tracking/state', { headers: { authorization: `Bearer ${token}` } })).status, 200)
  t.equal((await server.send('/tracking/state', { method: 'HEAD', headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` } })).status, 200)
  t.equal((await server.send('/tracking/state', { method: 'OPTIONS' })).text, 'GET,HEAD')
  const open = await buildTracking(t)
  t.equal((await open.send('/tracking/state', { headers: { via: '1.1 proxy' } })).status, 403)
})
