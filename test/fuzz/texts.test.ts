// JSON texts from outside, damaged on their way: what is taken is what JSON.parse reads in them, all else is refused, and no answer of the server is hurt.
import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue, encodeValue } from '../../lib/cache/value.ts'
import { createReader } from '../../lib/graphics/reader.ts'
import { createReading } from '../../lib/graphics/reading.ts'
import type { Kind } from '../../lib/graphics/reading.ts'
import { openApiOf } from '../contract/openapi-document.ts'
import { graphicRequest, handler, mockService, names, preprocessor } from '../helper.ts'
import { damage } from '../fixtures/json/damage.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import type { Random } from '../fixtures/json/random-text.ts'
import { handlerReplyOf, jsonOf, preprocessorReplyOf, renderingOf, requestOf } from '../lib/fixtures/messages.ts'
import { figure, sized } from '../long.ts'

const texts = sized(3000, 3_000_000)
const values = sized(1000, 300_000)
const renders = sized(150, 5000)

const look = names.preprocessor('look')

const valid: Record<Kind, Buffer[]> = {
  request: [jsonOf(requestOf()), jsonOf(requestOf({ route: 'other', preprocessors: { [look]: { seen: [1, 'é'] } } })), Buffer.from(JSON.stringify(requestOf({ note: '👍' }), null, 2))],
  preprocessorReply: [jsonOf(preprocessorReplyOf(look, { seen: [true, null, { deep: '"' }] })), jsonOf(preprocessorReplyOf('ca.mcgill.a11y.image.request', { language: 'fr' }))],
  handlerReply: [jsonOf(handlerReplyOf([renderingOf('one'), renderingOf('two', { metadata: { a: [] }, confidence: 50 })])), jsonOf(handlerReplyOf([]))]
}

const pieces = [
  '"', '{', '}', '[', ']', ',', ':', '"a":', '"a":1,', 'null', '-', '1e999', '0.1', '\\', '\\"', '\\u0061', '\\ud800', '\u0000', '\u2028', '\ufeff', '\n', ' ',
  '"data":{}', '"data":0,', ',"name":"org.x"', '"renderings":[],', '"preprocessors":{},', '"request_uuid":"x",', '"type_id":1,', '"__proto__":{},', '"constructor":{"prototype":1},', '{"":', '[[[[', '}}}}', '/* */'
]

/**
 * A damaged text, without the keys that mislead JSON.parse, which judges here: V8 mixes up keys with backslashes in them
 * (https://github.com/nodejs/node/issues/63785).
 */
function damaged (random: Random, bytes: readonly Buffer[]): Buffer {
  for (;;) {
    const text = damage(random, pick(random, bytes), pieces)
    if (!/\\\\|\\u005c/i.test(text.toString('latin1'))) return text
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

t.test('a damaged text is read as JSON.parse reads it, or refused for what is wrong with it', async t => {
  const read = createReading()
  const counts: Record<string, number> = {}
  fc.assert(fc.property(fc.nat(), seed => {
    const random = createRandom(seed * 2)
    const kind = pick<Kind>(random, ['request', 'preprocessorReply', 'handlerReply'])
    const bytes = damaged(random, valid[kind])
    const reading = read(kind, bytes)
    const word = reading.ok ? 'read' : reading.cause
    counts[word] = (counts[word] ?? 0) + 1
    const text = bytes.toString()
    const parsed = parse(text) as Record<string, unknown> | undefined
    assert.equal(word === 'not-text', !isUtf8(bytes))
    if (!reading.ok) {
      if (reading.cause === 'not-json') assert(typeof parsed !== 'object' || parsed === null, 'it is JSON')
      if (reading.cause === 'forbidden-key') assert.match(text, /proto|\\u/)
      return
    }
    assert(typeof parsed === 'object' && parsed !== null)
    const at = (start: number, end: number) => JSON.parse(bytes.toString('utf8', start, end)) as unknown
    if ('members' in reading) {
      assert.equal(reading.requestUuid, parsed.request_uuid)
      assert.deepEqual(Object.fromEntries(reading.members.map(({ key, valueStart, valueEnd }) => [key, at(valueStart, valueEnd)])), parsed)
    } else if ('dataStart' in reading) {
      assert.equal(reading.name, parsed.name)
      assert.deepEqual(at(reading.dataStart, reading.dataEnd), parsed.data)
    } else {
      assert.deepEqual(reading.renderings.map(({ start, end }) => at(start, end)), parsed.renderings)
    }
  }), { numRuns: texts })
  figure(t, 'texts', `${texts} damaged texts (${Object.entries(counts).map(([word, count]) => `${word}: ${count}`).join(', ')})`)
  for (const word of ['read', 'not-json', 'invalid', 'not-text']) t.ok((counts[word] ?? 0) > texts / 100, `some are ${word}`)
})

t.test('a damaged value of the cache is what it says, or none', async t => {
  const reader = createReader()
  t.teardown(() => reader.close())
  const encoded = [encodeValue({ name: look, data: Buffer.from('{"seen":[true,null]}') }), encodeValue({ name: 'org.x', data: Buffer.from('{}') })]
  let used = 0
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => {
    const bytes = damaged(createRandom(seed * 2), encoded)
    const text = bytes.toString().replace(/^\ufeff/, '')
    const value = await decodeValue(bytes, reader)
    if (value === undefined) return
    used++
    const parsed = JSON.parse(text) as Record<string, unknown>
    assert.equal(value.name, parsed.name)
    assert.deepEqual(JSON.parse(value.data.toString()), parsed.data)
  }), { numRuns: values })
  figure(t, 'texts', `${values} damaged values of the cache, ${used} of them used`)
  t.ok(used > values / 100 && used < values)
})

t.test('whatever services reply, the answer is 200 and valid', async t => {
  let random = createRandom(0)
  const reply = (kind: 'preprocessorReply' | 'handlerReply') => mockService(t, response => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(random(8) === 0 ? pick(random, valid[kind]) : damaged(random, valid[kind]))
  })
  const [looking, telling] = [await reply('preprocessorReply'), await reply('handlerReply')]
  const { server, fault } = await openApiOf(t, { services: { look: preprocessor(looking), text: handler(telling) }, env: { PARALLEL_PREPROCESSORS: 'ON' } })
  let rendered = 0
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => {
    random = createRandom(seed * 2)
    const answer = await server.render(graphicRequest())
    assert.equal(answer.status, 200, answer.text)
    assert.equal(fault(answer, ['/render', 'post']), undefined)
    rendered += (answer.json as { renderings: unknown[] }).renderings.length
  }), { numRuns: renders })
  t.ok(rendered > 0, `${rendered} renderings came through`)
  t.strictSame(server.logs.filter(({ level }) => Number(level) >= 50), [])
})
