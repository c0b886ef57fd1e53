// What clients and processors say to each other by way of the server, letter by letter.
import t from 'tap'
import { buildTracking } from '../../tracking-peers.ts'
import type { TestPeer } from '../../tracking-peers.ts'

/** What anybody has heard once the server has taken all that one of them sent. */
async function quiet (sender: TestPeer, peers: TestPeer[]): Promise<string[]> {
  await sender.settled()
  return (await Promise.all(peers.map(peer => peer.rest()))).flat()
}

t.test('what goes through', async t => {
  const server = await buildTracking(t)
  const [client, other] = [await server.client(), await server.client()]
  const [one, two] = [await server.processor('cam'), await server.processor('other cam')]
  const everybody = [client, other, one, two]

  t.test('boxes go to all clients, with the camera as it is registered, and values as they are spelled', async t => {
    one.send('{ "boxes" : [ {"rect":[0.0, 1.0,0.50,1e0],"objectId":1.0,"certainty":0.10} ], "cameraId":"forged", "frameId": 12.0, "more":1, "type":"boundingBoxes" }')
    const text = '{"type":"boundingBoxes","cameraId":"cam","frameId":12.0,"boxes":[ {"rect":[0.0, 1.0,0.50,1e0],"objectId":1.0,"certainty":0.10} ]}'
    t.equal(await client.next(), text)
    t.equal(await other.next(), text)
    t.strictSame(await quiet(one, [one, two]), [], 'processors hear nothing of it')
  })

  t.test('frames may be numbered in any way that JSON has', async t => {
    for (const frameId of ['12.0', '0.0', '-0', '123456789012345678901', '1e400', '1E-7', '"7"', 'null', 'true']) {
      one.send(`{"type":"boundingBoxes","frameId":${frameId},"boxes":[]}`)
      t.equal(await client.next(), `{"type":"boundingBoxes","cameraId":"cam","frameId":${frameId},"boxes":[]}`)
      await other.next()
    }
  })

  t.test('who has not registered has no name', async t => {
    const nobody = await server.processor()
    nobody.send('{"type":"boundingBoxes","frameId":1,"boxes":[]}')
    t.equal(await client.next(), '{"type":"boundingBoxes","cameraId":null,"frameId":1,"boxes":[]}')
    await other.next()
    await nobody.close()
  })

  t.test('a start goes to the processor of the camera alone, with what it has of frame, box and picture', async t => {
    const starts: Array<[members: string, told: string]> = [
      ['"frameId":12.0,"boxId":3', '"frameId":12.0,"boxId":3'],
      ['"boxId":0,"frameId":0', '"frameId":0,"boxId":0'],
      ['"frameId":"","boxId":false', '"frameId":"","boxId":false'],
      ['"image":"data:image/png;base64,AA\\u00e9=="', '"image":"data:image/png;base64,AA\\u00e9=="'],
      ['"image":0', '"image":0'],
      ['"frameId":1,"image":"x"', '"frameId":1,"image":"x"'],
      ['"frameId":null,"boxId":null,"image":"x"', '"image":"x"'],
      ['"frameId":1.50,"boxId":2,"image":"é ☃"', '"frameId":1.50,"boxId":2,"image":"é ☃"']
    ]
    for (const [index, [members, told]] of starts.entries()) {
      client.send(`{"type":"start","cameraId":"cam",${members},"colour":"red"}`)
      t.equal(await one.next(), `{"type":"start","objectId":${index + 1},${told}}`)
    }
    t.strictSame(await quiet(client, everybody), [], 'nobody uses pictures, and the others are not asked')
  })

  const nothings = [
    '{"type":"start","frameId":1,"boxId":1}',
    '{"type":"start","cameraId":"cam"}',
    '{"type":"start","cameraId":"cam","frameId":1}',
    '{"type":"start","cameraId":"cam","boxId":1}',
    '{"type":"start","cameraId":"cam","frameId":1,"boxId":null}',
    '{"type":"start","cameraId":"cam","image":null}',
    '{"type":"start","cameraId":"nowhere","frameId":1,"boxId":1}',
    '{"type":"start","cameraId":["cam"],"frameId":1,"boxId":1}',
    '{"type":"stop"}', '{"type":"stop","objectId":"1"}', '{"type":"stop","objectId":99}', '{"type":"stop","objectId":null}', '{"type":"stop","objectId":0}', '{"type":"stop","objectId":-1}',
    '{"type":"setUsesImages"}', '{"type":"authenticate"}', '{"type":"authenticate","jwt":"a.b.c"}',
    '{"type":"identifier","id":"cam"}', '{"type":"boundingBoxes","frameId":1,"boxes":[]}', '{"type":"featureMap","objectId":1,"featureMap":[1]}',
    '{"type":"newObject","objectId":1}', '{"type":7}', '{"type":null}', '{"cameraId":"cam"}', '{}', '[]', '"start"', '7', 'null', '', ' ', '{', '{"type":"start"', '[[[[',
    '{"type":"start","cameraId":"cam","frameId":NaN,"boxId":1}', '{"type":"start","cameraId":"cam","frameId":Infinity,"boxId":1}', "{'type':'stop','objectId':1}",
    '{"__proto__":{"type":"stop","objectId":1}}', '{"type":"stop","objectId":1}}', Buffer.from([0xff, 0xfe, 0xfd])
  ]
  for (const message of nothings) {
    t.test(`a client that sends ${String(message) || 'nothing'} changes nothing and stays`, async t => {
      client.send(message)
      t.strictSame(await quiet(client, everybody), [])
      t.equal(client.socket.readyState, client.socket.OPEN)
      t.equal(server.app.tracking.exchange.lastId, 8)
      t.equal(server.app.tracking.exchange.objects.size, 8)
    })
  }

  const idle = [
    '{"type":"identifier"}', '{"type":"identifier","id":null}', '{"type":"identifier","id":""}', '{"type":"identifier","id":{}}', '{"type":"identifier","id":["cam"]}', '{"type":"identifier","id":true}',
    '{"type":"boundingBoxes","frameId":1}', '{"type":"boundingBoxes","boxes":[]}', '{"type":"boundingBoxes","frameId":1,"boxes":"none"}', '{"type":"boundingBoxes","frameId":1,"boxes":null}',
    '{"type":"boundingBoxes","frameId":1,"boxes":{}}', '{"type":"boundingBoxes","frameId":1,"boxes":[1]}', '{"type":"boundingBoxes","frameId":NaN,"boxes":[]}', '{"type":"boundingBoxes","frameId":1,"boxes":[{"rect":[NaN]}]}',
    '{"type":"featureMap","objectId":1}', '{"type":"featureMap","featureMap":[]}', '{"type":"featureMap","objectId":99,"featureMap":[1.0]}', '{"type":"featureMap","objectId":"1","featureMap":[1.0]}',
    '{"type":"featureMap","objectId":1,"featureMap":[-Infinity]}', '{"type":"start","cameraId":"cam","frameId":1,"boxId":1}', '{"type":"stop","objectId":1}', '{"type":"setUsesImages","usesImages":true}', 'x', '[]', '{}'
  ]
  for (const message of idle) {
    t.test(`a processor that sends ${message} changes nothing and stays`, async t => {
      two.send(message)
      t.strictSame(await quiet(two, everybody), [])
      t.equal(two.socket.readyState, two.socket.OPEN)
    })
  }

  t.test('a feature map goes to all processors, to the sender too, and to one that registers, in its spelling', async t => {
    two.send('{"type":"featureMap","objectId":2,"featureMap":[0.0, 1.50,-1e-3, 12.0]}')
    const text = '{"type":"featureMap","objectId":2,"featureMap":[0.0, 1.50,-1e-3, 12.0]}'
    t.equal(await one.next(), text)
    t.equal(await two.next(), text)
    t.strictSame(await quiet(two, [client, other]), [], 'clients hear nothing of it')
    const third = await server.processor('third cam')
    t.strictSame(await third.rest(), Array.from({ length: 8 }, (_, index) => index === 1 ? text : `{"type":"featureMap","objectId":${index + 1},"featureMap":{}}`), 'all objects in their order, also those that have none yet')
    third.send('{"type":"identifier","id":"third cam"}')
    t.equal((await third.rest()).length, 8, 'again when it registers again')
    await third.close()
  })

  t.test('a number of an object may be spelled as Python takes it to be equal', async t => {
    one.send('{"type":"featureMap","objectId":3.0,"featureMap":[2.0]}')
    for (const processor of [one, two]) t.equal(await processor.next(), '{"type":"featureMap","objectId":3,"featureMap":[2.0]}')
    client.send('{"type":"stop","objectId":3.0}')
    for (const processor of [one, two]) t.equal(await processor.next(), '{"type":"stop","objectId":3}')
  })

  t.test('a stop goes to the processors that hold the object, and to no others: those of TrackTech end on it', async t => {
    client.send('{"type":"stop","objectId":4}')
    t.equal(await one.next(), '{"type":"stop","objectId":4}')
    t.strictSame(await quiet(client, [two]), [], 'who was never told of the object but as {}')
    const late = await server.processor('late cam')
    await late.rest()
    client.send('{"type":"stop","objectId":2}')
    for (const processor of [one, two, late]) t.equal(await processor.next(), '{"type":"stop","objectId":2}', 'who was told of its feature map is told of its end')
    client.send('{"type":"stop","objectId":2}')
    t.strictSame(await quiet(client, [one, two, late]), [], 'once')
    await late.close()
  })
})

t.test('who uses pictures', async t => {
  const server = await buildTracking(t)
  const client = await server.client()
  const processor = await server.processor('cam')
  const start = async (members: string) => {
    client.send(`{"type":"start","cameraId":"cam",${members}}`)
    return (await processor.nextJson()).objectId
  }
  await start('"image":"one"')
  await start('"frameId":1,"boxId":1')
  await start('"image":["three",3.0]')
  client.send('{"type":"stop","objectId":1}')
  await processor.next()
  await start('"image":"four"')

  t.test('`true` is told of all that have one, in the order of their start, each time', async t => {
    const viewer = await server.client()
    t.strictSame(await viewer.rest(), [], 'not before it has said so')
    for (let round = 0; round < 2; round++) {
      viewer.send('{"type":"setUsesImages","usesImages":true}')
      t.strictSame(await viewer.rest(), ['{"type":"newObject","objectId":3,"image":["three",3.0]}', '{"type":"newObject","objectId":4,"image":"four"}'])
    }
    viewer.send('{"type":"start","cameraId":"cam","image":"five"}')
    t.equal(await viewer.next(), '{"type":"newObject","objectId":5,"image":"five"}', 'and of new ones, its own too')
    viewer.send('{"type":"start","cameraId":"cam","frameId":2.0,"boxId":2}')
    t.equal(await viewer.next(), '{"type":"newObject","objectId":6}', 'also of those without')
    viewer.send('{"type":"stop","objectId":5}')
    t.equal(await viewer.next(), '{"type":"stop","objectId":5}')
    viewer.send('{"type":"setUsesImages","usesImages":false}')
    viewer.send('{"type":"stop","objectId":6}')
    t.strictSame(await viewer.rest(), [], 'until it says that it uses none')
    await viewer.close()
    await processor.rest()
  })

  for (const value of ['1', '"yes"', '[0]', '{"a":0}', '0.5', '"false"']) {
    t.test(`${value} is told of new objects only`, async t => {
      const viewer = await server.client()
      viewer.send(`{"type":"setUsesImages","usesImages":${value}}`)
      t.strictSame(await viewer.rest(), [])
      const objectId = await start('"image":"new"')
      t.equal(await viewer.next(), `{"type":"newObject","objectId":${String(objectId)},"image":"new"}`)
      client.send({ type: 'stop', objectId })
      await processor.next()
      t.strictSame(await viewer.rest(), [])
      await viewer.close()
    })
  }

  for (const value of ['0', '""', 'null', '[]', '{}', '0.0', '-0', 'false']) {
    t.test(`${value} is told of none`, async t => {
      const viewer = await server.client()
      viewer.send(`{"type":"setUsesImages","usesImages":${value}}`)
      const objectId = await start('"image":"new"')
      client.send({ type: 'stop', objectId })
      await processor.next()
      t.strictSame(await viewer.rest(), [])
      await viewer.close()
    })
  }
})

t.test('with TRACKING_LEGACY=on', async t => {
  const server = await buildTracking(t, { env: { TRACKING_LEGACY: 'on' } })
  const client = await server.client()
  const [one, two] = [await server.processor('cam'), await server.processor('other')]

  t.test('boxes of any kind are passed on, and sightings count up to the first that is no box', async t => {
    client.send('{"type":"start","cameraId":"cam","image":1}')
    await one.next()
    for (const boxes of ['"none"', 'null', '{}', '[1]', '[{"objectId":1},7,{"objectId":1}]']) {
      one.send(`{"type":"boundingBoxes","frameId":1,"boxes":${boxes}}`)
      t.equal(await client.next(), `{"type":"boundingBoxes","cameraId":"cam","frameId":1,"boxes":${boxes}}`)
    }
    const { data } = JSON.parse((await server.send('/timelines?objectId=1')).text) as { data: unknown[] }
    t.equal(data.length, 1)
  })

  t.test('a stop goes to all processors', async t => {
    client.send('{"type":"stop","objectId":1}')
    for (const processor of [one, two]) t.equal(await processor.next(), '{"type":"stop","objectId":1}')
  })

  t.test('what is no JSON is still refused', async t => {
    one.send('{"type":"boundingBoxes","frameId":NaN,"boxes":[]}')
    await one.settled()
    t.strictSame(await client.rest(), [])
  })
})
