// The grammar of JSON over bytes: against tables, and against JSON.parse on random texts, damaged ones too.
import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { mostDepth, skipNumber, skipSpace, skipValue } from '../../../lib/json/grammar.ts'
import { damage } from '../../fixtures/json/damage.ts'
import { createRandom, pad, valueText } from '../../fixtures/json/random-text.ts'
import { sized } from '../../long.ts'

const pieces = ['"', '{', '}', '[', ']', ',', ':', '"a":1,', 'null', 'true', 'fals', '-', '+', '.', 'e', '0', '01', '1.', '.5', '1e', '1e+', '-0', 'NaN', 'Infinity', '\\', '\\"', '\\u00', '\\u00g0', '\\x', '\u0000', '\u001f', '\u007f', '\u2028', '\ufeff', '\n', ' ', '/* */', "'"]

function isJson (bytes: Buffer): boolean {
  const end = skipValue(bytes, skipSpace(bytes, 0), 0)
  return end !== -1 && skipSpace(bytes, end) === bytes.length
}

function parses (bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

t.test('every form of a number is one, and nothing else is', async t => {
  for (const text of ['0', '-0', '7', '-7', '10', '0.0', '12.0', '-0.0', '1.5e3', '1E+2', '1e-2', '0e0', '0E-0', '1e400', '123456789012345678901', '0.1000000000000000055']) {
    t.equal(skipNumber(Buffer.from(text), 0), text.length, text)
    t.equal(skipNumber(Buffer.from(`${text},`), 0), text.length, text)
  }
  for (const text of ['', '-', '+1', '.5', '1.', '1.e3', '-.5', '1e', '1e+', '1e-', 'e1', 'NaN', 'Infinity', '-Infinity', '0x10', '00', '01', '-01', '1_000', '1.0.0', '1e1.5', '1 2', '١']) t.equal(isJson(Buffer.from(text)), false, text)
})

t.test('what Python writes for numbers that are none is no JSON', async t => {
  for (const text of ['[NaN]', '{"a":Infinity}', '[-Infinity]', '[nan]']) t.equal(isJson(Buffer.from(text)), false, text)
})

t.test('strings hold no control characters and no escapes but those of JSON', async t => {
  for (const text of ['""', '"a"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u00aF\\uD800"', '"é漢😀\u007f\u2028"']) t.equal(isJson(Buffer.from(text)), true, encodeURI(text))
  for (const text of ['"', '"\\', '"\\"', '"\\x"', '"\\u"', '"\\u123"', '"\\u123g"', '"\\U1234"', '"\n"', '"\u0000"', '"\u001f"', '"a""b"']) t.equal(isJson(Buffer.from(text)), false, JSON.stringify(text))
})

t.test('as deep as allowed is JSON, deeper is none', async t => {
  for (const [open, close] of [['[', ']'], ['{"a":', '}'], ['[{"":', '}]']] as const) {
    const levels = (count: number) => Buffer.from(open.repeat(count) + '1' + close.repeat(count))
    const most = open.length > 2 && open.startsWith('[') ? mostDepth / 2 : mostDepth
    t.equal(isJson(levels(most)), true)
    t.equal(isJson(levels(most + 1)), false)
  }
  t.equal(isJson(Buffer.alloc(10 * 1024 * 1024, '[')), false, 'ten megabytes of brackets')
  t.equal(isJson(Buffer.from('{"":'.repeat(2_000_000))), false)
})

t.test('agrees with JSON.parse on what is JSON', async t => {
  const counts = { yes: 0, no: 0 }
  const cases = sized(20_000, 2_000_000)
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 0, max: 5 }), (seed, size) => {
    const random = createRandom(seed)
    const whole = Buffer.from(pad(random, valueText(random, size)))
    assert(isJson(whole), 'what is valid')
    const text = damage(random, whole, pieces)
    // Bytes that are no UTF-8 are found by another.
    if (!isUtf8(text)) return
    const expected = parses(text)
    assert.equal(isJson(text), expected)
    counts[expected ? 'yes' : 'no'] += 1
  }), { numRuns: cases })
  for (const count of Object.values(counts)) t.ok(count > cases / 20, 'some of each')
})
