// The Tutti-Incomplete header: what is ready is sent complete and valid, and the header names the rest.
import t from 'tap'
import { createValidator } from '../../lib/graphics/validator.ts'
import { answer, build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { Behaviour } from '../helper.ts'

const validator = createValidator()

t.test('a complete answer has none, also where a service had nothing to say', async t => {
  const server = await build(t, {
    services: { look: preprocessor(await mockService(t, answer(204))), text: handler(await mockService(t, made(rendering('text')))) }
  })
  const reply = await server.render()
  t.strictSame(descriptions(reply), ['text'])
  t.equal(reply.headers.get('tutti-incomplete'), null)
  t.equal((await server.render({})).headers.get('tutti-incomplete'), null, 'nor has a refusal')
})

/** Half an answer whose end never comes. */
const half: Behaviour = response => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"renderings":[') }

for (const mode of ['ON', 'OFF']) {
  t.test(`the deadline of the request names who was late, with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS: mode, REQUEST_TIMEOUT: '600' },
      services: {
        look: preprocessor(await mockService(t, found(names.preprocessor('look'), {}))),
        wrong: preprocessor(await mockService(t, answer(500, 'secret'))),
        text: handler(await mockService(t, made(rendering('text'))), { required_dependencies: 'look' }),
        describe: handler(await mockService(t, half), { required_dependencies: 'wrong' }),
        speak: handler(await mockService(t, hang), { required_dependencies: 'wrong' })
      }
    })
    const reply = await server.render()
    t.equal(reply.status, 200)
    t.equal(validator.response(reply.json), undefined)
    t.strictSame(descriptions(reply), ['text'])
    t.strictSame(reply.headers.get('tutti-incomplete')?.split(', ').toSorted(), ['describe;reason=late', 'speak;reason=late', 'wrong;reason=status'])
  })
}

t.test('a service that has had its time is named with its reason, on /render/preprocess too', async t => {
  const server = await build(t, {
    env: { PREPROCESSOR_TIMEOUT: '300' },
    services: { look: preprocessor(await mockService(t, hang)), other: preprocessor(await mockService(t, found(names.preprocessor('other'), { seen: 1 }))) }
  })
  const reply = await server.post('/render/preprocess', graphicRequest())
  t.equal(reply.headers.get('tutti-incomplete'), 'look;reason=timeout')
  t.equal(validator.request(reply.json), undefined)
  t.match(reply.json, { preprocessors: { [names.preprocessor('other')]: { seen: 1 } } })
})

t.test('hundreds of missing services are named as far as they fit, and counted', async t => {
  const everywhere = await mockService(t, answer(500))
  const services = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`service-${number}`, preprocessor(everywhere)]))
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
  const header = (await server.render()).headers.get('tutti-incomplete') ?? ''
  const [, count] = header.match(/, \*;count=(\d+)$/) ?? []
  t.equal(header.split(', ').length - 1 + Number(count), 200)
  t.ok(header.length <= 1020, `${header.length} bytes`)
})
