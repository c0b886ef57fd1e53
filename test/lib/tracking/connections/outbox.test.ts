// What is sent, held, left out and given up, over connections whose other end takes nothing, little, or all.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { WebSocket } from 'ws'
import { closeCodes } from '../../../../lib/tracking/connections/close-codes.ts'
import { Outbox } from '../../../../lib/tracking/connections/outbox.ts'
import { listen } from '../connections.ts'

const megabyte = 1024 * 1024

interface Arrival {
  outbox: Outbox
  socket: WebSocket
  raw: Socket
  counts: { dropped: number, tooSlow: number }
}

async function post (t: Test, backlog: number) {
  const arrivals: Arrival[] = []
  const { connect } = await listen(t, (socket, raw) => {
    const counts = { dropped: 0, tooSlow: 0 }
    const outbox = new Outbox(socket, raw, backlog, {
      dropped () { counts.dropped += 1 },
      drained () {},
      tooSlow () {
        counts.tooSlow += 1
        socket.close(closeCodes.tooSlow)
      }
    })
    arrivals.push({ outbox, socket, raw, counts })
  })
  return async () => {
    const visitor = await connect()
    const arrival = arrivals.at(-1)
    if (arrival === undefined) throw new Error('the server has not seen the connection')
    return { visitor, ...arrival }
  }
}

/** A text of about so many bytes that begins with a name. */
const textOf = (name: string, bytes = 0) => Buffer.from(JSON.stringify(name + ' '.repeat(bytes)))
const nameOf = (text: string) => String(JSON.parse(text)).trimEnd()
/** Lets what is under way come to pass. */
const turn = () => new Promise(resolve => { setImmediate(resolve) })

/** Counts how often the operating system is asked to write. */
function countWrites (raw: Socket) {
  const writes = { count: 0 }
  const { _write, _writev } = raw
  raw._write = (...given) => {
    writes.count += 1
    _write.apply(raw, given)
  }
  raw._writev = (...given) => {
    writes.count += 1
    _writev?.apply(raw, given)
  }
  return writes
}

t.test('what is sent in one turn of the event loop comes in order, as text, and by one write', async t => {
  const { visitor, outbox, raw } = await (await post(t, megabyte))()
  const kinds: boolean[] = []
  visitor.socket.on('message', (_data, isBinary) => { kinds.push(isBinary) })
  const writes = countWrites(raw)
  const names = Array.from({ length: 50 }, (_, each) => `number ${each}`)
  for (const [each, name] of names.entries()) {
    if (each % 2 === 0) outbox.send(textOf(name))
    else outbox.sendBoxes('camera', textOf(name))
  }
  await visitor.until(() => visitor.received.length === names.length)
  t.strictSame(visitor.received.map(nameOf), names)
  t.ok(kinds.every(isBinary => !isBinary))
  t.equal(writes.count, 1)
  t.equal(outbox.waiting, 0)
})

t.test('a peer that takes nothing costs no more than the backlog, is given up, and sees why; others go on', async t => {
  const connect = await post(t, 2 * megabyte)
  const slow = await connect()
  const quick = await connect()
  slow.visitor.socket.pause()
  let most = 0
  let sent = 0
  while (slow.counts.tooSlow === 0) {
    const text = textOf(`number ${sent}`, 64 * 1024)
    sent += 1
    slow.outbox.send(text)
    quick.outbox.send(text)
    most = Math.max(most, slow.outbox.waiting)
    if (sent % 4 === 0) await turn()
    if (sent > 4000) throw new Error('it was never too slow')
  }
  t.ok(most <= 2 * megabyte, `${most} bytes waited`)
  t.ok(slow.outbox.waiting < megabyte, `${slow.outbox.waiting} bytes are left`)
  slow.outbox.send(textOf('too late'))
  await quick.visitor.until(() => quick.visitor.received.length === sent)
  slow.visitor.socket.resume()
  t.equal(await slow.visitor.closed, closeCodes.tooSlow)
  t.ok(slow.visitor.received.length < sent)
  t.notOk(slow.visitor.received.some(text => nameOf(text) === 'too late'))
  t.equal(slow.counts.tooSlow, 1)
  t.equal(quick.counts.tooSlow, 0)
})

t.test('of boxes that are held the newest win for each camera; nothing else is lost, and nothing changes places', async t => {
  const { visitor, outbox, counts } = await (await post(t, 64 * megabyte))()
  visitor.socket.pause()
  const sent: string[] = []
  const rounds = 200
  for (let round = 0; round < rounds; round++) {
    for (const camera of ['one', 'two', 'three']) {
      sent.push(`${camera} ${round}`)
      outbox.sendBoxes(camera, textOf(`${camera} ${round}`, 50 * 1024))
    }
    sent.push(`must ${round}`)
    outbox.send(textOf(`must ${round}`))
    if (round % 10 === 0) await turn()
  }
  visitor.socket.resume()
  await visitor.until(() => visitor.received.length === sent.length - counts.dropped)
  const names = visitor.received.map(nameOf)
  const places = names.map(name => sent.indexOf(name))
  t.ok(places.every((place, at) => at === 0 || place > (places[at - 1] ?? -1)), 'they come in the order in which they were sent')
  t.equal(names.filter(name => name.startsWith('must')).length, rounds)
  for (const camera of ['one', 'two', 'three']) t.ok(names.includes(`${camera} ${rounds - 1}`), `the last of camera ${camera}`)
  t.ok(counts.dropped > 0, `${counts.dropped} were left out`)
  t.equal(counts.tooSlow, 0)
  t.equal(outbox.waiting, 0)
})

t.test('boxes of endless many cameras do not get round the backlog', async t => {
  const { visitor, outbox, counts } = await (await post(t, megabyte))()
  visitor.socket.pause()
  for (let camera = 0; counts.tooSlow === 0 && camera < 10_000_000; camera++) {
    outbox.sendBoxes(String(camera), textOf('x', 1000))
    if (camera % 1000 === 0) await turn()
  }
  t.equal(counts.tooSlow, 1)
})

t.test('a text larger than the backlog reaches a peer that keeps up', async t => {
  const { visitor, outbox } = await (await post(t, 1000))()
  outbox.send(textOf('large', megabyte))
  await visitor.until(() => visitor.received.length === 1)
  t.equal(visitor.received[0]?.length, megabyte + '"large"'.length)
})

t.test('a replay larger than the backlog comes whole, at the pace of the peer', async t => {
  const { visitor, outbox, counts } = await (await post(t, megabyte))()
  visitor.socket.pause()
  const total = 2000
  let made = 0
  function * texts () {
    for (; made < total; made++) yield textOf(`number ${made}`, 10 * 1024)
  }
  outbox.sendEach(texts())
  outbox.sendEach([textOf('the end')].values())
  let before = -1
  while (made !== before) {
    before = made
    await turn()
  }
  t.ok(made < total, `${made} were made before the peer took any`)
  t.ok(outbox.waiting < megabyte)
  visitor.socket.resume()
  await visitor.until(() => visitor.received.length === total + 1)
  t.strictSame(visitor.received.map(nameOf), [...Array.from({ length: total }, (_, each) => `number ${each}`), 'the end'])
  t.equal(counts.tooSlow, 0)
})

t.test('a replay ends with its connection, and one that nobody takes is not begun again and again', async t => {
  const connect = await post(t, megabyte)
  function * endless (ends: string[]) {
    try {
      for (;;) yield textOf('again', 100 * 1024)
    } finally {
      ends.push('ended')
    }
  }
  const { visitor, outbox, raw } = await connect()
  visitor.socket.pause()
  const ends: string[] = []
  outbox.sendEach(endless(ends))
  while (raw.writableLength === 0) await turn()
  outbox.discard()
  t.strictSame(ends, ['ended'])
  outbox.sendEach([textOf('too late')].values())
  t.equal(outbox.waiting, raw.writableLength)

  const other = await connect()
  other.visitor.socket.pause()
  for (let times = 0; times < 100; times++) other.outbox.sendEach(endless([]))
  t.equal(other.counts.tooSlow, 1)
})

t.test('what must not be lost is still sent when the server closes', async t => {
  const { visitor, outbox, socket } = await (await post(t, 64 * megabyte))()
  visitor.socket.pause()
  const total = 200
  for (let each = 0; each < total; each++) {
    outbox.send(textOf(`must ${each}`, 100 * 1024))
    if (each % 10 === 0) await turn()
  }
  outbox.finish()
  socket.close(closeCodes.goingAway)
  visitor.socket.resume()
  t.equal(await visitor.closed, closeCodes.goingAway)
  t.equal(visitor.received.length, total)
})

t.test('nothing is sent to a connection that is closing', async t => {
  const { visitor, outbox, socket } = await (await post(t, megabyte))()
  socket.close(closeCodes.goingAway)
  outbox.send(textOf('late'))
  outbox.sendBoxes('camera', textOf('late'))
  outbox.finish()
  await once(visitor.socket, 'close')
  t.strictSame(visitor.received, [])
})
