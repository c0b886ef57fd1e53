// The runner: by example, and as a model in twenty thousand random runs whose calls end when and how chance decides.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import type { Service } from '../../../lib/discovery/topology.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import type { CallOutcome } from '../../../lib/graphics/outcome.ts'
import { compilePlan } from '../../../lib/graphics/plan.ts'
import type { Plan, Step } from '../../../lib/graphics/plan.ts'
import { createRunner, late } from '../../../lib/graphics/runner.ts'
import { createLimits } from '../../../lib/limits.ts'
import { createRandom, pick } from '../../fixtures/json/random-text.ts'
import type { Random } from '../../fixtures/json/random-text.ts'
import { createOpenCalls, found, quiet } from '../fixtures/call.ts'
import type { OpenCall } from '../fixtures/call.ts'
import { handlerOf, modifierOf, preprocessorOf, serviceOf, topologyOf } from '../fixtures/topology.ts'

const uuid = '0a0d2e51-2c4e-4c9b-8a5f-1d6c3f5b7a90'
const envelopeOf = () => createEnvelope(Buffer.from(`{"request_uuid":"${uuid}","note":"first"}`))
const planOf = (services: Service[], parallel = true) => compilePlan(topologyOf(services), { route: 'default', parallel, render: true })

/** Starts a run of the given services whose calls the test settles by name. */
function start (services: Service[], { parallel = true, total = 9, perService = 9 } = {}) {
  const limits = createLimits(total, perService)
  const { call, open } = createOpenCalls()
  const ending = new AbortController()
  const settled: string[] = []
  const envelope = envelopeOf()
  const outcomes = createRunner(call, limits)({
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
  const outcomes = await createRunner(call, createLimits(1, 1))({
    plan: planOf([preprocessorOf('a'), handlerOf('b', { required: ['a'] })]), envelope: envelopeOf(), signal: AbortSignal.abort(late)
  })
  t.strictSame(outcomes.map(({ service, role, kind, milliseconds }) => [service, role, kind, milliseconds]), [['a', 'preprocessor', 'late', 0], ['b', 'handler', 'late', 0]])
  t.equal(open.length, 0)
})

t.test('a chain of 2 000 steps and a fan of 2 000 steps run without a deep stack', async t => {
  const call = async ({ service, role }: Step): Promise<CallOutcome> => ({ service: service.name, role, kind: 'not-applicable', milliseconds: 0 })
  for (const after of [(index: number) => index === 0 ? [] : [`s${index - 1}`], () => []]) {
    const plan = planOf(Array.from({ length: 2000 }, (_, index) => preprocessorOf(`s${index}`, { required: after(index) })))
    t.equal((await createRunner(call, createLimits(4, 2))({ plan, envelope: envelopeOf(), signal: new AbortController().signal })).length, 2000)
  }
})

/** A topology of a few services with random labels, circles among them. */
function someServices (random: Random): Service[] {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, random(6))
  const someNames = () => names.filter(() => random(4) === 0)
  return names.map(name => {
    const kind = random(5)
    return serviceOf(name, {
      priority: kind < 3 ? 1 + random(3) : undefined, handles: kind >= 3, modifiesRequest: kind === 0, required: someNames(), optional: someNames()
    })
  })
}

/** One run as the test sees it: what has begun, what has settled, and what must therefore be in the next body. */
interface Course {
  plan: Plan
  ending: AbortController
  isOver: boolean
  started: Set<Step>
  settled: Set<Step>
  expected: { members: Record<string, unknown>, results: Record<string, unknown> }
  told: CallOutcome[]
  outcomes: CallOutcome[] | undefined
}

function stepOf ({ plan }: Course, { service, role }: CallOutcome): Step {
  const step = plan.stages.flatMap(stage => stage.steps).find(each => each.service.name === service && each.role === role)
  assert(step)
  return step
}

function isReady ({ plan, settled }: Course, step: Step): boolean {
  const place = plan.stages.findIndex(stage => stage.steps.includes(step))
  const steps = plan.stages[place]?.steps ?? []
  return plan.stages.slice(0, place).every(stage => stage.steps.every(each => settled.has(each))) && step.after.every(index => settled.has(steps[index] as Step))
}

/** Ends a call in one of the ways in which calls end. */
function endSomehow (random: Random, { step, settle, fault }: OpenCall): void {
  switch (random(6)) {
    case 0: return settle({ kind: 'not-applicable' })
    case 1: return settle({ kind: 'failed', reason: pick(random, ['status', 'timeout', 'broken'] as const) })
    case 2: return fault(new Error('broken'))
  }
  if (step.role === 'handler') return settle({ kind: 'done', result: { kind: 'renderings', renderings: [] } })
  if (step.role === 'modifier') return settle(found('ca.mcgill.a11y.image.request', { [pick(random, ['note', 'more', 'timestamp'])]: random(100) }))
  settle(found(pick(random, ['org.x', 'org.y', 'org.z']), { value: random(100) }))
}

/** What a settled step means for the bodies of those after it. */
function expectFrom ({ role, result }: CallOutcome, { members, results }: Course['expected']): void {
  if (result?.kind !== 'data') return
  const { timestamp: _, ...data }: Record<string, unknown> = JSON.parse(result.data.toString())
  if (role === 'modifier') Object.assign(members, data)
  else results[result.name] = data
}

t.test('in 20 000 random cases every step settles once, in order, within the limits, and nothing is left', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => {
    const random = createRandom(seed)
    const [total, perService] = [1 + random(4), 1 + random(2)]
    const limits = createLimits(total, perService)
    const courses: Course[] = []
    const courseOf = (signal: AbortSignal): Course => {
      const course = courses.find(each => each.ending.signal === signal)
      assert(course)
      return course
    }
    const atService = (name: string) => open.filter(each => each.step.service.name === name).length
    // The runner takes a fault of a call for one ending among others, so faults that are the runner's own are kept aside.
    const faults: unknown[] = []
    const watch = (look: () => void) => {
      try {
        look()
      } catch (fault) {
        faults.push(fault)
      }
    }
    const { call, open } = createOpenCalls(opened => watch(() => {
      const course = courseOf(opened.signal)
      assert(!course.isOver, 'nothing starts after the end')
      assert(!course.started.has(opened.step), 'nothing starts twice')
      assert(isReady(course, opened.step), 'nothing starts too early')
      course.started.add(opened.step)
      assert(open.length <= total, 'the total is kept')
      assert(atService(opened.step.service.name) <= perService, 'the bound of one service is kept')
      const { members, results } = course.expected
      assert.deepEqual(JSON.parse(opened.sent), { request_uuid: uuid, ...members, preprocessors: results }, 'the body is a snapshot of what has come in')
    }))

    const runner = createRunner(call, limits)
    for (let left = 1 + random(2); left > 0; left--) {
      const course: Course = {
        plan: planOf(someServices(random), random(4) > 0), ending: new AbortController(), isOver: false, started: new Set(), settled: new Set(), expected: { members: { note: 'first' }, results: {} }, told: [], outcomes: undefined
      }
      courses.push(course)
      void runner({
        plan: course.plan,
        envelope: envelopeOf(),
        signal: course.ending.signal,
        onOutcome: outcome => watch(() => {
          const step = stepOf(course, outcome)
          assert(!course.settled.has(step), 'nothing settles twice')
          assert(course.started.has(step) || course.isOver, 'nothing settles that has not begun')
          course.settled.add(step)
          course.told.push(outcome)
          expectFrom(outcome, course.expected)
        })
      }).then(outcomes => { course.outcomes = outcomes })
    }

    for (;;) {
      await quiet()
      if (faults.length > 0) throw faults[0]
      const unfinished = courses.filter(course => course.outcomes === undefined)
      if (unfinished.length === 0) break
      assert(open.length > 0, 'somebody is always being waited for')
      assert.equal(limits.running, open.length)
      // What could start but has not must be held back by a bound.
      for (const course of unfinished) {
        if (course.isOver) continue
        const held = course.plan.stages.flatMap(stage => stage.steps).filter(step => !course.started.has(step) && isReady(course, step))
        for (const step of held) assert(open.length === total || atService(step.service.name) === perService, 'nobody waits without a reason')
      }
      for (let left = 1 + random(2); left > 0 && open.length > 0; left--) {
        if (random(9) === 0) {
          const course = pick(random, unfinished)
          if (!course.isOver) course.ending.abort(random(2) === 0 ? late : new Error('gone'))
          course.isOver = true
          continue
        }
        const opened = pick(random, open)
        const course = courseOf(opened.signal)
        if (course.isOver && random(3) > 0) opened.settle({ kind: 'cancelled' })
        else endSomehow(random, opened)
      }
    }

    assert.equal(limits.running, 0)
    assert.equal(open.length, 0)
    for (const { plan, told, outcomes = [], settled, started, ending } of courses) {
      assert.deepEqual(outcomes, told, 'outcomes are told in the order in which they are given')
      assert.equal(settled.size, plan.stages.flatMap(stage => stage.steps).length)
      for (const { service, role, kind, milliseconds } of outcomes) {
        const isCut = kind === 'late' || kind === 'cancelled'
        if (isCut) assert.equal(kind, ending.signal.reason === late ? 'late' : 'cancelled')
        const wasCalled = [...started].some(step => step.service.name === service && step.role === role)
        if (!wasCalled) assert(isCut && milliseconds === 0)
      }
    }
  }), { numRuns: 20_000 })
})
