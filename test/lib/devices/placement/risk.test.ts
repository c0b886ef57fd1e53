// The check of risks: zones, what modules risk, what they are given and what they give on.
import t from 'tap'
import { checkRisks } from '../../../../lib/devices/placement/risk.ts'
import { id, noCards } from './examples.ts'

const steps = [{ device: id(1), module: id(11), func: 'first' }, { device: id(2), module: id(12), func: 'second' }]
const moduleCard = (number: number, risk: string, input: string, output: string) => ({ id: id(number), moduleid: id(number), name: '', 'risk-level': risk, 'input-type': input, 'output-risk': output, dateReceived: 0 })
const nodes = [1, 2].map(number => ({ id: id(number), name: '', nodeid: id(number), zone: `zone-${number}`, dateReceived: 0 }))
const zone = (number: number, ...allowedRiskLevels: string[]) => ({ id: id(number), zone: `zone-${number}`, allowedRiskLevels, lastUpdated: 0 })

t.test('without cards nothing is valid', async t => {
  t.match(checkRisks(steps, noCards), [{ valid: false, node_zone: 'unknown', module_risk: 'unknown', reasons: [/device has no card/] }, { valid: false }])
  t.match(checkRisks(steps, { ...noCards, nodes }), [{ valid: false, node_zone: 'zone-1', reasons: [/module has no card/] }, { valid: false }])
})

t.test('what a step gives is what the next is given', async t => {
  const cards = {
    nodes,
    modules: [moduleCard(11, 'low', 'camera', 'inherit'), moduleCard(12, 'low', 'temp', 'none')],
    dataSources: [{ id: id(5), name: '', type: 'camera', 'risk-level': 'high', nodeid: id(1), dateReceived: 0 }],
    zones: [zone(1, 'none', 'low', 'high'), zone(2, 'none', 'low')]
  }
  t.match(checkRisks(steps, cards), [
    { valid: true, module_risk: 'low', input_risk: 'high', output_risk: 'high', node_zone: 'zone-1' },
    { valid: false, module_risk: 'low', input_risk: 'high', output_risk: 'none', reasons: [/module, low, is allowed/, /input, high, is not allowed in the zone zone-2/, /output, none, is allowed/] }
  ])
  t.match(checkRisks(steps, { ...cards, dataSources: [] })[0], { valid: false, input_risk: 'none', reasons: [/./, /no source of data of the type camera/, /./, /./] })
  t.match(checkRisks(steps, { ...cards, zones: [] }), [{ valid: false }, { valid: false }])
  t.match(checkRisks(steps, { ...cards, zones: [zone(1, 'none', 'low', 'high'), zone(2, 'none', 'low', 'high')] }), [{ valid: true }, { valid: true }])
})

t.test('a step that cannot be checked hands on the risk that it was given', async t => {
  const cards = { nodes, modules: [moduleCard(11, 'low', 'temp', 'high'), moduleCard(13, 'low', 'temp', 'inherit')], dataSources: [], zones: [zone(1, 'none', 'low', 'high'), zone(2, 'none', 'low')] }
  const [first, , third] = checkRisks([steps[0]!, { device: id(2), module: id(12), func: 'unknown' }, { device: id(2), module: id(13), func: 'third' }], cards)
  t.match(first, { valid: true, output_risk: 'high' })
  t.match(third, { valid: false, input_risk: 'high' })
})
