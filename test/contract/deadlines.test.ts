// How long services may take: each role has its own time, which covers the whole reply, and the request has one for everything.
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering } from '../helper.ts'
import type { Behaviour } from '../helper.ts'

/** Sends headers and the beginning of a body, and no end. */
const halfABody: Behaviour = response => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"request_uuid":') }

const services = async (t: Test, behaviour: { look?: Behaviour, shrink?: Behaviour, text?: Behaviour }) => ({
  look: preprocessor(await mockService(t, behaviour.look ?? found(names.preprocessor('look'), {}))),
  shrink: preprocessor(await mockService(t, behaviour.shrink ?? found(names.modifier, { zoom: 1 })), { modifyRequest: true }),
  text: handler(await mockService(t, behaviour.text ?? made(rendering('text'))), { required_dependencies: 'look' }),
  other: handler(await mockService(t, made(rendering('other'))))
})

for (const [what, behaviour] of [['no headers', hang], ['a body without end', halfABody]] as const) {
  t.test(`a preprocessor that sends ${what} has PREPROCESSOR_TIMEOUT and no more`, async t => {
    const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '150' }, services: await services(t, { look: behaviour }) })
    const reply = await server.render()
    t.strictSame(descriptions(reply), ['other', 'text'])
    t.strictSame(outcomes(reply), { shrink: 'done', other: 'done', look: 'failed: timeout', text: 'done' })
  })

  t.test(`a modifier that sends ${what} has PREPROCESSOR_TIMEOUT and no more`, async t => {
    const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '150' }, services: await services(t, { shrink: behaviour }) })
    const reply = await server.render()
    t.match(outcomes(reply), { shrink: 'failed: timeout', look: 'done', text: 'done' })
  })

  t.test(`a handler that sends ${what} has HANDLER_TIMEOUT and no more`, async t => {
    const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON', HANDLER_TIMEOUT: '150' }, services: await services(t, { text: behaviour }) })
    const reply = await server.render()
    t.strictSame(descriptions(reply), ['other'])
    t.match(outcomes(reply), { text: 'failed: timeout', other: 'done' })
  })

  for (const mode of ['ON', 'OFF']) {
    t.test(`a request has REQUEST_TIMEOUT for everything: ${what}, PARALLEL_PREPROCESSORS=${mode}`, async t => {
      const server = await build(t, { env: { PARALLEL_PREPROCESSORS: mode, REQUEST_TIMEOUT: '250' }, services: await services(t, { look: behaviour }) })
      const reply = await server.render()
      t.equal(reply.status, 200)
      t.strictSame(descriptions(reply), mode === 'ON' ? ['other'] : [], 'what was ready is sent')
      t.match(outcomes(reply), { shrink: 'done', look: 'late', text: 'late', other: mode === 'ON' ? 'done' : 'late' })
      const [look, text] = ['look', 'text'].map(name => server.logs.find(line => line.service === name))
      t.ok(Number(look?.milliseconds) > 0, 'the one that ran has its time')
      t.equal(text?.milliseconds, 0, 'the one that never ran has none')
    })
  }
}

t.test('/render/preprocess, too, ends at REQUEST_TIMEOUT, with what was found', async t => {
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON', REQUEST_TIMEOUT: '250' }, services: { ...await services(t, {}), slow: preprocessor(await mockService(t, hang)) } })
  const reply = await server.post('/render/preprocess', graphicRequest())
  t.equal(reply.status, 200)
  t.match(reply.json, { zoom: 1, preprocessors: { [names.preprocessor('look')]: {} } })
  t.match(outcomes(reply), { slow: 'late', look: 'done' })
})

t.test('the service that is too late is told so by the end of its connection', async t => {
  const slow = await mockService(t, hang)
  const server = await build(t, { env: { PREPROCESSOR_TIMEOUT: '100' }, services: { slow: preprocessor(slow) } })
  await server.render()
  await slow.received[0]?.closed
  t.pass('its connection has closed')
})
