// Every operation of the OpenAPI document, asked with what its own schemas allow and with what is nearly that: every answer is one that the document describes,
// and exactly the requests that it allows are served.
import fc from 'fast-check'
import t from 'tap'
import { openApiOf } from '../contract/openapi-document.ts'
import { answer, found, handler, hang, made, mockService, names, preprocessor, rendering, reset } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { figure, sized } from '../long.ts'
import { nearly, valuesOf } from './schema-values.ts'

const requests = sized(25, 2000)

/** What services do meanwhile. */
const behaviours: Behaviour[] = [
  answer(204), answer(500), answer(200, '{'), reset, hang,
  found(names.preprocessor('look'), { seen: true }),
  made(rendering('text'), rendering('more', { type_id: names.renderer('SimpleAudio') }), rendering('unknown', { type_id: 'org.unknown' }))
]

const headers = fc.record({
  accept: fc.constantFrom('*/*', 'application/json', 'text/event-stream', 'text/html;q=0.1', ';'),
  authorization: fc.constantFrom('Bearer wrong', 'Basic x'),
  via: fc.constant('1.1 proxy'),
  'content-type': fc.constantFrom('application/json; charset=utf-8', 'text/plain', 'application/json; charset=latin-9', ';;'),
  'content-encoding': fc.constantFrom('identity', 'gzip', 'none')
}, { requiredKeys: [] })

t.setTimeout(sized(120_000, 3_600_000))

t.test('every operation', async t => {
  const [look, text] = [await mockService(t, answer(204)), await mockService(t, answer(204))]
  const { server, document, check, fault } = await openApiOf(t, {
    services: { look: preprocessor(look), text: handler(text) },
    env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '50', HANDLER_TIMEOUT: '50', OPERATOR_RATE_LIMIT: '0', STORE_IMAGE_DATA: 'ON', STORAGE_DIR: t.testdir({}) }
  })
  const resolve = (ref: string) => ref.slice(2).split('/').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], document) as object
  const statuses = new Map<number, number>()

  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      t.test(`${method.toUpperCase()} ${path} answers as the document says`, async t => {
        const schema = operation.requestBody?.content['application/json']?.schema
        const values = schema === undefined ? fc.constant(undefined) : valuesOf(schema, resolve)
        const parameters = fc.record(Object.fromEntries((operation.parameters ?? []).map(({ name, schema, required = false }) => {
          const value = fc.oneof(valuesOf(schema, resolve), fc.string({ unit: 'grapheme', maxLength: 20 }))
          return [name, required ? value : fc.option(value, { nil: undefined, freq: 1 })]
        })))
        // Operators may follow it without end; test/contract does.
        const isEndless = method === 'get' && operation.responses[200]?.content?.['text/event-stream'] !== undefined
        let served = 0
        // Headers say how a body is to be read, so that a valid one may be refused for them.
        const plain = fc.constant({})
        await fc.assert(fc.asyncProperty(fc.oneof(values, nearly(values)), parameters, fc.oneof(plain, headers), fc.constantFrom(...behaviours), fc.constantFrom(...behaviours), async (body, parameters, headers, lookBehaviour, textBehaviour) => {
          if (isEndless && 'accept' in headers && headers.accept === 'text/event-stream') return
          look.behaviour = lookBehaviour
          text.behaviour = textBehaviour
          const url = new URL(server.origin)
          const segments = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(parameters[name])) || 'x')
          // Dots alone are a step up, however they are written.
          if (/\/\.+(\/|$)/.test(segments)) return
          url.pathname = segments
          for (const { name, in: place } of operation.parameters ?? []) if (place === 'query' && parameters[name] !== undefined) url.searchParams.set(name, String(parameters[name]))
          const address = url.href.slice(server.origin.length)
          const reply = schema === undefined ? await server.send(address, { method: method.toUpperCase(), headers }) : await server.post(address, body, { headers: { 'content-type': 'application/json', ...headers } })
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
          if (reply.status === 200) served++
          const wrong = fault(reply, [path, method])
          if (wrong !== undefined) throw new Error(wrong)
          if (reply.status === 500) throw new Error('a fault of the server')
          const isPlain = schema !== undefined && Object.keys(headers).length === 0
          const isValid = schema !== undefined && check(['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'], body) === undefined
          if (isPlain && isValid !== (reply.status === 200)) throw new Error(`the document says that it is ${isValid ? '' : 'not '}valid, and the answer is ${reply.status}: ${reply.text.slice(0, 300)}`)
        }), { numRuns: schema === undefined ? requests : requests * 4 })
        if (operation.operationId !== 'authenticate') t.ok(served >= requests / 20, `${served} were served`)
        else t.pass('nothing was stored that could be kept')
      })
    }
  }

  t.test('and nothing went wrong inside', async t => {
    figure(t, 'OpenAPI', `${[...statuses.values()].reduce((sum, count) => sum + count, 0)} requests, every answer as described (${[...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join(', ')})`)
    t.strictSame(server.logs.filter(({ level, msg }) => Number(level) >= 50 || msg === 'request failed'), [])
  })
})
