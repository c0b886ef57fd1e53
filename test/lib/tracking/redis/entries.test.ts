// What stands in Redis: read back it is what it was, to the byte, and what is none of ours is refused.
import fc from 'fast-check'
import t from 'tap'
import { boxesBytes, orderBytes, pack, readBoxes, readEntry, readObject, readRegistration, registrationBytes, understand, unpack } from '../../../../lib/tracking/redis/entries.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const part = fc.option(bytes, { nil: undefined })
const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '"', '\n', '', '__proto__'))
const camera = fc.record({ key, text: bytes }, { noNullPrototype: true })
const moment = fc.nat({ max: 2 ** 31 }).map(second => second * 1000)

t.test('parts come back as they were', async t => {
  fc.assert(fc.property(fc.array(part, { maxLength: 6 }), parts => { t.strictSame(unpack(pack(parts)), parts) }), { numRuns: 200 })
  t.strictSame(unpack(Buffer.alloc(0)), [])
})

t.test('what is cut off is refused', async t => {
  const whole = pack([Buffer.from('one'), undefined, Buffer.from('three')])
  for (let length = 1; length < whole.length; length++) {
    if (length === 7 || length === 11) continue
    t.throws(() => unpack(whole.subarray(0, length)), RangeError, `after ${length} bytes`)
  }
})

t.test('orders, registrations and boxes come back as they were', async t => {
  fc.assert(fc.property(camera, part, part, moment, (camera, frameId, boxId, at) => {
    const { object, order } = readObject(7, orderBytes({ camera, frameId, boxId, image: undefined }, at), undefined)
    t.strictSame(order, { camera, frameId, boxId, image: undefined })
    t.strictSame(object, { id: 7, image: undefined, featureMap: Buffer.from('{}'), startedAt: at, seenAt: at })
  }), { numRuns: 200 })
  fc.assert(fc.property(camera, fc.string({ minLength: 1 }), moment, (camera, registration, since) => {
    t.strictSame(readRegistration(registrationBytes({ camera, registration, since })), { camera, registration, since })
  }), { numRuns: 200 })
  fc.assert(fc.property(fc.option(camera, { nil: undefined }), bytes, bytes, fc.array(fc.nat()), (camera, frameId, boxes, sighted) => {
    const sent = boxesBytes('server', camera, frameId, boxes, sighted)
    t.strictSame(readBoxes(sent, 'other'), { happening: { kind: 'boxes', camera, frameId, boxes }, sighted })
    t.equal(readBoxes(sent, 'server'), undefined, 'its own')
  }), { numRuns: 200 })
})

t.test('what happens is read with its offset, and an entry of another version is none', async t => {
  const order = orderBytes({ camera: { key: 'a', text: Buffer.from('"a"') }, frameId: Buffer.from('12.0'), boxId: undefined, image: undefined }, 5)
  const entry = readEntry(Buffer.concat([Buffer.from(`8-1700 7-1600 started 3 ${order.length}\n`), order, Buffer.from('"data:,x"')]))
  t.match(entry, { offset: 8, tail: '8-1700', previous: '7-1600' })
  t.match(understand(entry)?.happening, { kind: 'started', offset: 8, object: { id: 3, image: Buffer.from('"data:,x"'), startedAt: 5 }, order: { frameId: Buffer.from('12.0'), image: Buffer.from('"data:,x"') } })
  t.strictSame(understand(readEntry(Buffer.from('9-1 8-1700 mapped 3\n[1.0]')))?.happening, { kind: 'mapped', offset: 9, objectId: 3, featureMap: Buffer.from('[1.0]') })
  t.strictSame(understand(readEntry(Buffer.from('9-1 8-1700 stopped 3 expired\n')))?.happening, { kind: 'stopped', offset: 9, objectId: 3, cause: 'expired' })
  t.equal(understand(readEntry(Buffer.from('9-1 8-1700 moved 3\n'))), undefined)
})

t.test('what is none of ours is refused', async t => {
  for (const text of ['', 'nonsense', '\n', 'x 0-0 stopped 1 client\n', '0-5 0-0 stopped 1 client\n']) t.throws(() => readEntry(Buffer.from(text)), RangeError, text)
  for (const text of ['', 'server \n', 'server 1,2\nabc']) t.throws(() => readBoxes(Buffer.from(text), 'other'), RangeError, text)
  t.throws(() => readObject(1, Buffer.from('5\n'), undefined), RangeError)
})
