// How a connection begins: which requests become WebSockets, what the others are answered, and how large and of what kind messages may be.
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import t from 'tap'
import { build } from '../../helper.ts'
import { buildTracking, connectPeer, detection, identify } from '../../tracking-peers.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='

const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key }

/** Asks with headers as they are, and gives the answer, whether it is one or the beginning of a WebSocket. */
async function ask (port: number, path: string, headers: OutgoingHttpHeaders, method = 'GET'): Promise<{ status: number | undefined, text: string, headers: IncomingMessage['headers'] }> {
  const asking = request({ host: '127.0.0.1', port, path, method, headers })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve)
    asking.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
    asking.once('error', reject)
  })
  asking.end()
  const response = await answer
  if (response.statusCode === 101) return { status: 101, text: '', headers: response.headers }
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode, text, headers: response.headers }
}

t.test('handshakes', async t => {
  const server = await buildTracking(t)
  const { port } = server

  for (const path of ['/client', '/processor', '/client?token=x', '/processor?']) {
    t.test(`${path} becomes a WebSocket`, async t => {
      const { status, headers } = await ask(port, path, handshake)
      t.equal(status, 101)
      t.equal(headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'the example of RFC 6455')
    })
  }

  for (const path of ['/client', '/processor']) {
    t.test(`plain GET ${path} is told what is wanted`, async t => {
      const { status, text } = await server.send(path)
      t.equal(status, 400)
      t.equal(text, 'Can "Upgrade" only to "WebSocket".')
      const other = await ask(port, path, { ...handshake, upgrade: 'h2c' })
      t.equal(other.status, 400)
      t.equal(other.text, 'Can "Upgrade" only to "WebSocket".')
    })
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      t.test(`${method} ${path} is not allowed`, async t => {
        t.equal((await server.send(path, { method })).status, 405)
      })
    }
    for (const other of [`${path}/`, path.toUpperCase(), `${path}/x`]) {
      t.test(`${other} is not found, with a handshake and without`, async t => {
        t.equal((await ask(port, other, {})).status, 404)
        t.equal((await ask(port, other, handshake)).status, 404)
      })
    }
  }

  const wrong: Array<[name: string, headers: OutgoingHttpHeaders, status: number]> = [
    ['an old version', { ...handshake, 'sec-websocket-version': '7' }, 426],
    ['an unknown version', { ...handshake, 'sec-websocket-version': '14' }, 426],
    ['no key', { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }, 400],
    ['a key that is none', { ...handshake, 'sec-websocket-key': 'short' }, 400]
  ]
  for (const [name, headers, status] of wrong) {
    t.test(`${name} is answered ${status}`, async t => {
      const answer = await ask(port, '/client', headers)
      t.equal(answer.status, status)
      t.match(answer.text, /\(TUTTI_TRACKING_\w+\)$/)
      if (status === 426) t.equal(answer.headers['sec-websocket-version'], '13')
    })
  }

  t.test('the subprotocol is chosen where it is asked for, and no other', async t => {
    const chosen = async (asked?: string) => (await ask(port, '/client', { ...handshake, ...asked === undefined ? {} : { 'sec-websocket-protocol': asked } })).headers['sec-websocket-protocol']
    t.equal(await chosen(), undefined)
    t.equal(await chosen('chat'), undefined)
    t.equal(await chosen('chat, tutti.v1'), 'tutti.v1')
  })

  t.test('nothing is compressed, whatever the client offers', async t => {
    const { status, headers } = await ask(port, '/client', { ...handshake, 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' })
    t.equal(status, 101)
    t.equal(headers['sec-websocket-extensions'], undefined)
  })

  t.test('any origin may connect, and nobody is greeted', async t => {
    const peers = [await server.client({ origin: 'https://anywhere.example' }), await server.processor()]
    for (const peer of peers) {
      t.strictSame(await peer.rest(), [])
      await peer.close()
    }
  })

  t.test('an upgrade to something else, or elsewhere, changes nothing for a request', async t => {
    t.equal((await ask(port, '/health', { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' })).status, 200)
    t.equal((await ask(port, '/health', handshake)).status, 200)
    t.equal((await ask(port, '/objectIds', handshake)).status, 200)
    t.equal((await ask(port, '/client', handshake, 'POST')).status, 405)
  })

  t.test('a handshake is one request, told as 101 at once, and the connection one line when it ends', async t => {
    const from = server.logs.length
    const client = await server.client()
    const line = await server.logged(each => each.msg === 'request ended' && each.route === '/client', from)
    t.equal(line.status, 101)
    await client.close()
    const end = await server.logged(each => each.msg === 'connection ended', from)
    t.match(end, { reqId: line.reqId, side: 'client', by: 'peer' })
    t.match((await server.send('/metrics')).text, /^tutti_requests_total\{route="\/client",status="101"\} \d+$/m)
  })
})

t.test('messages', async t => {
  const server = await buildTracking(t)

  t.test('text and binary frames are both taken, in any encoding of JSON, and answers are text', async t => {
    const client = await server.client()
    const texts = [detection(), Buffer.from(detection()), Buffer.from(detection(), 'utf16le'), Buffer.from(`\uFEFF${detection()}`, 'utf16le')]
    const processor = await server.processor('kinds')
    for (const text of texts) {
      processor.send(text)
      t.equal(await client.next(), '{"type":"boundingBoxes","cameraId":"kinds",' + detection().slice('{"type":"boundingBoxes",'.length))
    }
    await Promise.all([client.close(), processor.close()])
  })

  t.test('a message may come in fragments', async t => {
    const client = await server.client()
    const processor = await server.processor('fragments')
    const text = detection()
    for (let start = 0; start < text.length; start += 10) processor.socket.send(text.slice(start, start + 10), { fin: start + 10 >= text.length })
    t.match(await client.nextJson(), { type: 'boundingBoxes', cameraId: 'fragments' })
    await Promise.all([client.close(), processor.close()])
  })

  t.test('ten mebibytes are a message, one byte more is closed with 1009', async t => {
    const largest = 10 * 1024 * 1024
    const [client, processor] = [await server.client(), await server.processor('large')]
    const [start, end] = ['{"type":"boundingBoxes","frameId":1,"boxes":[{"note":"', '"}]}']
    const message = (size: number) => start + 'x'.repeat(size - start.length - end.length) + end
    processor.send(message(largest))
    t.equal((await client.next()).length, largest + '"cameraId":"large",'.length)
    processor.send(message(largest + 1))
    t.equal((await processor.closed).code, 1009)
    t.strictSame(await client.rest(), [])
    await client.close()
  })
})

t.test('pages of other origins than those listed may not connect, programs without an origin may', async t => {
  const server = await buildTracking(t, { env: { TRACKING_ORIGINS: 'https://track.example.org, http://localhost:3000' } })
  const status = async (origin?: string) => (await ask(server.port, '/client', { ...handshake, ...origin === undefined ? {} : { origin } })).status
  t.equal(await status('https://track.example.org'), 101)
  t.equal(await status('http://localhost:3000'), 101)
  t.equal(await status(), 101)
  for (const other of ['https://evil.example', 'https://track.example.org.evil.example', 'http://track.example.org', 'null']) t.equal(await status(other), 403, other)
})

t.test('connections beyond the bound are closed with 1013, and never refused by HTTP', async t => {
  const server = await buildTracking(t, { env: { TRACKING_MAX_SOCKETS: '2' } })
  const client = await server.client()
  const processor = await server.processor('one')
  for (const path of ['/client', '/processor']) t.equal((await (await connectPeer(t, server.port, path)).closed).code, 1013)
  await processor.close()
  const other = await server.processor()
  await identify(other, 'two')
  other.send(detection())
  t.match(await client.nextJson(), { cameraId: 'two' })
})

t.test('with graphics and tracking both, graphics are as they are without', async t => {
  const server = await build(t, { env: { MODULES: 'graphics,tracking', DATA_DIR: t.testdir({}) } })
  t.equal((await ask(server.port, '/client', handshake)).status, 101)
  t.equal((await server.render()).status, 200)
  t.equal((await ask(server.port, '/health', { connection: 'Upgrade', upgrade: 'h2c' })).status, 200)
  const body = JSON.stringify({})
  const asking = request({ host: '127.0.0.1', port: server.port, path: '/render', method: 'POST', headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'content-type': 'application/json', 'content-length': body.length } })
  asking.end(body)
  const [response] = await once(asking, 'response') as [IncomingMessage]
  t.equal(response.statusCode, 400, 'the body of a request that asks for HTTP/2 is read')
  response.resume()
})

t.test('a server without tracking has none of its paths', async t => {
  const server = await build(t)
  for (const path of ['/client', '/processor', '/timelines', '/objectIds']) {
    t.equal((await ask(server.port, path, handshake)).status, 404)
  }
})
