// Renderings: only what the client can show, status messages first, the rest in the order of the outcomes.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import type { CallOutcome, MadeRendering } from '../../../lib/graphics/outcome.ts'
import { arrange, statusDescription } from '../../../lib/graphics/renderings.ts'

const rendering = (description: string, typeId = 'org.text'): MadeRendering => ({ typeId, description, bytes: Buffer.from(`{"d":${JSON.stringify(description)}}`) })
const from = (service: string, ...renderings: MadeRendering[]): CallOutcome => ({ service, role: 'handler', kind: 'done', milliseconds: 1, result: { kind: 'renderings', renderings } })
const accepted = new Set(['org.text'])

t.test('renderings keep the order of the outcomes and, within one, of the handler', async t => {
  const { kept, dropped } = arrange([from('b', rendering('1'), rendering('2')), from('a', rendering('3'))], accepted)
  t.strictSame(kept.map(each => each.description), ['1', '2', '3'])
  t.strictSame(dropped, [])
})

t.test('what the client cannot show is dropped, and named with its service', async t => {
  const { kept, dropped } = arrange([from('b', rendering('1', 'org.audio'), rendering('2')), from('a', rendering(statusDescription, 'org.haptics'))], accepted)
  t.strictSame(kept.map(each => each.description), ['2'])
  t.strictSame(dropped, [{ service: 'b', typeId: 'org.audio' }, { service: 'a', typeId: 'org.haptics' }])
  t.equal(arrange([from('a', rendering('1'))], new Set()).kept.length, 0)
})

t.test('status messages come first, the last to come at the very front', async t => {
  const first = rendering(statusDescription)
  const second = rendering(statusDescription)
  const { kept } = arrange([from('a', rendering('1'), first), from('b', rendering('2')), from('c', second, rendering('server status message.'))], accepted)
  t.strictSame(kept.map(each => each.description), [statusDescription, statusDescription, '1', '2', 'server status message.'])
  t.equal(kept[0], second)
  t.equal(kept[1], first)
})

t.test('whoever brought no renderings adds none', async t => {
  const { kept } = arrange([
    { service: 'a', role: 'handler', kind: 'failed', reason: 'timeout', milliseconds: 1 }, from('b'),
    { service: 'c', role: 'preprocessor', kind: 'done', milliseconds: 1, result: { kind: 'data', name: 'org.text', data: Buffer.from('{}') } }
  ], accepted)
  t.strictSame(kept, [])
})

t.test('nothing is lost, doubled or moved among its equals', async () => {
  const made = fc.record({ typeId: fc.constantFrom('org.text', 'org.audio', '__proto__'), isStatus: fc.boolean() })
  fc.assert(fc.property(fc.array(fc.array(made, { maxLength: 4 }), { maxLength: 5 }), fc.subarray(['org.text', 'org.audio', '__proto__']), (handlers, renderers) => {
    const all = handlers.map((list, handler) => list.map(({ typeId, isStatus }, index) => rendering(isStatus ? statusDescription : `${handler} ${index}`, typeId)))
    const { kept, dropped } = arrange(all.map((list, handler) => from(`s${handler}`, ...list)), new Set(renderers))
    const shown = all.flat().filter(each => renderers.includes(each.typeId))
    const isStatus = (each: MadeRendering) => each.description === statusDescription
    const expected = [...shown.filter(isStatus).reverse(), ...shown.filter(each => !isStatus(each))]
    assert.equal(kept.length, expected.length)
    kept.forEach((each, index) => assert.equal(each, expected[index]))
    assert.equal(kept.length + dropped.length, all.flat().length)
  }))
})
