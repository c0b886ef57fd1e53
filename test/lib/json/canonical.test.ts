// Canonical texts: equal for equal values only; and the duplicates that they find.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { canonical, findDuplicate } from '../../../lib/json/canonical.ts'
import { sized } from '../../long.ts'

t.test('the order of keys does not matter, the order of elements does', async t => {
  t.equal(canonical({ b: [1, { d: null, c: 'x' }], a: true }), '{"a":true,"b":[1,{"c":"x","d":null}]}')
  t.equal(canonical({ a: {}, b: [] }), '{"a":{},"b":[]}')
  t.not(canonical([1, 2]), canonical([2, 1]))
})

t.test('what looks alike is told apart', async t => {
  const alike = [1, '1', [1], ['1'], { 0: 1 }, { 1: 1 }, '[1]', null, 'null', [null], [], {}, '', [''], ['', ''], [','], 'a,b', ['a', 'b'], ['a,b'], ['"'], '\ud800', '\\ud800', { a: 1, b: 2 }, { a: '1,"b":2' }]
  t.equal(new Set(alike.map(canonical)).size, alike.length)
})

t.test('names of the prototype are members like others', async t => {
  t.equal(canonical(JSON.parse('{"toString":1,"__proto__":{"x":2},"constructor":3}')), '{"__proto__":{"x":2},"constructor":3,"toString":1}')
  t.strictSame(findDuplicate([JSON.parse('{"valueOf":1}'), JSON.parse('{"valueOf":1}')]), { i: 1, j: 0 })
})

t.test('a canonical text reads back as the same value', async t => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), value => isDeepStrictEqual(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)))))
  t.pass('for a hundred values')
})

t.test('the duplicates found are those that comparing from the end meets first', async t => {
  // The plain way: every element with every earlier one.
  const compared = (items: unknown[]) => {
    for (let i = items.length - 1; i > 0; i--) {
      for (let j = i - 1; j >= 0; j--) if (isDeepStrictEqual(items[i], items[j])) return { i, j }
    }
    return undefined
  }
  const item = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('0', '1', 'a', null, true), fc.array(fc.nat(2), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(1), { noNullPrototype: true }))
  let found = 0
  const cases = sized(1000, 100_000)
  fc.assert(fc.property(fc.array(item, { maxLength: 12 }), items => {
    const expected = compared(items)
    if (expected !== undefined) found++
    return isDeepStrictEqual(findDuplicate(items), expected)
  }), { numRuns: cases })
  t.ok(found > cases / 6, `${found} lists held duplicates`)
})

t.test('the depth of a value is no limit', async t => {
  const text = '{"a":['.repeat(50_000) + ']}'.repeat(50_000)
  t.equal(canonical(JSON.parse(text)), text)
})
