// Tracking over TLS: whoever comes by it meets those who come without, and is told when the server stops.
import { once } from 'node:events'
import { connect } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { makeKeyPair, placeKeyPair } from '../../lib/fixtures/key-pair.ts'
import { buildTracking, connectPeer, detection, identify } from '../../tracking-peers.ts'
import type { TestPeer, TrackingServer } from '../../tracking-peers.ts'

/** A server that tracks and has a certificate, and how to come to it over TLS. */
async function buildSecure (t: Test, env: Record<string, string> = {}): Promise<{ server: TrackingServer, secure: (path: string) => Promise<TestPeer>, port: number, ca: string }> {
  const { cert: ca, key } = await makeKeyPair()
  const placed = placeKeyPair(t, { cert: ca, key })
  const server = await buildTracking(t, { env: { ...placed.env, SSL_PORT: '0', ...env } })
  const port = Number(new URL(server.app.tlsOrigin() ?? server.origin).port)
  const secure = (path: string) => connectPeer(t, port, path, { createConnection: () => connect({ host: '127.0.0.1', port, ca }) })
  return { server, secure, port, ca }
}

t.test('a client over TLS sees what a processor without it sees, and the other way about', async t => {
  const { server, secure } = await buildSecure(t)
  const clients = [await server.client(), await secure('/client')]
  const processors = [await server.processor('plain'), await secure('/processor')]
  await identify(processors[1] as TestPeer, 'secret')
  for (const [index, cameraId] of ['plain', 'secret'].entries()) {
    processors[index]?.send(detection())
    for (const client of clients) t.match(await client.nextJson(), { type: 'boundingBoxes', cameraId })
  }
  clients[0]?.send({ type: 'start', cameraId: 'secret', frameId: 1, boxId: 1 })
  t.match(await processors[1]?.nextJson(), { type: 'start', objectId: 1 })
})

for (const SSL_ONLY of ['off', 'on']) {
  const alone = SSL_ONLY === 'on' ? ' alone' : ''

  t.test(`a server that listens for TLS${alone} closes with 1001 when it stops, and ends`, async t => {
    const { server, secure } = await buildSecure(t, { SSL_ONLY })
    const peers = [await secure('/client'), await secure('/processor')]
    await identify(peers[1] as TestPeer, 'cam')
    const closed = server.app.close()
    for (const peer of peers) t.equal((await peer.closed).code, 1001)
    await closed
  })

  t.test(`a handshake of WebSockets over TLS${alone} that is none is answered as without`, async t => {
    const { port, ca } = await buildSecure(t, { SSL_ONLY })
    for (const [head, status] of [
      ['GET /client HTTP/1.1\r\nconnection: close\r\n', 400],
      ['GET /client HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 7\r\n', 426],
      ['GET /health HTTP/1.1\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n', 200]
    ] as const) {
      const socket = connect({ host: '127.0.0.1', port, ca })
      t.teardown(() => { socket.destroy() })
      socket.write(`${head}host: x\r\n\r\n`)
      t.match(String((await once(socket, 'data'))[0]), `HTTP/1.1 ${status} `)
    }
  })
}
