// The hub between an exchange in memory and peers that keep what they are told, and take it as slowly as a test wants.
import t from 'tap'
import type { Test } from 'tap'
import type { Camera } from '../../../../lib/tracking/messages/camera.ts'
import { createHub } from '../../../../lib/tracking/hub/hub.ts'
import type { Exchange } from '../../../../lib/tracking/objects/exchange.ts'
import { openMemoryExchange } from '../../../../lib/tracking/objects/memory-exchange.ts'
import type { Peer, Side } from '../../../../lib/tracking/connections/peer.ts'
import type { Sighting } from '../../../../lib/tracking/timelines/timelines.ts'

/** A peer that keeps what it is told. */
interface Listener extends Peer {
  texts: string[]
  codes: Array<number | undefined>
  /** Most texts of replays that it takes by itself; others wait until it is asked to. */
  appetite: number
  /** Takes more of what waits. */
  take (number: number): void
}

let peers = 0

function listener (side: Side, speaksTutti = false): Listener {
  const replays: Array<Iterator<Buffer>> = []
  const peer: Listener = {
    id: `peer ${++peers}`,
    side,
    speaksTutti,
    texts: [],
    codes: [],
    appetite: Infinity,
    send (text) { peer.texts.push(text.toString()) },
    sendBoxes (_key, text) { peer.texts.push(text.toString()) },
    sendEach (texts) {
      replays.push(texts)
      peer.take(peer.appetite)
    },
    close (code) { peer.codes.push(code) },
    take (number) {
      for (let taken = 0; taken < number && replays[0] !== undefined; taken++) {
        const { done, value } = replays[0].next()
        if (done === true) replays.shift()
        else peer.send(value)
      }
    }
  }
  return peer
}

const camera = (id: string): Camera => ({ key: JSON.stringify(id), text: Buffer.from(JSON.stringify(id)) })

async function open (t: Test, { legacy = false } = {}) {
  const exchange: Exchange = await openMemoryExchange({ folder: t.testdir({}), expiry: 'start', maxObjects: 1e5, maxBytes: 1e9, highestId: 0 })
  t.teardown(() => exchange.close())
  const records: Array<{ objectIds: readonly number[], sighting: Sighting }> = []
  const hub = createHub({ exchange, legacy, now: () => 7, timelines: { record: (objectIds, sighting) => { records.push({ objectIds, sighting }) } } })
  const requestId = undefined
  const client = (speaksTutti = false) => {
    const peer = listener('client', speaksTutti)
    hub.clients.join(peer)
    return peer
  }
  const processor = (id?: string, appetite = Infinity) => {
    const peer = listener('processor')
    peer.appetite = appetite
    hub.processors.join(peer)
    if (id !== undefined) hub.processors.receive(peer, { type: 'identifier', camera: camera(id), requestId })
    return peer
  }
  const start = (peer: Peer, id: string, image?: string) => hub.clients.receive(peer, {
    type: 'start', camera: camera(id), frameId: Buffer.from('1.0'), boxId: Buffer.from('2'), image: image === undefined ? undefined : Buffer.from(JSON.stringify(image)), requestId
  })
  const stop = (peer: Peer, objectId: number) => hub.clients.receive(peer, { type: 'stop', objectId, text: Buffer.from(String(objectId)), requestId })
  const map = (peer: Peer, objectId: number, featureMap: string) => hub.processors.receive(peer, { type: 'featureMap', objectId, featureMap: Buffer.from(featureMap), requestId })
  const see = (peer: Peer, sighted: number[]) => hub.processors.receive(peer, { type: 'boundingBoxes', frameId: Buffer.from('1.0'), boxes: Buffer.from('[]'), sighted, count: sighted.length, requestId })
  const usesImages = (peer: Peer) => hub.clients.receive(peer, { type: 'setUsesImages', uses: true, exactly: true, requestId })
  return { exchange, hub, records, client, processor, start, stop, map, see, usesImages }
}

t.test('sightings of objects that are tracked are kept, with the processor as it spells itself', async t => {
  const { client, processor, start, stop, see, records } = await open(t)
  const viewer = client()
  const cam = processor('cam')
  const nobody = processor()
  start(viewer, 'cam')
  start(viewer, 'cam')
  stop(viewer, 1)
  see(cam, [1, 2, 2, 3, 2])
  see(cam, [1])
  see(nobody, [2])
  t.strictSame(records, [{ objectIds: [2, 2, 2], sighting: { at: 7, processor: '"cam"' } }, { objectIds: [2], sighting: { at: 7, processor: 'null' } }])
})

t.test('who left is told nothing, and is not heard', async t => {
  const { hub, client, processor, start, see } = await open(t)
  const [viewer, other] = [client(), client()]
  const cam = processor('cam')
  hub.clients.leave(viewer)
  hub.clients.leave(viewer)
  see(cam, [])
  t.strictSame(viewer.texts, [])
  t.equal(other.texts.length, 1)
  start(viewer, 'cam')
  t.strictSame(cam.texts, [])
  hub.processors.leave(cam)
  see(cam, [])
  t.equal(other.texts.length, 1)
  t.strictSame(hub.counts(), { client: 1, processor: 0 })
})

t.test('the text of a broadcast is one buffer for all', async t => {
  const { hub, processor, see } = await open(t)
  const told: Buffer[] = []
  for (let number = 0; number < 3; number++) hub.clients.join({ ...listener('client'), sendBoxes: (_key, text) => { told.push(text) } })
  see(processor('cam'), [])
  t.equal(told.length, 3)
  t.equal(new Set(told).size, 1)
})

t.test('a replay of feature maps goes on as the processor takes them, and a stop is told of those that it was told of', async t => {
  const { client, processor, start, stop, map } = await open(t)
  const viewer = client()
  const cam = processor('cam')
  for (let number = 0; number < 5; number++) start(viewer, 'cam')
  for (let id = 1; id <= 5; id++) map(cam, id, `[${id}.0]`)
  const slow = processor('slow', 2)
  t.equal(slow.texts.length, 2)
  stop(viewer, 1)
  stop(viewer, 4)
  t.strictSame(slow.texts.slice(2), ['{"type":"stop","objectId":1}'], 'the end of the first, not that of the fourth, of which it does not know')
  map(cam, 5, '[5.5]')
  slow.take(10)
  t.strictSame(slow.texts.slice(3), ['{"type":"featureMap","objectId":5,"featureMap":[5.5]}', '{"type":"featureMap","objectId":3,"featureMap":[3.0]}', '{"type":"featureMap","objectId":5,"featureMap":[5.5]}'])
  for (const id of [2, 3, 5]) stop(viewer, id)
  t.equal(slow.texts.filter(text => text.includes('"stop"')).length, 4)
})

t.test('asked again while a replay is under way it is repeated once', async t => {
  const { client, processor, start, usesImages } = await open(t)
  const viewer = client()
  processor('cam')
  for (const image of ['a', 'b', 'c']) start(viewer, 'cam', image)
  const slow = client()
  slow.appetite = 1
  for (let number = 0; number < 100; number++) usesImages(slow)
  slow.take(1000)
  t.equal(slow.texts.length, 6)
  usesImages(slow)
  slow.take(1000)
  t.equal(slow.texts.length, 9)
})

t.test('a feature map of {} takes no knowledge away', async t => {
  const { client, processor, start, stop, map } = await open(t)
  const viewer = client()
  const [cam, before] = [processor('cam'), processor('before')]
  start(viewer, 'cam')
  map(cam, 1, '[1.0]')
  map(cam, 1, '{}')
  const after = processor('after')
  stop(viewer, 1)
  t.match(before.texts.at(-1), /"stop"/)
  t.strictSame(after.texts, ['{"type":"featureMap","objectId":1,"featureMap":{}}'])
})

t.test('a processor that has not registered is told feature maps, and the end of their objects', async t => {
  const { client, processor, start, stop, map } = await open(t)
  const viewer = client()
  const [cam, nobody] = [processor('cam'), processor()]
  start(viewer, 'cam')
  map(cam, 1, '[1.0]')
  const late = processor()
  stop(viewer, 1)
  t.strictSame(nobody.texts, ['{"type":"featureMap","objectId":1,"featureMap":[1.0]}', '{"type":"stop","objectId":1}'])
  t.strictSame(late.texts, [])
})

t.test('the older of two with one identifier is closed with 4409, and is not heard of again', async t => {
  const { hub, exchange, client, processor, start } = await open(t)
  const viewer = client()
  const [older, newer] = [processor('cam'), processor('cam')]
  t.strictSame(older.codes, [4409])
  hub.processors.leave(older)
  t.equal(exchange.processors.size, 1)
  start(viewer, 'cam')
  t.equal(newer.texts.length, 1)
  hub.processors.leave(newer)
  t.equal(exchange.processors.size, 0)
})

t.test('at the end of the hub nothing is told any more', async t => {
  const { hub, client, processor, start } = await open(t)
  const viewer = client()
  const cam = processor('cam')
  hub.close()
  start(viewer, 'cam')
  t.strictSame(cam.texts, [])
})
