// Checks over bytes: against Ajv on random values, duplicates and escaped keys, and what is told in passing.
import assert from 'node:assert/strict'
import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { compileCheck, createObjectReader, numberAt } from '../../../lib/json/checks.ts'
import { createRandom, joinMembers, pad, pick, valueText } from '../../fixtures/json/random-text.ts'
import type { Random } from '../../fixtures/json/random-text.ts'
import { sized } from '../../long.ts'

const Thing = Type.Object({
  kind: Type.Optional(Type.Literal('thing')),
  size: Type.Optional(Type.Integer({ minimum: 0, maximum: 50 })),
  place: Type.Optional(Type.Union([Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }), Type.Null()])),
  'é"': Type.Optional(Type.Boolean())
})
const Whole = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 4 }),
  things: Type.Array(Thing, { maxItems: 3 }),
  rest: Type.Optional(Type.Unknown())
})

/** Whether all of a text is such a value. */
function holds (schema: TSchema, text: string): boolean {
  const bytes = Buffer.from(text)
  return compileCheck(schema)(bytes, 0, 0) === bytes.length
}

const names = ['"name"', '"n\\u0061me"', '"things"', '"rest"', '"other"', '"__proto__"', '"\\u0074hings"']
const thingKeys = ['"kind"', '"size"', '"place"', '"é\\""', '"\\u00e9\\u0022"', '"\\u0073ize"', '"more"', '"toString"']

function thingText (random: Random): string {
  if (random(12) === 0) return valueText(random, 2)
  const values: Record<string, string[]> = {
    kind: ['"thing"', '"\\u0074hing"', '"other"', '1'],
    size: ['0', '50', '51', '-1', '1.0', '1.5', '5e1', '1e2', '-0', '"1"'],
    place: ['[1,2]', '[ 1.5 , -2e3 ]', 'null', '[]', '[1]', '[1,2,3]', '[1,"2"]', '{}'],
    'é"': ['true', 'false', 'null']
  }
  return joinMembers(random, Array.from({ length: random(4) }, () => {
    const key = pick(random, thingKeys)
    // Mostly values that will do, or hardly any whole would.
    const name = JSON.parse(key) as string
    const fitting = Object.hasOwn(values, name) ? values[name] : undefined
    return [key, fitting === undefined ? valueText(random, 1) : pick(random, random(3) === 0 ? fitting : fitting.slice(0, 2))] as const
  }))
}

function wholeText (random: Random): string {
  const value = (key: string) => {
    switch (JSON.parse(key)) {
      case 'name': return pick(random, ['"a"', '"abcd"', '"😀😀😀😀"', '"\\ud83d\\ude00bcd"', '"\\u0061"', '""', '"abcde"', '"éé😀é漢"', 'null'])
      case 'things': return `[${Array.from({ length: random(5) }, () => pad(random, thingText(random))).join()}]`
      default: return valueText(random, 2)
    }
  }
  const keys = ['"name"', '"things"', ...Array.from({ length: random(3) }, () => pick(random, names))]
  return joinMembers(random, keys.slice(random(20) === 0 ? 1 : 0).map(key => [key, value(key)] as const))
}

t.test('agrees with Ajv, which is given what JSON.parse makes of the text', async t => {
  const validate = new Ajv().compile(Whole)
  const check = compileCheck(Whole)
  const counts = { yes: 0, no: 0 }
  const cases = sized(20_000, 2_000_000)
  fc.assert(fc.property(fc.nat(), seed => {
    const text = wholeText(createRandom(seed))
    const bytes = Buffer.from(text)
    const expected = validate(JSON.parse(text))
    assert.equal(check(bytes, 0, 0) === bytes.length, expected, text)
    counts[expected ? 'yes' : 'no'] += 1
  }), { numRuns: cases })
  for (const count of Object.values(counts)) t.ok(count > cases / 20, 'some of each')
})

t.test('knows each of the keywords', async t => {
  const table: Array<[TSchema, string[], string[]]> = [
    [Type.Unknown(), ['1', '"a"', '[{"a":null}]'], ['', 'a', '[1', '{"a"}']],
    [Type.Null(), ['null'], ['0', 'nul', 'false']],
    [Type.Boolean(), ['true', 'false'], ['1', 'tru', 'null', '"true"']],
    [Type.Number(), ['1', '-1.5', '1e400'], ['"1"', 'true', 'NaN']],
    [Type.Number({ minimum: 1, maximum: 2 }), ['1', '1.5', '2.0'], ['0.9', '2.1', '1e400', '-1']],
    [Type.Integer(), ['1', '1.0', '-7', '1e3'], ['1.5', '1e-1']],
    [Type.String({ minLength: 2, maxLength: 3 }), ['"ab"', '"abc"', '"😀😀"', '"\\u0061\\u0062\\n"', '"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00"'], ['"a"', '"abcd"', '"😀"', '""', '1', '"\\u0061"']],
    [Type.Array(Type.Null(), { minItems: 1, maxItems: 2 }), ['[null]', '[ null , null ]'], ['[]', '[null,null,null]', '[1]', '{}', '[null', '[null,]']],
    [Type.Literal('é'), ['"é"', '"\\u00e9"', '"\\u00E9"'], ['"e"', '"éé"', '1', '""']],
    [Type.Union([Type.Null(), Type.Number()]), ['null', '1'], ['"a"', 'true']],
    [Type.Object({ a: Type.Optional(Type.Null()) }), ['{}', '{"a":null}', '{"b":1}', '{"a":1,"a":null}', ' {"a":null}'.trim()], ['{"a":1}', '{"a":null,"a":1}', '[]', '{"a":null', '{"a":null,}', '{"b":}', '{"a" null}', '{a:null}']]
  ]
  for (const [schema, right, wrong] of table) {
    for (const text of right) t.equal(holds(schema, text), true, `${JSON.stringify(schema)} ${text}`)
    for (const text of wrong) t.equal(holds(schema, text), false, `${JSON.stringify(schema)} ${text}`)
  }
})

t.test('says at once which keywords it does not know', async t => {
  for (const schema of [Type.String({ pattern: 'a' }), Type.Object({}, { additionalProperties: false }), Type.Array(Type.Number(), { uniqueItems: true }), Type.Null({ maximum: 1 }), Type.Tuple([Type.Null()])]) {
    t.throws(() => compileCheck(schema), TypeError)
  }
  t.throws(() => compileCheck(Type.Unsafe({ type: 'date' })), TypeError)
  t.throws(() => createObjectReader(Type.Object(Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`m${index}`, Type.Null()])))), TypeError)
})

t.test('a reader says where members lie and which is at fault, the last of a name', async t => {
  const reader = createObjectReader(Type.Object({ a: Type.Number(), b: Type.Optional(Type.String()) }))
  const read = (text: string) => reader.read(Buffer.from(text), 0, 0)
  const texts = (text: string) => ['a', 'b', 'c'].map(name => {
    const place = reader.place(name)
    return place === undefined ? undefined : text.slice(place.start, place.end)
  })
  const right = '{ "a" : 1 , "c":3, "b":"x", "\\u0061": 2.0 }'
  t.equal(read(right), right.length)
  t.strictSame(texts(right), ['2.0', '"x"', undefined])
  t.equal(reader.fault(), undefined)
  const wrong = '{"a":1,"b":[2],"c":3}, and more'
  t.equal(read(wrong), 21, 'it is an object all the same')
  t.equal(reader.fault(), 'b')
  t.strictSame(texts(wrong), ['1', '[2]', undefined])
  t.equal(read('{"b":"x"}'), 9)
  t.equal(reader.fault(), 'a')
  t.strictSame(texts('{"b":"x"}'), [undefined, '"x"', undefined])
  for (const text of ['', '[]', '{', '{"a":1', '{"a":x}', '{"a":1}'.slice(0, -1)]) t.equal(read(text), -1, text)
})

t.test('tells of a list that begins and of what its objects have, in passing', async t => {
  const items = Type.Array(Type.Object({ k: Type.Optional(Type.Number()), n: Type.Optional(Type.Number()) }))
  const told: string[] = []
  const check = compileCheck(Type.Object({ items }), new Map([[items, {
    member: 'n',
    begins: () => { told.push('begins') },
    passes: (bytes: Buffer, start: number, end: number) => { told.push(bytes.toString('utf8', start, end)) }
  }]]))
  const text = Buffer.from('{"items":[{"n":1},{},{"k":1},{"k":1,"n":2.50,"k":2,"n":3},{"n":"x"},{"n":4}]}')
  t.equal(check(text, 0, 0), -1)
  t.strictSame(told, ['begins', '1', '3'], 'up to the first that is wrong')
})

t.test('a list is checked alike, however long it is and wherever it is written in an uncommon way', async () => {
  const list = Type.Array(Type.Object({ a: Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 300 })])), b: Type.Optional(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })), c: Type.Optional(Type.Null()) }))
  const ways = [
    '{"a":1,"b":[1,2],"c":null}', '{"b": [1, 2], "a": -0.5e1}', '{ "a":1}', '{"a" :1}', '{"a":1 }', '{"a":1,\n"b":[1.0,2]}', '{}', '{ }', '{"d":{"a":"x"},"a":1}', '{"a":1,"d":1,"c":null}', '{"\\u0061":1}',
    `{"a":"${'é'.repeat(150)}"}`, `{"a":"${'é'.repeat(300)}"}`, '{"a":"\\u00e9"}', `{"d":"${'x'.repeat(5000)}"}`
  ]
  const faults = ['{"a":1,}', '{"a":01}', '{"a":1.}', '{"a":1 "b":[1,2]}', '{"a":1,"b":[1]}', '{"a":"\n"}', '{"a":1', '{"a":1]', `{"a":"${'x'.repeat(301)}"}`, '{"a":1}}', '{,"a":1}', '{"a":null,"a":true}', '[]']
  const check = compileCheck(list)
  fc.assert(fc.property(fc.array(fc.constantFrom(...ways), { maxLength: 60 }), fc.constantFrom('', ...faults), fc.nat(60), fc.constantFrom(',', ', ', ' ,'), (items, fault, at, comma) => {
    const texts = fault === '' ? items : [...items.slice(0, at), fault, ...items.slice(at)]
    const bytes = Buffer.from(`[${texts.join(comma)}]`)
    assert.equal(check(bytes, 0, 0) === bytes.length, fault === '', bytes.toString())
  }), { numRuns: sized(1000, 100_000) })
})

t.test('numbers are those of JSON.parse', async t => {
  const texts = ['0', '-0', '7', '123456789', '999999999', '1234567890', '9007199254740993', '123456789012345678901', '1.0', '1e2', '-5', '1e400', '0.1']
  for (const text of texts) t.ok(Object.is(numberAt(Buffer.from(`[${text}]`), 1, text.length + 1), JSON.parse(text)), text)
})
