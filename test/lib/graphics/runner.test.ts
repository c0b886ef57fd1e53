// The runner, by example and in random cases.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Service } from '../../../lib/discovery/topology.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import type { CallOutcome } from '../../../lib/graphics/outcome.ts'
import { compilePlan } from '../../../lib/graphics/plan.ts'
import type { Step } from '../../../lib/graphics/plan.ts'
import { createLimitedCall } from '../../../lib/graphics/limited-call.ts'
import { createRunner, late } from '../../../lib/graphics/runner.ts'
import { createLimits } from '../../../lib/limits.ts'
import { createOpenCalls, found, quiet } from '../fixtures/call.ts'
import type { OpenCall } from '../fixtures/call.ts'
import { handlerOf, modifierOf, preprocessorOf, topologyOf } from '../fixtures/topology.ts'
import { figure, sized } from '../../long.ts'

const uuid = '0a0d2e51-2c4e-4c9b-8a5f-1d6c3f5b7a90'
const envelopeOf = () => createEnvelope(Buffer.from(`{"request_uuid":"${uuid}","note":"first"}`))
const planOf = (services: Service[], parallel = true) => compilePlan(topologyOf(services), { route: 'default', parallel, render: true })

/** Starts a run of the given services whose calls the test settles by name. */
function start (services: Service[], { parallel = true, total = 9, perService = 9 } = {}) {
  const limits = createLimits(total, () => perService)
  const { call, open } = createOpenCalls()
  const ending = new AbortController()
  const settled: string[] = []
  const envelope = envelopeOf()
  const outcomes = createRunner(createLimitedCall(call, limits))({
    plan: planOf(services, parallel), envelope, signal: ending.signal, onOutcome: outcome => settled.push(`${outcome.service} ${outcome.kind}`)
  })
  const names = async () => {
    await quiet()
    return open.map(({ step }) => step.service.name)
  }
  const called = (name: string): OpenCall => {
    const found = open.find(({ step }) => step.service.name === name)
    assert(found, `${name} is not being called`)
    return found
  }
  return { limits, ending, settled, envelope, outcomes, names, called }
}

t.test('an empty plan ends at once', async t => {
  t.strictSame(await start([]).outcomes, [])
})

t.test('a step starts when all that it waits for have settled, however they did', async t => {
  const { outcomes, names, called, settled } = start([preprocessorOf('a'), preprocessorOf('b'), handlerOf('c', { required: ['a', 'b'] }), handlerOf('d')])
  t.strictSame(await names(), ['a', 'b', 'd'])
  called('a').settle({ kind: 'failed', reason: 'status', detail: '500' })
  t.strictSame(await names(), ['b', 'd'])
  called('b').settle({ kind: 'not-applicable' })
  t.strictSame(await names(), ['d', 'c'])
  called('c').settle({ kind: 'done', result: { kind: 'renderings', renderings: [] } })
  called('d').settle({ kind: 'failed', reason: 'timeout' })
  const all = await outcomes
  t.strictSame(all.map(({ service, kind }) => `${service} ${kind}`), settled)
  t.strictSame(settled, ['a failed', 'b not-applicable', 'c done', 'd failed'])
  t.match(all[0], { reason: 'status', detail: '500' })
})

t.test('each start is told, once the call has its place within the limits', async t => {
  const limits = createLimits(2, () => 9)
  const { call, open } = createOpenCalls()
  const told: string[] = []
  const ending = new AbortController()
  const outcomes = createRunner(createLimitedCall(call, limits))({
    plan: planOf([preprocessorOf('a'), preprocessorOf('b'), preprocessorOf('c'), preprocessorOf('d'), handlerOf('e', { required: ['a'] })]),
    envelope: envelopeOf(),
    signal: ending.signal,
    onStart: ({ service, role }) => told.push(`${role} ${service.name}`),
    onOutcome: ({ service, kind }) => told.push(`${kind} ${service}`)
  })
  await quiet()
  t.strictSame(told, ['preprocessor a', 'preprocessor b'])
  open.find(({ step }) => step.service.name === 'a')?.settle({ kind: 'not-applicable' })
  await quiet()
  t.strictSame(told.slice(2).toSorted(), ['not-applicable a', 'preprocessor c'])
  ending.abort(late)
  for (const each of [...open]) each.settle({ kind: 'cancelled' })
  await outcomes
  t.strictSame(told.slice(4).toSorted(), ['late b', 'late c', 'late d', 'late e'], 'what never starts is not told to')
})

t.test('a stage starts when the whole stage before it has settled', async t => {
  const { outcomes, names, called } = start([preprocessorOf('one'), preprocessorOf('two', { priority: 2 }), handlerOf('show')], { parallel: false })
  for (const name of ['one', 'two', 'show']) {
    t.strictSame(await names(), [name])
    called(name).settle({ kind: 'failed', reason: 'refused' })
  }
  t.equal((await outcomes).length, 3)
})

t.test('what came in is in every body sent later, and in none sent before', async t => {
  const { outcomes, names, called, envelope } = start([
    modifierOf('change'), preprocessorOf('a'), preprocessorOf('b'), preprocessorOf('c', { optional: ['a'] }), handlerOf('show', { required: ['c', 'b'] })
  ])
  await names()
  t.equal(called('change').sent, `{"request_uuid":"${uuid}","note":"first","preprocessors":{}}`)
  called('change').settle(found('ca.mcgill.a11y.image.request', { note: 'second', extra: 1 }))
  await names()
  const second = `{"request_uuid":"${uuid}","note":"second","extra":1,"preprocessors"`
  t.equal(called('a').sent, `${second}:{}}`)
  t.equal(called('b').sent, `${second}:{}}`)
  called('a').settle(found('org.a', { seen: [1] }))
  await names()
  t.equal(called('c').sent, `${second}:{"org.a":{"seen":[1]}}}`)
  called('b').settle(found('org.b', {}))
  called('c').settle(found('org.a', { seen: [2] }))
  await names()
  t.equal(called('show').sent, `${second}:{"org.a":{"seen":[2]},"org.b":{}}}`)
  called('show').settle({ kind: 'not-applicable' })
  await outcomes
  t.equal(Buffer.concat(envelope.body().parts).toString(), `${second}:{"org.a":{"seen":[2]},"org.b":{}}}`)
})

t.test('a modifier is told apart from a preprocessor, and what it may not touch is reported', async t => {
  const { outcomes, names, called, envelope } = start([modifierOf('change')])
  await names()
  called('change').settle(found('ca.mcgill.a11y.image.request', { note: 'second', request_uuid: 'mine', timestamp: 1, preprocessors: {} }))
  t.match(await outcomes, [{ kind: 'done', detail: 'left alone: request_uuid, timestamp, preprocessors' }])
  t.equal(envelope.member('note')?.toString(), '"second"')
  t.strictSame(envelope.resultNames(), [])
})

t.test('a call that breaks is a failure of ours and holds nobody up', async t => {
  const { outcomes, names, called } = start([preprocessorOf('a'), handlerOf('b', { required: ['a'] })])
  await names()
  called('a').fault(new TypeError('broken'))
  t.strictSame(await names(), ['b'])
  called('b').settle({ kind: 'not-applicable' })
  t.match(await outcomes, [{ service: 'a', role: 'preprocessor', kind: 'failed', reason: 'internal' }, { service: 'b', kind: 'not-applicable' }])
})

for (const [reason, kind] of [[late, 'late'], [new Error('gone'), 'cancelled'], [undefined, 'cancelled']] as const) {
  t.test(`an abort (${String(reason)}) ends the run: whatever is unfinished is ${kind}, what was done stays done`, async t => {
    const { outcomes, names, called, ending, limits } = start([
      preprocessorOf('done'), preprocessorOf('heeds'), preprocessorOf('deaf'), preprocessorOf('queued', { optional: ['done'] }), handlerOf('never', { required: ['deaf'] })
    ], { total: 3 })
    t.strictSame(await names(), ['done', 'heeds', 'deaf'])
    called('done').settle({ kind: 'not-applicable' })
    const queued = await names()
    t.strictSame(queued, ['heeds', 'deaf', 'queued'])
    const [heeds, deaf, last] = ['heeds', 'deaf', 'queued'].map(called)
    ending.abort(reason)
    t.ok(heeds?.signal.aborted, 'calls are told')
    heeds?.settle({ kind: 'cancelled' })
    last?.settle({ kind: 'cancelled' })
    deaf?.settle({ kind: 'not-applicable' })
    const all = await outcomes
    t.strictSame(all.map(each => `${each.service} ${each.kind}`).toSorted(), ['deaf not-applicable', 'done not-applicable', `heeds ${kind}`, `never ${kind}`, `queued ${kind}`])
    t.equal(all.find(each => each.service === 'never')?.milliseconds, 0)
    t.equal(limits.running, 0)
  })
}

t.test('a run that is over before it begins calls nobody and names everybody', async t => {
  const { call, open } = createOpenCalls()
  const outcomes = await createRunner(createLimitedCall(call, createLimits(1, () => 1)))({
    plan: planOf([preprocessorOf('a'), handlerOf('b', { required: ['a'] })]), envelope: envelopeOf(), signal: AbortSignal.abort(late)
  })
  t.strictSame(outcomes.map(({ service, role, kind, milliseconds }) => [service, role, kind, milliseconds]), [['a', 'preprocessor', 'late', 0], ['b', 'handler', 'late', 0]])
  t.equal(open.length, 0)
})

t.test('a chain of 2 000 steps and a fan of 2 000 steps run without a deep stack', async t => {
  const call = async ({ service, role }: Step): Promise<CallOutcome> => ({ service: service.name, role, kind: 'not-applicable', milliseconds: 0 })
  for (const after of [(index: number) => index === 0 ? [] : [`s${index - 1}`], () => []]) {
    const plan = planOf(Array.from({ length: 2000 }, (_, index) => preprocessorOf(`s${index}`, { required: after(index) })))
    t.equal((await createRunner(createLimitedCall(call, createLimits(4, () => 2)))({ plan, envelope: envelopeOf(), signal: new AbortController().signal })).length, 2000)
  }
})

t.test('in random cases every step settles once, in order, within the limits, and nothing is left', { timeout: sized(90_000, 1_800_000) }, async t => {
  // In a thread of its own, because tap follows every promise of its tests, which takes longer than the cases themselves.
  const cases = sized(1000, 200_000)
  const worker = new Worker(new URL('../fixtures/runner-cases.ts', import.meta.url), { workerData: cases })
  const [code] = await once(worker, 'exit')
  t.equal(code, 0)
  figure(t, 'calls', `${cases} cases, every step settled once and in order`)
})
