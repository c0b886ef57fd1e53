// The HTTP behaviour of a service: what it accepts, what it refuses and what it answers.
import { Writable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { handler, preprocessor } from '../../../services/kit/index.ts'
import type { GraphicRequest } from '../../../schemas/graphics/request.ts'
import { build, graphicRequest } from './build.ts'

const name = 'org.example.preprocessor.count'
const Count = Type.Object({ count: Type.Integer({ description: 'How many there are.', minimum: 0 }) })
const text = 'ca.mcgill.a11y.image.renderer.Text'
const Text = Type.Object({ text: Type.String({ description: 'Text.' }) })

function counting (run: (request: GraphicRequest) => Promise<{ count: number } | undefined> = async () => ({ count: 3 })) {
  return preprocessor({ service: 'count', name, data: Count, run })
}

/** A logger option that keeps every line. */
function record (): { lines: Array<Record<string, unknown>>, logger: { level: string, stream: Writable } } {
  const lines: Array<Record<string, unknown>> = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line !== '') lines.push(JSON.parse(line))
      done()
    }
  })
  return { lines, logger: { level: 'trace', stream } }
}

const post = (payload: object | string | Buffer, headers: Record<string, string> = {}, url = '/preprocessor') =>
  ({ method: 'POST' as const, url, payload, headers: { 'content-type': 'application/json', ...headers } })

t.test('a preprocessor answers with its data under its name', async t => {
  const response = await build(t, counting()).inject(post(graphicRequest()))
  t.equal(response.statusCode, 200)
  const { timestamp, ...rest } = response.json()
  t.strictSame(rest, { request_uuid: graphicRequest().request_uuid, name, data: { count: 3 } })
  t.ok(Number.isInteger(timestamp) && Math.abs(timestamp - Date.now() / 1000) < 3600, 'the time is now, in whole seconds')
})

t.test('a preprocessor that has nothing to say is answered 204', async t => {
  const response = await build(t, counting(async () => undefined)).inject(post(graphicRequest()))
  t.equal(response.statusCode, 204)
  t.equal(response.body, '')
})

t.test('the request reaches the service whole, unknown members included', async t => {
  const seen: GraphicRequest[] = []
  const app = build(t, counting(async request => { seen.push(request); return undefined }))
  const request = graphicRequest({ preprocessors: { 'org.example.other': { a: [1, '1', null] } }, route: 'default', extra: { deep: 1 } })
  await app.inject(post(request))
  t.strictSame(seen, [request])
})

t.test('a request that does not fit the schema is answered 400 with the errors themselves', async t => {
  const app = build(t, counting(async () => { throw new Error('must not run') }))
  const wrong = await app.inject(post(graphicRequest({ timestamp: '1700000000' })))
  t.equal(wrong.statusCode, 400, 'a number as text is not coerced')
  t.strictSame(wrong.json(), [{
    instancePath: '/timestamp',
    schemaPath: 'definitions.json#/definitions/timestamp/type',
    keyword: 'type',
    params: { type: 'integer' },
    message: 'must be integer'
  }])
  const missing = await app.inject(post({}))
  t.equal(missing.statusCode, 400)
  t.equal(missing.json().at(-1).keyword, 'oneOf')
  for (const payload of ['[]', 'null', '5', '"text"']) t.equal((await app.inject(post(payload))).statusCode, 400, payload)
})

t.test('an absurdly long list costs no more than its length', async t => {
  const app = build(t, counting())
  // Comparing every name with every other would take minutes.
  const names = Array.from({ length: 50_000 }, (_, index) => `org.example.n${index}`)
  t.equal((await app.inject(post(graphicRequest({ capabilities: names })))).statusCode, 200)
  t.match((await app.inject(post(graphicRequest({ capabilities: [...names, 'org.example.n7'] })))).json(), [{ keyword: 'uniqueItems' }])
})

t.test('an address that is made to be slow to judge is refused like any other', async t => {
  // The plain expression needs the square of the length: minutes.
  const response = await build(t, counting()).inject(post(graphicRequest({ URL: `https://${'a.'.repeat(400_000)}` })))
  t.equal(response.statusCode, 400)
  t.match(response.json(), [{ instancePath: '/URL', keyword: 'pattern' }])
})

t.test('bodies that are no safe JSON text are refused', async t => {
  const app = build(t, counting(), { bodyLimit: 2000 })
  const cases: Array<[string, Parameters<typeof post>[0], Record<string, string>, number]> = [
    ['broken JSON', '{"request_uuid": ', {}, 400],
    ['no body', '', {}, 400],
    ['invalid UTF-8', Buffer.from('7b2261223a22ff227d', 'hex'), {}, 400],
    ['a key that pollutes prototypes', '{"__proto__": {"polluted": true}}', {}, 400],
    ['a hidden key that pollutes prototypes', '{"a": [{"constructor": {"prototype": {"polluted": true}}}]}', {}, 400],
    ['a body over the limit', graphicRequest({ context: 'x'.repeat(2000) }), {}, 413],
    ['another media type', '<xml/>', { 'content-type': 'text/xml' }, 415]
  ]
  for (const [title, payload, headers, status] of cases) {
    const response = await app.inject(post(payload, headers))
    t.equal(response.statusCode, status, title)
    t.match(response.json(), { code: String, message: String }, title)
    t.notMatch(response.body, /at .*:\d+|polluted|\.ts/, 'nothing internal and nothing of the body is sent')
  }
  t.notOk('polluted' in {})
})

t.test('the caller\'s request id is echoed and stands in every log line of the request', async t => {
  const { lines, logger } = record()
  const app = build(t, preprocessor({ service: 'count', name, data: Count, async run (_request, { log }) { log.info('at work'); return undefined } }), { logger })
  const response = await app.inject(post(graphicRequest(), { 'x-request-id': 'hop.1:a-b_c' }))
  t.equal(response.headers['x-request-id'], 'hop.1:a-b_c')
  t.ok(lines.some(({ msg }) => msg === 'at work'))
  t.same(lines.filter(line => line.reqId !== 'hop.1:a-b_c'), [])
  t.equal((await app.inject(post({}, { 'x-request-id': 'refused' }))).headers['x-request-id'], 'refused')
})

t.test('a request id that is unfit for a header or a log is replaced', async t => {
  const app = build(t, counting())
  for (const id of ['', 'two words', 'x'.repeat(129), '"}{']) {
    t.match((await app.inject(post(graphicRequest(), { 'x-request-id': id }))).headers['x-request-id'], /^[0-9a-f-]{36}$/)
  }
})

t.test('a service that throws is answered 500, and the log says where but not what', async t => {
  const { lines, logger } = record()
  const app = build(t, counting(async () => JSON.parse('secret words in the graphic')), { logger })
  const response = await app.inject(post(graphicRequest(), { 'x-request-id': 'failing' }))
  t.equal(response.statusCode, 500)
  t.strictSame(response.json(), { code: 'SERVICE_FAILED', message: 'The service could not do its work. Its log says why, under the same request id.' })
  const entry = lines.find(({ msg }) => msg === 'the request has failed')
  t.match(entry, { reqId: 'failing', level: 50, error: { cause: { type: 'SyntaxError' } } })
  t.match(JSON.stringify(entry), /server\.test\.ts/, 'the place in the source is logged')
  t.notMatch(JSON.stringify(lines), /secret|words/)
})

t.test('an error of the service cannot choose the answer', async t => {
  const app = build(t, counting(async () => { throw Object.assign(new Error('not yours'), { statusCode: 404, code: 'FST_OTHER', validation: [{ secret: 1 }] }) }))
  const response = await app.inject(post(graphicRequest()))
  t.equal(response.statusCode, 500)
  t.equal(response.json().code, 'SERVICE_FAILED')
})

t.test('data that does not fit the service\'s own schema is not sent, and the log names the rule', async t => {
  const { lines, logger } = record()
  const app = build(t, counting(async () => JSON.parse('{"count": "secret"}')), { logger })
  const response = await app.inject(post(graphicRequest()))
  t.equal(response.statusCode, 500)
  t.equal(response.json().code, 'SERVICE_FAILED')
  t.match(lines.find(({ msg }) => msg === 'the request has failed'), { error: { cause: { code: 'SERVICE_INVALID_REPLY', reason: /count: #\/properties\/count\/type/ } } })
  t.notMatch(JSON.stringify(lines), /secret/)
})

t.test('no log line holds anything of the request, at any level', async t => {
  const { lines, logger } = record()
  const app = build(t, counting(), { logger })
  await app.inject(post(graphicRequest({ context: 'secret context', placeID: 5 })))
  await app.inject(post(graphicRequest({ context: 'secret context' })))
  t.ok(lines.length >= 4)
  t.notMatch(JSON.stringify(lines), /secret|iVBOR/)
})

t.test('a handler answers with the renderings that the client wants', async t => {
  const audio = 'ca.mcgill.a11y.image.renderer.SimpleAudio'
  const app = build(t, handler({
    service: 'describe',
    renderers: { [text]: Text, [audio]: Type.Object({ audio: Type.String() }) },
    run: async () => [
      { type_id: audio, description: 'Sound', data: { audio: 'https://example.org/a.wav' } },
      { type_id: text, description: 'Words', data: { text: 'A cat.' }, confidence: 80 }
    ]
  }))
  const response = await app.inject(post(graphicRequest(), {}, '/handler'))
  t.equal(response.statusCode, 200)
  t.match(response.json(), { request_uuid: graphicRequest().request_uuid, timestamp: Number, renderings: [{ type_id: text, description: 'Words', data: { text: 'A cat.' }, confidence: 80 }] })
  t.equal(response.json().renderings.length, 1)
  t.equal((await app.inject(post(graphicRequest()))).statusCode, 404, 'it is no preprocessor')
})

t.test('a handler is not run for a client that wants nothing it makes', async t => {
  let runs = 0
  const app = build(t, handler({ service: 'describe', renderers: { [text]: Text }, async run () { runs++; return [] } }))
  t.equal((await app.inject(post(graphicRequest({ renderers: ['org.example.other'] }), {}, '/handler'))).statusCode, 204)
  t.equal(runs, 0)
  t.equal((await app.inject(post(graphicRequest(), {}, '/handler'))).statusCode, 204, 'no rendering at all is 204 too')
  t.equal(runs, 1)
})

t.test('renderings that break the format are not sent', async t => {
  const rendering = { type_id: text, description: 'Words', data: { text: 'A cat.' } }
  const wrong = [
    { ...rendering, description: 'x'.repeat(301) },
    { ...rendering, data: { text: 5 } },
    { ...rendering, type_id: 'org.example.undeclared' },
    { ...rendering, confidence: 101 }
  ]
  for (const each of wrong) {
    const app = build(t, handler({ service: 'describe', renderers: { [text]: Text }, run: async () => JSON.parse(JSON.stringify([rendering, each])) }))
    t.equal((await app.inject(post(graphicRequest(), {}, '/handler'))).json().code, 'SERVICE_FAILED')
  }
})

t.test('health tells whether the service is warm, and requests wait until it is', async t => {
  const models = Promise.withResolvers<number>()
  const app = build(t, preprocessor({ service: 'count', name, data: Count, warmUp: async () => await models.promise, run: async (_request, { warm }) => ({ count: warm }) }))
  const cold = await app.inject('/health')
  t.equal(cold.statusCode, 503)
  t.strictSame(cold.json(), { status: 'starting' })
  const early = app.inject(post(graphicRequest()))
  models.resolve(7)
  t.strictSame((await early).json().data, { count: 7 })
  await app.warm()
  const warm = await app.inject('/health')
  t.equal(warm.statusCode, 200)
  t.strictSame(warm.json(), { status: 'healthy' })
})

t.test('a service that cannot load what it needs says so and answers 503', async t => {
  const app = build(t, preprocessor({ service: 'count', name, data: Count, warmUp: async () => { throw new Error('no model') }, run: async () => undefined }))
  await app.ready()
  await t.rejects(app.warm(), { message: 'no model' })
  t.strictSame((await app.inject('/health')).json(), { status: 'failed' })
  const response = await app.inject(post(graphicRequest()))
  t.equal(response.statusCode, 503)
  t.equal(response.json().code, 'SERVICE_BROKEN')
})

t.test('what was warmed up is cooled down when the server closes', async t => {
  const cooled: string[] = []
  const app = build(t, preprocessor({ service: 'count', name, data: Count, warmUp: async () => 'model', coolDown: async warm => { cooled.push(warm) }, run: async () => undefined }))
  await app.ready()
  await app.close()
  t.strictSame(cooled, ['model'])
})

t.test('a server that never started closes without a warm-up', async t => {
  const app = build(t, preprocessor({ service: 'count', name, data: Count, warmUp: async () => { throw new Error('must not be called') }, run: async () => undefined }))
  await app.close()
  t.pass('closed')
})

t.test('a schema or a limit that makes no sense is refused when the service is built', async t => {
  t.throws(() => build(t, preprocessor({ service: 'count', name, data: Type.Unsafe({ type: 'nonsense' }), run: async () => undefined })))
  t.throws(() => build(t, { ...counting(), concurrency: 0 }), RangeError)
})

t.test('idle connections outlive the pools of callers, and slow senders are cut off', async t => {
  const { server } = build(t, counting())
  t.ok(server.keepAliveTimeout > 72_000)
  t.ok(server.headersTimeout > 0 && server.headersTimeout <= 20_000)
  t.ok(server.requestTimeout > 0 && server.requestTimeout <= 60_000)
})
