// The validator against recorded answers: what the published schemas accept, and the exact errors where they do not.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { createCompiler, createValidator } from '../../../lib/graphics/validator.ts'
import type { Check } from '../../../lib/graphics/validator.ts'
import { ModifyRequest } from '../../../schemas/graphics/modify-request.ts'
import { LineCharts } from '../../../schemas/graphics/preprocessors/line-charts.ts'
import { ObjectDetection } from '../../../schemas/graphics/preprocessors/object-detection.ts'
import { Ocr } from '../../../schemas/graphics/preprocessors/ocr.ts'
import { SimpleAudio } from '../../../schemas/graphics/renderers/simple-audio.ts'
import { TactileSvg } from '../../../schemas/graphics/renderers/tactile-svg.ts'
import { Text } from '../../../schemas/graphics/renderers/text.ts'
import { requestOf } from '../fixtures/messages.ts'

interface RecordedRequest { name: string, headers: Record<string, string>, body: string, response: unknown }
interface RecordedCase { schema: string, name: string, value: unknown, errors: unknown }

const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../fixtures/graphics/${name}`, import.meta.url), 'utf8'))

t.test('refused requests get the recorded errors, to the byte', async t => {
  const validator = createValidator()
  for (const { name, headers, body, response } of fixture('invalid-requests.json') as RecordedRequest[]) {
    // A body of another media type, or none, is read as an empty object.
    const read: unknown = headers['Content-Type'] === 'application/json' && body !== '' ? JSON.parse(body) : {}
    t.equal(JSON.stringify(validator.request(read)), JSON.stringify(response), name)
  }
})

t.test('every recorded message gets the recorded errors, to the byte', async t => {
  const validator = createValidator()
  const compile = createCompiler()
  const checks: Record<string, Check> = {
    GraphicRequest: validator.request,
    GraphicResponse: validator.response,
    PreprocessorReply: validator.preprocessorReply,
    HandlerReply: validator.handlerReply,
    ModifyRequest: compile(ModifyRequest),
    LineCharts: compile(LineCharts),
    ObjectDetection: compile(ObjectDetection),
    Ocr: compile(Ocr),
    SimpleAudio: compile(SimpleAudio),
    TactileSvg: compile(TactileSvg),
    Text: compile(Text)
  }
  const cases = fixture('validation-cases.json') as RecordedCase[]
  t.strictSame(new Set(cases.map(({ schema }) => schema)), new Set(Object.keys(checks)), 'each schema has cases')
  for (const { schema, name, value, errors } of cases) {
    t.equal(JSON.stringify(checks[schema]?.(value) ?? null), JSON.stringify(errors), `${schema}: ${name}`)
  }
})

t.test('a request is not changed by being checked', async t => {
  const validator = createValidator()
  const request = requestOf({ zoom: { level: '3' }, timestamp: 5, context: '' })
  const before = JSON.stringify(request)
  t.equal(validator.request(request), undefined)
  t.equal(JSON.stringify(request), before)
  t.ok(validator.request(requestOf({ timestamp: '5' })), 'and a number is not read from text')
})

t.test('each answer keeps its own errors', async t => {
  const validator = createValidator()
  const first = validator.request(requestOf({ language: 'english' }))
  const second = validator.request(requestOf({ timestamp: -1 }))
  t.match(first, [{ instancePath: '/language' }])
  t.match(second, [{ instancePath: '/timestamp' }])
})

t.test('the last duplicate of a list is reported with its nearest equal', async t => {
  const validator = createValidator()
  t.match(validator.request(requestOf({ renderers: ['ab.a', 'ab.b', 'ab.a', 'ab.b', 'ab.a', 'ab.c'] })), [{
    instancePath: '/renderers',
    schemaPath: '#/properties/renderers/uniqueItems',
    params: { i: 4, j: 2 },
    message: 'must NOT have duplicate items (items ## 2 and 4 are identical)'
  }])
})

t.test('lists of any values are searched for duplicates', async t => {
  const check = createCompiler()({ type: 'array', uniqueItems: true })
  t.equal(check([1, '1', true, 'true', null, 'null', [], {}, [[]], [1], { 0: 1 }, '']), undefined)
  t.match(check([{ a: [1, { b: 2, c: 3 }] }, { a: [1, { c: 3, b: 2 }] }]), [{ params: { i: 1, j: 0 } }])
  t.match(check([0, 1, -0]), [{ params: { i: 2, j: 0 } }])
  t.equal(createCompiler()({ type: 'array', uniqueItems: false })([1, 1]), undefined, 'unless they may repeat')
})

t.test('a message nested a hundred thousand levels deep is checked without harm', async t => {
  const validator = createValidator()
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  t.equal(validator.request(requestOf({ preprocessors: { 'ab.c': deep }, zoom: deep })), undefined)
  t.match(validator.request(requestOf({ renderers: [deep, deep] })), [{ instancePath: '/renderers/0', message: 'must be string' }])
  t.match(createCompiler()({ type: 'array', uniqueItems: true })([deep, deep]), [{ params: { i: 1, j: 0 } }])
})

t.test('a picture of twenty million characters is checked without harm', async t => {
  const validator = createValidator()
  const content = 'A'.repeat(20_000_000)
  t.equal(validator.request(requestOf({ graphic: `data:image/png;base64,${content}` })), undefined)
  t.match(validator.request(requestOf({ graphic: `data:image/png;base64,${content}!` })), [{ instancePath: '/graphic' }])
  t.match(validator.request(requestOf({ graphic: `data:image/${content}` })), [{ instancePath: '/graphic' }])
})

t.test('a schema that refers to nothing known is refused when it is compiled', async t => {
  const compile = createCompiler()
  t.throws(() => compile({ type: 'object', properties: { audio: { $ref: 'nowhere.json' } } }), /nowhere/)
  t.throws(() => compile({ type: 'object', propertys: {} }), /propertys/, 'and so is a misspelt keyword')
})
