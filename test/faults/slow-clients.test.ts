// Clients that send so slowly that they would hold their connection for ever.
import t from 'tap'
import { build } from '../helper.ts'
import { sized } from '../long.ts'
import { head, rawClient } from './raw-client.ts'
import type { RawClient } from './raw-client.ts'

/** Writes one byte again and again until the connection has closed. */
function drip ({ socket }: RawClient, byte: string): void {
  const dripping = setInterval(() => { if (socket.writable) socket.write(byte) }, sized(25, 200))
  socket.once('close', () => clearInterval(dripping))
}

/** True when the promise resolves before so many milliseconds have gone by, measured on the event loop that also serves. */
async function isWithin (milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, milliseconds, false)
  try {
    return await Promise.race([promise.then(() => true), over])
  } finally {
    clearTimeout(timer)
  }
}

/** Clients of each kind. */
const count = { F1: sized(40, 500), F2: sized(40, 200) }

const slow: Array<[fault: 'F1' | 'F2', what: string, start: string, byte: string, env: Record<string, string>]> = [
  ['F1', 'headers', 'POST /render HTTP/1.1\r\nhost: localhost\r\nx-slow: ', 'a', { HEADERS_TIMEOUT: '300' }],
  ['F1', 'a request line', 'POST /re', 'n', { HEADERS_TIMEOUT: '300' }],
  ['F1', 'headers, where the whole request has even less time', 'POST /render HTTP/1.1\r\nx-slow: ', 'a', { RECEIVE_TIMEOUT: '300' }],
  ['F2', 'a body of known length', head({ 'content-length': 5000000 }), ' ', { RECEIVE_TIMEOUT: '300' }],
  ['F2', 'a body in chunks', head({ 'transfer-encoding': 'chunked' }), '1\r\n \r\n', { RECEIVE_TIMEOUT: '300' }]
]
for (const [fault, what, start, byte, env] of slow) {
  t.test(`${fault}: whoever is slow with ${what} is answered 408 and cut off, at most a second after its time`, async t => {
    // None is refused for want of room.
    const server = await build(t, { env: { ...env, MAX_BODY: '10mb', MAX_REQUESTS: '1000', MAX_INFLIGHT: '10gb' } })
    const clients = await Promise.all(Array.from({ length: count[fault] }, () => rawClient(t, server.port)))
    for (const client of clients) {
      await client.write(start)
      drip(client, byte)
    }
    const allClosed = Promise.all(clients.map(client => client.closed))
    const over = new AbortController()
    const inTime = isWithin(300 + 1000, allClosed).finally(() => over.abort())
    let served = 0
    while (!over.signal.aborted) {
      t.equal((await server.render()).status, 200)
      served += 1
    }
    t.ok(await inTime, 'all are closed by then')
    t.ok(served > 1, `${served} other requests were served meanwhile`)
    for (const text of await allClosed) {
      if (!text.startsWith('HTTP/1.1 408 ') || !text.endsWith('(TUTTI_REQUEST_TIMEOUT)')) t.fail('not answered with 408 and what to do', { text })
    }
    t.equal((await server.render()).status, 200)
  })
}

t.test('F1: connections that bring nothing at all are closed too', async t => {
  const server = await build(t, { env: { HEADERS_TIMEOUT: '200' } })
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(t, server.port)))
  t.ok(await isWithin(200 + 1000, Promise.all(clients.map(client => client.closed))))
})
