// A stream of events: what goes in comes out of a reader that follows the standard, within a bound, and nothing is left running.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import t from 'tap'
import fc from 'fast-check'
import { createEventStream } from '../../lib/event-stream.ts'
import { allEvents as all, readEvents } from '../contract/event-reader.ts'
import type { ReadEvent } from '../contract/event-reader.ts'

const open = (options: Partial<Parameters<typeof createEventStream>[0]> = {}) => createEventStream({ mostUnread: 1e6, ...options })

t.test('events come out as they went in, and the stream ends with the last', async t => {
  const { readable, send, end } = open()
  send('first', '{"a":1}')
  send('second', Buffer.from('"é漢😀"'))
  end('last', '')
  send('too late', '1')
  end('much too late', '2')
  t.strictSame(await all(readable), [{ event: 'first', data: '{"a":1}' }, { event: 'second', data: '"é漢😀"' }, { event: 'last', data: '' }])
  t.ok(readable.destroyed)
})

t.test('whatever text goes in, as text or as bytes, comes out with the line ends of the standard, and forges no event', async t => {
  const text = fc.array(fc.oneof(fc.constantFrom('\n', '\r', '\r\n', 'event: x', 'data: y', ':', ' ', '\u2028', '"'), fc.string({ unit: 'grapheme' }))).map(parts => parts.join(''))
  await fc.assert(fc.asyncProperty(fc.array(text, { maxLength: 4 }), fc.boolean(), async (texts, asBytes) => {
    const { readable, send, end } = open()
    for (const text of texts) send('some', asBytes ? Buffer.from(text) : text)
    end('last', 'end')
    // A string that is no Unicode text leaves as the bytes that stand for it.
    const expected = texts.map(text => ({ event: 'some', data: Buffer.from(text).toString().replace(/\r\n?/g, '\n') }))
    t.strictSame(await all(readable), [...expected, { event: 'last', data: 'end' }])
  }), { numRuns: 200 })
})

t.test('bytes of one line are passed on without copying', async t => {
  const { readable, send, end } = open()
  const bytes = Buffer.from('"large"')
  send('some', bytes)
  end('last', '1')
  const chunks: Buffer[] = []
  readable.on('data', chunk => chunks.push(chunk))
  await once(readable, 'end')
  t.ok(chunks.some(chunk => chunk.buffer === bytes.buffer && chunk.byteOffset === bytes.byteOffset), 'the same memory')
})

t.test('a reader that leaves more unread than the bound is cut at the next event', async t => {
  const { readable, send, end } = open({ mostUnread: 100 })
  send('some', Buffer.alloc(200, '1'))
  t.notOk(readable.destroyed, 'one event may be larger')
  const error = once(readable, 'error')
  send('some', '2')
  t.match(await error, [{ message: 'The client has left more than 100 bytes of events unread' }])
  t.ok(readable.destroyed)
  const { readableLength } = readable
  send('some', '3')
  end('last', '4')
  t.equal(readable.readableLength, readableLength, 'and nothing more is kept')
})

t.test('a reader that keeps up is never cut, however much it reads', async t => {
  const { readable, send, end } = open({ mostUnread: 100 })
  const reading = all(readable)
  for (let number = 0; number < 100; number++) {
    send('some', Buffer.alloc(200, '1'))
    await new Promise(resolve => setImmediate(resolve))
  }
  end('last', '1')
  t.equal((await reading).length, 101)
})

t.test('the last event comes through whatever waits before it', async t => {
  const { readable, send, end } = open({ mostUnread: 100 })
  send('some', Buffer.alloc(200, '1'))
  end('last', Buffer.alloc(300, '2'))
  t.strictSame((await all(readable)).map(({ event, data }) => `${event} ${data.length}`), ['some 200', 'last 300'])
})

t.test('a quiet stream has comments in it, and its end is the end of them', async t => {
  const { readable, end } = open({ heartbeat: 1 })
  const chunks = readEvents(readable)
  t.strictSame(await chunks.next(), { value: { event: '', data: 'still here' }, done: false })
  t.strictSame(await chunks.next(), { value: { event: '', data: 'still here' }, done: false })
  end('last', '1')
  let last: ReadEvent | undefined
  for await (const event of chunks) last = event
  t.strictSame(last, { event: 'last', data: '1' })
})

t.test('comments do not heap up where nobody reads', async t => {
  const { readable } = open({ heartbeat: 1 })
  await once(readable, 'readable')
  const { readableLength } = readable
  // Far longer than the heartbeat, by the same clock.
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(readable.readableLength, readableLength)
  readable.destroy()
})

t.test('no timer outlives its stream: a process with nothing else to do ends', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', `
    import { createEventStream } from ${JSON.stringify(new URL('../../lib/event-stream.ts', import.meta.url).href)}
    const [ended, destroyed] = [createEventStream({ mostUnread: 1 }), createEventStream({ mostUnread: 1 })]
    ended.end('last', '1')
    destroyed.readable.destroy()
    process.once('exit', () => console.log('ended'))
  `])
  t.equal(stdout, 'ended\n')
})
