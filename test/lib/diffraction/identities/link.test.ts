// Messages with bytes between two processes, and what comes of nonsense.
import { Socket, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { serialize } from 'node:v8'
import t from 'tap'
import type { Test } from 'tap'
import { openLink } from '../../../../lib/diffraction/identities/link.ts'
import { release } from '../../../../lib/release.ts'

/** Two sockets that are connected. */
async function pair (t: Test): Promise<[Socket, Socket]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [other] = await once(server, 'connection') as [Socket]
  server.close()
  t.teardown(() => {
    one.destroy()
    other.destroy()
  })
  return [one, other]
}

/** A link whose messages are waited for. */
function hearing (socket: Socket, mostBytes = 100_000_000) {
  const heard: Array<[unknown, Buffer | undefined]> = []
  const faults: unknown[] = []
  let count = Infinity
  const { promise, resolve } = Promise.withResolvers<void>()
  const link = openLink<unknown, unknown>(socket, {
    mostBytes,
    onMessage (message, bytes) {
      heard.push([message, bytes])
      if (heard.length === count) resolve()
    },
    onFault (error) {
      faults.push(error)
      resolve()
    }
  })
  return {
    link,
    heard,
    faults,
    async until (number: number) {
      count = number
      if (heard.length < number) await promise
    }
  }
}

t.test('messages come in order, with their bytes, whatever their size', async t => {
  const [one, other] = await pair(t)
  const near = hearing(one)
  const far = hearing(other)
  const sizes = [0, 1, 7, 65_535, 65_536, 1_000_000, 20_000_000, 3]
  for (const size of sizes) near.link.send({ size, nan: NaN, nothing: undefined }, size === 0 ? undefined : Buffer.alloc(size, size % 251))
  await far.until(sizes.length)
  t.strictSame(far.heard.map(([message]) => message), sizes.map(size => ({ size, nan: NaN, nothing: undefined })))
  for (const [index, size] of sizes.entries()) t.ok((far.heard[index]?.[1] ?? Buffer.alloc(0)).equals(Buffer.alloc(size, size % 251)), `${size} bytes`)
  far.link.send('back')
  await near.until(1)
  t.strictSame(near.heard, [['back', undefined]])
})

t.test('messages that come byte by byte are whole', async t => {
  const [one, other] = await pair(t)
  const far = hearing(other)
  const text = serialize({ a: 'b' })
  const all = Buffer.concat([Buffer.alloc(8), text, Buffer.from('xyz')])
  all.writeUInt32BE(text.length, 0)
  all.writeUInt32BE(3, 4)
  one.setNoDelay(true)
  for (const byte of [...all, ...all]) {
    other.emit('data', Buffer.from([byte]))
  }
  await far.until(2)
  t.strictSame(far.heard.map(([message, bytes]) => [message, bytes?.toString()]), [[{ a: 'b' }, 'xyz'], [{ a: 'b' }, 'xyz']])
})

const nonsense: Record<string, Buffer> = {
  'a message too large': Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]),
  'bytes too many': Buffer.from([0, 0, 0, 1, 0xff, 0, 0, 0, 0]),
  'a message that V8 has not written': Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4]),
  'an empty message': Buffer.alloc(8)
}
for (const [name, bytes] of Object.entries(nonsense)) {
  t.test(`${name} closes the link`, async t => {
    const [one, other] = await pair(t)
    const far = hearing(other, 1000)
    const closed = once(other, 'close')
    one.write(Buffer.concat([bytes, Buffer.alloc(20)]))
    await closed
    t.equal(far.faults.length, 1)
    t.strictSame(far.heard, [])
    far.link.send('into nothing', Buffer.alloc(10))
  })
}

t.test('what a listener throws is a fault of the other side', async t => {
  const [one, other] = await pair(t)
  const faults: unknown[] = []
  openLink<unknown, { kind: string }>(other, { mostBytes: 10, onMessage: message => message.kind.trim(), onFault: error => faults.push(error) })
  const closed = once(other, 'close')
  hearing(one).link.send(null)
  await closed
  t.equal(faults.length, 1)
})

t.test('who gives back memory of what was sent does so when the system has all of it', async t => {
  const [one, other] = await pair(t)
  const near = hearing(one)
  const far = hearing(other)
  other.pause()
  const bytes = new Uint8Array(50_000_000).fill(5)
  let isSent = false
  const sent = new Promise<void>(resolve => {
    near.link.send('large', bytes, () => {
      isSent = true
      release(bytes)
      resolve()
    })
  })
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isSent, 'not while nobody reads them')
  other.resume()
  await sent
  t.equal(bytes.length, 0)
  await far.until(1)
  t.ok(far.heard[0]?.[1]?.equals(Buffer.alloc(50_000_000, 5)))
})
