// What strangers send over the connections of tracking, damaged: the server goes on, and nobody else notices.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { damage } from '../fixtures/json/damage.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import { figure, sized } from '../long.ts'
import { buildTracking, connectPeer, detection } from '../tracking-peers.ts'
import type { TestPeer } from '../tracking-peers.ts'

/** TEST_SEED repeats a run. */
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 20))
const messages = sized(2000, 50_000)
const connections = sized(60, 2000)

const valid = {
  client: [
    '{"type":"authenticate","jwt":"a.b.c"}', '{"type":"setUsesImages","usesImages":true}', '{"type":"start","cameraId":"cam","frameId":12.0,"boxId":3,"image":"data:image/png;base64,AAAA"}',
    '{"type":"stop","objectId":3}', '{"type":"subscribe","cameras":["cam",7],"objects":[1,2],"presence":true,"requestId":"r"}', '{"type":"resume","epoch":"e","offset":7}', '{"type":"setUsesImages","usesImages":0}'
  ],
  processor: [
    '{"type":"identifier","id":"cam"}', '{"type":"identifier","id":7.0}', detection(1), detection(), '{"type":"featureMap","objectId":2,"featureMap":[0.0,1.5,-1e-3,12.0]}', '{"type":"featureMap","objectId":1,"featureMap":{}}'
  ]
}
const pieces = [
  '"', '{', '}', '[', ']', ',', ':', '\\', '\\u0000', '\\ud800', 'null', 'true', 'NaN', 'Infinity', '1e400', '-0', '0.0', '123456789012345678901', '"type"', '"type":"stop"', '"objectId":1', '"__proto__":{"a":1}', '"constructor":{"prototype":{"a":1}}',
  '\u0000', '\ufeff', '🦉', 'x'.repeat(3000), '['.repeat(2000), '{"a":'.repeat(1000)
]

t.test('damaged messages', async t => {
  t.comment(`TEST_SEED=${seed}`)
  const server = await buildTracking(t, { env: { TRACKING_RATE_LIMIT: '0', TRACKING_MAX_OBJECTS: '500', LOG_LEVEL: 'silent' } })
  const witness = { client: await server.client(), processor: await server.processor('witness') }
  const strangers: Array<[side: 'client' | 'processor', peer: TestPeer]> = []
  for (const side of ['client', 'processor'] as const) {
    for (const protocols of [[], ['tutti.v1'], []]) strangers.push([side, await connectPeer(t, server.port, `/${side}`, { protocols })])
  }
  const isWitnessed = async (number: number) => {
    witness.processor.send(`{"type":"boundingBoxes","frameId":${number},"boxes":[]}`)
    const mine = `{"type":"boundingBoxes","cameraId":"witness","frameId":${number},"boxes":[]}`
    while (await witness.client.next() !== mine);
  }
  let closed = 0
  for (let number = 0; number < messages; number++) {
    const random = createRandom((seed + number) * 2)
    const index = number % strangers.length
    let [side, peer] = strangers[index] ?? strangers[0] ?? ['client', witness.client]
    if (peer.socket.readyState !== peer.socket.OPEN) {
      closed += 1
      // The one reason for which a message closes a connection, and not that which it came on.
      t.equal((await peer.closed).code, 4409)
      peer = await connectPeer(t, server.port, `/${side}`)
      strangers[index] = [side, peer]
    }
    peer.send(damage(random, Buffer.from(pick(random, valid[side])), pieces))
    if (number % 100 === 99) {
      await Promise.all(strangers.map(([, each]) => each.rest()))
      await isWitnessed(number)
    }
  }
  await isWitnessed(messages)
  t.equal(witness.client.socket.readyState, witness.client.socket.OPEN)
  t.equal(witness.processor.socket.readyState, witness.processor.socket.OPEN)
  t.equal(({} as Record<string, unknown>).a, undefined, 'and no prototype is polluted')
  const { lastId } = server.app.tracking.exchange
  t.ok(lastId > 0, 'some of them had an effect')
  figure(t, 'tracking-messages', `${messages} damaged messages, ${closed} connections replaced by others of the same camera, ${lastId} objects started; two other connections noticed nothing`)
})

t.test('damaged frames', async t => {
  const server = await buildTracking(t, { env: { LOG_LEVEL: 'silent' } })
  const client = await server.client()
  const processor = await server.processor('witness')
  const mask = Buffer.from([1, 2, 3, 4])
  const frame = (text: string) => {
    const body = Buffer.from(text)
    const head = Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 255])
    return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
  }
  const handshake = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  for (let number = 0; number < connections; number++) {
    const random = createRandom((seed + number) * 2)
    const side = pick(random, ['client', 'processor'] as const)
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    const ended = once(socket, 'close')
    socket.write(handshake(`/${side}`))
    await once(socket, 'data')
    socket.resume()
    socket.end(damage(random, Buffer.concat([frame(pick(random, valid[side])), frame(pick(random, valid[side]))]), ['\x81\xfe\xff\xff', '\x00', '\xff\x80', '\x89\x80\x01\x02\x03\x04', '\x88\x82', '\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff']))
    await ended
  }
  processor.send(detection())
  while ((await client.nextJson()).cameraId !== 'witness');
  t.equal(processor.socket.readyState, processor.socket.OPEN)
  figure(t, 'tracking-frames', `${connections} connections with damaged frames; two others noticed nothing`)
})
