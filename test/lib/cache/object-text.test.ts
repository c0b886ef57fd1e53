import fc from 'fast-check'
import objectHash from 'object-hash'
import t from 'tap'
import { longestText, objectText } from '../../../lib/cache/object-text.ts'

/** The text that object-hash digests for the same value. */
function expected (value: unknown): string {
  return objectHash({ reqData: value }, { algorithm: 'passthrough' }).split('string:7:reqData:').slice(1).join('string:7:reqData:').slice(0, -1)
}

/** Keys that every object inherits, besides ordinary ones. */
const key = fc.oneof({ weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) }, fc.constantFrom('prototype', '__proto__', 'constructor', 'toString', '10', '9'))

t.test('any JSON value has the text that object-hash digests', async () => {
  fc.assert(fc.property(fc.anything({ key, maxDepth: 4, withNullPrototype: false, values: [fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)] }), value => {
    const text = JSON.stringify(value)
    if (text === undefined) return
    const parsed: unknown = JSON.parse(text)
    if (objectText(parsed) !== expected(parsed)) throw new Error(`differs for ${text}`)
  }), { numRuns: 500 })
})

t.test('members named like inherited ones are numbered as object-hash numbers them', async t => {
  for (const text of ['{"constructor":{"a":{}},"b":{"prototype":[1]}}', '{"__proto__":{"x":{}},"a":[{"__proto__":1}]}', '[{},[],{"prototype":{"constructor":null}}]']) {
    const value: unknown = JSON.parse(text)
    t.equal(objectText(value), expected(value), text)
  }
})

t.test('nesting takes no stack', async t => {
  const value: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000))
  t.equal(objectText(value)?.length, 200_000 * 'array:1:'.length)
})

t.test('a text that would be too long is given up', async t => {
  t.equal(objectText(Array.from({ length: longestText / 4 }, () => 1)), undefined)
  t.equal(objectText([Array.from({ length: 20 }, () => 'x'.repeat(longestText / 10))]), undefined)
})
