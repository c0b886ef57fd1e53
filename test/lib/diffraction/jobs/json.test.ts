// JSON as jansson reads and writes it.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { isObject, JsonNumber, metadataObject, plainJson, readJson, real, writeJson } from '../../../../lib/diffraction/jobs/json.ts'
import type { JsonValue } from '../../../../lib/diffraction/jobs/json.ts'

const again = (text: string) => writeJson(readJson(Buffer.from(text)))

t.test('numbers keep their kind', async t => {
  t.equal(again('[1, 1.0, -0, -0.0, 1e2, 1E-2, 0.1, 9223372036854775807, -9223372036854775808]'), '[1,1.0,0,-0.0,100.0,0.01,0.10000000000000001,9223372036854775807,-9223372036854775808]')
  t.equal(again('[1e20, 1e17, 1e16, 1.5e300, 1e-5, 1.25e-5, 0.0001, 123456.789]'), '[1e20,1e17,10000000000000000.0,1.5000000000000001e300,1.0000000000000001e-5,1.2500000000000001e-5,0.0001,123456.789]')
})

t.test('a real number has 17 significant digits', async t => {
  // As printf of the C library has them, with the exponents of jansson.
  const cases: Array<[value: number, text: string]> = [
    [0.97919, '0.97919'], [7.3242e-05, '7.3242000000000001e-5'], [24.97548482464297, '24.975484824642969'], [1 / 3, '0.33333333333333331'], [100, '100.0'],
    [1e15 + 0.5, '1000000000000000.5'], [-7.312715117751976e+18, '-7.3127151177519759e18'], [-66926478731690.96, '-66926478731690.961'], [53431525829592.41, '53431525829592.406'],
    [-2925537605486395.0, '-2925537605486395.0'], [0.04430800646815652, '0.044308006468156517'], [3.942716995897388e-281, '3.942716995897388e-281'],
    [-1.5576684883456538e-09, '-1.5576684883456538e-9'], [-0.00017137200139845143, '-0.00017137200139845143'], [-2134898.100715479, '-2134898.1007154789']
  ]
  for (const [value, text] of cases) t.equal(real(value)?.text, text)
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => Object.is(Number(real(value)?.text), value) && real(value)?.isInteger === false))
  t.equal(real(NaN), null)
  t.equal(real(Infinity), null)
})

t.test('members come in the order of their bytes', async t => {
  t.equal(again('{"b":1,"10":2,"2":3,"B":4,"\ue000":5,"\u{1f600}":6,"":7}'), '{"":7,"10":2,"2":3,"B":4,"b":1,"\ue000":5,"\u{1f600}":6}')
})

t.test('of members of one name the last one counts', async t => {
  t.equal(again('{"a":1,"a":2}'), '{"a":2}')
})

t.test('texts are escaped where they must be, with large digits', async t => {
  t.equal(again('"\\u001f\\n\\/\\\\u001f\\u00e9\\u007f\\""'), '"\\u001F\\n/\\\\u001fé\u007f\\""')
})

t.test('names that objects have anyway are members like others', async t => {
  const value = readJson(Buffer.from('{"__proto__":{"pid":"x"},"constructor":1}'))
  t.ok(isObject(value))
  t.equal(Object.getPrototypeOf(value), null)
  t.equal(writeJson(value), '{"__proto__":{"pid":"x"},"constructor":1}')
})

t.test('what is no JSON is refused', async t => {
  const texts = ['', ' ', '{', '[1,]', '01', '1.', '+1', 'NaN', "'a'", '{"a"}', 'nul', '1 2', '"\n"', '1e999', '9223372036854775808', '-9223372036854775809', '1'.repeat(1000), '['.repeat(300) + ']'.repeat(300), '\ufeff{}']
  for (const text of texts) t.throws(() => readJson(Buffer.from(text)), SyntaxError, text.slice(0, 20))
  t.throws(() => readJson(Buffer.from([0x22, 0xc3, 0x22])), SyntaxError)
})

t.test('any JSON comes back the same', async () => {
  fc.assert(fc.property(fc.jsonValue(), value => {
    const text = JSON.stringify(value)
    // Integers of more than 64 bits are refused.
    fc.pre(!/\d{19}/.test(text))
    assert.deepStrictEqual(JSON.parse(again(text)), JSON.parse(text))
  }))
})

t.test('metadata are integers, measured values and texts, also in lists', async t => {
  const text = writeJson(metadataObject({
    wavelength: { kind: 'real', value: 1, unit: 'Ao' },
    nimages: { kind: 'integer', value: 1 },
    orientation: { kind: 'real', value: [[-1, 0], [0.5, NaN]] },
    broken: { kind: 'real', value: NaN },
    name: { kind: 'string', value: 'x' }
  }))
  t.equal(text, '{"name":"x","nimages":1,"orientation":[[-1.0,0.0],[0.5,null]],"wavelength":1.0}')
})

t.test('plain values have a point only where they need one, and leave out what is undefined', async t => {
  const value: JsonValue = plainJson({ a: 1, b: 1.5, c: undefined, d: [null, true, { e: 'x' }], f: NaN })
  t.equal(writeJson(value), '{"a":1,"b":1.5,"d":[null,true,{"e":"x"}],"f":null}')
  t.type(plainJson(7), JsonNumber)
})
