// Events are kept, and pushed to whoever follows.
import t from 'tap'
import { createEvents } from '../../../lib/devices/events.ts'
import { newId } from '../../../lib/devices/id.ts'
import type { DevicesEvent } from '../../../lib/devices/registry.ts'
import { memoryRegistry } from './memory-registry.ts'

const event = (subjectId: string, reason: string, subject: DevicesEvent['subject'] = 'device') => ({ subject, subjectId, reason, message: `it is ${reason}` })

t.test('what is recorded is pushed at once to those whom it concerns, and kept', async t => {
  const registry = memoryRegistry()
  const events = createEvents({ registry, limit: 100 })
  t.teardown(async () => await events.close())
  const one = newId()
  const all: string[] = []
  const ofOne: string[] = []
  const ofDeployments: string[] = []
  events.subscribe({}, ({ reason }) => all.push(reason))
  const stop = events.subscribe({ subject: 'device', subjectId: one }, ({ reason }) => ofOne.push(reason))
  events.subscribe({ subject: 'deployment' }, ({ reason }) => ofDeployments.push(reason))
  events.record(event(one, 'Offline'))
  events.record(event(newId(), 'Online'))
  events.record(event(one, 'Ready', 'deployment'))
  t.strictSame([all, ofOne, ofDeployments], [['Offline', 'Online', 'Ready'], ['Offline'], ['Ready']])
  stop()
  events.record(event(one, 'Online'))
  t.strictSame(ofOne, ['Offline'])
  await events.flush()
  t.match(new Set((await registry.events.list()).map(({ reason }) => reason)), new Set(['Offline', 'Online', 'Ready']))
  t.match((await registry.events.list({ owner: one })).length, 3)
})

t.test('those of other processes come too, each once', async t => {
  const registry = memoryRegistry()
  const here = createEvents({ registry, limit: 100 })
  const there = createEvents({ registry: registry.join(), limit: 100 })
  const heard: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  here.subscribe({}, ({ reason }) => {
    heard.push(reason)
    if (heard.length === 3) resolve()
  })
  here.record(event(newId(), 'Mine'))
  there.record(event(newId(), 'Theirs'))
  there.record(event(newId(), 'TheirsToo', 'execution'))
  const alive = setInterval(() => {}, 1000)
  await promise
  here.record(event(newId(), 'Last', 'module'))
  await here.close()
  await there.close()
  clearInterval(alive)
  t.strictSame(heard.sort(), ['Last', 'Mine', 'Theirs', 'TheirsToo'])
})

t.test('the oldest are forgotten', async t => {
  const registry = memoryRegistry()
  let time = 1_000_000
  const events = createEvents({ registry, limit: 20, now: () => (time += 1000) })
  for (let index = 0; index < 100; index++) events.record(event(newId(), `Number${index}`))
  await events.flush()
  const kept = await registry.events.list()
  t.ok(kept.length <= 22, `${kept.length} are kept`)
  t.equal(kept.at(-1)?.reason, 'Number99')
  await events.close()
})

t.test('a registry that is away costs events, and never whoever records them', async t => {
  const registry = memoryRegistry()
  const events = createEvents({ registry, limit: 20, mostWaiting: 5 })
  registry.isDown = true
  for (let index = 0; index < 10; index++) events.record(event(newId(), 'Lost'))
  await events.flush()
  t.equal(events.lost, 10)
  registry.isDown = false
  events.record({ ...event(newId(), 'Kept'), message: 'x'.repeat(5000) })
  await events.close()
  t.match(await registry.events.list(), [{ reason: 'Kept', message: /^x{2000}$/ }])
})
