// What counts as worse than recorded.
import path from 'node:path'
import t from 'tap'
import { baselineFor, createBaseline, findWorsenings, readBaselines, writeBaseline } from '../../bench/baseline.ts'
import { thisMachine } from '../../bench/machine.ts'
import { compare } from '../../bench/ratio.ts'
import { diamond } from '../../bench/graph.ts'
import { createScenario } from '../../bench/scenario.ts'
import { resultOf, turn } from './results.ts'

const recorded = resultOf([turn({ p50: 1.2, throughput: 0.8, processor: 1.4 }), turn({ p50: 1.2, throughput: 0.8, processor: 1.4 })])
const baseline = createBaseline([recorded], thisMachine())

t.test('ratios are made within a round', async t => {
  const result = resultOf([turn({ p50: 2 }), turn({ p50: 20 }), turn({ p50: 3 })])
  result.subjects.bound = { turns: [turn(), turn({ p50: 10 }), turn()], peak: undefined, start: undefined }
  t.match(compare(result)?.latency, { median: 2, low: 2, high: 3 }, 'the second round was slow for both')
  t.equal(compare(result, 'peer', 'ours'), undefined)
})

t.test('what is as recorded, or better, is no worsening', async t => {
  t.same(findWorsenings([recorded], baseline), [])
  t.same(findWorsenings([resultOf([turn({ p50: 0.5, throughput: 9, processor: 0.1 })])], baseline), [])
})

t.test('half as much again is allowed, more is not, each ratio for itself', async t => {
  const name = recorded.scenario.name
  t.same(findWorsenings([resultOf([turn({ p50: 1.79, throughput: 0.54, processor: 2.09 })])], baseline), [])
  t.match(findWorsenings([resultOf([turn({ p50: 1.81, throughput: 0.54, processor: 2.09 })])], baseline), [{ scenario: name, ratio: 'latency', recorded: 1.2, measured: 1.81 }])
  t.match(findWorsenings([resultOf([turn({ p50: 1, throughput: 0.53, processor: 1 })])], baseline), [{ ratio: 'throughput' }])
  t.match(findWorsenings([resultOf([turn({ p50: 1, throughput: 1, processor: 2.2 })])], baseline), [{ ratio: 'processor' }])
})

t.test('one wild round makes no worsening', async t => {
  t.same(findWorsenings([resultOf([turn({ throughput: 0.8 }), turn({ p50: 50, throughput: 0.02, processor: 50 }), turn({ throughput: 0.8 })])], baseline), [])
})

t.test('what was not recorded, or cannot be measured here, is not judged', async t => {
  t.same(findWorsenings([resultOf([turn({ p50: 100 })], createScenario(diamond, '5 MB', 1))], baseline), [])
  t.same(findWorsenings([resultOf([turn({ p50: 1.2, throughput: 0.8, processor: undefined })])], baseline), [])
})

t.test('a recording can be read again, one for each kind of processor, and one that is not there is none', async t => {
  const file = path.join(t.testdir(), 'baseline.json')
  t.same(readBaselines(file), [])
  t.equal(baselineFor(thisMachine(), readBaselines(file)), undefined)
  writeBaseline(baseline, file)
  const other = { ...baseline, machine: { ...baseline.machine, processor: 'of another kind' } }
  writeBaseline({ ...other, scenarios: {} }, file)
  writeBaseline(other, file)
  t.same(readBaselines(file), [other, baseline])
  t.same(baselineFor(thisMachine(), readBaselines(file)), { baseline, tolerance: 1.5 })
  t.same(baselineFor({ ...thisMachine(), processor: 'of a third kind' }, readBaselines(file)), { baseline: other, tolerance: 3 }, 'others say less')
  t.match(findWorsenings([resultOf([turn({ p50: 3.5 })])], baseline, 3), [])
  t.match(findWorsenings([resultOf([turn({ p50: 3.7 })])], baseline, 3), [{ ratio: 'latency' }])
  t.match(baseline.scenarios, { [recorded.scenario.name]: { latency: 1.2, throughput: 0.8, processor: 1.4 } })
})
