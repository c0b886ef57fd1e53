// How long services may take: each role has its own time, which covers the whole reply, and the request has one for everything.
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering } from '../helper.ts'
import type { Behaviour } from '../helper.ts'

/** Sends headers and the beginning of a body, and no end. */
const halfABody: Behaviour = response => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"request_uuid":') }

const late: Array<[what: string, behaviour: Behaviour]> = [['no headers', hang], ['a body without end', halfABody]]

async function start (t: Test, env: Record<string, string>) {
  const well = { look: found(names.preprocessor('look'), {}), shrink: found(names.modifier, { zoom: 1 }), text: made(rendering('text')) }
  const [look, shrink, text] = [await mockService(t, well.look), await mockService(t, well.shrink), await mockService(t, well.text)]
  const server = await build(t, {
    env,
    services: {
      look: preprocessor(look),
      shrink: preprocessor(shrink, { modifyRequest: true }),
      text: handler(text, { required_dependencies: 'look' }),
      other: handler(await mockService(t, made(rendering('other'))))
    }
  })
  /** Renders with some services behaving otherwise. */
  const render = async (behaviours: { look?: Behaviour, shrink?: Behaviour, text?: Behaviour }, path = '/render') => {
    look.behaviour = behaviours.look ?? well.look
    shrink.behaviour = behaviours.shrink ?? well.shrink
    text.behaviour = behaviours.text ?? well.text
    const from = server.logs.length
    const reply = await server.post(path, graphicRequest())
    const milliseconds = (name: string) => Number(server.logs.slice(from).find(line => line.service === name)?.milliseconds)
    return { reply, milliseconds }
  }
  return { render, look, shrink, text }
}

t.test('each role has its time', async t => {
  const { render, look, shrink, text } = await start(t, { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '500', HANDLER_TIMEOUT: '600' })

  for (const [what, behaviour] of late) {
    t.test(`a preprocessor that sends ${what} has PREPROCESSOR_TIMEOUT and no more`, async t => {
      const { reply, milliseconds } = await render({ look: behaviour })
      t.strictSame(descriptions(reply), ['other', 'text'])
      t.strictSame(outcomes(reply), { shrink: 'done', other: 'done', look: 'failed: timeout', text: 'done' })
      t.ok(milliseconds('look') >= 499)
      await look.received.at(-1)?.closed
    })

    t.test(`a modifier that sends ${what} has PREPROCESSOR_TIMEOUT and no more`, async t => {
      const { reply, milliseconds } = await render({ shrink: behaviour })
      t.match(outcomes(reply), { shrink: 'failed: timeout', look: 'done', text: 'done' })
      t.ok(milliseconds('shrink') >= 499)
      await shrink.received.at(-1)?.closed
    })

    t.test(`a handler that sends ${what} has HANDLER_TIMEOUT and no more`, async t => {
      const { reply, milliseconds } = await render({ text: behaviour })
      t.strictSame(descriptions(reply), ['other'])
      t.match(outcomes(reply), { text: 'failed: timeout', other: 'done' })
      t.ok(milliseconds('text') >= 599)
      await text.received.at(-1)?.closed
      t.pass('the service is told by the end of its connection')
    })
  }
})

for (const mode of ['ON', 'OFF']) {
  t.test(`a request has REQUEST_TIMEOUT for everything, with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const { render, look } = await start(t, { PARALLEL_PREPROCESSORS: mode, REQUEST_TIMEOUT: '700' })

    for (const [what, behaviour] of late) {
      t.test(`also where a service sends ${what}: what is ready is sent`, async t => {
        const { reply, milliseconds } = await render({ look: behaviour })
        t.equal(reply.status, 200)
        t.strictSame(descriptions(reply), mode === 'ON' ? ['other'] : [])
        t.match(outcomes(reply), { shrink: 'done', look: 'late', text: 'late', other: mode === 'ON' ? 'done' : 'late' })
        t.ok(milliseconds('look') > 0, 'the one that ran has its time')
        t.equal(milliseconds('text'), 0, 'the one that never ran has none')
        await look.received.at(-1)?.closed
      })
    }

    t.test('also on /render/preprocess', async t => {
      const { reply } = await render({ look: hang }, '/render/preprocess')
      t.equal(reply.status, 200)
      t.match(reply.json, { preprocessors: {} })
      t.match(outcomes(reply), { look: 'late' })
    })
  })
}
