// F26: many clients, of which some never read, large messages, and peers that send what RFC 6455 forbids. Everybody else gets everything.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { percentile } from '../../bench/statistics.ts'
import { closeFrame, frame, opcodes } from '../fixtures/websocket-frames.ts'
import { figure, isLong, sized } from '../long.ts'
import { rawWebSocket } from './raw-websocket.ts'
import type { RawWebSocket } from './raw-websocket.ts'
import { startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const megabyte = 1024 * 1024

/** A server with a processor `camera` and a client, and a way to see that it serves them. */
interface Hub {
  server: ServerProcess
  port: number
  processor: RawWebSocket
  client: RawWebSocket
  /** A message goes from the processor to the client; resolves when it has come as it must. */
  passesOn (): Promise<void>
}

async function startHub (t: Test, environment: Record<string, string> = {}): Promise<Hub> {
  const server = startProcess(t, { MODULES: 'tracking', DATA_DIR: t.testdir(), ...environment }, true)
  const port = await server.port
  const client = await rawWebSocket(t, port, '/client')
  const processor = await rawWebSocket(t, port, '/processor')
  await processor.write(frame('{"type":"identifier","id":"camera"}'))
  let number = 0
  return {
    server,
    port,
    processor,
    client,
    async passesOn () {
      number += 1
      if (!await processor.write(frame(`{"type":"boundingBoxes","frameId":${number}.0,"boxes":[]}`))) throw new Error('the processor has been cut off')
      const text = await client.next()
      if (text !== `{"type":"boundingBoxes","cameraId":"camera","frameId":${number}.0,"boxes":[]}`) throw new Error(`the client got ${text.slice(0, 200)}`)
    }
  }
}

/** Opens so many connections of clients, some at a time. */
async function openClients (t: Test, port: number, count: number, options?: { isReading: boolean }): Promise<RawWebSocket[]> {
  const clients: RawWebSocket[] = []
  while (clients.length < count) {
    clients.push(...await Promise.all(Array.from({ length: Math.min(50, count - clients.length) }, () => rawWebSocket(t, port, '/client', options))))
  }
  return clients
}

/** For everything that needs no settings of its own. */
const shared = await startHub(t)

const crowd = sized(500, 10_000)

t.test(`F26: ${crowd} clients, one in a hundred of which never reads`, async t => {
  const cap = megabyte
  const { server, port, processor, client } = await startHub(t, { TRACKING_BACKLOG: String(cap) })
  const deafCount = crowd / 100
  // One client and the processor are there; the server takes as many connections as half of the files that it may have open: 20,000 in the long form.
  const readers = await openClients(t, port, crowd - deafCount - 2)
  const deaf = await openClients(t, port, deafCount, { isReading: false })
  // Those that do not read want pictures, which must not be dropped; so do a few that read.
  const watchers = readers.slice(0, 5)
  for (const { write } of [...deaf, ...watchers]) await write(frame('{"type":"setUsesImages","usesImages":true}'))
  await server.measure()

  // One after the other, so that no boxes give way to newer ones.
  const times: number[] = []
  const text = (number: number) => `"frameId":${number}.0,"boxes":[{"boxId":0,"rect":[0.25,0.25,0.5,0.5],"objectType":"person","certainty":0.75}]}`
  let wrong = 0
  for (let number = 0; number < 20; number++) {
    const begun = performance.now()
    await processor.write(frame(`{"type":"boundingBoxes",${text(number)}`))
    await Promise.all([client, ...readers].map(async reader => {
      if (await reader.next() !== `{"type":"boundingBoxes","cameraId":"camera",${text(number)}`) wrong += 1
      times.push(performance.now() - begun)
    }))
  }
  t.equal(wrong, 0, 'everybody who reads has got everything, as it was')
  const calm = await server.measure()

  // So many that they would be beyond the cap and whatever the sockets themselves hold.
  const image = `"data:image/png;base64,${'A'.repeat(200_000)}"`
  const objects = 120
  for (let objectId = 1; objectId <= objects; objectId++) {
    await client.write(Buffer.concat([frame(`{"type":"start","cameraId":"camera","image":${image}}`), frame(`{"type":"stop","objectId":${objectId}}`)]))
    for (const watcher of watchers) {
      if (await watcher.next() !== `{"type":"newObject","objectId":${objectId},"image":${image}}`) wrong += 1
      if (await watcher.next() !== `{"type":"stop","objectId":${objectId}}`) wrong += 1
    }
  }
  t.equal(wrong, 0, 'those who read got all pictures')
  const { memory } = await server.measure()
  // What is done with at most, beside what each of the deaf may have waiting.
  t.ok(memory < calm.memory + deafCount * cap + 100 * megabyte, `${Math.round((memory - calm.memory) / megabyte)} MB more`)

  const ends = await Promise.all(deaf.map(({ socket, ended }) => {
    socket.resume()
    return ended
  }))
  t.ok(ends.every(({ closeFrame, code }) => !closeFrame || code === 4413), 'those that do not read have been closed')
  t.ok([client, ...readers].every(({ socket }) => !socket.destroyed), 'and nobody else')
  figure(t, 'F26', `${crowd} clients: ${percentile(times, 0.99).toFixed(0)} ms at the 99th percentile to all who read; ${Math.round(calm.memory / megabyte)} MB, ${Math.round(memory / megabyte)} MB with ${deafCount} that do not read`)
  if (isLong) {
    t.ok(percentile(times, 0.99) < 300, 'messages come within 300 ms')
    t.ok(calm.memory < 250 * megabyte, 'in less than 250 MB')
  }
})

t.test('F26: messages of a megabyte, whole and in pieces', async t => {
  const { port, processor, client, passesOn } = shared
  const others = await openClients(t, port, sized(10, 50))
  const boxes = `[{"boxId":0,"mask":"${'x'.repeat(megabyte)}"}]`
  const sent = Buffer.from(`{"type":"boundingBoxes","frameId":12.0,"boxes":${boxes}}`)
  const expected = `{"type":"boundingBoxes","cameraId":"camera","frameId":12.0,"boxes":${boxes}}`
  const pieces = Array.from({ length: 17 }, (_, index) => sent.subarray(index * 65_536, (index + 1) * 65_536))
  const inPieces = Buffer.concat(pieces.map((piece, index) => frame(piece, { opcode: index === 0 ? opcodes.text : opcodes.continuation, isFinal: index === pieces.length - 1 })))
  for (const bytes of [frame(sent), inPieces, frame(sent, { opcode: opcodes.binary })]) {
    await processor.write(bytes)
    const texts = await Promise.all([client, ...others].map(({ next }) => next()))
    t.ok(texts.every(text => text === expected), 'all clients have it, as it was')
  }
  await passesOn()
})

t.test('F26: a message in pieces of one byte, with pings between them', async t => {
  const { processor, client, passesOn } = shared
  const text = '{"type":"boundingBoxes","frameId":0.0,"boxes":[{"name":"é漢😀"}]}'
  const bytes = Buffer.from(text)
  // Not all at once: a peer that has more than sixty pings unanswered is taken for a flood.
  const pinged = [...bytes].map((_, index) => index).filter(index => index % 2 === 0)
  const parts = [...bytes].flatMap((byte, index) => [
    frame(Buffer.from([byte]), { opcode: index === 0 ? opcodes.text : opcodes.continuation, isFinal: index === bytes.length - 1 }),
    ...pinged.includes(index) ? [frame(String(index), { opcode: opcodes.ping })] : []
  ])
  await processor.write(Buffer.concat(parts))
  t.equal(await client.next(), text.replace('"frameId"', '"cameraId":"camera","frameId"'))
  await processor.ponged(pinged.length)
  t.strictSame(processor.pongs, pinged.map(String), 'each ping has its pong')
  await passesOn()
})

const invalidTexts = {
  'a byte that no text has': [0xff],
  'a surrogate': [0xed, 0xa0, 0x80],
  'a character spelled too long': [0xc0, 0xaf],
  'a character beyond the last one': [0xf4, 0x90, 0x80, 0x80],
  'half a character': [0xe6, 0xbc]
}

/** What no peer may send, and the code that it is told (RFC 6455, sections 5 and 7.4; the cases that every WebSocket server is commonly tried with). */
const violations: Array<[what: string, bytes: Buffer, code: number]> = [
  ['a frame without a mask', frame('{"type":"stop"}', { isMasked: false }), 1002],
  ...[1, 2, 3, 4, 7].map((reserved): [string, Buffer, number] => [`reserved bits ${reserved}`, frame('{}', { reserved }), 1002]),
  ...[3, 7, 11, 15].map((opcode): [string, Buffer, number] => [`opcode ${opcode}`, frame('', { opcode }), 1002]),
  ['the rest of a message that has not begun', frame('{}', { opcode: opcodes.continuation }), 1002],
  ['a message within a message', Buffer.concat([frame('{', { isFinal: false }), frame('{}')]), 1002],
  ['a ping in pieces', frame('', { opcode: opcodes.ping, isFinal: false }), 1002],
  ['a close frame in pieces', frame('', { opcode: opcodes.close, isFinal: false }), 1002],
  ['a ping that is too long', frame('x'.repeat(126), { opcode: opcodes.ping }), 1002],
  ['a length beyond all numbers', frame('', { claims: Number.MAX_SAFE_INTEGER }), 1009],
  ['a length of one byte more than is allowed', frame('', { claims: 10 * megabyte + 1 }), 1009],
  ['pieces that are too long together', Buffer.concat([frame('x'.repeat(9 * megabyte), { isFinal: false }), frame('', { opcode: opcodes.continuation, claims: 2 * megabyte })]), 1009],
  ...Object.entries(invalidTexts).map(([what, bytes]): [string, Buffer, number] => [`a text with ${what}`, frame(Buffer.from([0x22, ...bytes, 0x22])), 1007]),
  ['a text that is wrong across pieces', Buffer.concat([frame(Buffer.from([0x22, 0xe6]), { isFinal: false }), frame(Buffer.from([0x22]), { opcode: opcodes.continuation })]), 1007],
  ['a close frame of one byte', frame('x', { opcode: opcodes.close }), 1002],
  ...[0, 999, 1004, 1005, 1006, 1016, 2999, 5000, 65_535].map((code): [string, Buffer, number] => [`close code ${code}`, closeFrame(code), 1002]),
  ['a reason that is no text', frame(Buffer.from([0x03, 0xe8, 0xff]), { opcode: opcodes.close }), 1007]
]

for (const path of ['/client', '/processor']) {
  t.test(`F26: ${violations.length} violations of the protocol at ${path} end one connection each`, async t => {
    const { port, passesOn } = shared
    for (const [what, bytes, code] of violations) {
      const peer = await rawWebSocket(t, port, path)
      await peer.write(bytes)
      const end = await peer.ended
      t.strictSame({ closeFrame: end.closeFrame, code: end.code }, { closeFrame: true, code }, what)
      t.strictSame(peer.messages, [], 'nothing was answered')
    }
    await passesOn()
  })
}

t.test('F26: a connection that closes as it should is closed with the same code', async t => {
  const { port, passesOn } = shared
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
    const peer = await rawWebSocket(t, port, '/client')
    await peer.write(closeFrame(code, 'enough'))
    t.match(await peer.ended, { closeFrame: true, code }, String(code))
  }
  const peer = await rawWebSocket(t, port, '/client')
  await peer.write(closeFrame())
  t.match(await peer.ended, { closeFrame: true, code: undefined }, 'without a code')
  const gone = await rawWebSocket(t, port, '/processor')
  gone.socket.resetAndDestroy()
  await gone.ended
  await passesOn()
})

const floodSeconds = sized(2, 30)

t.test(`F26: 1000 pings a second for ${floodSeconds} s keep nobody waiting`, async t => {
  const { port, passesOn } = shared
  const flooder = await rawWebSocket(t, port, '/client')
  const total = floodSeconds * 1000
  let sent = 0
  const begun = performance.now()
  const times: number[] = []
  while (sent < total) {
    // What is due by now; between, messages of others.
    const due = Math.min(total, Math.ceil(performance.now() - begun))
    if (due === sent) {
      // No faster than the flood: the processor has a limit of its own.
      await nextTurn()
      continue
    }
    const pings = Array.from({ length: due - sent }, (_, index) => frame(String(sent + index), { opcode: opcodes.ping }))
    sent = due
    await flooder.write(Buffer.concat(pings))
    const before = performance.now()
    await passesOn()
    times.push(performance.now() - before)
  }
  await flooder.ponged(total)
  // Where the server was busy for a moment, more than sixty came at once: then the flood has been ended.
  t.ok(flooder.pongs.length === total || flooder.socket.destroyed, `${flooder.pongs.length} of ${total} were answered`)
  t.strictSame(flooder.pongs, Array.from(flooder.pongs, (_, index) => String(index)), 'in their order')
  figure(t, 'F26', `with 1000 pings a second a message takes ${percentile(times, 0.5).toFixed(1)} ms, ${percentile(times, 0.99).toFixed(1)} ms at the 99th percentile`)
})

t.test('F26: a peer that pings and never reads its pongs is closed at its cap', async t => {
  const cap = megabyte
  const { server, port, passesOn } = await startHub(t, { TRACKING_BACKLOG: String(cap), TRACKING_RATE_LIMIT: '0' })
  const flooder = await rawWebSocket(t, port, '/client', { isReading: false })
  const before = await server.measure()
  const pings = Buffer.concat(Array.from({ length: 4000 }, () => frame('x'.repeat(125), { opcode: opcodes.ping })))
  // Forty megabytes: more than the cap and the sockets hold.
  for (let part = 0; part < 80 && !flooder.socket.destroyed; part++) {
    await Promise.race([flooder.write(pings), flooder.ended])
    await passesOn()
  }
  const after = await server.measure()
  t.ok(after.memory < before.memory + cap + 60 * megabyte, `${Math.round((after.memory - before.memory) / megabyte)} MB more`)
  flooder.socket.resume()
  const end = await flooder.ended
  t.ok(!end.closeFrame || end.code === 4413, 'its connection has ended')
  await passesOn()
})
