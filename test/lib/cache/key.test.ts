// Keys of the cache: those of the reference against object-hash itself, Tutti's own by what must and must not make a difference.
import fc from 'fast-check'
import objectHash from 'object-hash'
import t from 'tap'
import { createCacheKeys, subjectOf } from '../../../lib/cache/key.ts'
import { ownKey, referenceKey } from '../fixtures/cache-keys.ts'

const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

t.test('the key of a known graphic is the one that the reference has', async t => {
  t.equal(referenceKey({ subject: pixel, service: 'pre-one' }), '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226')
})

t.test('keys of the reference are those of object-hash, whatever the subject, the service and the question', async () => {
  const service = fc.string({ unit: 'binary', maxLength: 30 })
  const query = fc.oneof(fc.constant(undefined), fc.constant(''), fc.string({ unit: 'binary' }))
  const subject = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
  fc.assert(fc.property(subject, fc.array(fc.tuple(service, query), { maxLength: 4 }), (subject, services) => {
    const keys = createCacheKeys(Buffer.from(JSON.stringify(subject)))
    for (const [preprocessor, followupQuery] of services) {
      const expected = objectHash({ reqData: subject, preprocessor, ...followupQuery && { followupQuery } })
      if (keys.reference(preprocessor, { followupQuery }) !== expected) throw new Error('differs')
    }
  }), { numRuns: 300 })
})

t.test('whatever differs has another key', async t => {
  const wanted = [
    { subject: pixel, service: 'one' }, { subject: pixel, service: 'two' }, { subject: `${pixel}=`, service: 'one' }, { subject: [pixel], service: 'one' },
    { subject: pixel, service: 'one', followupQuery: 'why' }, { subject: pixel, service: 'one', language: 'why' },
    { subject: pixel, service: 'one', followupQuery: 'w', language: 'hy' }, { subject: '', service: 'one' }, { subject: true, service: 'one' }, { subject: 'true', service: 'one' }
  ]
  for (const keyOf of [ownKey, referenceKey]) {
    const keys = wanted.map(keyOf)
    t.equal(new Set(keys).size, wanted.length)
    for (const key of keys) t.match(key, /^[0-9a-f]{40}$/)
  }
})

t.test('the order of keys in a chart makes no difference, and no question is as good as an empty one', async t => {
  for (const keyOf of [ownKey, referenceKey]) {
    t.equal(keyOf({ subject: { a: 1, b: [{ x: 1, y: 2 }] }, service: 's' }), keyOf({ subject: { b: [{ y: 2, x: 1 }], a: 1 }, service: 's' }))
    t.equal(keyOf({ subject: pixel, service: 's', followupQuery: '' }), keyOf({ subject: pixel, service: 's' }))
  }
})

t.test('a language makes another key of the reference, and none its key', async t => {
  t.equal(referenceKey({ subject: pixel, service: 'pre-one', language: 'en' }), objectHash({ reqData: pixel, preprocessor: 'pre-one', language: 'en' }))
})

t.test('the subject is the first member that counts as true', async t => {
  const subject = (...members: unknown[]) => JSON.parse(subjectOf(members.map(member => member === undefined ? undefined : Buffer.from(JSON.stringify(member)))).toString())
  t.equal(subject('g', 'p'), 'g')
  t.equal(subject('', 'p', {}), 'p')
  t.strictSame(subject(undefined, undefined, { latitude: 1 }, { a: 1 }), { latitude: 1 })
  t.strictSame(subject(undefined, null, false, { a: 1 }), { a: 1 })
  t.strictSame(subject([], 'p'), [])
  t.equal(subject(7), 7)
  t.equal(subject(null, 0), '')
  t.equal(subject(), '')
})

t.test('a large graphic is digested once for all services', async t => {
  const subject = Buffer.alloc(20_000_000, 'A')
  subject[0] = subject[subject.length - 1] = 0x22
  const time = (services: number) => {
    const start = process.cpuUsage()
    const keys = createCacheKeys(subject)
    for (let service = 0; service < services; service++) t.type(keys.own(`service ${service}`), 'string')
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  time(1)
  t.ok(time(32) < 8 * time(1), '32 keys cost far less than 32 times one')
})

t.test('a chart too complex to be hashed at once has no keys', async t => {
  const subject = Array.from({ length: 100_000 }, () => ({ x: 1, y: 1 }))
  t.equal(ownKey({ subject, service: 's' }), undefined)
  t.equal(referenceKey({ subject, service: 's' }), undefined)
})
