// The reader: small texts at once and large ones in a thread, with the same answers; what it does with texts that are too hard, too many or no longer wanted.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { createReader } from '../../../lib/graphics/reader.ts'
import type { ReaderOptions } from '../../../lib/graphics/reader.ts'
import type { Kind } from '../../../lib/graphics/reading.ts'
import { handlerReplyOf, jsonOf, preprocessorReplyOf, renderingOf, requestOf } from '../fixtures/messages.ts'

/** A reader that hands everything to a worker but what is said otherwise, closed when the test ends. */
function build (t: Test, options: ReaderOptions = {}) {
  const reader = createReader({ atOnce: 0, threads: 1, ...options })
  t.teardown(() => reader.close())
  return reader
}

/** Numbers that are slow to parse and small to keep: seconds of work for sixty megabytes, and little memory. */
const slowText = (size = 2_000_000) => {
  const text = Buffer.alloc(size, '2.4703282292062327208e-324,')
  text.write('[4')
  text.write(']', size - 1)
  return text
}

const tooHard = { code: 'TUTTI_BODY_TOO_HARD', statusCode: 413 }

t.test('large texts are read in a thread, with the answers that small ones get at once', async t => {
  const atOnce = createReader({ atOnce: Number.POSITIVE_INFINITY })
  t.teardown(() => atOnce.close())
  const inThread = build(t)
  const texts: Array<[Kind, Buffer]> = [
    ['request', jsonOf(requestOf({ note: 'é'.repeat(500_000), route: 'followup' }))],
    ['request', jsonOf(requestOf({ timestamp: 'now' }))],
    ['request', Buffer.from('{"a":')],
    ['request', Buffer.from('{"__proto__":1}')],
    ['request', Buffer.from([0x7b, 0xff])],
    ['request', jsonOf(requestOf({ renderers: Array.from({ length: 10_001 }, (_, index) => `org.x${index}`) }))],
    ['preprocessorReply', jsonOf(preprocessorReplyOf('org.x', { seen: true }))],
    ['preprocessorReply', jsonOf({})],
    ['handlerReply', jsonOf(handlerReplyOf([renderingOf('one'), renderingOf('two')]))]
  ]
  for (const [kind, bytes] of texts) {
    const copy = Buffer.from(bytes)
    t.same(await inThread.read(kind, Buffer.from(bytes)), await atOnce.read(kind, copy))
  }
})

t.test('a text of exactly the size that is read at once stays in place; one byte more is handed over and back', async t => {
  const bytes = jsonOf(requestOf({ note: 'x'.repeat(20_000) }))
  const reader = build(t, { atOnce: bytes.length })
  const small = await reader.read('request', bytes)
  assert(small.ok)
  t.equal(small.bytes, bytes)
  const longer = Buffer.from(new ArrayBuffer(bytes.length + 1))
  longer.set(bytes)
  longer.write(' ', bytes.length)
  const text = longer.toString()
  const large = await reader.read('request', longer)
  assert(large.ok)
  t.equal(longer.length, 0, 'the thread took the bytes')
  t.equal(large.bytes.toString(), text, 'and gave them back')
  t.equal(large.bytes.buffer.byteLength, large.bytes.length)
})

t.test('bytes that share their memory with others leave the others alone', async t => {
  const reader = build(t)
  const text = jsonOf(requestOf()).toString()
  const shared = Buffer.from(`before${text}after`)
  const reading = await reader.read('request', shared.subarray(6, -5))
  assert(reading.ok)
  t.equal(reading.bytes.toString(), text)
  t.equal(shared.toString(), `before${text}after`)
})

t.test('many texts at once are all read, each with its own bytes', async t => {
  const reader = build(t, { threads: 2 })
  const notes = Array.from({ length: 40 }, (_, index) => `note ${index} ${'x'.repeat(index * 1000)}`)
  const readings = await Promise.all(notes.map(note => reader.read('request', jsonOf(requestOf({ note })))))
  t.strictSame(readings.map(reading => reading.ok && JSON.parse(reading.bytes.toString()).note), notes)
})

t.test('a text that takes too long is refused by name, and the next one is read', { timeout: 120_000 }, async t => {
  const reader = build(t, { timeout: 500 })
  await t.rejects(reader.read('request', slowText(60_000_000)), tooHard)
  // Under load a new thread may take longer to start than this short deadline allows.
  let next: unknown
  for (let left = 20; left > 0 && (next === undefined || next instanceof Error); left--) {
    next = await reader.read('request', jsonOf(requestOf())).catch((error: unknown) => error)
  }
  t.match(next, { ok: true })
})

t.test('a text of millions of parts costs neither the memory nor the process, and the next one is read', async t => {
  const reader = build(t, { memory: 64 })
  for (const text of ['['.repeat(8_000_000), `[${'{},'.repeat(3_000_000)}{}]`, `{${'"a":0,'.repeat(3_000_000)}"b":0}`]) {
    await t.rejects(reader.read('request', Buffer.from(text)), tooHard)
  }
  t.match(await reader.read('request', jsonOf(requestOf())), { ok: true })
})

t.test('whoever no longer waits gets the reason, the thread is freed, and the next text is read', { timeout: 120_000 }, async t => {
  const reader = build(t, { timeout: 60_000 })
  const ending = new AbortController()
  const running = reader.read('request', slowText(), ending.signal)
  const waiting = reader.read('request', jsonOf(requestOf()), ending.signal)
  const reason = new Error('gone')
  const next = reader.read('request', jsonOf(requestOf()))
  ending.abort(reason)
  await t.rejects(running, reason)
  await t.rejects(waiting, reason)
  t.match(await next, { ok: true })
  await t.rejects(reader.read('request', jsonOf(requestOf()), ending.signal), reason, 'nor is anything begun for it later')
  t.equal(getEventListeners(ending.signal, 'abort').length, 0)
})

t.test('when too many wait the server is too busy, and those who wait are read', { timeout: 120_000 }, async t => {
  const reader = build(t, { queue: 2, timeout: 60_000 })
  const ending = new AbortController()
  await reader.read('request', jsonOf(requestOf()))
  const hog = reader.read('request', slowText(), ending.signal)
  const waiting = [1, 2].map(() => reader.read('request', jsonOf(requestOf())))
  await t.rejects(reader.read('request', jsonOf(requestOf())), { code: 'TUTTI_SERVER_BUSY', statusCode: 503 })
  ending.abort()
  await t.rejects(hog, { name: 'AbortError' })
  for (const reading of await Promise.all(waiting)) t.match(reading, { ok: true })
})

t.test('whoever lost its time waiting for others is told to come again, not that its text is too hard', { timeout: 120_000 }, async t => {
  const reader = build(t, { timeout: 500 })
  const hog = reader.read('request', slowText(60_000_000))
  const waiting = reader.read('request', jsonOf(requestOf()))
  await Promise.all([t.rejects(hog, tooHard), t.rejects(waiting, { code: 'TUTTI_SERVER_BUSY' })])
})

t.test('a reader that closes finishes what it is reading, and is too busy for what waits and what comes later', async t => {
  const busy = { code: 'TUTTI_SERVER_BUSY' }
  const reader = createReader({ atOnce: 0, threads: 1 })
  t.match(await reader.read('request', jsonOf(requestOf())), { ok: true })
  const running = reader.read('request', jsonOf(requestOf()))
  const waiting = t.rejects(reader.read('request', jsonOf(requestOf())), busy)
  const closed = reader.close()
  await t.rejects(reader.read('request', jsonOf(requestOf())), busy)
  t.match(await running, { ok: true })
  await waiting
  await closed
  await t.rejects(reader.read('request', jsonOf(requestOf())), busy)
})
