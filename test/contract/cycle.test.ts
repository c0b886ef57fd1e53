// Parallel execution where dependencies go round in a circle: priority groups take their place.
import t from 'tap'
import { after, answer, build, descriptions, found, handler, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { MockService } from '../helper.ts'

const env = { PARALLEL_PREPROCESSORS: 'ON' }
const finds = (name: string) => found(names.preprocessor(name), { by: name })
const seen = (service: MockService) => service.received.at(-1)?.seen.map(name => name.slice(name.lastIndexOf('.') + 1)).toSorted()

t.test('on a circle, groups follow one another by priority, then all handlers run on everything', async t => {
  const gate = Promise.withResolvers<void>()
  const [one, alsoOne, two, ten] = [
    await mockService(t, finds('one')), await mockService(t, after(gate.promise, finds('alsoOne'))), await mockService(t, finds('two')), await mockService(t, finds('ten'))
  ]
  const text = await mockService(t, made(rendering('of all')))
  const server = await build(t, {
    env,
    services: {
      text: handler(text),
      ten: preprocessor(ten, { preprocessor: 10 }),
      two: preprocessor(two, { preprocessor: 2, required_dependencies: 'one' }),
      one: preprocessor(one, { preprocessor: 1, optional_dependencies: 'two' }),
      alsoOne: preprocessor(alsoOne, { preprocessor: 1 })
    }
  })
  const reply = server.render()
  await Promise.all([one.request(1), alsoOne.request(1)])
  t.equal(two.received.length + ten.received.length + text.received.length, 0, 'the first group has not settled')
  gate.resolve()
  t.strictSame(descriptions(await reply), ['of all'])
  t.strictSame(seen(one), [])
  t.strictSame(seen(two), ['alsoOne', 'one'])
  t.strictSame(seen(ten), ['alsoOne', 'one', 'two'])
  t.strictSame(seen(text), ['alsoOne', 'one', 'ten', 'two'])
})

t.test('a service that waits for itself is such a circle', async t => {
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made(rendering('shown')))
  const server = await build(t, { env, services: { look: preprocessor(look, { required_dependencies: 'look' }), text: handler(text) } })
  t.strictSame(descriptions(await server.render()), ['shown'])
  t.strictSame(seen(text), ['look'])
})

t.test('a failure in a group costs the next group nothing', async t => {
  const fails = await mockService(t, answer(500, 'no'))
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made(rendering('shown')))
  const server = await build(t, {
    env,
    services: {
      fails: preprocessor(fails, { preprocessor: 1, required_dependencies: 'look' }),
      look: preprocessor(look, { preprocessor: 2, required_dependencies: 'fails' }),
      text: handler(text, { required_dependencies: 'fails' })
    }
  })
  t.strictSame(descriptions(await server.render()), ['shown'])
  t.strictSame(seen(text), ['look'])
})

t.test('a circle of modifiers does not touch the graph of the others', async t => {
  const changes = (zoom: number) => found(names.modifier, { zoom })
  const [a, b] = [await mockService(t, changes(1)), await mockService(t, changes(2))]
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made())
  const server = await build(t, {
    env,
    services: {
      a: preprocessor(a, { preprocessor: 1, modifyRequest: true, required_dependencies: 'b' }),
      b: preprocessor(b, { preprocessor: 2, modifyRequest: true, required_dependencies: 'a' }),
      look: preprocessor(look, { preprocessor: 9 }),
      text: handler(text, { required_dependencies: 'look' })
    }
  })
  await server.render()
  t.equal(b.received[0]?.json.zoom, 1, 'modifiers by priority')
  t.equal(look.received[0]?.json.zoom, 2)
  t.strictSame(seen(text), ['look'], 'the others by dependency')
})
