// The expression for members of objects as they are mostly written: what it matches is right, and how far it goes.
import assert from 'node:assert/strict'
import { Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { plainMembers } from '../../../lib/json/plain-members.ts'
import { Box } from '../../../schemas/tracking/messages.ts'
import { damage } from '../../fixtures/json/damage.ts'
import { createRandom } from '../../fixtures/json/random-text.ts'
import { boxText } from '../../fixtures/tracking/messages.ts'
import { sized } from '../../long.ts'

const Thing = Type.Object({ a: Type.Optional(Type.Number()), b: Type.Optional(Type.String({ maxLength: 9 })), c: Type.Optional(Type.Boolean()), needed: Type.Number(), 'no word': Type.Optional(Type.Null()) })

/** What is matched of a text. */
function matched (text: string, without?: string): string | undefined {
  const { pattern } = plainMembers(Thing, without) ?? {}
  if (pattern === undefined) return undefined
  pattern.lastIndex = 0
  return pattern.test(text) ? text.slice(0, pattern.lastIndex) : undefined
}

t.test('goes to the next member that is not plain, or to the end of the object', async t => {
  const table: Array<[string, string | undefined]> = [
    ['{}', '{'], ['[]', undefined], ['{"a":1}', '{"a":1'], ['{"b":"x","a":-1.5e+3,"c":true}', '{"b":"x","a":-1.5e+3,"c":true'], ['{"a": 1, "b": "é"}', '{"a": 1, "b": "é"'],
    ['{"a":1,"needed":2}', '{"a":1,'], ['{"a":1, "d":{}}', '{"a":1, '], ['{"a":1,"no word":null}', '{"a":1,'], ['{"a":1,"b":"\\n"}', '{"a":1,'], ['{"a":1,  "b":""}', '{'], ['{"a":01}', '{'], ['{"a":1.}', '{'],
    ['{"a":1,}', '{'], ['{"a":1]', '{'], ['{"a":1', '{'], ['{ "a":1}', '{'], ['{"a":"x"}', '{'], ['{"c":truer}', '{'], ['{"b":"\u0001"}', '{']
  ]
  for (const [text, expected] of table) t.equal(matched(text), expected, JSON.stringify(text))
  t.equal(matched('{"b":"x","a":1}', 'a'), '{"b":"x",', 'a member may be left out')
})

t.test('knows how long the shortest of its texts may be, and when there is nothing to match', async t => {
  t.equal(plainMembers(Thing)?.longest, 9)
  t.equal(plainMembers(Type.Object({ a: Type.Optional(Type.Number()) }))?.longest, Infinity)
  for (const schema of [Type.Object({}), Type.Object({ a: Type.Number() }), Type.Object({ a: Type.Optional(Type.Unknown()) }), Type.Object({ a: Type.Optional(Type.Number({ minimum: 0 })) })]) t.equal(plainMembers(schema), undefined)
})

t.test('what is matched of a damaged box is valid', async t => {
  const { pattern, longest } = plainMembers(Box) ?? assert.fail()
  const validate = new Ajv({ strictNumbers: false }).compile(Box)
  const cases = sized(5000, 500_000)
  let some = 0
  fc.assert(fc.property(fc.nat(), seed => {
    const random = createRandom(seed)
    const text = damage(random, Buffer.from(boxText(random(30), random(9))), ['"', ',', '}', '0', '1e5', 'null', ' ', '[]', '"x"', '"rect":null,', '"certainty":1,']).toString()
    pattern.lastIndex = 0
    if (!pattern.test(text) || pattern.lastIndex > longest) return
    some += 1
    const before = text.slice(0, pattern.lastIndex).replace(/, ?$/, '')
    assert(validate(JSON.parse(`${before}}`)), text)
  }), { numRuns: cases })
  t.ok(some > cases / 3, 'many are')
})

t.test('a real box is matched whole', async t => {
  const { pattern } = plainMembers(Box) ?? assert.fail()
  for (const text of [boxText(1), boxText(1, 2), boxText(1, 2).replaceAll(' ', '')]) {
    pattern.lastIndex = 0
    t.ok(pattern.test(text))
    t.equal(pattern.lastIndex, text.length - 1)
  }
})
