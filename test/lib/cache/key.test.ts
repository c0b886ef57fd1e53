import fc from 'fast-check'
import objectHash from 'object-hash'
import t from 'tap'
import { cacheKey, createCacheKeys, subjectOf } from '../../../lib/cache/key.ts'

const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

t.test('the key of a known graphic is the one that the reference has', async t => {
  t.equal(cacheKey({ subject: pixel, service: 'pre-one' }), '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226')
})

t.test('keys are those of object-hash, whatever the subject, the service and the question', async () => {
  const service = fc.string({ unit: 'binary', maxLength: 30 })
  const query = fc.oneof(fc.constant(undefined), fc.constant(''), fc.string({ unit: 'binary' }))
  const subject = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
  fc.assert(fc.property(subject, fc.array(fc.tuple(service, query), { maxLength: 4 }), (subject, services) => {
    const keys = createCacheKeys(subject)
    for (const [preprocessor, followupQuery] of services) {
      const expected = objectHash({ reqData: subject, preprocessor, ...followupQuery && { followupQuery } })
      if (keys?.(preprocessor, { followupQuery }) !== expected) throw new Error('differs')
    }
  }), { numRuns: 300 })
})

t.test('the order of keys in a chart makes no difference', async t => {
  t.equal(cacheKey({ subject: { a: 1, b: [{ x: 1, y: 2 }] }, service: 's' }), cacheKey({ subject: { b: [{ y: 2, x: 1 }], a: 1 }, service: 's' }))
})

t.test('a language makes another key, and none the key of the reference', async t => {
  const keys = ['en', 'fr', undefined].map(language => cacheKey({ subject: pixel, service: 'pre-one', language }))
  t.equal(new Set(keys).size, 3)
  t.equal(keys[0], objectHash({ reqData: pixel, preprocessor: 'pre-one', language: 'en' }))
  t.equal(keys[2], cacheKey({ subject: pixel, service: 'pre-one' }))
})

t.test('the subject is the first member that counts as true', async t => {
  t.equal(subjectOf({ graphic: 'g', placeID: 'p' }), 'g')
  t.equal(subjectOf({ graphic: '', placeID: 'p', coordinates: {} }), 'p')
  t.strictSame(subjectOf({ highChartsData: { a: 1 }, coordinates: { latitude: 1 } }), { latitude: 1 })
  t.strictSame(subjectOf({ highChartsData: { a: 1 } }), { a: 1 })
  t.equal(subjectOf({ placeID: 0, graphic: null }), '')
  t.equal(subjectOf(Object.create({ graphic: 'inherited' })), '')
})

t.test('a chart too complex to be hashed at once has no keys', async t => {
  t.equal(createCacheKeys(Array.from({ length: 100_000 }, () => ({ x: 1, y: 1 }))), undefined)
  t.type(createCacheKeys('A'.repeat(20_000_000)), 'function', 'a large graphic has')
})
