// Two servers on one real Redis, seen from outside: whoever is connected to the one works with whoever is connected to the other, and one of them may die.
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { startProcess } from '../faults/server-process.ts'
import type { ServerProcess } from '../faults/server-process.ts'
import { connectPeer, detection, identify } from '../tracking-peers.ts'
import type { TestPeer } from '../tracking-peers.ts'
import { startEngine } from './stores.ts'

/** A server that shares a Redis. */
interface Shared { process: ServerProcess, port: number }

/** Starts a Redis and two servers on it. */
async function startServers (t: Test, env: Record<string, string> = {}): Promise<{ engine: Awaited<ReturnType<typeof startEngine>>, one: Shared, two: Shared }> {
  const engine = await startEngine(t, 'redis')
  const start = async (): Promise<Shared> => {
    const process = startProcess(t, { MODULES: 'tracking', DATA_DIR: t.testdirName, REDIS_URL: `redis://127.0.0.1:${engine.port}`, ...env })
    return { process, port: await process.port }
  }
  const [one, two] = await Promise.all([start(), start()])
  return { engine, one, two }
}

/** The next message with a type; others are passed over. */
async function nextOf (peer: TestPeer, type: string): Promise<Record<string, unknown>> {
  for (;;) {
    const message = await peer.nextJson()
    if (message.type === type) return message
  }
}

/** A client that speaks tutti.v1. Resolves with what it was welcomed with. */
async function connectModern (t: Test, port: number): Promise<{ peer: TestPeer, welcome: Record<string, unknown> }> {
  const peer = await connectPeer(t, port, '/client', { protocols: ['tutti.v1'] })
  return { peer, welcome: await peer.nextJson() }
}

/** Resolves when a server knows of the processors of cameras. */
async function known (t: Test, port: number, ...cameras: string[]): Promise<void> {
  const { peer } = await connectModern(t, port)
  peer.send({ type: 'subscribe', presence: true })
  const online = new Set<unknown>()
  while (!cameras.every(camera => online.has(camera))) {
    const { processors, cameraId, online: isOnline } = await nextOf(peer, 'presence')
    if (Array.isArray(processors)) for (const each of processors) online.add(each.cameraId)
    else if (isOnline === true) online.add(cameraId)
    else online.delete(cameraId)
  }
  await peer.close()
}

const image = 'data:image/png;base64,AAAA'

t.test('a client of one server works with a processor of the other, and when that server is killed all goes on at this one', async t => {
  const { one, two } = await startServers(t)
  const processor = await connectPeer(t, one.port, '/processor')
  await identify(processor, 'cam')
  await known(t, two.port, 'cam')
  const client = await connectPeer(t, two.port, '/client')
  client.send({ type: 'setUsesImages', usesImages: true })
  client.send(`{"type":"start","cameraId":"cam","frameId":12.0,"boxId":3,"image":"${image}"}`)
  t.equal(await processor.next(), `{"type":"start","objectId":1,"frameId":12.0,"boxId":3,"image":"${image}"}`)
  t.equal(await client.next(), `{"type":"newObject","objectId":1,"image":"${image}"}`)
  processor.send('{"type":"featureMap","objectId":1,"featureMap":[0.50,1.0]}')
  t.equal(await processor.next(), '{"type":"featureMap","objectId":1,"featureMap":[0.50,1.0]}')
  processor.send(detection(1))
  t.match(await client.next(), /^\{"type":"boundingBoxes","cameraId":"cam","frameId":12\.0,/)

  const origin = `http://127.0.0.1:${two.port}`
  const seenBy = async () => {
    const { data }: { data: { processorId: string }[] } = JSON.parse(await (await fetch(`${origin}/timelines?objectId=1`)).text())
    return data.map(({ processorId }) => processorId)
  }
  // It is written down a moment after it is told.
  while ((await seenBy()).length === 0) await pause(5)
  one.process.kill('SIGKILL')
  await processor.closed
  const again = await connectPeer(t, two.port, '/processor')
  again.send({ type: 'identifier', id: 'cam' })
  t.equal(await again.next(), '{"type":"featureMap","objectId":1,"featureMap":[0.50,1.0]}')
  client.send('{"type":"start","cameraId":"cam","frameId":13.0,"boxId":4}')
  t.equal(await again.next(), '{"type":"start","objectId":2,"frameId":13.0,"boxId":4}')
  t.equal(await client.next(), '{"type":"newObject","objectId":2}')
  again.send(detection(1))
  await client.next()
  client.send({ type: 'stop', objectId: 1 })
  t.equal(await again.next(), '{"type":"stop","objectId":1}')
  t.equal(await client.next(), '{"type":"stop","objectId":1}')

  t.equal(await (await fetch(`${origin}/objectIds`)).text(), '{"data":[1, 2]}')
  while ((await seenBy()).length === 1) await pause(5)
  t.strictSame(await seenBy(), ['cam', 'cam'], 'what the server that was killed had written down, and what the other one has')
})

t.test('F27: a processor that registers at another server takes the place of the first, whose connection is closed', async t => {
  const { one, two } = await startServers(t)
  const first = await connectPeer(t, one.port, '/processor')
  await identify(first, 'cam')
  await known(t, two.port, 'cam')
  const second = await connectPeer(t, two.port, '/processor')
  await identify(second, 'cam')
  t.equal((await first.closed).code, 4409)
  const client = await connectPeer(t, one.port, '/client')
  client.send('{"type":"start","cameraId":"cam","frameId":1.0,"boxId":1}')
  t.equal(await second.next(), '{"type":"start","objectId":1,"frameId":1.0,"boxId":1}')
})

t.test('a client whose server was killed goes on at the other, where it was', async t => {
  const { one, two } = await startServers(t)
  const processor = await connectPeer(t, two.port, '/processor')
  await identify(processor, 'cam')
  await known(t, one.port, 'cam')
  const { peer: client, welcome } = await connectModern(t, one.port)
  client.send({ type: 'setUsesImages', usesImages: true })
  client.send({ type: 'start', cameraId: 'cam', image, requestId: 'mine' })
  t.match(await nextOf(client, 'ack'), { objectId: 1, requestId: 'mine' })
  one.process.kill('SIGKILL')
  await client.closed
  const { peer: other } = await connectModern(t, two.port)
  other.send({ type: 'start', cameraId: 'cam', image, requestId: 1 })
  await nextOf(other, 'ack')
  other.send({ type: 'stop', objectId: 1, requestId: 2 })
  await nextOf(other, 'ack')
  const { peer: again, welcome: next } = await connectModern(t, two.port)
  t.equal(next.epoch, welcome.epoch)
  again.send({ type: 'resume', epoch: welcome.epoch, offset: Number(welcome.offset) + 1 })
  t.match(await again.nextJson(), { type: 'newObject', objectId: 2 })
  t.match(await again.nextJson(), { type: 'stop', objectId: 1 })
  t.match(await again.nextJson(), { type: 'resumed', recovered: true })
})

t.test('without Redis a server starts, says that it cannot start objects, and can as soon as there is one', async t => {
  const engine = await startEngine(t, 'redis')
  await engine.kill()
  const server = startProcess(t, { MODULES: 'tracking', DATA_DIR: t.testdirName, REDIS_URL: `redis://127.0.0.1:${engine.port}` })
  const port = await server.port
  const processor = await connectPeer(t, port, '/processor')
  await identify(processor, 'cam')
  const { peer: client } = await connectModern(t, port)
  client.send({ type: 'start', cameraId: 'cam', image, requestId: 1 })
  t.match(await nextOf(client, 'error'), { requestId: 1, code: 'TUTTI_TRACKING_UNAVAILABLE' })
  processor.send(detection())
  await nextOf(client, 'boundingBoxes')
  await engine.start()
  for (let attempt = 2; ; attempt++) {
    client.send({ type: 'start', cameraId: 'cam', image, requestId: attempt })
    const { type } = await client.nextJson()
    if (type === 'ack') break
    await pause(50)
  }
  t.match(await processor.nextJson(), { type: 'start', objectId: 1 })
})
