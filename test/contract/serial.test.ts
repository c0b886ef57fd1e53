// Serial execution: modifiers, then preprocessors one after the other by priority, then all handlers at once.
import t from 'tap'
import { after, answer, build, descriptions, found, handler, made, mockService, names, outcomes, preprocessor, rendering, reset } from '../helper.ts'
import type { MockService } from '../helper.ts'

const finds = (name: string) => found(names.preprocessor(name), { by: name })
const seen = (service: MockService) => service.received.at(-1)?.seen.map(name => name.slice(name.lastIndexOf('.') + 1))

t.test('preprocessors run one after the other by priority, whatever their dependencies', async t => {
  const gate = Promise.withResolvers<void>()
  const [first, alsoFirst, second, last] = [
    await mockService(t, after(gate.promise, finds('first'))), await mockService(t, finds('alsoFirst')), await mockService(t, finds('second')), await mockService(t, finds('last'))
  ]
  const handlers = [await mockService(t, made(rendering('a'))), await mockService(t, made(rendering('b')))]
  const server = await build(t, {
    services: {
      a: handler(handlers[0] as MockService),
      last: preprocessor(last, { preprocessor: 'late' }),
      second: preprocessor(second, { preprocessor: '10' }),
      first: preprocessor(first, { preprocessor: '9', required_dependencies: 'second' }),
      alsoFirst: preprocessor(alsoFirst, { preprocessor: '9' }),
      b: handler(handlers[1] as MockService)
    }
  })
  const reply = server.render()
  await first.request(1)
  t.equal(alsoFirst.received.length, 0, 'not even the same group')
  gate.resolve()
  await reply
  t.strictSame(seen(alsoFirst), ['first'])
  t.strictSame(seen(second), ['first', 'alsoFirst'])
  t.strictSame(seen(last), ['first', 'alsoFirst', 'second'], 'a priority that is no number comes last')
  for (const each of handlers) t.strictSame(seen(each), ['first', 'alsoFirst', 'second', 'last'])
})

t.test('handlers run at once, and their renderings stand in the order of the services', async t => {
  const gate = Promise.withResolvers<void>()
  const a = await mockService(t, after(gate.promise, made(rendering('a1'), rendering('a2'))))
  const b = await mockService(t, made(rendering('b')))
  const server = await build(t, { services: { a: handler(a), b: handler(b) } })
  const reply = server.render()
  await Promise.all([a.request(1), b.request(1)])
  gate.resolve()
  t.strictSame(descriptions(await reply), ['a1', 'a2', 'b'], 'although b was ready first')
})

t.test('every failure is swallowed', async t => {
  const failing = { broken: reset, wrong: answer(500, 'no'), invalid: answer(200, {}), unreadable: answer(200, '{') }
  const services: Array<[string, MockService]> = []
  for (const [name, behaviour] of Object.entries(failing)) services.push([name, await mockService(t, behaviour)])
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made(rendering('shown')))
  const server = await build(t, {
    services: { ...Object.fromEntries(services.map(([name, service]) => [name, preprocessor(service)])), look: preprocessor(look, { preprocessor: 2 }), text: handler(text) }
  })
  const reply = await server.render()
  t.equal(reply.status, 200)
  t.strictSame(descriptions(reply), ['shown'])
  t.strictSame(seen(text), ['look'])
  t.strictSame(outcomes(reply), {
    broken: 'failed: broken', wrong: 'failed: status', invalid: 'failed: invalid', unreadable: 'failed: not-json', look: 'done', text: 'done'
  })
})

t.test('a service with both labels is called in both roles', async t => {
  const both = await mockService(t, (response, received) => {
    const behaviour = received.path === '/handler' ? made(rendering('made')) : finds('both')
    return behaviour(response, received)
  })
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'off' }, services: { both: { labels: { preprocessor: 1, handler: 'enable' }, urls: [both.url] } } })
  t.strictSame(descriptions(await server.render()), ['made'])
  t.strictSame(both.received.map(({ path }) => path), ['/preprocessor', '/handler'])
  t.strictSame(seen(both), ['both'])
})

t.test('modifiers run before all others, one after the other', async t => {
  const shrink = await mockService(t, found(names.modifier, { dimensions: [5, 5] }))
  const again = await mockService(t, found(names.modifier, { dimensions: [4, 4] }))
  const look = await mockService(t, finds('look'))
  const server = await build(t, {
    services: {
      look: preprocessor(look, { preprocessor: 1 }),
      again: preprocessor(again, { preprocessor: 8, modifyRequest: true }),
      shrink: preprocessor(shrink, { preprocessor: 7, modifyRequest: true })
    }
  })
  await server.render()
  t.strictSame(again.received[0]?.json.dimensions, [5, 5])
  t.strictSame(look.received[0]?.json.dimensions, [4, 4])
})
