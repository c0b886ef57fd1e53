// The graphs of the benchmark, and the requests and replies that go through them, are what the server takes for right.
import t from 'tap'
import { readContainers } from '../../lib/discovery/docker/containers.ts'
import { createTopology } from '../../lib/discovery/topology.ts'
import { compilePlan } from '../../lib/graphics/plan.ts'
import { createReading } from '../../lib/graphics/reading.ts'
import { callsOf, chain, containersOf, diamond, graphs, image, network, wide } from '../../bench/graph.ts'
import type { Graph } from '../../bench/graph.ts'
import { createRequests, withResults } from '../../bench/graphic-request.ts'
import { answerLength, filedAs, replyOf } from '../../bench/replies.ts'
import { longScenarios, shortScenarios, withParts } from '../../bench/scenario.ts'
import { createContainer, describeContainer } from '../lib/fixtures/engine-containers.ts'

const read = createReading()

/** How many services come in each wave. */
function waves (graph: Graph): number[] {
  const depths = callsOf(graph).map(({ depth }) => depth)
  return Array.from({ length: Math.max(...depths) + 1 }, (_, wave) => depths.filter(depth => depth === wave).length)
}

t.test('the graphs have the shapes that they are called after', async t => {
  t.same(waves(diamond), [3, 2, 1, 2])
  t.same(waves(chain()), [1, 1, 1, 1, 1, 1, 1, 1])
  t.same(waves(wide()), [16])
  const roles = (role: string) => image.services.filter(service => service.role === role).length
  t.equal(roles('preprocessor') + roles('modifier'), 17)
  t.equal(roles('handler'), 16)
  t.equal(callsOf(image).length, 31)
})

t.test('the server plans the same calls as the lower bound', async t => {
  for (const graph of graphs) {
    const addresses = Object.fromEntries(graph.services.map(({ name }, index) => [name, { host: `127.0.0.${index + 2}`, port: 8000 }]))
    const listing = containersOf(graph, addresses, 60).map((spec, number) => describeContainer(createContainer(spec, number), name => name))
    const reading = readContainers(listing, { candidates: [], networks: [network] })
    if ('obstacle' in reading) throw new Error(reading.obstacle.cause)
    t.same(reading.problems, [], graph.name)
    const { stages, remarks } = compilePlan(createTopology(1, reading.services, [], 0), { route: 'default', parallel: true, render: true })
    t.same(remarks, [])
    const steps = stages.flatMap(stage => stage.steps.map(({ service, role, after }) => [service.name, role, ...after.map(place => stage.steps[place]?.service.name).toSorted()]))
    const modifiers = callsOf(graph).filter(({ role }) => role === 'modifier').map(({ name }) => name)
    const calls = callsOf(graph).map(({ name, role, after }, _, all) => [name, role, ...after.map(place => all[place]?.name).filter(each => !modifiers.includes(each ?? '')).toSorted()])
    t.strictSame(steps.toSorted(), calls.toSorted(), graph.name)
  }
})

t.test('requests are valid, have exactly the size asked for, and are told apart', async t => {
  for (const bytes of [10_000, 100_000]) {
    const next = createRequests({ bytes, unique: true })
    const [one, other] = [Buffer.concat(next()), Buffer.concat(next())]
    t.equal(one.length, bytes)
    const reading = read('request', one)
    t.match(reading, { ok: true, route: 'default' })
    const [first, second] = [JSON.parse(String(one)), JSON.parse(String(other))]
    t.not(first.request_uuid, second.request_uuid)
    t.not(first.graphic, second.graphic)
  }
  const next = createRequests({ bytes: 10_000, unique: false, route: 'nobody' })
  const [first, second] = [JSON.parse(String(Buffer.concat(next()))), JSON.parse(String(Buffer.concat(next())))]
  t.equal(first.graphic, second.graphic)
  t.not(first.request_uuid, second.request_uuid)
  t.match(read('request', Buffer.concat(next())), { ok: true, route: 'nobody' })
  t.throws(() => createRequests({ bytes: 100, unique: false }), RangeError)
})

t.test('what the lower bound sends is a valid request with the results of earlier waves', async t => {
  const request = createRequests({ bytes: 10_000, unique: false })()
  const body = withResults(request, ['one', 'two'])
  t.match(read('request', body), { ok: true })
  t.same(Object.keys(JSON.parse(String(body)).preprocessors), [filedAs('one'), filedAs('two')])
  t.same(withResults(request, []), Buffer.concat(request))
})

t.test('replies are valid', async t => {
  t.match(read('preprocessorReply', replyOf({ name: 'one', role: 'preprocessor' }) ?? Buffer.alloc(0)), { ok: true, name: filedAs('one') })
  t.match(read('handlerReply', replyOf({ name: 'speak', role: 'handler' }) ?? Buffer.alloc(0)), { ok: true, renderings: [{ description: 'made by speak' }] })
  t.equal(replyOf({ name: 'resize-graphic', role: 'modifier' }), undefined)
  t.equal(answerLength([]), '{"request_uuid":"6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b","timestamp":1700000000,"renderings":[]}'.length)
})

t.test('scenarios can be told by their names', async t => {
  for (const scenarios of [longScenarios(), shortScenarios()]) t.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length)
  const named = (parts: string) => withParts(longScenarios(), parts).map(({ name }) => name)
  t.same(named('diamond, 1 MB, 8 at once'), ['diamond, 1 MB, 8 at once'], 'by the whole name')
  t.same(named('diamond,1 MB,everything known'), ['diamond, 1 MB, 1 at once, everything known', 'diamond, 1 MB, 8 at once, everything known'], 'by parts of it')
  t.same(named('nothing of that kind'), [])
})
