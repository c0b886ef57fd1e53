// Which renderings the client gets, and in which order.
import t from 'tap'
import { after, build, descriptions, graphicRequest, handler, made, mockService, names, rendering } from '../helper.ts'
import type { MockService } from '../helper.ts'

const status = (data: string) => rendering('Server status message.', { data: { text: data } })
const texts = (reply: { json: unknown }) => (reply.json as { renderings: Array<{ data: { text: string } }> }).renderings.map(each => each.data.text)

t.test('renderings', async t => {
  const a = await mockService(t, made())
  const b = await mockService(t, made())
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services: { a: handler(a), b: handler(b) } })

  /** Renders; `first` answers as soon as it is asked, `second` after the answer of the first has been taken in. */
  const inTurn = async (first: [MockService, unknown[]], second: [MockService, unknown[]], request = graphicRequest()) => {
    const gate = Promise.withResolvers<void>()
    first[0].behaviour = made(...first[1])
    second[0].behaviour = after(gate.promise, made(...second[1]))
    const number = second[0].received.length + 1
    const lines = server.logs.length
    const reply = server.render(request)
    await second[0].request(number)
    const name = first[0] === a ? 'a' : 'b'
    await server.logged(line => line.service === name, lines)
    gate.resolve()
    return await reply
  }

  t.test('come in the order in which handlers finish', async t => {
    t.strictSame(descriptions(await inTurn([b, [rendering('b1'), rendering('b2')]], [a, [rendering('a1')]])), ['b1', 'b2', 'a1'])
    t.strictSame(descriptions(await inTurn([a, [rendering('a1')]], [b, [rendering('b1')]])), ['a1', 'b1'])
  })

  t.test('status messages of the server come first, the last to arrive at the very front', async t => {
    const reply = await inTurn([b, [rendering('x', { data: { text: 'x' } }), status('one'), status('two')]], [a, [rendering('y', { data: { text: 'y' } }), status('three')]])
    t.strictSame(texts(reply), ['three', 'two', 'one', 'x', 'y'])
  })

  t.test('only an exact description makes a status message', async t => {
    const reply = await inTurn([a, [rendering('first')]], [b, [rendering('Server status message'), rendering('server status message.'), rendering('Server status message. ')]])
    t.equal(descriptions(reply)[0], 'first')
  })

  t.test('that the client cannot show are dropped, and the log names them', async t => {
    const lines = server.logs.length
    const reply = await inTurn([a, [rendering('shown'), rendering('felt', { type_id: names.renderer('SimpleHaptics') })]], [b, [rendering('heard', { type_id: names.renderer('SimpleAudio') })]])
    t.strictSame(descriptions(reply), ['shown', 'heard'])
    t.match(server.logs.slice(lines).filter(line => line.msg?.startsWith('renderings dropped')), [{ count: 1, dropped: [{ service: 'a', typeId: names.renderer('SimpleHaptics') }], level: 40 }])
  })

  t.test('are compared with the renderers of the request by their exact names', async t => {
    const reply = await inTurn(
      [a, [rendering('a', { type_id: 'ca.mcgill.a11y.image.renderer.text' })]], [b, [rendering('b', { type_id: 'ca.mcgill.a11y.image.renderer' })]],
      graphicRequest({ renderers: [names.renderer('Text')] })
    )
    t.strictSame(descriptions(reply), [])
  })

  t.test('may be many', async t => {
    const many = Array.from({ length: 2000 }, (_, number) => rendering(`rendering ${number}`))
    t.strictSame(descriptions(await inTurn([a, many], [b, []])), many.map(each => each.description))
  })
})
