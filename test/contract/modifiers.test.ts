// Services that change the request itself: which members they may set, and who sees the change.
import t from 'tap'
import { answer, build, descriptions, found, graphicRequest, handler, made, mockService, names, onePixel, outcomes, preprocessor, rendering, uuid } from '../helper.ts'

t.test('modifiers', async t => {
  const modifier = await mockService(t, answer(204))
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const text = await mockService(t, made(rendering('text'), rendering('vibration', { type_id: names.renderer('SimpleHaptics') })))
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON' },
    services: {
      look: preprocessor(look, { preprocessor: 1, required_dependencies: 'modifier' }),
      text: handler(text, { required_dependencies: 'look' }),
      modifier: preprocessor(modifier, { preprocessor: 5, modifyRequest: 'true' })
    }
  })
  const render = async (data: unknown, overrides = {}) => {
    modifier.behaviour = found(names.modifier, data, overrides)
    const reply = await server.render()
    const [first, last] = [look.received.at(-1), text.received.at(-1)]
    if (first === undefined || last === undefined) throw new Error('a service was not called')
    return { reply, look: first, text: last }
  }

  t.test('run before all others, who see the request as changed', async t => {
    const small = onePixel.replace('iVBO', 'AAAA')
    const { reply, look, text } = await render({ graphic: small, dimensions: [9, 9], zoom: { new: true } })
    t.equal(reply.status, 200)
    for (const { json } of [look, text]) t.match(json, { graphic: small, dimensions: [9, 9], zoom: { new: true }, language: 'en' })
    t.strictSame(modifier.received.at(-1)?.json, { ...graphicRequest(), preprocessors: {} }, 'the modifier itself sees it as it came')
    t.notOk(look.seen.includes(names.modifier), 'and its reply is not filed as a result')
  })

  t.test('changed members stay where they were, new ones come last', async t => {
    const { look } = await render({ zoom: 1, language: 'fr' })
    t.strictSame(Object.keys(look.json).filter(key => key !== 'preprocessors'), [...Object.keys(graphicRequest()), 'zoom'])
    t.equal(look.json.language, 'fr')
  })

  t.test('may not set request_uuid, timestamp and preprocessors; the rest of their reply counts', async t => {
    const { reply, look } = await render({ request_uuid: 'x', timestamp: 5, preprocessors: { 'ca.x': {} }, context: 'new' })
    t.match(look.json, { request_uuid: uuid, timestamp: 1700000000, preprocessors: {}, context: 'new' })
    t.strictSame(look.seen, [])
    t.match(reply.json, { request_uuid: uuid })
    t.equal(look.headers['x-request-id'], uuid)
  })

  t.test('may change which renderings are wanted', async t => {
    const { reply } = await render({ renderers: [names.renderer('SimpleHaptics')] })
    t.strictSame(descriptions(reply), ['vibration'])
  })

  t.test('may set renderers to nonsense: then nothing is wanted', async t => {
    for (const renderers of [null, 7, 'Text', { a: 1 }, [1, null]]) {
      const { reply } = await render({ renderers })
      t.equal(reply.status, 200)
      t.strictSame(descriptions(reply), [])
    }
  })

  t.test('do not change the route any more', async t => {
    const { reply, look } = await render({ route: 'elsewhere' })
    t.strictSame(descriptions(reply), ['text'])
    t.equal(look.json.route, 'elsewhere')
  })

  t.test('must sign with the name of a modifier', async t => {
    const { reply, look } = await render({ context: 'new' }, { name: names.preprocessor('resize') })
    t.equal(look.json.context, graphicRequest().context)
    t.strictSame(look.seen, [])
    t.equal(outcomes(reply).modifier, 'failed: wrong-name')
    t.strictSame(descriptions(reply), ['text'])
  })

  t.test('that do not apply or fail leave the request as it is', async t => {
    for (const [behaviour, outcome] of [[answer(204), 'not-applicable'], [answer(500), 'failed: status'], [answer(200, '{'), 'failed: not-json']] as const) {
      modifier.behaviour = behaviour
      const reply = await server.render()
      t.equal(outcomes(reply).modifier, outcome)
      t.strictSame(look.received.at(-1)?.json, { ...graphicRequest(), preprocessors: {} })
      t.strictSame(descriptions(reply), ['text'])
    }
  })

  t.test('leave an invalid request to the services, as it always was with /render', async t => {
    const { reply, look } = await render({ language: 'a whole sentence' })
    t.equal(reply.status, 200)
    t.equal(look.json.language, 'a whole sentence')
  })
})

t.test('modifiers wait for one another by their dependencies', async t => {
  const first = await mockService(t, found(names.modifier, { zoom: 1 }))
  const second = await mockService(t, found(names.modifier, { zoom: 2 }))
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON' },
    services: {
      second: preprocessor(second, { preprocessor: 1, modifyRequest: true, required_dependencies: 'first' }),
      first: preprocessor(first, { preprocessor: 2, modifyRequest: true })
    }
  })
  await server.render()
  t.equal(second.received[0]?.json.zoom, 1)
})

t.test('a service that says no to modifyRequest is no modifier', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const words: Array<[name: string, word: string | boolean]> = [['a', 'false'], ['b', false], ['c', 'no'], ['d', '0'], ['e', 'Off'], ['f', '']]
  const server = await build(t, { services: Object.fromEntries(words.map(([name, modifyRequest]) => [name, preprocessor(look, { modifyRequest })])) })
  const done = outcomes(await server.render())
  for (const [name, word] of words) t.equal(done[name], 'done', JSON.stringify(word))
})
