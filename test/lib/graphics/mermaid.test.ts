// Plans as Mermaid flowcharts: what is drawn, and that no name can add anything to the drawing.
import fc from 'fast-check'
import t from 'tap'
import { drawPlan } from '../../../lib/graphics/mermaid.ts'
import { compilePlan } from '../../../lib/graphics/plan.ts'
import { handlerOf, modifierOf, preprocessorOf, topologyOf } from '../fixtures/topology.ts'
import { readFlowchart } from '../fixtures/flowchart.ts'
import type { Service } from '../../../lib/discovery/topology.ts'

function draw (services: Service[], options: { route?: string, parallel?: boolean } = {}): string {
  const { route = 'default', parallel = true } = options
  return drawPlan(compilePlan(topologyOf(services), { route, parallel, render: true }), route)
}

t.test('a plan of nothing leads from the request straight to the answer', async t => {
  t.same(readFlowchart(draw([])), { title: 'Plan of the route default', description: '0 calls in 0 stages', nodes: [], edges: ['request ==> answer'], remarks: [] })
})

t.test('modifiers come first, then preprocessors and handlers with what they wait for', async t => {
  const chart = readFlowchart(draw([
    modifierOf('resize'), preprocessorOf('objects'), preprocessorOf('text', { optional: ['objects'] }), handlerOf('speak', { required: ['text', 'objects'], optional: ['absent'] })
  ]))
  t.same(chart.nodes, ['stage1: resize (modifier)', 'stage2: objects (preprocessor)', 'stage2: text (preprocessor)', 'stage2: speak (handler)'])
  t.same(chart.edges, ['request ==> stage1', 'stage1 ==> stage2', 'objects -.-> text', 'text --> speak', 'objects --> speak', 'stage2 ==> answer'])
  t.equal(chart.description, '4 calls in 2 stages')
})

t.test('in serial mode one stage follows the other', async t => {
  const chart = readFlowchart(draw([preprocessorOf('b', { priority: 2 }), preprocessorOf('a', { priority: 1 }), handlerOf('c', { required: ['a'] })], { parallel: false }))
  t.same(chart.nodes, ['stage1: a (preprocessor)', 'stage2: b (preprocessor)', 'stage3: c (handler)'])
  t.same(chart.edges, ['request ==> stage1', 'stage1 ==> stage2', 'stage2 ==> stage3', 'stage3 ==> answer'])
})

t.test('what cannot be honoured is remarked', async t => {
  const { remarks } = readFlowchart(draw([preprocessorOf('a', { required: ['b'] }), preprocessorOf('b', { required: ['a'] })]))
  t.equal(remarks.length, 1)
  t.match(remarks[0], /^a, b wait for one another in a circle/)
})

/** A name for the title of a test. */
function printable (name: string): string {
  return name.replace(/[^\x21-\x7e ]/g, character => `\\u${character.charCodeAt(0).toString(16)}`)
}

const hostile = [
  'a"] --> evil["b', 'x\n  evil["b"]', 'x\r\nclick step1 "javascript:alert(1)"', '"]:::evil', '%%{init: {"theme":"dark"}}%%', '`**bold**`', '<img src=x onerror=alert(1)>',
  '#quot;', '#35;', 'style:#fff;', 'end', 'subgraph evil', 'a;b', '\u2028evil', '\u202Eevil', '\uD800', '', 'constructor', 'é 漢 😀', '&lt;b&gt;', 'a|b', '---', 'step1@{ shape: rect }'
]
for (const name of hostile) {
  t.test(`the name ${printable(name)} stays a name`, async t => {
    const { nodes, edges } = readFlowchart(draw([preprocessorOf(name), handlerOf('last', { required: [name] })]))
    const shown = name.replace(/[\p{C}\u2028]/gu, '\uFFFD')
    t.same(nodes, [`stage1: ${shown} (preprocessor)`, 'stage1: last (handler)'])
    t.same(edges, ['request ==> stage1', `${shown} --> last`, 'stage1 ==> answer'])
  })
}

t.test('no name adds a node or an edge', async t => {
  const drawing = fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 5 }), names => {
    const { nodes, edges } = readFlowchart(draw(names.map((name, index) => preprocessorOf(name, { required: names.slice(0, index) }))))
    return nodes.length === names.length && edges.length === (names.length === 0 ? 1 : 2) + names.length * (names.length - 1) / 2
  })
  t.doesNotThrow(() => fc.assert(drawing))
})

t.test('a route of odd letters adds nothing either', async t => {
  const plan = compilePlan(topologyOf([]), { route: 'default', parallel: true, render: true })
  t.equal(readFlowchart(drawPlan(plan, 'x\n  evil["b"]')).title, 'Plan of the route xevilb')
})

t.test('a long chain of stages is cut as well', async t => {
  const text = draw(Array.from({ length: 400 }, (_, index) => preprocessorOf(`${'<'.repeat(300)}${index}`)), { parallel: false })
  const { nodes, edges } = readFlowchart(text)
  t.ok(text.length < 50000, `${text.length} characters`)
  t.ok(edges.length <= 500)
  t.ok(nodes.length >= 100)
})

t.test('a large plan is cut to what Mermaid draws by default, and says so', async t => {
  const name = (index: number) => `${index}${'😀'.repeat(200)}`
  const text = draw(Array.from({ length: 400 }, (_, index) => preprocessorOf(name(index), { required: Array.from({ length: index }, (_, before) => name(before)) })))
  const { nodes, edges, remarks, description } = readFlowchart(text)
  t.ok(text.length < 50000, `${text.length} characters`)
  t.ok(edges.length < 500)
  t.ok(nodes.length >= 100 && nodes.length < 400)
  t.match(nodes[0], /^stage1: 0😀{14}… \(preprocessor\)$/u)
  t.match(remarks.at(-1), /^This is not all/)
  t.equal(description, '400 calls in 1 stages')
})
