// The envelope of a request: by example byte for byte, against a plain object on random texts and changes, and for what it copies.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import type { Body } from '../../../lib/graphics/envelope.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import { scanMembers } from '../../../lib/json/members.ts'
import type { Random } from '../../fixtures/json/random-text.ts'
import { createRandom, joinMembers, keyText, objectText, pad, pick, valueText } from '../../fixtures/json/random-text.ts'
import { figure, sized } from '../../long.ts'

const uuid = '0a0d2e51-2c4e-4c9b-8a5f-1d6c3f5b7a90'
const id = `"request_uuid":"${uuid}"`

function envelopeOf (text: string) {
  return createEnvelope(Buffer.from(text))
}

function textOf ({ parts, length }: Body): string {
  const joined = Buffer.concat(parts)
  assert.equal(joined.length, length)
  return joined.toString()
}

t.test('always sends an object of preprocessors: last where the client sent none, else where the client put it', async (t) => {
  t.equal(textOf(envelopeOf(`{${id}}`).body()), `{${id},"preprocessors":{}}`)
  t.equal(textOf(envelopeOf(`{${id},"preprocessors":{}}`).body()), `{${id},"preprocessors":{}}`)
  t.equal(textOf(envelopeOf(`{"preprocessors": { "x": 1 } ,${id}}`).body()), `{"preprocessors":{"x": 1},${id}}`)
  t.equal(textOf(envelopeOf(`{"a":1,"preprocessors":{},${id}}`).body()), `{"a":1,"preprocessors":{},${id}}`)
})

t.test('sends the client\'s bytes as they came, without whitespace around the object', async (t) => {
  const members = `${id} , "a" : "\\u00e9\\/" ,\n "b":1.0e0, "10":1,"2":2`
  t.equal(textOf(envelopeOf(` \r\n{ ${members} }\n`).body()), `{${members},"preprocessors":{}}`)
})

t.test('adds results in order, and replaces one of the same name where it stands', async (t) => {
  const envelope = envelopeOf(`{${id},"preprocessors":{"one":1,"two":2}}`)
  t.strictSame(envelope.resultNames(), ['one', 'two'])
  envelope.addResult('three', Buffer.from('{"n":3}'))
  envelope.addResult('one', Buffer.from('[1]'))
  envelope.addResult('a "quoted" \ud800 name', Buffer.from('null'))
  t.strictSame(envelope.resultNames(), ['one', 'two', 'three', 'a "quoted" \ud800 name'])
  t.equal(textOf(envelope.body()), `{${id},"preprocessors":{"one":[1],"two":2,"three":{"n":3},"a \\"quoted\\" \\ud800 name":null}}`)
  envelope.addResult('three', Buffer.from('4'))
  t.match(textOf(envelope.body()), '"two":2,"three":4,"a ')
})

t.test('adds the same bytes under several names, even those of the request itself', async (t) => {
  const text = `{${id},"preprocessors":{"one":1,"two":2}}`
  const bytes = Buffer.from(text)
  const envelope = createEnvelope(bytes)
  for (const name of ['one', 'three', 'four']) envelope.addResult(name, bytes)
  t.equal(textOf(envelope.body()), `{${id},"preprocessors":{"one":${text},"two":2,"three":${text},"four":${text}}}`)
})

t.test('refuses a result without bytes, which would spoil the body for every service', async (t) => {
  const envelope = envelopeOf(`{${id}}`)
  t.throws(() => envelope.addResult('x', Buffer.alloc(0)), TypeError)
  t.equal(textOf(envelope.body()), `{${id},"preprocessors":{}}`)
})

t.test('sends each key once: the last value at the place of the first, as JSON.parse reads it', async (t) => {
  const envelope = envelopeOf(`{"a":1,${id},"b":2,"\\u0061":3,"preprocessors":{"x":1},"preprocessors":{"y":1,"z":2,"y":3}}`)
  t.equal(textOf(envelope.body()), `{"\\u0061":3,${id},"b":2,"preprocessors":{"y":3,"z":2}}`)
  t.equal(String(envelope.member('a')), '3')
  t.strictSame(envelope.resultNames(), ['y', 'z'])
})

t.test('knows preprocessors in any spelling', async (t) => {
  const envelope = envelopeOf(`{"\\u0070reprocessors":{"x":1},${id}}`)
  envelope.addResult('y', Buffer.from('2'))
  t.equal(textOf(envelope.body()), `{"preprocessors":{"x":1,"y":2},${id}}`)
})

t.test('lets a modifying service set members, but not whose request it is nor what others found', async (t) => {
  const envelope = envelopeOf(`{"graphic":"big",${id},"timestamp":1,"dimensions":[9,9]}`)
  const modification = envelope.modify(Buffer.from(' {"dimensions" : [1, 1],"request_uuid":"x","timestamp":2,"note":"\\u00e9","preprocessors":{"x":1},"gr\\u0061phic":"small","timestamp":3,"note":0} '))
  t.strictSame(modification, { changed: ['dimensions', 'note', 'graphic'], refused: ['request_uuid', 'timestamp', 'preprocessors'] })
  t.equal(textOf(envelope.body()), `{"gr\\u0061phic":"small",${id},"timestamp":1,"dimensions" : [1, 1],"note":0,"preprocessors":{}}`)
  t.strictSame(envelope.modify(Buffer.from('{}')), { changed: [], refused: [] })
})

t.test('keeps preprocessors in its place, or last, when a modifying service appends members', async (t) => {
  for (const [text, body] of [
    [`{${id}}`, `{${id},"a":1,"preprocessors":{"x":2}}`],
    [`{"preprocessors":{},${id}}`, `{"preprocessors":{"x":2},${id},"a":1}`]
  ] as const) {
    const envelope = envelopeOf(text)
    envelope.addResult('x', Buffer.from('2'))
    envelope.modify(Buffer.from('{"a":1}'))
    t.equal(textOf(envelope.body()), body)
  }
})

t.test('is left unchanged by a modification that is no object', async (t) => {
  const envelope = envelopeOf(`{${id}}`)
  for (const text of ['', '[]', 'null', '{"a":1', '{"a":1,"b":}']) t.throws(() => envelope.modify(Buffer.from(text)), { name: 'JsonScanError' })
  t.equal(textOf(envelope.body()), `{${id},"preprocessors":{}}`)
})

t.test('gives single members as the next body has them', async (t) => {
  const envelope = envelopeOf(`{${id},"a": [1] ,"__proto__":{"b":1}}`)
  t.equal(envelope.requestUuid, uuid)
  t.equal(String(envelope.member('a')), '[1]')
  t.equal(String(envelope.member('__proto__')), '{"b":1}')
  t.equal(envelope.member('constructor'), undefined)
  t.equal(String(envelope.member('preprocessors')), '{}')
  envelope.addResult('x', Buffer.from('1'))
  envelope.addResult('y', Buffer.from('2'))
  envelope.modify(Buffer.from('{"a":null}'))
  t.equal(String(envelope.member('a')), 'null')
  t.equal(String(envelope.member('preprocessors')), '{"x":1,"y":2}')
  t.equal(({} as Record<string, unknown>).b, undefined)
})

t.test('takes members that were scanned before', async (t) => {
  const bytes = Buffer.from(`{"a":1,${id}}`)
  t.equal(textOf(createEnvelope(bytes, scanMembers(bytes)).body()), `{"a":1,${id},"preprocessors":{}}`)
})

t.test('throws where the request is not what was promised', async (t) => {
  for (const text of ['', '[]', `{${id}`, `{${id},"preprocessors":null}`, `{${id},"preprocessors":[]}`]) t.throws(() => envelopeOf(text), { name: 'JsonScanError' }, text)
  for (const text of ['{}', '{"request_uuid":1}', `{${id},"request_uuid":null}`]) t.throws(() => envelopeOf(text), { name: 'TypeError', message: /request_uuid/ }, text)
})

t.test('never changes a body that was given out, nor lets its holder change the next', async (t) => {
  const big = 'x'.repeat(50_000)
  const envelope = envelopeOf(`{"a":"${big}",${id},"preprocessors":{"x":"${big}"}}`)
  const bodies: Array<[Body, string, number]> = []
  const keep = () => {
    const body = envelope.body()
    bodies.push([body, textOf(body), body.parts.length])
  }
  keep()
  for (const [name, data] of [['y', '1'], ['z', `"${big}"`], ['x', '2'], ['y', `"${big}"`], ['w', '3']] as const) {
    envelope.addResult(name, Buffer.from(data))
    keep()
    envelope.modify(Buffer.from(`{"a":${data},"${name}":0}`))
    keep()
  }
  t.equal(new Set(bodies.map(([, text]) => text)).size, bodies.length, 'all differ')
  for (const [body, text, count] of bodies) {
    t.equal(body.parts.length, count)
    t.equal(textOf(body), text)
  }
  const body = envelope.body()
  const text = textOf(body)
  body.parts.length = 0
  body.length = 0
  t.equal(textOf(envelope.body()), text)
})

t.test('copies neither the graphic nor a large result', async (t) => {
  const bytes = Buffer.from(`{"a":1,"graphic":"${'A'.repeat(3_000_000)}",${id}}`)
  const envelope = createEnvelope(bytes)
  const large = Buffer.from(`"${'B'.repeat(1_000_000)}"`)
  envelope.addResult('small', Buffer.from('1'))
  envelope.addResult('large', large)
  envelope.addResult('other', Buffer.from('1'))
  const { parts } = envelope.body()
  t.equal(parts.length, 5)
  t.ok(parts.some((part) => part.buffer === bytes.buffer && part.length === bytes.length - 2), 'the client\'s members are one slice of what came')
  t.ok(parts.some((part) => part.buffer === large.buffer && part.length === large.length))
  envelope.modify(Buffer.from('{"a":2}'))
  t.ok(envelope.body().parts.some((part) => part.buffer === bytes.buffer && part.length > 3_000_000), 'also when a neighbour was changed')
})

t.test('joins small pieces, so that the parts are few for many results and for many duplicate keys', async (t) => {
  const envelope = envelopeOf(`{"graphic":"${'A'.repeat(100_000)}",${id}}`)
  for (let i = 0; i < 100; i++) {
    envelope.addResult(`result ${i}`, Buffer.from(`"${'r'.repeat(1000)}"`))
    t.ok(envelope.body().parts.length < 12)
  }
  t.equal(Object.keys(JSON.parse(textOf(envelope.body())).preprocessors).length, 100)
  const duplicates = envelopeOf(`{${id},${Array.from({ length: 5000 }, (_, i) => `"key ${i}":1,"twice":2`).join()}}`)
  t.ok(duplicates.body().parts.length <= 2)
})

t.test('is, as JSON, what a plain object would be after random histories', async t => {
  const cases = sized(40_000, 1_000_000)
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 6 }), (seed, size, changes) => {
    const random = createRandom(seed)
    const text = requestText(random, size)
    const envelope = createEnvelope(Buffer.from(text))
    const request = parseObject(text)
    const results = request.preprocessors ?? {}
    assert(isObject(results))
    assert.equal(envelope.requestUuid, request.request_uuid)
    const bodies: Array<[Body, string]> = []

    for (let left = changes; left >= 0; left--) {
      switch (random(3)) {
        case 0: {
          const name: unknown = JSON.parse(keyText(random))
          const data = pad(random, valueText(random, size))
          envelope.addResult(String(name), Buffer.from(data))
          set(results, String(name), JSON.parse(data))
          break
        }
        case 1: {
          const text = pad(random, modificationText(random, size))
          const modification = envelope.modify(Buffer.from(text))
          const [refused, changed] = [new Set<string>(), new Set<string>()]
          for (const [key, value] of Object.entries(parseObject(text))) {
            if (['request_uuid', 'timestamp', 'preprocessors'].includes(key)) {
              refused.add(key)
            } else {
              changed.add(key)
              set(request, key, value)
            }
          }
          assert.deepEqual(new Set(modification.changed), changed)
          assert.deepEqual(new Set(modification.refused), refused)
          break
        }
      }
      // Not after every change: the envelope may put off work until it is asked.
      if (left > 0 && random(2) === 0) continue
      const body = envelope.body()
      const sent = textOf(body)
      bodies.push([body, sent])
      const expected: Record<string, unknown> = { ...request, preprocessors: results }
      // Order too. JSON.parse puts integer-like keys first, on both sides.
      assert.equal(JSON.stringify(JSON.parse(sent)), JSON.stringify(expected))
      // Slower, so not for every body: sees what JSON.stringify does not tell apart, such as 0 and -0.
      if (random(4) === 0) assert.deepEqual(JSON.parse(sent), expected)
      assert.deepEqual(new Set(envelope.resultNames()), new Set(Object.keys(results)))
      assertKeysUnique(body)
    }
    for (const [body, sent] of bodies) assert.equal(textOf(body), sent)
  }), { numRuns: cases })
  figure(t, 'results', `${cases} histories, the same JSON as of a plain object`)
})

// A request with its id, and often with preprocessors, once or twice, anywhere among its members, in any spelling.
function requestText (random: Random, size: number): string {
  const members: Array<[string, string]> = Array.from({ length: random(size + 2) }, () => [keyText(random), valueText(random, size - 1)])
  const insert = (key: string, value: string) => members.splice(random(members.length + 1), 0, [key, value])
  insert('"request_uuid"', `"${uuid}"`)
  for (let count = random(3); count > 0; count--) insert(pick(random, ['"preprocessors"', '"pre\\u0070rocessors"']), objectText(random, size))
  return pad(random, joinMembers(random, members))
}

function modificationText (random: Random, size: number): string {
  const forbidden = ['"request_uuid"', '"timestamp"', '"time\\u0073tamp"', '"preprocessors"']
  return joinMembers(random, Array.from({ length: random(size + 1) }, () => [random(6) === 0 ? pick(random, forbidden) : keyText(random), valueText(random, size - 1)]))
}

function assertKeysUnique (body: Body): void {
  const bytes = Buffer.concat(body.parts)
  const members = scanMembers(bytes)
  assert.equal(new Set(members.map(({ key }) => key)).size, members.length)
  const preprocessors = members.find(({ key }) => key === 'preprocessors')
  assert(preprocessors)
  const results = scanMembers(bytes, preprocessors.valueStart, preprocessors.valueEnd)
  assert.equal(new Set(results.map(({ key }) => key)).size, results.length)
}

function parseObject (text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  assert(isObject(value))
  return value
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// As an assignment, but `__proto__` is a key like any other, as in JSON.parse.
function set (object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
