// The pipeline: what a request leads to, from the topology of the moment to the bytes of the answer.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { Service, ServiceDiscovery, Topology } from '../../../lib/discovery/topology.ts'
import { createPipeline } from '../../../lib/graphics/pipeline.ts'
import type { Answer, PipelineOptions } from '../../../lib/graphics/pipeline.ts'
import { createReader } from '../../../lib/graphics/reader.ts'
import { statusDescription } from '../../../lib/graphics/renderings.ts'
import { createLimitedCall } from '../../../lib/graphics/limited-call.ts'
import { createRunner } from '../../../lib/graphics/runner.ts'
import { createLimits } from '../../../lib/limits.ts'
import { createOpenCalls, found, quiet } from '../fixtures/call.ts'
import type { Ending, OpenCall } from '../fixtures/call.ts'
import { jsonOf, requestOf, renderingOf, textRenderer, uuid } from '../fixtures/messages.ts'
import { handlerOf, modifierOf, preprocessorOf, topologyOf } from '../fixtures/topology.ts'

/** Discovery of what the test says is there now. */
function discoveryOf (services: Service[]): ServiceDiscovery & { change (services: Service[]): void } {
  let topology = topologyOf(services)
  const listeners = new Set<(topology: Topology) => void>()
  return {
    current: () => topology,
    status: () => ({ confirmedAt: 0, obstacle: undefined, trouble: undefined }),
    onChange (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    change (services) {
      topology = topologyOf(services, topology.revision + 1)
      for (const listener of listeners) listener(topology)
    },
    async close () { listeners.clear() }
  }
}

/** A pipeline over the given services whose calls the test settles by name. */
function build (t: Test, services: Service[], options: Partial<PipelineOptions> = {}) {
  const reader = createReader({ threads: 1 })
  t.teardown(() => reader.close())
  const { call, open } = createOpenCalls()
  const discovery = discoveryOf(services)
  const pipeline = createPipeline({
    discovery, reader, runner: createRunner(createLimitedCall(call, createLimits(9, () => 9))), parallel: true, requestTimeout: 60_000, now: () => 1700000123999, ...options
  })
  const ending = new AbortController()
  const start = async (work: 'render' | 'preprocess', changes: Record<string, unknown> = {}) => {
    const reading = await reader.read('request', jsonOf(requestOf(changes)))
    assert(reading.ok)
    const answer = pipeline[work](reading, { signal: ending.signal })
    await quiet()
    return { answer }
  }
  const called = (name: string): OpenCall => {
    const call = open.find(each => each.step.service.name === name)
    assert(call, `${name} is not being called`)
    return call
  }
  const settle = async (name: string, outcome: Ending) => {
    called(name).settle(outcome)
    await quiet()
  }
  return { pipeline, discovery, ending, start, called, settle, open, names: () => open.map(each => each.step.service.name) }
}

/** What a handler made: a rendering for each description, of the accepted type if none is named. */
function made (...descriptions: Array<string | [string, string]>): Ending {
  return {
    kind: 'done',
    result: {
      kind: 'renderings',
      renderings: descriptions.map(each => {
        const [description, typeId] = typeof each === 'string' ? [each, textRenderer] : each
        return { typeId, description, bytes: jsonOf(renderingOf(description, { type_id: typeId, extra: 'é' })) }
      })
    }
  }
}

const textOf = ({ body }: Answer): string => {
  assert(Buffer.isBuffer(body))
  return body.toString()
}

const descriptionsOf = (answer: Answer): string[] => JSON.parse(textOf(answer)).renderings.map((each: { description: string }) => each.description)

t.test('an answer is the id, the time in whole seconds and the renderings as their handlers wrote them', async t => {
  const { start, settle } = build(t, [handlerOf('show')])
  const { answer } = await start('render')
  await settle('show', made('one', 'two'))
  const renderings = ['one', 'two'].map(text => JSON.stringify(renderingOf(text, { extra: 'é' })))
  const { outcomes, dropped, ...rest } = await answer
  t.equal(textOf({ ...rest, outcomes, dropped }), `{"request_uuid":"${uuid}","timestamp":1700000123,"renderings":[${renderings.join(',')}]}`)
  t.match(outcomes, [{ service: 'show', kind: 'done' }])
  t.strictSame(dropped, [])
})

t.test('where nobody serves the route, or it is no route at all, the answer is empty and nobody is called', async t => {
  const { start, open, discovery } = build(t, [handlerOf('show')])
  for (const route of ['elsewhere', '', null, 7]) {
    const { answer } = await start('render', { route })
    t.equal(textOf(await answer), `{"request_uuid":"${uuid}","timestamp":1700000123,"renderings":[]}`)
  }
  discovery.change([])
  t.strictSame(descriptionsOf(await (await start('render')).answer), [])
  t.equal(open.length, 0)
})

t.test('in parallel whoever is ready first comes first; status messages come before all', async t => {
  const { start, settle } = build(t, [handlerOf('a'), handlerOf('b'), handlerOf('c')])
  const { answer } = await start('render')
  await settle('c', made('c1', 'c2'))
  await settle('a', made('a1', statusDescription))
  await settle('b', made('b1'))
  t.strictSame(descriptionsOf(await answer), [statusDescription, 'c1', 'c2', 'a1', 'b1'])
})

t.test('in serial mode the order of the services rules, and outcomes are still told as they came', async t => {
  const { start, settle } = build(t, [handlerOf('a'), handlerOf('b', { priority: 1 }), handlerOf('c')], { parallel: false })
  const { answer } = await start('render')
  await settle('b', { kind: 'not-applicable' })
  await settle('c', made('c1'))
  await settle('b', made('b1'))
  await settle('a', made('a1'))
  const done = await answer
  t.strictSame(descriptionsOf(done), ['a1', 'b1', 'c1'])
  t.strictSame(done.outcomes.map(({ service, role }) => `${role} ${service}`), ['preprocessor b', 'handler c', 'handler b', 'handler a'])
})

t.test('what the client cannot show is dropped, after modifiers have had their say', async t => {
  const { start, settle } = build(t, [modifierOf('change'), handlerOf('show')])
  for (const [renderers, kept] of [[['org.audio'], ['two']], [[], []], ['org.audio', []], [{ 0: 'org.audio' }, []], [null, []], [[7, null, textRenderer], ['one']]] as const) {
    const { answer } = await start('render')
    await settle('change', found('ca.mcgill.a11y.image.request', { renderers }))
    await settle('show', made('one', ['two', 'org.audio']))
    const done = await answer
    t.strictSame(descriptionsOf(done), kept)
    t.equal(done.dropped.length, 2 - kept.length)
  }
})

t.test('one service that fails costs nobody else', async t => {
  const { start, settle, called } = build(t, [preprocessorOf('look'), handlerOf('show', { required: ['look'] }), handlerOf('tell')])
  const { answer } = await start('render')
  called('look').fault(new Error('broken'))
  await settle('tell', { kind: 'failed', reason: 'status', detail: '500' })
  await settle('show', made('one'))
  const done = await answer
  t.strictSame(descriptionsOf(done), ['one'])
  t.match(done.outcomes, [{ service: 'look', kind: 'failed', reason: 'internal' }, { service: 'tell', kind: 'failed' }, { service: 'show', kind: 'done' }])
})

/** Lets calls end as cancelled when they are told to, as real ones do. */
function heed ({ signal, settle }: OpenCall): void {
  signal.addEventListener('abort', () => settle({ kind: 'cancelled' }))
}

t.test('at its deadline a request is answered with what is ready', async t => {
  const { start, settle, called } = build(t, [handlerOf('quick'), handlerOf('slow'), preprocessorOf('look'), handlerOf('never', { required: ['look'] })], { requestTimeout: 50 })
  const { answer } = await start('render')
  heed(called('slow'))
  heed(called('look'))
  await settle('quick', made('one'))
  const done = await answer
  t.strictSame(descriptionsOf(done), ['one'])
  t.strictSame(done.outcomes.map(each => `${each.service} ${each.kind}`).toSorted(), ['look late', 'never late', 'quick done', 'slow late'])
})

t.test('in a hurry all runs are answered with what they have, and later ones take their time', async t => {
  const { pipeline, start, settle, open } = build(t, [handlerOf('quick'), handlerOf('slow')])
  const answers = [await start('render'), await start('render')]
  await settle('quick', made('one'))
  open.forEach(heed)
  pipeline.hurry()
  const done = await Promise.all(answers.map(each => each.answer))
  t.strictSame(done.map(descriptionsOf), [['one'], []])
  t.match(done[0]?.outcomes, [{ kind: 'done' }, { service: 'slow', kind: 'late' }])
  const { answer } = await start('render')
  await settle('quick', made('one'))
  await settle('slow', made('two'))
  t.strictSame(descriptionsOf(await answer), ['one', 'two'])
})

t.test('when the client has gone the work is cancelled, and nothing is begun for one who had gone before', async t => {
  const { start, open, ending } = build(t, [handlerOf('slow'), preprocessorOf('look'), handlerOf('never', { required: ['look'] })])
  const { answer } = await start('render')
  t.equal(getEventListeners(ending.signal, 'abort').length > 0, true)
  open.forEach(heed)
  ending.abort(new Error('gone'))
  t.strictSame((await answer).outcomes.map(each => each.kind), ['cancelled', 'cancelled', 'cancelled'])
  t.equal(getEventListeners(ending.signal, 'abort').length, 0, 'and nothing listens to it any more')
  const { answer: second } = await start('render')
  t.strictSame((await second).outcomes.map(each => each.kind), ['cancelled', 'cancelled', 'cancelled'])
  t.equal(open.length, 0)
})

t.test('a run keeps the topology that it began with; the next one takes the new', async t => {
  const { start, settle, discovery, names } = build(t, [handlerOf('old')])
  const { answer } = await start('render')
  discovery.change([handlerOf('new')])
  t.strictSame(names(), ['old'])
  await settle('old', made('old'))
  t.strictSame(descriptionsOf(await answer), ['old'])
  const next = await start('render')
  t.strictSame(names(), ['new'])
  await settle('new', made('new'))
  t.strictSame(descriptionsOf(await next.answer), ['new'])
})

t.test('each outcome is told as it happens', async t => {
  const { pipeline, settle } = build(t, [handlerOf('a'), handlerOf('b')])
  const reader = createReader({ threads: 1 })
  t.teardown(() => reader.close())
  const reading = await reader.read('request', jsonOf(requestOf()))
  assert(reading.ok)
  const told: string[] = []
  const answer = pipeline.render(reading, { signal: new AbortController().signal, onOutcome: outcome => told.push(outcome.service) })
  await quiet()
  await settle('b', { kind: 'not-applicable' })
  t.strictSame(told, ['b'])
  await settle('a', { kind: 'not-applicable' })
  await answer
  t.strictSame(told, ['b', 'a'])
})

t.test('preprocessing gives the request as it came with all results, in the place of its preprocessors, and calls no handler', async t => {
  const { start, settle, names } = build(t, [preprocessorOf('look'), preprocessorOf('read', { priority: 2 }), handlerOf('show')])
  const { answer } = await start('preprocess', { preprocessors: { 'org.earlier': {} }, URL: 'https://example.org' })
  t.strictSame(names(), ['look'])
  await settle('look', found('org.look', { n: 1 }))
  await settle('read', { kind: 'failed', reason: 'timeout' })
  t.equal(textOf(await answer), JSON.stringify(requestOf({ preprocessors: { 'org.earlier': {}, 'org.look': { n: 1 } }, URL: 'https://example.org' })))
})

t.test('preprocessing with nobody there gives the request and an empty object of preprocessors', async t => {
  const { start } = build(t, [])
  t.equal(textOf(await (await start('preprocess')).answer), JSON.stringify({ ...requestOf(), preprocessors: {} }))
  t.equal(textOf(await (await start('preprocess', { route: 9 })).answer), JSON.stringify({ ...requestOf({ route: 9 }), preprocessors: {} }))
})

t.test('a request that modifiers have changed is checked again: the client gets it, or what is wrong with it', async t => {
  const { start, settle } = build(t, [modifierOf('change')])
  const { answer } = await start('preprocess')
  await settle('change', found('ca.mcgill.a11y.image.request', { dimensions: [1, 1] }))
  t.equal(textOf(await answer), JSON.stringify({ ...requestOf({ dimensions: [1, 1] }), preprocessors: {} }))
  const { answer: second } = await start('preprocess')
  await settle('change', found('ca.mcgill.a11y.image.request', { dimensions: [0, 1] }))
  t.match((await second).body, [{ instancePath: '/dimensions/0', keyword: 'exclusiveMinimum' }])
})

t.test('who listens is told of the plan, of starts, and of renderings that the client can show after all modifications', async t => {
  const { pipeline, settle } = build(t, [modifierOf('change'), handlerOf('a'), handlerOf('b')])
  const reader = createReader({ threads: 1 })
  t.teardown(() => reader.close())
  const reading = await reader.read('request', jsonOf(requestOf()))
  assert(reading.ok)
  const told: string[] = []
  const answer = pipeline.render(reading, {
    signal: new AbortController().signal,
    onPlan: steps => told.push(`plan: ${steps.map(({ service }) => service.name).join(', ')}`),
    onStart: ({ service }) => told.push(`start: ${service.name}`),
    onRendering: ({ description }) => told.push(`rendering: ${description}`)
  })
  t.strictSame(told[0], 'plan: change, a, b')
  await quiet()
  t.strictSame(told.slice(1), ['start: change'])
  await settle('change', found('ca.mcgill.a11y.image.request', { renderers: ['org.new'] }))
  await settle('b', made('not shown any more'))
  const bytes = Buffer.from('{}')
  await settle('a', { kind: 'done', result: { kind: 'renderings', renderings: [{ typeId: 'org.new', description: 'shown', bytes }] } })
  t.strictSame(told.slice(2), ['start: a', 'start: b', 'rendering: shown'])
  await answer
})
