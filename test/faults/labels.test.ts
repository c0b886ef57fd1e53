// Labels that are wrong in every way: whoever carries them is named, with the cure, and nobody else loses anything.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { build, descriptions, found, handler, listed, made, mockService, names, outcomes, placeServices, preprocessor, rendering } from '../helper.ts'
import { readContainers } from '../../lib/discovery/docker/containers.ts'
import { createTopology } from '../../lib/discovery/topology.ts'
import { compilePlan } from '../../lib/graphics/plan.ts'
import { createContainer, describeContainer, idOf } from '../lib/fixtures/engine-containers.ts'
import type { ContainerSpec } from '../lib/fixtures/engine-containers.ts'
import { fakeEngine } from '../lib/fixtures/fake-engine.ts'
import { figure, sized } from '../long.ts'

const networkId = (name: string) => idOf(`network ${name}`)

/** Everything that people have written into labels, and what they could. */
const values = [
  'enable', 'true', 'false', '1', '0', '-1', '', ' ', ',', ',,', 'a,,b', 'good', 'good , other', 'odd-0', 'odd-0,odd-1,odd-2', '80abc', '70000', '5000', 'NaN', '1e999', '-0',
  'follow-up', 'default', 'default,map', '__proto__', 'constructor', 'é', '🦉', '\u0000', '\n', '%s', '<script>', 'x'.repeat(10_240), ','.repeat(10_240), 'a,'.repeat(2000)
]
const labels = [
  'preprocessor', 'handler', 'port', 'route', 'required_dependencies', 'optional_dependencies', 'modifyRequest', 'cacheTimeout', 'tutti.timeout', 'tutti.concurrency', 'tutti.retries', 'tutti.network', 'tutti.cache.vary'
].map(name => name.startsWith('tutti.') ? name : `ca.mcgill.a11y.image.${name}`)

/** Labels as an engine might give them, and as none would. */
const oddLabels = fc.oneof(
  { weight: 10, arbitrary: fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...labels) }, fc.constantFrom('__proto__', 'constructor', 'toString', 'com.docker.compose.service', '')), fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary' })), { maxKeys: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, undefined, [], 'labels', 7, { 'ca.mcgill.a11y.image.handler': { deep: true } }, { 'ca.mcgill.a11y.image.preprocessor': ['1'] }) }
)

/** A handler and two preprocessors with nothing wrong about them. */
const good: ContainerSpec[] = [
  { service: 'good', labels: { preprocessor: '1', port: '5000' }, networks: { image: '10.0.0.2' } },
  { service: 'other', labels: { preprocessor: '2', optional_dependencies: 'good' }, networks: { image: '10.0.0.3' } },
  { service: 'text', labels: { handler: 'enable', required_dependencies: 'good,other' }, networks: { image: '10.0.0.4' } }
]

/** Whether labels name the service of a good one. */
function takesName (labels: unknown): boolean {
  const name = typeof labels === 'object' && labels !== null ? Object.entries(labels).find(([label]) => label === 'com.docker.compose.service')?.[1] : undefined
  return good.some(({ service }) => service === name)
}

/** Fleets that are read. */
const fleets = sized(1000, 100_000)

t.test('F14: fleets with odd members: the others are read, planned and called as if those were not there', async t => {
  fc.assert(fc.property(fc.array(oddLabels, { maxLength: 6 }), fc.boolean(), fc.boolean(), (odd, parallel, render) => {
    const listing = [{ name: 'orchestrator', networks: { image: '10.0.0.1' } }, ...good].map((spec, index) => describeContainer(createContainer(spec, index), networkId))
    for (const [index, Labels] of odd.entries()) {
      listing.splice(index * 2, 0, { ...describeContainer(createContainer({ name: `odd-${index}`, networks: { image: `10.0.1.${index}` } }, index + 100), networkId), Labels })
    }
    const reading = readContainers(listing, { candidates: ['orchestrator'], networks: undefined })
    assert(!('obstacle' in reading))
    const topology = createTopology(1, reading.services, reading.problems, 0)
    const plan = compilePlan(topology, { route: 'default', parallel, render })
    const steps = plan.stages.flatMap(stage => stage.steps)
    // One that takes the name of another joins it, and is told so.
    if (!odd.some(takesName)) {
      for (const { service = '', networks } of good) {
        const known = topology.services.get(service)
        assert.deepEqual(known?.replicas.map(({ origin }) => origin), [`http://${String(networks?.image)}:${service === 'good' ? 5000 : 80}`])
        assert(!known.modifiesRequest && known.routes.join() === 'default')
        const turns = steps.filter(step => step.service.name === service).length
        assert.equal(turns, service === 'text' && !render ? 0 : 1, `${service} has its turn`)
      }
      assert(reading.problems.every(({ service }) => !good.some(each => each.service === service)), 'nobody is blamed for another')
    }
    for (const { service, cause, cure } of reading.problems) {
      assert(service !== '' && cause !== '' && cure.endsWith('.'))
      assert(cause.length + cure.length < 10_000, 'a long label is not repeated at length')
    }
    for (const { replicas } of topology.services.values()) {
      for (const { origin } of replicas) assert.equal(new URL(origin).origin, origin.replace(/:80$/, ''))
    }

    for (const { steps } of plan.stages) {
      // Whatever waits for whatever, everybody's turn comes.
      const done = new Set<number>()
      while (done.size < steps.length) {
        const ready = steps.flatMap(({ after }, index) => !done.has(index) && after.every(each => done.has(each)) ? [index] : [])
        assert(ready.length > 0, 'nobody waits for ever')
        for (const index of ready) done.add(index)
      }
    }
    assert.equal(Object.keys({}).length, 0)
    assert.equal(({} as Record<string, unknown>).deep, undefined)
  }), { numRuns: fleets })
  figure(t, 'F14', `${fleets} fleets, nobody hurt by another's labels`)
  t.pass('all of them')
})

t.test('F14: a server among all of them', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const text = await mockService(t, (response, received) => made(rendering(`sees ${received.seen.length}`))(response, received))
  const odd = await mockService(t, found(names.preprocessor('odd'), {}))
  const engine = await fakeEngine(t)
  const env = placeServices(engine, {
    look: preprocessor(look),
    text: handler(text, { required_dependencies: 'look' }),
    self: preprocessor(odd, { required_dependencies: 'self', route: 'circles' }),
    one: preprocessor(odd, { required_dependencies: 'two', route: 'circles' }),
    two: preprocessor(odd, { optional_dependencies: 'one', route: 'circles' }),
    alone: preprocessor(odd, { required_dependencies: 'nobody,text' }),
    letters: preprocessor(odd, { port: '80abc' }),
    commas: preprocessor(odd, { route: ',,' }),
    unmodified: preprocessor(odd, { modifyRequest: 'false' }),
    long: preprocessor(odd, { required_dependencies: 'look,'.repeat(2048) }),
    'naïve 🦉': preprocessor(odd),
    ...Object.fromEntries([['__proto__', preprocessor(odd)]])
  })
  const { port } = new URL(odd.url)
  engine.place({ service: 'zero', labels: { preprocessor: '1', port: '0' }, networks: { image: '127.1.0.1' } })
  engine.place({ service: 'high', labels: { preprocessor: '1', port: '70000' }, networks: { image: '127.1.0.2' } })
  engine.place({ service: 'letters', labels: { preprocessor: '1', port: `${port}abc` }, networks: { image: '127.0.0.1' } })
  engine.place({ name: 'unlabelled', labels: null, networks: { image: '127.1.0.3' } })
  // Another container that takes the name of a service which is there, in another role.
  engine.place({ service: 'look', labels: { handler: 'enable', port }, networks: { image: '127.0.0.1' }, created: 1 })
  const server = await build(t, { env: { ...env, PARALLEL_PREPROCESSORS: 'ON' } })
  await listed(server.app.discovery)

  const reply = await server.render()
  t.equal(reply.status, 200)
  t.equal(descriptions(reply).length, 1)
  t.match(outcomes(reply), { look: 'done', text: 'done', alone: 'done', letters: 'done', commas: 'done', unmodified: 'done', long: 'done' })
  t.equal(look.received.length, 1)
  t.match(text.received[0]?.seen, [names.preprocessor('look')])

  const circles = await server.render({ ...JSON.parse(look.received[0]?.text ?? ''), route: 'circles' })
  t.match(outcomes(circles), { self: 'done', one: 'done', two: 'done' }, 'those in a circle run by their priorities')

  const warned = server.logs.filter(({ level, cure }) => level === 40 && cure !== undefined)
  const named = new Set(warned.map(({ service }) => service))
  for (const service of ['letters', 'commas', 'long', 'zero', 'high', 'look']) t.ok(named.has(service), `${service} is named`)
  for (const service of ['text', 'unmodified', 'self', 'one', 'two']) t.notOk(named.has(service), `there is nothing wrong with the labels of ${service}`)
  const remarks = server.logs.filter(({ msg }) => msg === 'dependencies are not as they should be').map(({ cause }) => String(cause))
  t.ok(remarks.some(cause => /circle/.test(cause) && /self/.test(cause) && /one/.test(cause)), 'the circle is named')
  t.ok(remarks.some(cause => /alone requires text, which is a handler/.test(cause)))
  t.equal(({} as Record<string, unknown>).labels, undefined)
})
