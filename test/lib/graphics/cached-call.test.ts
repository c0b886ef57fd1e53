// A call behind the cache, with a call whose endings the test decides: what is asked for, kept, shared and passed by.
import t from 'tap'
import type { Test } from 'tap'
import type { Cache } from '../../../lib/cache/cache.ts'
import { openCache } from '../../../lib/cache/open.ts'
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

function build (t: Test, { cache = openCache(), onOpen = () => {} }: { cache?: Cache, onOpen?: () => void } = {}) {
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
