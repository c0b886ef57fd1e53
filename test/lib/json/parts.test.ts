// Counting the parts of a JSON text before it is parsed.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { countParts, scanElements, scanMembers } from '../../../lib/json/members.ts'
import { createRandom, objectText, pad } from '../../fixtures/json/random-text.ts'
import { sized } from '../../long.ts'

const count = (text: string, most = 1000) => countParts(Buffer.from(text), most)

/** The same by looking at every value of a valid text. */
function partsOf (bytes: Buffer, start = 0, end = bytes.length): number {
  const inside = (values: Array<{ valueStart: number, valueEnd: number }>) => values.reduce((sum, { valueStart, valueEnd }) => sum + partsOf(bytes, valueStart, valueEnd), 0)
  const first = bytes.toString('latin1', start, end).trimStart()[0]
  if (first === '[') return 1 + inside(scanElements(bytes, start, end))
  if (first !== '{') return 0
  const members = scanMembers(bytes, start, end)
  return 1 + members.length + inside(members)
}

t.test('objects, arrays and members are parts; scalars, and what stands in strings, are none', async t => {
  t.equal(count('{"a":[1,"{[:",true],"b{[:":{},"c\\"[":":"}'), 6)
  t.equal(count('[[],[[]]]'), 4)
  for (const text of ['', '1', '"[[[["', '"\\"[[[["', '"\\\\"']) t.equal(count(text), 0, text)
  t.equal(count(`"${'x'.repeat(1000)}\\"[[${'\\\\'.repeat(50)}"[`), 1)
})

t.test('counting ends when there are more than asked for', async t => {
  t.equal(count('['.repeat(50), 9), 10)
  t.equal(count('['.repeat(9), 9), 9)
})

t.test('a text that is no JSON is counted somehow', async t => {
  t.equal(count('[["'), 2)
  for (const text of ['"', '"\\', '"\\"', '}}', ':::', '{"a', '\u0000']) t.ok(count(text) >= 0, JSON.stringify(text))
})

t.test('agrees with a look at every value on 5 000 random objects', async () => {
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 0, max: 5 }), (seed, size) => {
    const random = createRandom(seed)
    const bytes = Buffer.from(pad(random, objectText(random, size)))
    assert.equal(countParts(bytes, Number.POSITIVE_INFINITY), partsOf(bytes))
  }), { numRuns: sized(1000, 500_000) })
})
