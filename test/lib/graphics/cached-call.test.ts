// A call behind the cache, with a call whose endings the test decides: what is asked for, kept, shared and passed by.
import t from 'tap'
import type { Test } from 'tap'
import type { Cache, LeaseEnding, Turn } from '../../../lib/cache/cache.ts'
import { guard } from '../../../lib/cache/guard.ts'
import { createMemoryStore } from '../../../lib/cache/memory.ts'
import { encodeValue } from '../../../lib/cache/value.ts'
import { createCachedCall } from '../../../lib/graphics/cached-call.ts'
import { createEnvelope } from '../../../lib/graphics/envelope.ts'
import type { Role, Step } from '../../../lib/graphics/plan.ts'
import { createReader } from '../../../lib/graphics/reader.ts'
import { createOpenCalls, found, quiet } from '../fixtures/call.ts'
import { jsonOf, requestOf } from '../fixtures/messages.ts'
import { serviceOf } from '../fixtures/topology.ts'

const patient = new AbortController().signal
const name = 'org.example.look'

const step = (role: Role, cacheSeconds = 60): Step => ({ role, after: [], service: serviceOf('look', { cacheSeconds }) })
const envelope = (changes: Record<string, unknown> = {}) => createEnvelope(jsonOf(requestOf(changes)))

const memory = () => guard(createMemoryStore({ bytes: 1024 * 1024 }))

function build (t: Test, { cache = memory(), onOpen = () => {} }: { cache?: Cache, onOpen?: () => void } = {}) {
  const reader = createReader({ threads: 1 })
  t.teardown(async () => {
    await cache.close()
    await reader.close()
  })
  const { call, open } = createOpenCalls(onOpen)
  return { call: createCachedCall(call, { cache, reader }), open, cache }
}

t.test('what a preprocessor found is kept and not asked for again', async t => {
  const { call, open } = build(t)
  const first = call(step('preprocessor'), envelope(), patient)
  await quiet()
  open[0]?.settle(found(name, { n: 1 }))
  t.match(await first, { kind: 'done' })
  const second = await call(step('preprocessor'), envelope(), patient)
  t.match(second, { service: 'look', role: 'preprocessor', kind: 'cached', result: { kind: 'data', name } })
  t.equal(second.result?.kind === 'data' && second.result.data.toString(), '{"n":1}')
  t.equal(open.length, 0)
})

t.test('modifiers and handlers are always asked, and so is a service that nothing is kept of', async t => {
  for (const each of [step('modifier'), step('handler'), step('preprocessor', 0)]) {
    const { call, open } = build(t)
    for (let time = 0; time < 2; time++) {
      const asked = call(each, envelope(), patient)
      await quiet()
      open[0]?.settle(found(name, { n: 1 }))
      t.match(await asked, { kind: 'done' })
    }
  }
})

t.test('a caller who goes while another one asks is let go, and what the other gets is its own', async t => {
  const started = Promise.withResolvers<void>()
  const { call, open } = build(t, { onOpen: started.resolve })
  const first = call(step('preprocessor'), envelope(), patient)
  await started.promise
  const leaving = new AbortController()
  const second = call(step('preprocessor'), envelope(), leaving.signal)
  await quiet()
  leaving.abort()
  t.match(await second, { kind: 'cancelled' })
  open[0]?.settle(found(name, { n: 1 }))
  t.match(await first, { kind: 'done' })
})

t.test('a chart too hard to hash while others wait is asked about each time', async t => {
  const { call, open } = build(t)
  const hard = envelope({ graphic: undefined, dimensions: undefined, context: undefined, highChartsData: { series: Array.from({ length: 300_000 }, (_, n) => ({ [`key${n}`]: n })) } })
  for (let time = 0; time < 2; time++) {
    const asked = call(step('preprocessor'), hard, patient)
    await quiet()
    open[0]?.settle(found(name, { n: 1 }))
    t.match(await asked, { kind: 'done' })
  }
})

t.test('a value that is none is as good as none, and is replaced', async t => {
  const kept = new Map<string, Buffer>()
  let corrupt = true
  const cache: Cache = {
    name: 'memory',
    get: async key => corrupt ? Buffer.from('{"name":"no name","data":[]}') : kept.get(key),
    set: async (key, value) => { kept.set(key, value) },
    close: async () => {}
  }
  const { call, open } = build(t, { cache })
  const first = call(step('preprocessor'), envelope(), patient)
  await quiet()
  open[0]?.settle(found(name, { n: 1 }))
  t.match(await first, { kind: 'done' })
  corrupt = false
  t.match(await call(step('preprocessor'), envelope(), patient), { kind: 'cached' })
})

/** A cache in memory whose leases are given as told, and how each was given back. */
function lending (turns: Array<LeaseEnding | 'held' | undefined>): { cache: Cache, released: Array<LeaseEnding | undefined> } {
  const released: Array<LeaseEnding | undefined> = []
  const cache = memory()
  const lease = async (): Promise<Turn | undefined> => {
    const turn = turns.shift()
    return turn === 'held' ? { kind: turn, release: async ending => { released.push(ending) } } : turn && { kind: 'over', ending: turn }
  }
  return { cache: { ...cache, lease }, released }
}

t.test('how a call under a lease ended is told when what it found can be read, and of one that is cancelled nothing', async t => {
  for (const [ending, told] of [[found(name, { n: 1 }), 'kept'], [{ kind: 'not-applicable' }, 'empty'], [{ kind: 'failed', reason: 'status' }, 'failed'], [{ kind: 'cancelled' }, undefined]] as const) {
    const { cache, released } = lending(['held'])
    const kept = Promise.withResolvers<void>()
    const { call, open } = build(t, { cache: { ...cache, set: async () => await kept.promise } })
    const asked = call(step('preprocessor'), envelope(), patient)
    await quiet()
    open[0]?.settle(ending)
    t.match(await asked, { kind: ending.kind }, 'the answer does not wait for that')
    if (told === 'kept') t.same(released, [])
    kept.resolve()
    await quiet()
    t.same(released, [told])
  }
})

t.test('a call under a lease that throws gives it back', async t => {
  const { cache, released } = lending(['held'])
  const { call, open } = build(t, { cache })
  const asked = call(step('preprocessor'), envelope(), patient)
  await quiet()
  open[0]?.fault(new Error('a fault'))
  await t.rejects(asked, { message: 'a fault' })
  t.same(released, [undefined])
})

t.test('what another server has found is read, without a call', async t => {
  const { cache } = lending(['kept'])
  let reads = 0
  const value = encodeValue({ name, data: Buffer.from('{"n":2}') })
  const { call, open } = build(t, { cache: { ...cache, get: async () => reads++ === 0 ? undefined : value } })
  const starts: Step[] = []
  const outcome = await call(step('preprocessor'), envelope(), patient, each => starts.push(each))
  t.match(outcome, { kind: 'cached', result: { kind: 'data', name } })
  t.same([open.length, starts.length], [0, 0])
})

t.test('what another server learnt does not apply, does not here', async t => {
  const { call, open } = build(t, { cache: lending(['empty']).cache })
  t.match(await call(step('preprocessor'), envelope(), patient), { service: 'look', role: 'preprocessor', kind: 'not-applicable' })
  t.equal(open.length, 0)
})

t.test('where another server failed, its value has gone, or nobody can say, the call is made', async t => {
  for (const turn of ['failed', 'kept', undefined] as const) {
    const { cache, released } = lending([turn])
    const { call, open } = build(t, { cache })
    const asked = call(step('preprocessor'), envelope(), patient)
    await quiet()
    open[0]?.settle(found(name, { n: 1 }))
    t.match(await asked, { kind: 'done' })
    t.same(released, [])
    t.match(await call(step('preprocessor'), envelope(), patient), { kind: 'cached' }, 'and what it finds is kept')
  }
})
