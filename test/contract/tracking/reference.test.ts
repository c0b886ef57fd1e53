// What the integration tests of TrackTech's server ask of it, in their order, on one fresh server: numbers of objects follow from what went before.
import t from 'tap'
import { buildTracking, detection } from '../../tracking-peers.ts'

t.test('a fresh server whose objects live for three seconds', async t => {
  const server = await buildTracking(t, { env: { TRACKING_TIMEOUT: '3' } })

  const badForClients: Array<[name: string, message: unknown]> = [
    ['1. no JSON', 'this is no JSON text'],
    ['2. a start without frame, box and picture', { type: 'start', cameraId: 'processor_1' }],
    ['3. a type that there is not', { type: 'dance' }],
    ['4. a start for a camera that nobody has registered', { type: 'start', cameraId: 'nobody', frameId: 1, boxId: 1 }],
    ['5. a stop of an object that there is not', { type: 'stop', objectId: 999 }]
  ]
  for (const [name, message] of badForClients) {
    t.test(`${name}: a client hears nothing, and stays`, async t => {
      const client = await server.client()
      client.send(message)
      t.strictSame(await client.rest(), [])
      t.equal(client.socket.readyState, client.socket.OPEN)
      await client.close()
    })
  }

  const badForProcessors: Array<[name: string, message: unknown]> = [
    ['6. no JSON', '{"type":'],
    ['7. an identifier without an id', { type: 'identifier' }],
    ['8. a type that there is not', { type: 'dance', id: 'processor_1' }]
  ]
  for (const [name, message] of badForProcessors) {
    t.test(`${name}: a processor hears nothing, and stays`, async t => {
      const processor = await server.processor()
      processor.send(message)
      t.strictSame(await processor.rest(), [])
      t.equal(processor.socket.readyState, processor.socket.OPEN)
      await processor.close()
    })
  }

  t.test('9. an object is started by frame and box, and its time ends', async t => {
    const processor = await server.processor('processor_1')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_1', frameId: 1, boxId: 1 })
    t.strictSame(await processor.nextJson(), { type: 'start', objectId: 1, frameId: 1, boxId: 1 })
    t.strictSame(await processor.nextJson(), { type: 'stop', objectId: 1 })
    await Promise.all([processor.close(), client.close()])
  })

  t.test('10. an object is started by a picture, who asks for pictures is told of it, and its time ends', async t => {
    const processor = await server.processor('processor_2')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_2', image: 'a picture' })
    t.strictSame(await processor.nextJson(), { type: 'start', objectId: 2, image: 'a picture' })
    client.send({ type: 'setUsesImages', usesImages: true })
    t.strictSame(await client.nextJson(), { type: 'newObject', objectId: 2, image: 'a picture' })
    client.send({ type: 'setUsesImages', usesImages: false })
    t.strictSame(await processor.nextJson(), { type: 'stop', objectId: 2 })
    t.strictSame(await client.rest(), [], 'who uses no pictures is not told')
    await Promise.all([processor.close(), client.close()])
  })

  t.test('11. a new processor hears of the objects that there are and of no others, and a feature map goes to all', async t => {
    const one = await server.processor('processor_3')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_3', frameId: 1, boxId: 1 })
    t.match(await one.nextJson(), { type: 'start', objectId: 3 })
    const other = await server.processor('processor_3_other')
    t.strictSame(await other.nextJson(), { type: 'featureMap', objectId: 3, featureMap: {} })
    one.send({ type: 'featureMap', objectId: 3, featureMap: [0.5, 1.5] })
    for (const processor of [one, other]) t.strictSame(await processor.nextJson(), { type: 'featureMap', objectId: 3, featureMap: [0.5, 1.5] })
    client.send({ type: 'stop', objectId: 3 })
    for (const processor of [one, other]) t.strictSame(await processor.nextJson(), { type: 'stop', objectId: 3 })
    await Promise.all([one.close(), other.close(), client.close()])
  })

  t.test('12. boxes go to clients, and the timeline has them when they arrive', async t => {
    const processor = await server.processor('processor_4')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_4', frameId: 1, boxId: 1 })
    t.match(await processor.nextJson(), { type: 'start', objectId: 4 })
    const boxes = [{ objectId: 3 }, { objectId: 4 }, { rect: [] }]
    processor.send({ type: 'boundingBoxes', frameId: 1, boxes })
    t.strictSame(await client.nextJson(), { type: 'boundingBoxes', cameraId: 'processor_4', frameId: 1, boxes })
    const { status, text } = await server.send('/timelines?objectId=4')
    t.equal(status, 200)
    t.match((JSON.parse(text) as { data: unknown[] }).data, [{ timeStamp: /^\d{4}\/\d\d\/\d\d \| \d\d:\d\d:\d\d$/, processorId: 'processor_4' }])
    client.send({ type: 'stop', objectId: 4 })
    t.strictSame(await processor.nextJson(), { type: 'stop', objectId: 4 })
    await Promise.all([processor.close(), client.close()])
  })

  t.test('13. boxes that are no list do no harm', async t => {
    const processor = await server.processor('processor_5')
    processor.send({ type: 'boundingBoxes', frameId: 1, boxes: 'none' })
    t.strictSame(await processor.rest(), [])
    const client = await server.client()
    processor.send(detection())
    t.match(await client.nextJson(), { type: 'boundingBoxes', cameraId: 'processor_5' })
    await Promise.all([processor.close(), client.close()])
  })

  t.test('14. a question for a timeline must name an object', async t => {
    const { status, text } = await server.send('/timelines')
    t.equal(status, 400)
    t.equal(text, 'Missing "objectId" query parameter')
  })

  t.test('15. an object that there never was has no timeline', async t => {
    const { status, text } = await server.send('/timelines?objectId=100')
    t.equal(status, 400)
    t.equal(text, 'Object id not present in tracking history')
  })

  t.test('16. all numbers that were ever used are listed, and bad orders used none', async t => {
    t.equal((await server.send('/objectIds')).text, '{"data":[1, 2, 3, 4]}')
  })

  t.test('17. a start and a stop in one breath arrive as both', async t => {
    const processor = await server.processor('processor_6')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_6', frameId: 1, boxId: 1 })
    client.send({ type: 'stop', objectId: 5 })
    t.match(await processor.nextJson(), { type: 'start', objectId: 5 })
    t.strictSame(await processor.nextJson(), { type: 'stop', objectId: 5 })
    await Promise.all([processor.close(), client.close()])
  })

  t.test('18. a new processor gets the feature map that there is, at once', async t => {
    const one = await server.processor('processor_7')
    const client = await server.client()
    client.send({ type: 'start', cameraId: 'processor_7', frameId: 1, boxId: 1 })
    t.match(await one.nextJson(), { type: 'start', objectId: 6 })
    one.send({ type: 'featureMap', objectId: 6, featureMap: [0.25] })
    await one.rest()
    const other = await server.processor('processor_7_other')
    t.strictSame(await other.nextJson(), { type: 'featureMap', objectId: 6, featureMap: [0.25] })
    await Promise.all([one.close(), other.close(), client.close()])
  })

  t.test('19. the server ends when it is told to, with connections open', async t => {
    const [client, processor] = [await server.client(), await server.processor('processor_8')]
    await server.app.close()
    for (const { closed } of [client, processor]) t.equal((await closed).code, 1001)
  })
})
