// POST /render with Accept: text/event-stream: what happens is told as it happens, and the answer comes at the end.
import assert from 'node:assert/strict'
import t from 'tap'
import type { Test } from 'tap'
import { createValidator } from '../../lib/graphics/validator.ts'
import { after, answer, build, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, uuid } from '../helper.ts'
import type { Built } from '../helper.ts'
import { allEvents, readEvents } from './event-reader.ts'
import type { ReadEvent } from './event-reader.ts'

const validator = createValidator()

/** Asks for events; the type of the answer is not checked. */
async function follow (server: Built, request: unknown = graphicRequest(), path = '/render', accept = 'text/event-stream'): Promise<Response> {
  return await fetch(server.origin + path, { method: 'POST', headers: { 'content-type': 'application/json', accept }, body: JSON.stringify(request) })
}

/** The body of an answer that is a stream of events; throws where it is none. */
function streamOf (response: Response): ReadableStream<Uint8Array> {
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  assert(response.body)
  return response.body
}

/** Events in short: name and service. */
function brief (events: ReadEvent[]): string[] {
  return events.map(({ event, data }) => `${event} ${JSON.parse(data).service ?? ''}`.trim())
}

for (const mode of ['ON', 'OFF']) {
  t.test(`whatever happens is told in its order, with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS: mode, PREPROCESSOR_TIMEOUT: '400' },
      services: {
        shrink: preprocessor(await mockService(t, found(names.modifier, { zoom: 1 })), { modifyRequest: true }),
        look: preprocessor(await mockService(t, found(names.preprocessor('look'), {}))),
        absent: preprocessor(await mockService(t, answer(204)), { preprocessor: 2, required_dependencies: 'look' }),
        wrong: preprocessor(await mockService(t, answer(500, 'secret')), { preprocessor: 3, required_dependencies: 'absent' }),
        slow: preprocessor(await mockService(t, hang), { preprocessor: 4, required_dependencies: 'wrong' }),
        text: handler(await mockService(t, made(rendering('text'), rendering('more'))), { required_dependencies: 'slow' })
      }
    })
    const events = await allEvents(streamOf(await follow(server)))
    t.strictSame(brief(events), [
      'discovered', 'started shrink', 'done shrink', 'started look', 'done look', 'started absent', 'not-applicable absent',
      'started wrong', 'failed wrong', 'started slow', 'failed slow', 'started text', 'done text', 'rendering', 'rendering', 'answer'
    ])
    const parsed = events.map(({ data }) => JSON.parse(data))
    t.strictSame(parsed[0], {
      request_uuid: uuid,
      services: [
        { service: 'shrink', role: 'modifier' }, ...['look', 'absent', 'wrong', 'slow'].map(service => ({ service, role: 'preprocessor' })), { service: 'text', role: 'handler' }
      ]
    })
    t.strictSame(parsed[1], { service: 'shrink', role: 'modifier' })
    t.match(parsed[10], { service: 'slow', role: 'preprocessor', reason: 'timeout', milliseconds: Number })
    t.strictSame(parsed.slice(13, 15), [rendering('text'), rendering('more')])
    t.equal(validator.response(parsed[15]), undefined)
    t.strictSame(parsed[15].renderings, [rendering('text'), rendering('more')])
    t.notMatch(JSON.stringify(events), 'secret')
  })
}

/** A server with a handler that answers when the gate opens, and one that answers at once. */
async function slowAndQuick (t: Test, gate: Promise<void>): Promise<Built> {
  return await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'OFF' },
    services: {
      slow: handler(await mockService(t, after(gate, made(rendering('slow'))))),
      quick: handler(await mockService(t, made(rendering('quick'), rendering('nobody shows this', { type_id: names.renderer('Unheard') }))))
    }
  })
}

t.test('a rendering is there while others still work, and the answer has the order that it always has', async t => {
  const gate = Promise.withResolvers<void>()
  const server = await slowAndQuick(t, gate.promise)
  const events = readEvents(streamOf(await follow(server)))
  const before: ReadEvent[] = []
  for await (const event of events) {
    before.push(event)
    if (event.event !== 'rendering') continue
    t.strictSame(JSON.parse(event.data), rendering('quick'))
    break
  }
  t.notOk(before.some(({ event }) => event === 'answer'))
})

t.test('renderings come in order of completion, and the answer in the order of the server', async t => {
  const gate = Promise.withResolvers<void>()
  const server = await slowAndQuick(t, gate.promise)
  const renderings: unknown[] = []
  let last: ReadEvent | undefined
  for await (const event of readEvents(streamOf(await follow(server)))) {
    last = event
    if (event.event !== 'rendering') continue
    renderings.push(JSON.parse(event.data).description)
    gate.resolve()
  }
  t.strictSame(renderings, ['quick', 'slow'], 'and none that the client cannot show')
  t.equal(last?.event, 'answer')
  t.strictSame(JSON.parse(last?.data ?? '').renderings, [rendering('slow'), rendering('quick')])
})

t.test('the answer has the bytes of the JSON answer, also where they are several lines', async t => {
  const odd = `{ "type_id" : "${names.renderer('Text')}",\n\n\t"description":"é\\u00e9 漢",\n "data" : {"text":"line\\nline", "1e2": 1.00} }`
  const server = await build(t, {
    services: { text: handler(await mockService(t, answer(200, `{"request_uuid":"${uuid}","timestamp":1,"renderings":[${odd}]}`))) }
  })
  const events = await allEvents(streamOf(await follow(server)))
  const json = await server.render()
  const withoutTime = (text: string | undefined) => text?.replace(/"timestamp":\d+/, '"timestamp":0')
  t.equal(withoutTime(events.at(-1)?.data), withoutTime(json.text))
  t.ok(json.text.includes(odd))
  t.equal(events.find(({ event }) => event === 'rendering')?.data, odd)
})

t.test('the deadline of the request ends the stream with what is ready', async t => {
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON', REQUEST_TIMEOUT: '500' },
    services: {
      look: preprocessor(await mockService(t, hang)),
      text: handler(await mockService(t, made(rendering('text'))), { required_dependencies: 'look' }),
      other: handler(await mockService(t, made(rendering('other'))))
    }
  })
  const events = await allEvents(streamOf(await follow(server)))
  t.strictSame(brief(events).slice(-3), ['late look', 'late text', 'answer'])
  t.notOk(brief(events).includes('started text'))
  const last = JSON.parse(events.at(-1)?.data ?? '')
  t.equal(validator.response(last), undefined)
  t.strictSame(last.renderings, [rendering('other')])
})

t.test('without services for it a request has its answer at once', async t => {
  const server = await build(t, { services: { text: handler(await mockService(t, made(rendering('text')))) } })
  const events = await allEvents(streamOf(await follow(server, graphicRequest({ route: 'nobody' }))))
  t.strictSame(brief(events), ['discovered', 'answer'])
  t.match(JSON.parse(events[1]?.data ?? ''), { renderings: [] })
})

t.test('nobody on the way keeps the events back', async t => {
  const server = await build(t)
  const { headers, body } = await follow(server)
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('x-accel-buffering'), 'no')
  t.equal(headers.get('content-encoding'), null)
  await body?.cancel()
})

t.test('refusals are ordinary answers', async t => {
  const server = await build(t)
  const invalid = await follow(server, {})
  t.equal(invalid.status, 400)
  t.match(invalid.headers.get('content-type'), /^application\/json/)
  t.ok(Array.isArray(await invalid.json()))
  const hidden = await follow(server, graphicRequest({ context: 'x'.repeat(200000) }))
  t.equal(hidden.status, 413)
  t.match(await hidden.text(), /\(TUTTI_BODY_TOO_LARGE\)$/)
})

t.test('a server that does not know its services refuses, and begins no stream', async t => {
  const server = await build(t, { env: { DISCOVERY: 'docker', DOCKER_HOST: 'tcp://127.0.0.1:1', OWN_CONTAINER: 'own' } })
  const response = await follow(server)
  t.equal(response.status, 503)
  t.match(response.headers.get('content-type'), /^text\/plain/)
  t.match(await response.text(), /\(TUTTI_SERVICES_UNKNOWN\)$/)
})

t.test('a failure after the stream has begun is an event, and tells nothing internal', async t => {
  const server = await build(t)
  // No service can cause one; so this is put in the place of the pipeline.
  server.app.pipeline.render = async (_, { onPlan }) => {
    onPlan?.([])
    throw new TypeError('secret of the server')
  }
  const events = await allEvents(streamOf(await follow(server)))
  t.strictSame(events.map(({ event }) => event), ['discovered', 'error'])
  t.strictSame(JSON.parse(events[1]?.data ?? ''), { code: 'TUTTI_INTERNAL', message: 'Something went wrong here. Try again; the log of the server says more.' })
  await server.logged(({ msg, reqId }) => msg === 'request failed' && reqId === uuid)
})

t.test('who does not prefer events gets JSON, and preprocessors only are always JSON', async t => {
  const server = await build(t)
  for (const [accept, path] of [['*/*', '/render'], ['application/json, text/event-stream', '/render'], ['text/event-stream', '/render/preprocess']] as const) {
    const response = await follow(server, graphicRequest(), path, accept)
    t.equal(response.status, 200)
    t.match(response.headers.get('content-type'), /^application\/json/)
    t.match(await response.json(), { request_uuid: uuid })
  }
})
