// Parallel execution: whatever is ready runs, and each service sees what those that it waits for have found.
import t from 'tap'
import { after, answer, build, descriptions, found, handler, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { MockService } from '../helper.ts'

const env = { PARALLEL_PREPROCESSORS: 'ON' }
const finds = (name: string) => found(names.preprocessor(name), { by: name })
const seen = (service: MockService) => service.received.at(-1)?.seen.map(name => name.slice(name.lastIndexOf('.') + 1))

t.test('services without dependencies run at once, handlers among them', async t => {
  const gate = Promise.withResolvers<void>()
  const [one, two] = [await mockService(t, after(gate.promise, finds('one'))), await mockService(t, after(gate.promise, finds('two')))]
  const text = await mockService(t, after(gate.promise, made(rendering('early'))))
  const server = await build(t, { env, services: { one: preprocessor(one), two: preprocessor(two, { preprocessor: 5 }), text: handler(text) } })
  const reply = server.render()
  await Promise.all([one.request(1), two.request(1), text.request(1)])
  t.strictSame([one, two, text].map(seen), [[], [], []], 'priorities mean nothing, and nobody has seen anything')
  gate.resolve()
  t.strictSame(descriptions(await reply), ['early'])
})

t.test('a service starts when all that it waits for have settled, and not before', async t => {
  const gates = { fast: Promise.withResolvers<void>(), slow: Promise.withResolvers<void>() }
  const fast = await mockService(t, after(gates.fast.promise, finds('fast')))
  const slow = await mockService(t, after(gates.slow.promise, finds('slow')))
  const both = await mockService(t, finds('both'))
  const one = await mockService(t, finds('one'))
  const text = await mockService(t, made(rendering('of all')))
  const server = await build(t, {
    env,
    services: {
      text: handler(text, { required_dependencies: 'both', optional_dependencies: 'one' }),
      both: preprocessor(both, { preprocessor: 1, required_dependencies: 'fast', optional_dependencies: 'slow' }),
      one: preprocessor(one, { preprocessor: 1, optional_dependencies: 'fast' }),
      fast: preprocessor(fast, { preprocessor: 9 }),
      slow: preprocessor(slow, { preprocessor: 9 })
    }
  })
  const reply = server.render()
  await Promise.all([fast.request(1), slow.request(1)])
  gates.fast.resolve()
  await one.request(1)
  t.strictSame(seen(one), ['fast'])
  t.equal(both.received.length, 0, 'slow has not settled')
  gates.slow.resolve()
  await both.request(1)
  t.ok(['fast', 'slow'].every(name => seen(both)?.includes(name)))
  t.strictSame(descriptions(await reply), ['of all'])
  t.strictSame(seen(text)?.toSorted(), ['both', 'fast', 'one', 'slow'])
})

t.test('what one waits for may fail or not apply', async t => {
  const failures = { absent: answer(204), wrong: answer(500, 'no'), invalid: answer(200, { name: 'x' }), broken: answer(200, '{') }
  const services: Record<string, MockService> = {}
  for (const [name, behaviour] of Object.entries(failures)) services[name] = await mockService(t, behaviour)
  const text = await mockService(t, made(rendering('none the less')))
  const look = await mockService(t, finds('look'))
  const dependencies = Object.keys(failures).join(',')
  const server = await build(t, {
    env,
    services: {
      ...Object.fromEntries(Object.entries(services).map(([name, service]) => [name, preprocessor(service)])),
      look: preprocessor(look, { optional_dependencies: dependencies }),
      text: handler(text, { required_dependencies: `${dependencies},look` })
    }
  })
  const reply = await server.render()
  t.equal(reply.status, 200)
  t.strictSame(descriptions(reply), ['none the less'])
  t.strictSame(seen(text), ['look'])
})

t.test('names that run nowhere disable nothing', async t => {
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made(rendering('shown')))
  const server = await build(t, {
    env, services: { look: preprocessor(look, { required_dependencies: 'absent,,also-absent' }), text: handler(text, { required_dependencies: 'absent,look', optional_dependencies: 'gone' }) }
  })
  t.strictSame(descriptions(await server.render()), ['shown'])
  t.strictSame(seen(text), ['look'])
})

t.test('a handler gives no results, so nobody waits for one, and nobody is lost by asking for one', async t => {
  const gate = Promise.withResolvers<void>()
  const text = await mockService(t, after(gate.promise, made(rendering('shown'))))
  const look = await mockService(t, finds('look'))
  const other = await mockService(t, made(rendering('other')))
  const server = await build(t, {
    env,
    services: {
      look: preprocessor(look, { required_dependencies: 'text' }),
      text: handler(text),
      other: handler(other, { required_dependencies: 'text', optional_dependencies: 'text' })
    }
  })
  const reply = server.render()
  await Promise.all([look.request(1), other.request(1)])
  gate.resolve()
  t.strictSame(descriptions(await reply), ['other', 'shown'])
})

t.test('spaces around the names of dependencies do not matter', async t => {
  const look = await mockService(t, finds('look'))
  const text = await mockService(t, made())
  const server = await build(t, { env, services: { look: preprocessor(look), text: handler(text, { required_dependencies: ' look , absent ' }) } })
  await server.render()
  t.strictSame(seen(text), ['look'])
})

t.test('a service with both labels is called as a preprocessor only', async t => {
  const both = await mockService(t, finds('both'))
  const server = await build(t, { env, services: { both: { labels: { preprocessor: 1, handler: 'enable' }, urls: [both.url] } } })
  await server.render()
  t.strictSame(both.received.map(({ path }) => path), ['/preprocessor'])
})

t.test('a service with several replicas is called once for a request', async t => {
  const replicas = [await mockService(t, finds('look')), await mockService(t, finds('look')), await mockService(t, finds('look'))]
  const server = await build(t, { env, services: { look: { labels: { preprocessor: 1 }, urls: replicas.map(({ url }) => url) } } })
  for (let number = 0; number < 12; number++) await server.render()
  t.equal(replicas.reduce((sum, { received }) => sum + received.length, 0), 12)
})

t.test('replicas share the calls in flight', async t => {
  const gate = Promise.withResolvers<void>()
  const all = Promise.withResolvers<void>()
  const replicas: MockService[] = []
  const answerWhenAllAreThere: MockService['behaviour'] = (response, received) => {
    if (replicas.reduce((sum, replica) => sum + replica.received.length, 0) === 24) all.resolve()
    return after(gate.promise, finds('look'))(response, received)
  }
  replicas.push(await mockService(t, answerWhenAllAreThere), await mockService(t, answerWhenAllAreThere))
  const server = await build(t, { env, services: { look: { labels: { preprocessor: 1 }, urls: replicas.map(({ url }) => url) } } })
  const replies = Array.from({ length: 24 }, () => server.render())
  await all.promise
  // Chance decides between equals; two of a kind in a row are likely, six more than half are not (less than once in a million runs).
  for (const { received } of replicas) t.ok(received.length >= 4, `${received.length} calls`)
  gate.resolve()
  await Promise.all(replies)
})
