// What peers are told besides that have asked for the subprotocol `tutti.v1`.
import t from 'tap'
import { buildTracking, detection } from '../../tracking-peers.ts'
import type { TestPeer } from '../../tracking-peers.ts'

const modern = { protocols: ['tutti.v1'] }

const welcome = async (peer: TestPeer) => await peer.nextJson() as { type: 'welcome', epoch: string, offset: number }

t.test('who speaks it is welcomed, who does not is not', async t => {
  const server = await buildTracking(t)
  for (const path of ['client', 'processor'] as const) {
    const peer = path === 'client' ? await server.client(modern) : await server.processor(undefined, modern)
    t.equal(peer.socket.protocol, 'tutti.v1')
    t.match(await welcome(peer), { type: 'welcome', epoch: /./, offset: 0 })
    t.strictSame(await peer.rest(), [])
  }
})

t.test('what has come of a message is told to whom asks', async t => {
  const server = await buildTracking(t, { env: { TRACKING_MAX_OBJECTS: '2' } })
  const client = await server.client(modern)
  await welcome(client)
  const processor = await server.processor(undefined, modern)
  await welcome(processor)
  processor.send('{"type":"identifier","id":"cam","requestId":1.0}')
  t.equal(await processor.next(), '{"type":"ack","requestId":1.0}', 'by the id as it was spelled')

  const rows: Array<[peer: TestPeer, message: string, answer: string | RegExp]> = [
    [client, '{"type":"start","cameraId":"cam","frameId":1.0,"boxId":1,"requestId":"a"}', '{"type":"ack","requestId":"a","objectId":1}'],
    [client, '{"type":"start","cameraId":"nowhere","frameId":1,"boxId":1,"requestId":"b"}', /^\{"type":"error","code":"TUTTI_TRACKING_UNKNOWN_CAMERA","message":".+","requestId":"b"\}$/],
    [client, '{"type":"start","cameraId":"cam","requestId":"c"}', /^\{"type":"error","code":"TUTTI_TRACKING_MESSAGE","message":".+","requestId":"c"\}$/],
    [client, '{"type":"what","requestId":"d"}', /"code":"TUTTI_TRACKING_MESSAGE".+"requestId":"d"/],
    [client, '{"requestId":"e"}', /"code":"TUTTI_TRACKING_MESSAGE".+"requestId":"e"/],
    [client, 'x', /^\{"type":"error","code":"TUTTI_TRACKING_MESSAGE","message":"[^"]+"\}$/],
    [client, '{"type":"setUsesImages","usesImages":false,"requestId":"f"}', '{"type":"ack","requestId":"f"}'],
    [client, '{"type":"start","cameraId":"cam","image":"x","requestId":"g"}', '{"type":"ack","requestId":"g","objectId":2}'],
    [client, '{"type":"start","cameraId":"cam","image":"x","requestId":"h"}', /"code":"TUTTI_TRACKING_FULL".+"requestId":"h"/],
    [client, '{"type":"stop","objectId":2,"requestId":"i"}', '{"type":"ack","requestId":"i"}'],
    [client, '{"type":"stop","objectId":2,"requestId":"j"}', /"code":"TUTTI_TRACKING_UNKNOWN_OBJECT".+"requestId":"j"/],
    [client, '{"type":"subscribe","cameras":[],"requestId":"k"}', '{"type":"ack","requestId":"k"}']
  ]
  for (const [peer, message, answer] of rows) {
    peer.send(message)
    const text = await peer.next()
    if (typeof answer === 'string') t.equal(text, answer, message)
    else t.match(text, answer, message)
  }
  t.strictSame(await client.rest(), [])
  t.strictSame(await processor.rest(), [
    '{"type":"start","objectId":1,"frameId":1.0,"boxId":1,"offset":2}', '{"type":"start","objectId":2,"image":"x","offset":3}', '{"type":"stop","objectId":2,"offset":4}'
  ])

  processor.send('{"type":"featureMap","objectId":1,"featureMap":[1.0],"requestId":"l"}')
  t.equal(await processor.next(), '{"type":"featureMap","objectId":1,"featureMap":[1.0],"offset":5}')
  t.equal(await processor.next(), '{"type":"ack","requestId":"l"}')
  processor.send('{"type":"featureMap","objectId":9,"featureMap":[1.0],"requestId":"m"}')
  t.match(await processor.next(), /"code":"TUTTI_TRACKING_UNKNOWN_OBJECT".+"requestId":"m"/)
  processor.send('{"type":"boundingBoxes","frameId":1,"boxes":[],"requestId":"n"}')
  t.equal(await processor.next(), '{"type":"ack","requestId":"n"}')
})

t.test('a plain peer that sends a requestId is told nothing', async t => {
  const server = await buildTracking(t)
  const client = await server.client()
  client.send('{"type":"start","cameraId":"nowhere","frameId":1,"boxId":1,"requestId":"a"}')
  client.send('{"type":"what","requestId":"b"}')
  client.send('{"type":"subscribe","presence":true,"requestId":"c"}')
  t.strictSame(await client.rest(), [])
})

t.test('subscriptions', async t => {
  const server = await buildTracking(t)
  const [one, two] = [await server.processor('one'), await server.processor('two')]
  const client = await server.client(modern)
  await welcome(client)

  t.test('boxes of some cameras', async t => {
    client.send({ type: 'subscribe', cameras: ['two', 7] })
    await client.settled()
    one.send(detection())
    await one.settled()
    two.send(detection())
    await two.settled()
    t.match((await client.rest()).map(text => JSON.parse(text) as unknown), [{ type: 'boundingBoxes', cameraId: 'two' }])
    client.send({ type: 'subscribe' })
    await client.settled()
    one.send(detection())
    t.match(await client.nextJson(), { cameraId: 'one' }, 'until it asks for all again')
  })

  t.test('the end of some objects', async t => {
    client.send({ type: 'setUsesImages', usesImages: true })
    for (let number = 1; number <= 3; number++) client.send({ type: 'start', cameraId: 'one', image: number })
    t.equal((await client.rest()).length, 3)
    client.send({ type: 'subscribe', objects: [2] })
    for (const objectId of [1, 2, 3]) client.send({ type: 'stop', objectId })
    t.match((await client.rest()).map(text => JSON.parse(text) as unknown), [{ type: 'stop', objectId: 2 }])
  })

  t.test('presence of processors', async t => {
    client.send({ type: 'subscribe', presence: true })
    const list = await client.nextJson() as { processors: Array<{ cameraId: string, since: string }> }
    t.strictSame(list.processors.map(({ cameraId }) => cameraId), ['one', 'two'])
    for (const { since } of list.processors) t.equal(new Date(since).toISOString(), since)
    const three = await server.processor('three')
    t.match(await client.nextJson(), { type: 'presence', cameraId: 'three', online: true, offset: Number })
    await three.close()
    t.match(await client.nextJson(), { type: 'presence', cameraId: 'three', online: false, offset: Number })
    client.send({ type: 'subscribe', presence: false })
    await client.settled()
    await two.close()
    await one.settled()
    t.strictSame(await client.rest(), [])
  })
})

t.test('who comes back is told what it has missed', async t => {
  const server = await buildTracking(t)
  const processor = await server.processor('cam')
  const operator = await server.client()
  const client = await server.client(modern)
  const { epoch } = await welcome(client)
  client.send({ type: 'setUsesImages', usesImages: true })
  operator.send({ type: 'start', cameraId: 'cam', image: 'one' })
  const { offset } = await client.nextJson() as { offset: number }
  await client.close()
  operator.send({ type: 'start', cameraId: 'cam', image: 'two' })
  operator.send({ type: 'stop', objectId: 1 })
  processor.send({ type: 'featureMap', objectId: 2, featureMap: [1] })
  await Promise.all([operator.settled(), processor.settled()])

  t.test('in order, and is told of everything from then on', async t => {
    const back = await server.client(modern)
    const { offset: now } = await welcome(back)
    back.send({ type: 'resume', epoch, offset, requestId: 'r' })
    t.strictSame(await back.nextJson(), { type: 'newObject', objectId: 2, image: 'two', offset: offset + 1 })
    t.strictSame(await back.nextJson(), { type: 'stop', objectId: 1, offset: offset + 2 })
    t.strictSame(await back.nextJson(), { type: 'resumed', recovered: true, offset: now })
    t.strictSame(await back.nextJson(), { type: 'ack', requestId: 'r' })
    operator.send({ type: 'start', cameraId: 'cam', image: 'three' })
    t.match(await back.nextJson(), { type: 'newObject', objectId: 3 })
    await back.close()
  })

  t.test('only what concerns it', async t => {
    const back = await server.client(modern)
    await welcome(back)
    back.send({ type: 'subscribe', objects: [1] })
    back.send({ type: 'resume', epoch, offset })
    t.match(await back.nextJson(), { type: 'stop', objectId: 1 })
    t.match(await back.nextJson(), { type: 'resumed', recovered: true })
    await back.close()
  })

  for (const [name, message] of [['of another history', { epoch: 'another', offset }], ['of the future', { epoch, offset: 1e9 }]] as const) {
    t.test(`an offset ${name} is not recovered`, async t => {
      const back = await server.client(modern)
      await welcome(back)
      back.send({ type: 'resume', ...message })
      t.match(await back.nextJson(), { type: 'resumed', recovered: false })
      t.strictSame(await back.rest(), [])
      await back.close()
    })
  }
})
