// What becomes of each kind of reply: what counts as a result, what is left out, and what the client is told of it. Replies that do not
// come in time are in deadlines.test.ts.
import t from 'tap'
import { answer, build, descriptions, found, graphicRequest, handler, made, mockService, names, outcomes, preprocessor, rendering, reset, socketService, uuid } from '../helper.ts'
import type { Behaviour, Received } from '../helper.ts'

const name = names.preprocessor('look')
const valid = { request_uuid: uuid, timestamp: 1700000001, name, data: { n: 1 } }
const validHandler = { request_uuid: uuid, timestamp: 1700000001, renderings: [rendering('made')] }

const preprocessorReplies: Array<[what: string, behaviour: Behaviour, outcome: string]> = [
  ['200 with a valid reply', answer(200, valid), 'done'],
  ['200 with a valid reply of another content type', answer(200, valid, { 'content-type': 'text/html' }), 'done'],
  ['200 with a valid reply behind a byte order mark', answer(200, `\ufeff${JSON.stringify(valid)}`), 'done'],
  ['200 with a reply that has further members', answer(200, { ...valid, extra: [1] }), 'done'],
  ['204', answer(204), 'not-applicable'],
  ['201', answer(201, valid), 'failed: status'],
  ['202', answer(202, valid), 'failed: status'],
  ['206', answer(206, valid), 'failed: status'],
  ['301', answer(301, valid, { location: '/preprocessor/' }), 'failed: status'],
  ['302', answer(302, valid, { location: '/elsewhere' }), 'failed: status'],
  ['307', answer(307, valid, { location: '/elsewhere' }), 'failed: status'],
  ['304', answer(304), 'failed: status'],
  ['400', answer(400, valid), 'failed: status'],
  ['404', answer(404, 'Not Found'), 'failed: status'],
  ['500', answer(500, 'Traceback: …'), 'failed: status'],
  ['503', answer(503, '', { 'retry-after': '1' }), 'failed: status'],
  ['200 without a body', answer(200), 'failed: not-json'],
  ['200 with HTML', answer(200, '<html></html>'), 'failed: not-json'],
  ['200 with JSON cut short', answer(200, JSON.stringify(valid).slice(0, -1)), 'failed: not-json'],
  ['200 with NaN in it', answer(200, JSON.stringify(valid).replace('"n":1', '"n":NaN')), 'failed: not-json'],
  ['200 with null', answer(200, 'null'), 'failed: not-json'],
  ['200 with invalid UTF-8', answer(200, Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])), 'failed: not-json'],
  ['200 with a list', answer(200, [valid]), 'failed: invalid'],
  ['200 with an empty object', answer(200, {}), 'failed: invalid'],
  ['200 without data', answer(200, { ...valid, data: undefined }), 'failed: invalid'],
  ['200 with a list as data', answer(200, { ...valid, data: [] }), 'failed: invalid'],
  ['200 with a name that is none', answer(200, { ...valid, name: 'look' }), 'failed: invalid'],
  ['200 with a timestamp in fractions', answer(200, { ...valid, timestamp: 1.5 }), 'failed: invalid'],
  ['200 with a handler\'s reply', answer(200, validHandler), 'failed: invalid'],
  ['a broken connection', reset, 'failed: broken']
]

const handlerReplies: Array<[what: string, behaviour: Behaviour, outcome: string]> = [
  ['200 with renderings', answer(200, validHandler), 'done'],
  ['200 with renderings of another content type', answer(200, validHandler, { 'content-type': 'text/html' }), 'done'],
  ['201 with renderings', answer(201, validHandler), 'done'],
  ['204', answer(204), 'not-applicable'],
  ['302', answer(302, validHandler, { location: '/elsewhere' }), 'failed: status'],
  ['404', answer(404, 'Not Found'), 'failed: status'],
  ['500', answer(500, validHandler), 'failed: status'],
  ['200 without a body', answer(200), 'failed: not-json'],
  ['200 with HTML', answer(200, '<html></html>'), 'failed: not-json'],
  ['200 without renderings', answer(200, { ...validHandler, renderings: undefined }), 'failed: invalid'],
  ['200 with one invalid rendering among good ones', answer(200, { ...validHandler, renderings: [rendering('good'), { type_id: names.renderer('Text') }] }), 'failed: invalid'],
  ['200 with a description of 301 characters', answer(200, { ...validHandler, renderings: [rendering('d'.repeat(301))] }), 'failed: invalid'],
  ['200 with a confidence of 101', answer(200, { ...validHandler, renderings: [rendering('x', { confidence: 101 })] }), 'failed: invalid'],
  ['200 with a preprocessor\'s reply', answer(200, valid), 'failed: invalid'],
  ['a broken connection', reset, 'failed: broken']
]

/** Once and no more; but a kept connection that breaks may have been closed for being idle, and then the request is sent again. */
function isAskedOnce (received: Received[], what: string, path: string): boolean {
  const most = what === 'a broken connection' ? 2 : 1
  return received.length >= 1 && received.length <= most && received.every(each => each.method === 'POST' && each.path === path)
}

for (const mode of ['ON', 'OFF']) {
  t.test(`F8: replies with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const look = await mockService(t, answer(204))
    const text = await mockService(t, answer(204))
    const other = await mockService(t, made(rendering('other')))
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS: mode },
      services: { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }), other: handler(other, { required_dependencies: 'look' }) }
    })

    for (const [what, behaviour, outcome] of preprocessorReplies) {
      t.test(`a preprocessor that answers ${what}: ${outcome}`, async t => {
        look.behaviour = behaviour
        text.behaviour = answer(204)
        const calls = look.received.length
        const reply = await server.render()
        t.equal(reply.status, 200)
        t.strictSame(descriptions(reply), ['other'], 'the others are not hurt')
        t.strictSame(outcomes(reply), { look: outcome, text: 'not-applicable', other: 'done' })
        t.strictSame(other.received.at(-1)?.json.preprocessors, outcome === 'done' ? { [name]: { n: 1 } } : {})
        t.ok(isAskedOnce(look.received.slice(calls), what, '/preprocessor'), 'and no redirect is followed')
      })
    }

    for (const [what, behaviour, outcome] of handlerReplies) {
      t.test(`a handler that answers ${what}: ${outcome}`, async t => {
        look.behaviour = found(name, { n: 1 })
        text.behaviour = behaviour
        const calls = text.received.length
        const reply = await server.render()
        t.equal(reply.status, 200)
        t.strictSame(descriptions(reply).toSorted(), outcome === 'done' ? ['made', 'other'] : ['other'])
        t.strictSame(outcomes(reply), { look: 'done', text: outcome, other: 'done' })
        t.ok(isAskedOnce(text.received.slice(calls), what, '/handler'))
      })
    }
  })
}

t.test('nobody at the address of a service', async t => {
  const text = await mockService(t, made(rendering('text')))
  const gone = await socketService(t, socket => socket.destroy())
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON' },
    services: {
      refused: preprocessor('http://127.0.0.1:1'),
      unknown: preprocessor('http://no-such-host.invalid:5000'),
      closes: preprocessor(gone),
      mute: handler('http://127.0.0.1:1'),
      text: handler(text, { required_dependencies: 'refused,unknown,closes' })
    }
  })
  const reply = await server.render(graphicRequest())
  t.strictSame(descriptions(reply), ['text'])
  t.strictSame(outcomes(reply), { refused: 'failed: refused', unknown: 'failed: refused', closes: 'failed: broken', mute: 'failed: refused', text: 'done' })
})
