// One scenario from end to end: all processes, a few requests.
import t from 'tap'
import { diamond } from '../../bench/graph.ts'
import { measureScenario, startSurroundings } from '../../bench/rounds.ts'
import { createScenario } from '../../bench/scenario.ts'

t.test('the server and the lower bound make the same calls, and each is measured', async t => {
  const surroundings = await startSurroundings()
  t.teardown(surroundings.end)
  const measure = { rounds: 2, turn: 0, warmUp: 0 }
  const cold = await measureScenario(createScenario(diamond, '10 kB', 1), surroundings, measure)
  t.same(Object.keys(cold.subjects), ['ours', 'bound'])
  for (const [name, { turns, peak = 0 }] of Object.entries(cold.subjects)) {
    t.equal(turns.length, 2)
    for (const turn of turns) {
      t.equal(turn.calls, 8, name)
      t.ok(turn.p50 > 0 && turn.p50 <= turn.p99)
      t.ok(turn.throughput > 0)
      t.ok(turn.busy > 0 && turn.busy < turn.mean, 'services are busy for a part of the time only')
      t.equal(turn.connections, 0, 'connections have been opened before, and stay')
    }
    t.ok(process.platform !== 'linux' || peak > 20e6, name)
  }

  const warm = await measureScenario(createScenario(diamond, '10 kB', 1, { cache: 'warm' }), surroundings, measure)
  const calls = Object.fromEntries(Object.entries(warm.subjects).map(([name, { turns }]) => [name, turns.map(({ calls }) => calls)]))
  t.same(calls, { ours: [2, 2], bound: [2, 2], empty: [0, 0] }, 'what is known is not asked for')
})
