// POST /render/preprocess: preprocessors only, in groups; the request comes back with what they found.
import t from 'tap'
import { after, answer, build, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering, reset } from '../helper.ts'
import type { Built } from '../helper.ts'

const finds = (name: string) => found(names.preprocessor(name), { by: name })
const preprocess = (server: Built, request: unknown = graphicRequest()) => server.post('/render/preprocess', request)

for (const mode of ['ON', 'OFF']) {
  t.test(`with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const gate = Promise.withResolvers<void>()
    const slow = await mockService(t, after(gate.promise, finds('slow')))
    const beside = await mockService(t, finds('beside'))
    const later = await mockService(t, finds('later'))
    const change = await mockService(t, answer(204))
    const text = await mockService(t, made(rendering('text')))
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS: mode },
      services: {
        text: handler(text),
        later: preprocessor(later, { preprocessor: 2 }),
        change: preprocessor(change, { preprocessor: 3, modifyRequest: true }),
        slow: preprocessor(slow, { preprocessor: 1, required_dependencies: 'later' }),
        beside: preprocessor(beside, { preprocessor: 1 })
      }
    })

    t.test('groups follow one another, and handlers are not called', async t => {
      const reply = preprocess(server)
      await Promise.all(mode === 'ON' ? [slow.request(1), beside.request(1)] : [slow.request(1)])
      t.equal(beside.received.length, mode === 'ON' ? 1 : 0)
      t.equal(later.received.length, 0)
      gate.resolve()
      const { status, headers, json } = await reply
      t.equal(status, 200)
      t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
      t.match(json, { preprocessors: { [names.preprocessor('slow')]: { by: 'slow' }, [names.preprocessor('beside')]: { by: 'beside' }, [names.preprocessor('later')]: { by: 'later' } } })
      t.equal(later.received[0]?.seen.length, 2)
      t.equal(text.received.length, 0)
    })

    t.test('the request comes back as it was, preprocessors last where it had none', async t => {
      const reply = await preprocess(server, { ...graphicRequest(), zoom: null })
      t.match(reply.text, JSON.stringify({ ...graphicRequest(), zoom: null }).slice(0, -1))
      t.strictSame(Object.keys(reply.json as object), [...Object.keys(graphicRequest()), 'zoom', 'preprocessors'])
    })

    t.test('preprocessors keep their place where the client sent some', async t => {
      const mine = { preprocessors: { [names.preprocessor('mine')]: 1 }, ...graphicRequest() }
      const { json } = await preprocess(server, mine)
      t.strictSame(Object.keys(json as object), Object.keys(mine))
      t.match(json, { preprocessors: { [names.preprocessor('mine')]: 1, [names.preprocessor('later')]: {} } })
    })

    t.test('what comes back can be rendered: services see what was found before', async t => {
      const { json } = await preprocess(server)
      const reply = await server.render(json)
      t.equal(reply.status, 200)
      t.ok(text.received.at(-1)?.seen.includes(names.preprocessor('later')))
    })

    t.test('a modifier belongs to its group', async t => {
      change.behaviour = found(names.modifier, { context: 'new', zoom: 2 })
      const reply = await preprocess(server)
      t.equal(reply.status, 200)
      t.match(reply.json, { context: 'new', zoom: 2 })
      t.equal(change.received.at(-1)?.seen.length, 3, 'it ran after the groups before it')
      t.equal(later.received.at(-1)?.json.zoom, undefined)
    })

    t.test('a request that a modifier has made invalid is answered 500 with the errors', async t => {
      change.behaviour = found(names.modifier, { language: 'english' })
      const reply = await preprocess(server)
      t.equal(reply.status, 500)
      t.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
      t.strictSame(reply.json, [{
        instancePath: '/language', schemaPath: '#/properties/language/maxLength', keyword: 'maxLength', params: { limit: 2 }, message: 'must NOT have more than 2 characters'
      }])
      change.behaviour = answer(204)
    })

    t.test('failures are swallowed', async t => {
      later.behaviour = reset
      slow.behaviour = answer(200, '{')
      const reply = await preprocess(server)
      t.equal(reply.status, 200)
      t.strictSame((reply.json as { preprocessors: unknown }).preprocessors, { [names.preprocessor('beside')]: { by: 'beside' } })
      t.match(outcomes(reply), { later: 'failed: broken', slow: 'failed: not-json', beside: 'done', change: 'not-applicable' })
    })
  })
}

t.test('a client whose request runs nothing gets it back with empty preprocessors', async t => {
  const server = await build(t, { services: { text: handler(await mockService(t, hang)) } })
  t.strictSame((await preprocess(server)).json, { ...graphicRequest(), preprocessors: {} })
})
