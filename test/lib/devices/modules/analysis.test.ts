// What is read from a module without running it is what its text says and what the engine says; whatever is no module is refused in words.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { analyse } from '../../../../lib/devices/modules/analysis.ts'
import type { Signature, ValueType } from '../../../../lib/devices/wasm-module.ts'
import { sized } from '../../../long.ts'
import { assembled, leb, moduleOf, primitive, section } from './wat.ts'

const text = (name: string) => [...leb(Buffer.byteLength(name)), ...Buffer.from(name)]
/** A type section with one function of no parameters, one such function, and whatever exports. */
const oneFunction = (...more: number[][]) => assembled(section(1, 1, 0x60, 0, 0), section(3, 1, 0), ...more, section(10, 1, 2, 0, 0x0b))

t.test('functions that a module exports have their names and types', async t => {
  t.strictSame(analyse(await moduleOf(primitive)), {
    requirements: [],
    exports: [
      { name: 'add1', parameters: ['i32'], results: ['i32'] },
      { name: 'half', parameters: ['f32'], results: ['f32'] },
      { name: 'pair', parameters: ['i64', 'f64'], results: ['i64'] }
    ],
    memory: undefined,
    hasStart: false
  })
})

t.test('functions that it imports have theirs, and count before its own', async t => {
  const { requirements, exports } = analyse(await moduleOf('(module (import "sys" "millis" (func $m (result i32))) (import "exotic" "warpDrive" (func $w)) (func (export "go") (result i32) call $m) (export "again" (func $m)))'))
  t.strictSame(requirements, [
    { module: 'sys', name: 'millis', kind: 'function', signature: { parameters: [], results: ['i32'] } },
    { module: 'exotic', name: 'warpDrive', kind: 'function', signature: { parameters: [], results: [] } }
  ])
  t.strictSame(exports.map(({ name, results }) => [name, results]), [['go', ['i32']], ['again', ['i32']]])
})

t.test('everything else that it imports is named by its kind', async t => {
  const { requirements, memory } = analyse(await moduleOf(`(module
    (import "env" "m" (memory 2 7)) (import "env" "t" (table 1 funcref)) (import "env" "g" (global (mut i64))) (import "env" "e" (tag (param i32))) (import "env" "f" (func)))`))
  t.strictSame(requirements.map(({ name, kind }) => [name, kind]), [['m', 'memory'], ['t', 'table'], ['g', 'global'], ['e', 'tag'], ['f', 'function']])
  t.strictSame(memory, { initial: 2, maximum: 7 })
})

t.test('its memory is told in pages, that of several together, and whether it has a start', async t => {
  t.strictSame(analyse(await moduleOf('(module (memory (export "memory") 1))')).memory, { initial: 1, maximum: undefined })
  t.strictSame(analyse(assembled(section(5, 3, 1, 1, 2, 1, 10, 20, 1, 0, 5))).memory, { initial: 11, maximum: 27 })
  t.strictSame(analyse(assembled(section(5, 2, 1, 1, 2, 0, 10))).memory, { initial: 11, maximum: undefined })
  t.strictSame(analyse(assembled(section(5, 1, 5, ...leb(2 ** 33), ...leb(2 ** 40)))).memory, { initial: 2 ** 33, maximum: 2 ** 40 }, 'of 64 bits')
  const started = await moduleOf('(module (func $s (loop br 0)) (start $s) (func (export "f")))')
  t.equal(analyse(started).hasStart, true, 'and it comes back: nothing was started')
})

t.test('custom sections are passed over, wherever they are and whatever they hold', async t => {
  const custom = section(0, ...text('name'), 0xff, 0xff, 0xff)
  t.strictSame(analyse(Buffer.concat([oneFunction(custom, section(7, 1, ...text('f'), 0, 0), custom), Buffer.from(custom)])).exports, [{ name: 'f', parameters: [], results: [] }])
})

t.test('groups, structures, arrays and references among its types do not move the types of functions', async t => {
  const bytes = assembled(
    section(1, 4, 0x4e, 2, 0x50, 0, 0x5f, 2, 0x63, 0, 1, 0x78, 0, 0x60, 1, 0x7e, 1, 0x7d, 0x5e, 0x64, 0, 1, 0x4f, 0, 0x60, 2, 0x7f, 0x7c, 0, 0x60, 1, 0x63, 0, 0),
    section(3, 3, 1, 3, 4),
    section(7, 2, ...text('a'), 0, 0, ...text('b'), 0, 1),
    section(10, 3, 7, 0, 0x43, 0, 0, 0, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b)
  )
  t.ok((WebAssembly as unknown as { validate (bytes: Uint8Array): boolean }).validate(bytes), 'the engine takes it')
  t.strictSame(analyse(bytes).exports, [{ name: 'a', parameters: ['i64'], results: ['f32'] }, { name: 'b', parameters: ['i32', 'f64'], results: [] }])
  const exotic = Buffer.concat([bytes.subarray(0, bytes.indexOf(Buffer.from(section(7, 2, ...text('a'), 0, 0, ...text('b'), 0, 1)))), Buffer.from(section(7, 1, ...text('c'), 0, 2))])
  t.throws(() => analyse(exotic), { code: 'MODULE_BROKEN', message: /"c" has references that no device can give/ })
})

const valueTypes = fc.array(fc.constantFrom<ValueType[]>('i32', 'i64', 'f32', 'f64', 'v128', 'funcref', 'externref'), { maxLength: 6 })
const signatures = fc.array(fc.record<Signature>({ parameters: valueTypes, results: valueTypes }, { noNullPrototype: true }), { maxLength: 8 })

t.test('whatever signatures a text has, they are read', async () => {
  await fc.assert(fc.asyncProperty(signatures, signatures, async (imported, exported) => {
    const types = ({ parameters, results }: Signature) => `(param ${parameters.join(' ')}) (result ${results.join(' ')})`
    const bytes = await moduleOf(`(module ${imported.map((each, index) => `(import "host" "i${index}" (func ${types(each)}))`).join('\n')}
      ${exported.map((each, index) => `(func (export "e${index}") ${types(each)} unreachable)`).join('\n')})`)
    const analysis = analyse(bytes)
    assert.deepEqual(analysis.requirements.map(({ signature }) => signature), imported)
    assert.deepEqual(analysis.exports, exported.map((each, index) => ({ name: `e${index}`, ...each })))
  }), { numRuns: sized(30, 3000) })
})

t.test('F29: whatever is no module of version 1 is refused, and says what it is', async t => {
  const refused: Array<[string, Uint8Array, RegExp]> = [
    ['nothing', Buffer.alloc(0), /empty/],
    ['something else', Buffer.from('%PDF-1.4 hello'), /does not begin/],
    ['text', Buffer.from('  (module (func))'), /text format.*wat2wasm/],
    ['half a header', Buffer.from([0, 0x61, 0x73, 0x6d, 1]), /ends in the middle/],
    ['a component', Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), /component; send the core module/],
    ['version 2', Buffer.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), /version other than 1/],
    ['sections in the wrong order', assembled(section(3, 0), section(1, 0)), /not in order/],
    ['a section twice', assembled(section(1, 0), section(1, 0)), /not in order/],
    ['a section that is longer than the file', assembled([1, 0xff, 0xff, 0xff, 0xff, 0x0f]), /ends in the middle/],
    ['a number of six bytes', assembled([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), /number in it is too long/],
    ['a number of 33 bits', assembled([1, 0xff, 0xff, 0xff, 0xff, 0x1f]), /number in it is too long/],
    ['ten million functions in 6 bytes', assembled(section(1, 0), section(3, ...leb(10_000_000))), /10000000 functions; 1000000 are allowed/],
    ['a million functions in 6 bytes', assembled(section(1, 0), section(3, ...leb(1_000_000))), /more than its bytes can hold/],
    ['four thousand million types', assembled(section(1, 0xff, 0xff, 0xff, 0xff, 0x0f)), /4294967295 types/],
    ['a function of a type that is not there', assembled(section(3, 1, 7), section(7, 1, ...text('f'), 0, 0)), /type that is not there/],
    ['an export that is not there', oneFunction(section(7, 1, ...text('f'), 0, 9)), /function that is not there/],
    ['an export of an unknown kind', oneFunction(section(7, 1, ...text('f'), 9, 0)), /exports something unknown/],
    ['an import of an unknown kind', assembled(section(2, 1, ...text('m'), ...text('n'), 9)), /imports something unknown/],
    ['a name that is no UTF-8', oneFunction(section(7, 1, 1, 0xff, 0, 0)), /no UTF-8/],
    ['a name that is too long', oneFunction(section(7, 1, text('x'.repeat(1001)), 0, 0)), /more than 1000 bytes/],
    ['names that are too long together', oneFunction(section(7, leb(400), Array.from({ length: 400 }, (_, index) => [...text(`${index}`.padStart(900, 'x')), 0, 0]).flat())), /more than 200000 characters/],
    ['an unknown type', assembled(section(1, 1, 0x40, 0, 0)), /type in it is unknown/],
    ['a value of an unknown type', assembled(section(1, 1, 0x60, 1, 0x10, 0)), /type of a value/]
  ]
  for (const [what, bytes, message] of refused) t.throws(() => analyse(bytes), { code: 'MODULE_BROKEN', message }, what)
})

t.test('F29: whichever byte is the last one, it is refused, or what is there is enough to be read', async t => {
  const whole = await moduleOf('(module (import "a" "b" (func (param i32))) (memory 1) (global i32 (i32.const 1)) (func (export "f") (param i64)) (start 2) (func))')
  const analysis = analyse(whole)
  for (let length = 0; length < whole.length; length++) {
    try {
      t.not(analyse(whole.subarray(0, length)).exports.length, analysis.exports.length + 1)
    } catch (error) {
      assert.equal((error as { code: unknown }).code, 'MODULE_BROKEN', String(error))
    }
  }
})
