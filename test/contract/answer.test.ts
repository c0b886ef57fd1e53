// What /render answers: when nothing is there, when something is, and in which shape.
import t from 'tap'
import { build, descriptions, found, graphicRequest, handler, made, mockService, names, preprocessor, rendering, uuid } from '../helper.ts'

t.test('without any service the answer is empty', async t => {
  const server = await build(t)
  const { status, headers, text } = await server.render()
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  t.match(text, new RegExp(`^\\{"request_uuid":"${uuid}","timestamp":\\d+,"renderings":\\[\\]\\}$`))
})

t.test('with services', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), { seen: 1 }))
  const text = await mockService(t, made(rendering('a text')))
  const server = await build(t, { services: { look: preprocessor(look), text: handler(text) }, env: { PARALLEL_PREPROCESSORS: 'ON' } })

  t.test('the answer has uuid, time in whole seconds and renderings, in this order', async t => {
    const before = Math.floor(Date.now() / 1000)
    const reply = await server.render()
    const after = Math.floor(Date.now() / 1000)
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
    const { timestamp } = reply.json as { timestamp: number }
    t.equal(reply.text, JSON.stringify({ request_uuid: uuid, timestamp, renderings: [rendering('a text')] }))
    t.ok(Number.isInteger(timestamp) && timestamp >= before && timestamp <= after, 'the time is the server\'s, not the request\'s')
  })

  t.test('a rendering reaches the client byte for byte as its handler wrote it', async t => {
    const written = '{ "description":"odd",\n "type_id":"ca.mcgill.a11y.image.renderer.Text", "data":{"n":1.0,"big":12345678901234567890,"e":1e2,"s":"\\u00e9\\/\ud83c\udfb5"},"extra":[ ] }'
    text.behaviour = response => { response.setHeader('content-type', 'text/html').end(`{"renderings":[${written}],"timestamp":1,"request_uuid":"${uuid}"}`) }
    const reply = await server.render()
    t.ok(reply.text.endsWith(`"renderings":[${written}]}`))
    text.behaviour = made(rendering('a text'))
  })

  t.test('two requests with the same uuid are answered each on its own', async t => {
    const [first, second] = await Promise.all([server.render(), server.render(graphicRequest({ language: 'fr' }))])
    t.strictSame(descriptions(first), ['a text'])
    t.strictSame(descriptions(second), ['a text'])
    t.strictSame(new Set(text.received.slice(-2).map(received => received.json.language)), new Set(['en', 'fr']))
  })

  t.test('a client that renders nothing gets nothing', async t => {
    const reply = await server.render(graphicRequest({ renderers: [] }))
    t.equal(reply.status, 200)
    t.strictSame(descriptions(reply), [])
  })
})
