// Clients that follow their request and then do not: they hang up, or stop reading. Neither costs the server more than a bound.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { after, build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { Built } from '../helper.ts'
import { head, rawClient } from './raw-client.ts'
import type { RawClient } from './raw-client.ts'

/** Asks for events by hand. */
async function follow (t: Test, server: Built): Promise<RawClient> {
  const text = JSON.stringify(graphicRequest())
  const client = await rawClient(t, server.port)
  await client.write(head({ accept: 'text/event-stream', 'content-length': Buffer.byteLength(text) }) + text)
  return client
}

/** Resolves once the client has received a text. */
async function receives (client: RawClient, text: string): Promise<void> {
  while (!client.received().includes(text)) await once(client.socket, 'data')
}

/** The body of a chunked answer (RFC 9112, section 7.1); throws where it is not whole. */
function unchunked (answer: string): string {
  let rest = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  let body = ''
  for (;;) {
    const [line = '', size = ''] = rest.match(/^([0-9a-f]+)\r\n/) ?? assert.fail('no chunk')
    const end = line.length + Number.parseInt(size, 16)
    assert.equal(rest.slice(end, end + 2), '\r\n', 'the chunk is whole')
    if (end === line.length) return body
    body += rest.slice(line.length, end)
    rest = rest.slice(end + 2)
  }
}

t.test('F11: a client that hangs up in the middle of its events ends the work', async t => {
  const look = await mockService(t, hang)
  const text = await mockService(t, made(rendering('text')))
  const server = await build(t, { services: { look: preprocessor(look), text: handler(text) }, env: { PARALLEL_PREPROCESSORS: 'OFF' } })
  const client = await follow(t, server)
  const working = await look.request(1)
  await receives(client, 'event: started')
  client.socket.destroy()
  await working.closed
  await server.logged(({ code }) => code === 'TUTTI_CLIENT_GONE')
  await server.logged(({ msg, status }) => msg === 'request ended' && status === 499)
  t.equal(text.received.length, 0, 'what would have followed never starts')
  look.behaviour = found(names.preprocessor('look'), {})
  t.strictSame(descriptions(await server.render()), ['text'], 'and the server goes on')
})

t.test('a client that stops reading is cut when too much waits for it, and its work ends', async t => {
  // More than the buffers of both sockets take.
  const large = { data: { text: 'x'.repeat(900_000) } }
  const everyone = await mockService(t, made(rendering('large', large)))
  const gate = Promise.withResolvers<void>()
  const last = await mockService(t, after(gate.promise, made(rendering('last'))))
  const handlers = Object.fromEntries(Array.from({ length: 24 }, (_, number) => [`large-${number}`, handler(everyone)]))
  const server = await build(t, { services: { ...handlers, last: handler(last) }, env: { MAX_REPLY: '1mb' } })
  const client = await follow(t, server)
  client.socket.pause()
  const working = await last.request(1)
  await server.logged(({ code }) => code === 'TUTTI_CLIENT_GONE')
  await working.closed
  t.pass('the service that still worked is told by the end of its connection')
  client.socket.resume()
  t.notMatch(await client.closed, 'event: answer')
  gate.resolve()
  t.strictSame(descriptions(await server.render(graphicRequest({ route: 'nobody' }))), [], 'and the server goes on')
})

t.test('a slow client that reads everything gets everything', async t => {
  const large = { data: { text: 'x'.repeat(900_000) } }
  const everyone = await mockService(t, made(rendering('large', large)))
  const server = await build(t, { services: Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`large-${number}`, handler(everyone)])) })
  const client = await follow(t, server)
  client.socket.pause()
  await server.logged(({ msg, service }) => msg === 'service settled' && service === 'large-7')
  client.socket.resume()
  const text = unchunked(await client.closed)
  t.equal(text.match(/^event: rendering$/gm)?.length, 8)
  const answer = text.slice(text.lastIndexOf('event: answer\ndata: ') + 'event: answer\ndata: '.length)
  t.equal(JSON.parse(answer).renderings.length, 8)
})

t.test('a server that closes ends streams with what is ready, and does not wait for their clients', async t => {
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON', SHUTDOWN_TIMEOUT: '300' },
    services: { quick: handler(await mockService(t, made(rendering('quick')))), slow: handler(await mockService(t, hang)) }
  })
  const client = await follow(t, server)
  await receives(client, 'event: rendering')
  const closed = server.app.close()
  const text = unchunked(await client.closed)
  t.match(text, /event: late\n/)
  t.match(text, /event: answer\ndata: {"request_uuid".*"quick".*\n\n$/)
  await closed
})
