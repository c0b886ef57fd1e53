// The explanation of a topology, where black-box tests do not reach: labels that would make it endless, times that stand still.
import t from 'tap'
import { createTopology } from '../../../lib/discovery/topology.ts'
import type { Service } from '../../../lib/discovery/topology.ts'
import { explainTopology, routesOf } from '../../../lib/graphics/explain.ts'
import { createReplicas } from '../../../lib/graphics/replicas.ts'
import { handlerOf, preprocessorOf, topologyOf } from '../fixtures/topology.ts'

const status = { confirmedAt: 2000, obstacle: undefined, trouble: undefined }
const replicaState = createReplicas({ setAsideAfter: 1, setAsideTime: 1 }).state

function explain (services: Service[], options: Partial<Parameters<typeof explainTopology>[0]> = {}) {
  return explainTopology({ topology: topologyOf(services), status, provider: 'docker', parallel: true, replicaState, now: 3500, ...options })
}

t.test('times are of the topology, and an age is never negative', async t => {
  t.match(explain([]), { takenAt: '1970-01-01T00:00:00.000Z', confirmedAt: '1970-01-01T00:00:02.000Z', ageSeconds: 1.5 })
  t.equal(explain([], { now: 0 }).ageSeconds, 0)
})

t.test('before the first list there is an obstacle and no age', async t => {
  const obstacle = { cause: 'nobody answers', cure: 'Start it.' }
  const explanation = explain([], { status: { confirmedAt: undefined, obstacle, trouble: undefined } })
  t.same(explanation.obstacle, obstacle)
  t.notHas(explanation, 'takenAt')
  t.notHas(explanation, 'ageSeconds')
})

t.test('a priority that is no number is left out', async t => {
  const [service] = explain([preprocessorOf('odd', { priority: Infinity })]).services
  t.notHas(service, 'priority')
  t.same(service?.roles, ['preprocessor'])
})

t.test('the default route comes first, and is there when nobody serves it', async t => {
  t.same(routesOf(topologyOf([handlerOf('a', { routes: ['chart', 'default'] }), handlerOf('b', { routes: ['map', 'chart'] })])), ['default', 'chart', 'map'])
  t.same(routesOf(topologyOf([handlerOf('a', { routes: ['chart'] })])), ['default', 'chart'])
})

t.test('labels that ask for an endless explanation get one that ends and says what it leaves out', async t => {
  const list = Array.from({ length: 2000 }, (_, index) => index.toString(36))
  const services = Array.from({ length: 300 }, (_, index) => preprocessorOf(index.toString(36), { required: list, routes: [`r${index}`, 'default', ...list] }))
  const problems = Array.from({ length: 2000 }, (_, index) => ({ service: `${index}`, cause: 'x'.repeat(4096), cure: 'Write less.' }))
  const explanation = explain([], { topology: createTopology(1, services, problems, 0) })
  t.ok(JSON.stringify(explanation).length < 12_000_000)
  t.ok(explanation.services.length > 0 && explanation.problems.length > 0)
  t.equal(explanation.services.length + explanation.omitted.services, 300)
  t.equal(explanation.problems.length + explanation.omitted.problems, 2000)
  t.equal(explanation.plans[0]?.route, 'default')
  t.equal(explanation.plans.length + explanation.omitted.plans, new Set(services.flatMap(({ routes }) => routes)).size)
  t.ok(explanation.omitted.services > 0 && explanation.omitted.problems > 0 && explanation.omitted.plans > 0)
})
