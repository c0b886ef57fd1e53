// The topology: what is found is frozen, in order, each name once.
import t from 'tap'
import { createTopology } from '../../../lib/discovery/topology.ts'
import { handlerOf, preprocessorOf, serviceOf } from '../fixtures/topology.ts'

t.test('services keep the order in which they were found', async t => {
  const topology = createTopology(7, [serviceOf('b'), serviceOf('a'), serviceOf('10'), serviceOf('2')], [], 1700000000000)
  t.strictSame([...topology.services.keys()], ['b', 'a', '10', '2'])
  t.match(topology, { revision: 7, takenAt: 1700000000000, problems: [] })
})

t.test('of two with the same name the first stands', async t => {
  const first = preprocessorOf('a')
  const topology = createTopology(1, [first, handlerOf('a')], [], 0)
  t.equal(topology.services.size, 1)
  t.equal(topology.services.get('a'), first)
})

t.test('nothing in it can be changed, nor through the lists that it was made from', async t => {
  const problems = [{ service: 'a', cause: 'cause', cure: 'cure' }]
  const topology = createTopology(1, [serviceOf('a')], problems, 0)
  problems.push({ service: 'b', cause: 'cause', cure: 'cure' })
  t.equal(topology.problems.length, 1)
  t.ok(Object.isFrozen(topology))
  t.ok(Object.isFrozen(topology.problems))
  for (const service of topology.services.values()) t.ok(Object.isFrozen(service))
})
