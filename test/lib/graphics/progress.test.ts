// Progress as events: names, JSON, and nothing that is for operators only.
import t from 'tap'
import { tellProgress } from '../../../lib/graphics/progress.ts'
import { handlerOf, modifierOf } from '../fixtures/topology.ts'

function start () {
  const told: Array<[event: string, json: string | Buffer]> = []
  const progress = tellProgress('some-uuid', (event, json) => told.push([event, json]))
  return { progress, parsed: () => told.map(([event, json]) => [event, JSON.parse(json.toString())]), told }
}

t.test('the plan and each start name services and roles', async t => {
  const { progress, parsed } = start()
  const steps = [{ service: modifierOf('shrink'), role: 'modifier', after: [] }, { service: handlerOf('text'), role: 'handler', after: [0] }] as const
  progress.onPlan(steps)
  progress.onStart(steps[1])
  t.strictSame(parsed(), [
    ['discovered', { request_uuid: 'some-uuid', services: [{ service: 'shrink', role: 'modifier' }, { service: 'text', role: 'handler' }] }],
    ['started', { service: 'text', role: 'handler' }]
  ])
})

t.test('each outcome is an event of its kind, without what is for the operator or the client gets otherwise', async t => {
  const { progress, parsed } = start()
  progress.onOutcome({ service: 'a', role: 'preprocessor', kind: 'done', milliseconds: 12.3456, result: { kind: 'data', name: 'org.a', data: Buffer.from('{"secret":1}') } })
  progress.onOutcome({ service: 'b', role: 'handler', kind: 'failed', reason: 'status', detail: 'secret', milliseconds: 1, attempts: 2 })
  progress.onOutcome({ service: 'c', role: 'handler', kind: 'late', milliseconds: 0 })
  progress.onOutcome({ service: 'd', role: 'handler', kind: 'not-applicable', milliseconds: 2 })
  t.strictSame(parsed(), [
    ['done', { service: 'a', role: 'preprocessor', milliseconds: 12.3 }],
    ['failed', { service: 'b', role: 'handler', reason: 'status', milliseconds: 1, attempts: 2 }],
    ['late', { service: 'c', role: 'handler', milliseconds: 0 }],
    ['not-applicable', { service: 'd', role: 'handler', milliseconds: 2 }]
  ])
})

t.test('a rendering is passed on as the bytes that its handler sent', async t => {
  const { progress, told } = start()
  const bytes = Buffer.from('{"any":"bytes"}')
  progress.onRendering({ typeId: 'org.text', description: 'any', bytes })
  t.equal(told[0]?.[0], 'rendering')
  t.equal(told[0]?.[1], bytes)
})
