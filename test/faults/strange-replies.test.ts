// Replies that are too large, never end, or are no HTTP at all: each is that service's failure and nobody else's.
import { gzipSync } from 'node:zlib'
import type { Socket } from 'node:net'
import t from 'tap'
import { answer, build, descriptions, found, handler, made, mockService, names, outcomes, preprocessor, rendering, socketService, uuid } from '../helper.ts'
import type { Behaviour, Entry } from '../helper.ts'

const limit = 256 * 1024
const data = { request_uuid: uuid, timestamp: 1, name: names.preprocessor('strange'), data: { n: 1 } }
const renderings = { request_uuid: uuid, timestamp: 1, renderings: [rendering('strange')] }

/** A reply that is valid for either role, of exactly so many bytes. */
function replyOf (bytes: number): string {
  const both = { ...data, ...renderings }
  return JSON.stringify({ ...both, fill: 'x'.repeat(bytes - JSON.stringify({ ...both, fill: '' }).length) })
}

/** Writes chunks for as long as they are taken. */
const endless: Behaviour = response => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const write = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', write)
  }
  write()
}

/** Sends bytes once a request has begun to come. */
const raw = (bytes: string | Buffer) => (socket: Socket) => { socket.once('data', () => socket.write(bytes)) }
const ok = 'HTTP/1.1 200 OK\r\n'
const whole = replyOf(1000)

t.test('F8: strange replies', async t => {
  const http: Record<string, [behaviour: Behaviour, outcome: string]> = {
    'largest-allowed': [answer(200, replyOf(limit)), 'done'],
    'one-byte-too-large': [answer(200, replyOf(limit + 1)), 'failed: too-large'],
    'too-large-in-chunks': [response => { response.write(replyOf(limit + 1)); response.end() }, 'failed: too-large'],
    'endless-chunks': [endless, 'failed: too-large'],
    'announces-a-terabyte': [response => { response.writeHead(200, { 'content-length': String(2 ** 40) }).write('{') }, 'failed: too-large'],
    'gzipped-though-nobody-asked': [answer(200, gzipSync(whole), { 'content-encoding': 'gzip' }), 'failed: not-json'],
    'gzip-bomb': [answer(200, gzipSync(Buffer.alloc(50 * 1024 * 1024, ' ')), { 'content-encoding': 'gzip' }), 'failed: not-json'],
    'plain-but-called-gzip': [answer(200, whole, { 'content-encoding': 'gzip' }), 'done'],
    'header-of-a-megabyte': [answer(200, whole, { 'x-long': 'a'.repeat(1024 * 1024) }), 'failed: broken'],
    'ten-thousand-headers': [answer(200, whole, Object.fromEntries(Array.from({ length: 10000 }, (_, number) => [`x-${number}`, '1']))), 'failed: broken'],
    'deep-nesting': [answer(200, `{"request_uuid":"${uuid}","data":${'['.repeat(100000)}${']'.repeat(100000)}}`), 'failed: invalid'],
    'early-hints-first': [async response => { response.writeEarlyHints({ link: '</x>; rel=preload' }); response.end(whole) }, 'done'],
    'data-twice': [answer(200, JSON.stringify({ ...data, ...renderings }).replace('"data":{"n":1}', '"data":[],"data":{"n":1}')), 'done']
  }
  const sockets: Record<string, [onConnection: (socket: Socket) => void, outcome: string]> = {
    'speaks-no-http': [raw('hello there\r\n\r\n'), 'failed: broken'],
    'two-lengths': [raw(`${ok}content-length: 5\r\ncontent-length: 1000\r\n\r\n${whole}`), 'failed: broken'],
    'length-and-chunks': [raw(`${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`), 'failed: broken'],
    'broken-chunk': [raw(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\n${whole}`), 'failed: broken'],
    'shorter-than-announced': [socket => { socket.once('data', () => socket.end(`${ok}content-length: 2000\r\n\r\n${whole}`)) }, 'failed: broken'],
    'longer-than-announced': [raw(`${ok}content-length: 500\r\n\r\n${whole}`), 'failed: not-json'],
    'no-length-ends-with-the-connection': [socket => { socket.once('data', () => socket.end(`${ok}\r\n${whole}`)) }, 'done'],
    'status-of-four-digits': [raw('HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'), 'failed: broken'],
    'switches-protocols': [raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'), 'failed: broken']
  }
  const urls = new Map<string, string>()
  for (const [name, [behaviour]] of Object.entries(http)) urls.set(name, (await mockService(t, behaviour)).url)
  for (const [name, [onConnection]] of Object.entries(sockets)) urls.set(name, await socketService(t, onConnection))
  const expected = Object.fromEntries([...Object.entries(http), ...Object.entries(sockets)].map(([name, [, outcome]]) => [name, outcome]))
  const done = Object.values(expected).filter(outcome => outcome === 'done').length
  const env = { PARALLEL_PREPROCESSORS: 'ON', MAX_REPLY: String(limit), PREPROCESSOR_TIMEOUT: '10000', HANDLER_TIMEOUT: '10000' }
  const text = await mockService(t, made(rendering('well')))

  t.test('of preprocessors', async t => {
    const services: Record<string, Entry> = { text: handler(text, { required_dependencies: [...urls.keys()].join() }) }
    for (const [name, url] of urls) services[name] = preprocessor(url)
    const reply = await (await build(t, { env, services })).render()
    t.equal(reply.status, 200)
    t.strictSame(descriptions(reply), ['well'])
    t.strictSame(outcomes(reply), { ...expected, text: 'done' })
    t.strictSame(text.received.at(-1)?.json.preprocessors, { [data.name]: data.data })
  })

  t.test('of handlers', async t => {
    const services: Record<string, Entry> = { text: handler(text) }
    for (const [name, url] of urls) services[name] = handler(url)
    const reply = await (await build(t, { env, services })).render()
    t.equal(reply.status, 200)
    t.strictSame(descriptions(reply).toSorted(), [...Array<string>(done).fill('strange'), 'well'])
    t.strictSame(outcomes(reply), { ...expected, text: 'done' })
  })
})

t.test('two hundred results under as many names all reach the next service', async t => {
  let number = 0
  const look = await mockService(t, (response, received) => found(names.preprocessor(`n${number++}`), { fill: 'x'.repeat(1000) })(response, received))
  const text = await mockService(t, made(rendering('well')))
  const services: Record<string, Entry> = { text: handler(text, { required_dependencies: Array.from({ length: 200 }, (_, each) => `look${each}`).join() }) }
  for (let each = 0; each < 200; each++) services[`look${each}`] = preprocessor(look)
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
  t.strictSame(descriptions(await server.render()), ['well'])
  t.equal(text.received[0]?.seen.length, 200)
})
