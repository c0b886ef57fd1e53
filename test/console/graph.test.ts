// What the graph of the console makes of topologies and requests, without a browser.
import t from 'tap'
import { drawingOf, levelsOf } from '../../console/src/pages/graph/drawing.ts'
import { layOut } from '../../console/src/pages/graph/layout.ts'
import { filterRequests, momentsOf, standingAt } from '../../console/src/pages/graph/requests.ts'
import type { RecentRequest } from '../../console/src/pages/graph/requests.ts'
import { healthOf, missingOf, usersOf } from '../../console/src/pages/graph/topology.ts'
import type { Plan, Replica, Service, Topology } from '../../console/src/pages/graph/topology.ts'

const replica = (more: Partial<Replica> = {}): Replica => ({ id: 'a', origin: 'http://a', health: 'healthy', inFlight: 0, failures: 0, ...more })
const service = (name: string, more: Partial<Service> = {}): Service => ({ name, roles: ['preprocessor'], routes: ['default'], required: [], optional: [], modifiesRequest: false, cacheSeconds: 0, variesByLanguage: false, retries: 1, replicas: [replica()], ...more })
const step = (name: string, ...after: string[]) => ({ service: name, role: 'preprocessor', after })
const plan: Plan = { stages: [{ steps: [step('first'), step('other')] }, { steps: [step('look'), step('faces', 'look'), step('texts', 'look'), step('speak', 'faces', 'texts')] }], remarks: [] }

t.test('how a service does follows from its copies', async t => {
  const aside = replica({ setAsideUntil: '2026-01-01T00:00:00.000Z' })
  t.equal(healthOf([]), 'none')
  t.equal(healthOf([replica()]), 'ready')
  t.equal(healthOf([replica()], true), 'working')
  t.equal(healthOf([replica({ inFlight: 1, failures: 1 })]), 'working')
  t.equal(healthOf([replica({ failures: 1 })]), 'failing')
  t.equal(healthOf([replica({ inFlight: 1 }), aside]), 'partly')
  t.equal(healthOf([aside, aside], true), 'aside')
})

t.test('dependencies are found in both directions, with those that are not there', async t => {
  const services = [service('look'), service('speak', { required: [{ service: 'look', runs: true }, { service: 'absent', runs: false }], optional: [{ service: 'gone', runs: false }] })]
  const topology = { services } as unknown as Topology
  t.strictSame(missingOf(topology), [{ service: 'speak', needs: 'absent', isRequired: true }, { service: 'speak', needs: 'gone', isRequired: false }])
  t.strictSame(usersOf(topology, 'look'), ['speak'])
})

t.test('a plan is drawn with all that waits for something, and stages meet', async t => {
  const { nodes, edges } = drawingOf(plan, [service('speak', { optional: [{ service: 'texts', runs: true }] })])
  t.strictSame(nodes.map(({ id }) => id), ['request', '0 first', '0 other', 'meeting 1', '1 look', '1 faces', '1 texts', '1 speak'])
  t.strictSame(edges.map(({ from, to, kind }) => `${from} > ${to} ${kind}`), [
    'request > 0 first order', 'request > 0 other order', '0 first > meeting 1 order', '0 other > meeting 1 order', 'meeting 1 > 1 look order',
    '1 look > 1 faces required', '1 look > 1 texts required', '1 faces > 1 speak required', '1 texts > 1 speak optional'
  ])
})

t.test('a drawing goes from left to right, and nothing lies upon another', async t => {
  const { nodes, edges, width, height } = layOut(drawingOf(plan, []))
  const x = new Map(nodes.map(node => [node.id, node.x]))
  for (const { from, to, points } of edges) {
    t.ok((x.get(from) ?? NaN) < (x.get(to) ?? NaN), `${from} > ${to}`)
    t.ok(points.length >= 2)
  }
  for (const one of nodes) {
    t.ok(one.x > 0 && one.x < width && one.y > 0 && one.y < height)
    for (const other of nodes) if (one !== other && one.x === other.x) t.ok(Math.abs(one.y - other.y) > 14)
  }
})

t.test('a large drawing is laid out in layers, in which neighbours are near one another', async t => {
  const steps = Array.from({ length: 300 }, (_, index) => index < 50 ? step(`s${index}`) : step(`s${index}`, `s${index - 50}`))
  const { nodes, edges, width, height } = layOut(drawingOf({ stages: [{ steps }], remarks: [] }, []))
  const places = new Map(nodes.map(node => [node.id, node]))
  t.equal(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size, 301)
  t.equal(new Set(nodes.map(({ x }) => x)).size, 7)
  for (const { x, y } of nodes) t.ok(x > 0 && x < width && y > 0 && y < height)
  for (const { from, to, kind } of edges) {
    const [start, end] = [places.get(from), places.get(to)]
    t.ok((start?.x ?? NaN) < (end?.x ?? NaN))
    // Each waits for one, and so they stand in rows.
    if (kind === 'required') t.equal(start?.y, end?.y)
  }
})

t.test('levels say what starts together, and a circle does not keep them from ending', async t => {
  const names = (of: Plan) => levelsOf(of).map(levels => levels.map(({ steps }) => steps.map(each => each.service)))
  t.strictSame(names(plan), [[['first', 'other']], [['look'], ['faces', 'texts'], ['speak']]])
  t.strictSame(names({ stages: [{ steps: [step('a'), step('b', 'c'), step('c', 'b')] }], remarks: [] }), [[['a'], ['b', 'c']]])
})

const request: RecentRequest = {
  number: 7,
  id: '6f1d2a3b',
  path: '/render',
  route: 'default',
  when: 0,
  ms: 50,
  status: 200,
  end: 'answered',
  omittedSteps: 0,
  steps: [
    { service: 'look', role: 'preprocessor', kind: 'done', start: 1, ms: 9, cached: false },
    { service: 'speak', role: 'handler', kind: 'failed', reason: 'timeout', start: 10, ms: 40, cached: false },
    { service: 'touch', role: 'handler', kind: 'late', ms: 0, cached: false }
  ]
}

t.test('the moments of a request are in order, and each says how services stood', async t => {
  const moments = momentsOf(request)
  t.strictSame(moments.map(({ at, what, step }) => `${at} ${what} ${step?.service ?? ''}`.trim()), ['0 came', '1 asked look', '10 settled look', '10 asked speak', '50 settled speak', '50 ended'])
  t.strictSame([...standingAt(moments, 0)], [])
  t.strictSame([...standingAt(moments, 3)], [['look', 'done'], ['speak', 'running']])
  t.strictSame([...standingAt(moments, 5)], [['look', 'done'], ['speak', 'failed']])
})

t.test('requests are found by words and by how they ended', async t => {
  const refused: RecentRequest = { number: 8, path: '/render', when: 0, ms: 1, status: 400, end: 'refused', code: 'TUTTI_MALFORMED_BODY', steps: [], omittedSteps: 0 }
  const numbers = (text: string, end = '') => filterRequests([refused, request], { text, end }).map(({ number }) => number)
  t.strictSame(numbers(''), [8, 7])
  t.strictSame(numbers(' SPEAK '), [7])
  t.strictSame(numbers('malformed'), [8])
  t.strictSame(numbers('', 'incomplete'), [7])
  t.strictSame(numbers('', 'refused'), [8])
  t.strictSame(numbers('6f1d', 'refused'), [])
})
