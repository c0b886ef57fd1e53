// compose/tracking.yaml on a real engine: boxes go through it, and what is tracked is there again after its container was replaced.
import t from 'tap'
import { connectPeer } from '../tracking-peers.ts'
import { prepareDeployment, untilHealthy } from './deployment.ts'

const port = 8080

t.test('tracking alone', async t => {
  // Open on purpose: there is no identity provider here, and the port is bound to this machine.
  const { compose } = await prepareDeployment({ COMPOSE_FILE: 'tracking.yaml', TRACKING_STRICT: 'off' })
  t.teardown(() => compose('down --volumes --timeout 5'))
  await compose('up --detach --no-build')
  const [first] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  const processor = await connectPeer(t, port, '/processor')
  const client = await connectPeer(t, port, '/client')
  processor.send({ type: 'identifier', id: 'entrance' })
  await processor.settled()
  client.send('{"type":"start","cameraId":"entrance","frameId":12.0,"boxId":3}')
  t.equal(await processor.next(), '{"type":"start","objectId":1,"frameId":12.0,"boxId":3}')
  processor.send('{"type":"boundingBoxes","frameId":13.0,"boxes":[{"objectId":1}]}')
  t.equal(await client.next(), '{"type":"boundingBoxes","cameraId":"entrance","frameId":13.0,"boxes":[{"objectId":1}]}')

  await compose('up --detach --no-build --force-recreate')
  const [second] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  t.not(second, first, 'it is another container')
  t.equal((await client.closed).code, 1001)
  const again = await connectPeer(t, port, '/processor')
  again.send({ type: 'identifier', id: 'entrance' })
  await again.settled()
  t.equal(await again.next(), '{"type":"featureMap","objectId":1,"featureMap":{}}', 'the object is still there')
  const back = await connectPeer(t, port, '/client')
  back.send('{"type":"start","cameraId":"entrance","frameId":14.0,"boxId":3}')
  t.match(await again.next(), /"objectId":2,/, 'numbers go on')
  t.match(await (await fetch(`http://127.0.0.1:${port}/timelines?objectId=1`)).text(), /entrance/, 'and sightings are kept')
})
