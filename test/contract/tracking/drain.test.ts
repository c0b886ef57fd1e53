// How the server stops while clients and processors are connected, and what it says of itself meanwhile.
import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { startProcess } from '../../faults/server-process.ts'
import { connectPeer, buildTracking, detection, identify } from '../../tracking-peers.ts'

t.test('a server that is told to stop closes all connections with 1001, ends, and the next one takes them', async t => {
  const DATA_DIR = t.testdir({})
  const environment = { MODULES: 'tracking', DATA_DIR, SHUTDOWN_TIMEOUT: '5000' }
  const first = startProcess(t, environment)
  const port = await first.port
  const client = await connectPeer(t, port, '/client')
  const processor = await connectPeer(t, port, '/processor')
  await identify(processor, 'cam')
  client.send({ type: 'start', cameraId: 'cam', image: 'x' })
  t.match(await processor.nextJson(), { type: 'start', objectId: 1 })
  first.kill('SIGTERM')
  for (const peer of [client, processor]) t.equal((await peer.closed).code, 1001)
  const { code, stdout, stderr } = await first.ended
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, /"level":(50|60)/)

  const second = startProcess(t, environment)
  const back = await connectPeer(t, await second.port, '/processor')
  await identify(back, 'cam')
  t.match(await back.nextJson(), { type: 'featureMap', objectId: 1, featureMap: {} })
})

t.test('a peer that does not answer the closing holds nothing up for longer than seconds', async t => {
  const server = await buildTracking(t)
  const socket = connect(server.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET /client HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  await once(socket, 'data')
  const ended = once(socket, 'close')
  await server.app.close()
  await ended
  t.pass('it is broken')
})

t.test('while the server drains it goes on as before, and takes new connections', async t => {
  const server = await buildTracking(t, { env: { DRAIN_TIME: '1500' } })
  const client = await server.client()
  const processor = await server.processor('cam')
  const closed = server.app.close()
  const { status } = await server.send('/health/ready')
  t.equal(status, 503)
  const late = await server.client()
  processor.send(detection())
  for (const each of [client, late]) t.match(await each.nextJson(), { cameraId: 'cam' })
  for (const each of [client, late, processor]) t.equal((await each.closed).code, 1001)
  await closed
})

t.test('readiness and metrics tell of tracking', async t => {
  const server = await buildTracking(t)
  const client = await server.client()
  const processor = await server.processor('cam')
  client.send({ type: 'start', cameraId: 'cam', image: 'x' })
  client.send('x')
  processor.send(detection(1))
  await processor.settled()
  await client.settled()
  t.strictSame((await server.send('/health/ready')).json, { status: 'ready' })
  const { text } = await server.send('/metrics')
  for (const line of [
    'tutti_tracking_sockets{side="client"} 1', 'tutti_tracking_sockets{side="processor"} 1', 'tutti_tracking_messages_total{side="client",type="start"} 1',
    'tutti_tracking_messages_total{side="processor",type="identifier"} 1', 'tutti_tracking_messages_total{side="processor",type="boundingBoxes"} 1',
    'tutti_tracking_refusals_total{side="client",reason="not-json"} 1', 'tutti_tracking_objects 1', 'tutti_tracking_processors 1', 'tutti_tracking_trouble 0',
    'tutti_tracking_fan_out_seconds_count 1'
  ]) t.ok(text.split('\n').includes(line), line)
  for (const [peer, code] of [[client, undefined], [await server.client(), 4999], [await server.client(), 3001]] as const) {
    const ended = server.logged(line => line.msg === 'connection ended', server.logs.length)
    peer.socket.close(code)
    await ended
  }
  const closes = (await server.send('/metrics')).text.split('\n').filter(line => line.startsWith('tutti_tracking_closes_total'))
  t.strictSame(closes, ['tutti_tracking_closes_total{side="client",code="1005"} 1', 'tutti_tracking_closes_total{side="client",code="other"} 2'], 'codes that peers make up are not kept one by one')
})
