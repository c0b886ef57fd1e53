// Whatever happens in whatever order, and however late, torn or repeated the news of it comes: in the end the topology is right,
// without waiting for the next reconciliation, and on the way there is never one that the engine never had.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import type { FakeContainer } from '../../fixtures/engine-containers.ts'
import { createFakeEngine } from '../../fixtures/fake-engine.ts'
import type { FakeEngine } from '../../fixtures/fake-engine.ts'
import { follow, origins, placeOwn } from '../../fixtures/follower.ts'
import { figure, sized } from '../../../long.ts'

/** Two services with two containers each; one of the services has a health check. */
const specs = ['look', 'look', 'text', 'text'].map((service, index) => ({
  service, labels: { handler: 'enable' }, networks: { image: `10.0.0.${index + 2}` }, health: service === 'text' ? 'healthy' as const : undefined
}))

const container = fc.nat(specs.length - 1)

/** One thing that happens. A schedule is a list of these, so that a counterexample reads as a story. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('start', 'die', 'remove', 'pause', 'unpause', 'disconnect', 'connect'), container) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('unhealthy', 'healthy'), container) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('turn before the next attach', 'turn within the next list'), container) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('breathe', 'wait for a list', 'wait for a list', 'hold the events')) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('release the events', 'release them backwards', 'release them twice', 'release them in pieces')) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('end the streams', 'reset the streams', 'answer lists late', 'answer lists at once')) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('answer 500', 'answer well', 'cut connections', 'leave', 'leave a stale socket', 'come back', 'write nonsense')) }
)
type Step = readonly [what: string, container?: number]

/** Where a schedule is played. */
interface Stage {
  engine: FakeEngine
  containers: FakeContainer[]
  /** Containers that start or die just before somebody attaches to the events. */
  before: FakeContainer[]
  /** Containers that start or die between the moment that a list shows and its arrival. */
  within: FakeContainer[]
  /** Where there is one, lists wait for it. */
  gate: PromiseWithResolvers<void> | undefined
}

/** What the topology ought to be, from what the engine has: deliberately not the code under test. */
function expected ({ containers }: FakeEngine): string {
  const services: Record<string, string[]> = {}
  for (const { state, health = 'healthy', networks, labels } of containers.values()) {
    const address = networks.get('image')?.ipv4
    const name = labels?.['com.docker.compose.service']
    if (state === 'running' && health === 'healthy' && address !== undefined && name !== undefined) (services[name] ??= []).push(`http://${address}:80`)
  }
  return describe(services)
}

function describe (services: Record<string, string[]>): string {
  return Object.entries(services).toSorted().map(([name, found]) => `${name} at ${found.toSorted().join(' and ')}`).join(', ') || 'nothing'
}

/** Runs a schedule. @throws AssertionError that says which topology was wrong, or did not come */
async function play (steps: readonly Step[]): Promise<void> {
  const engine = await createFakeEngine()
  placeOwn(engine)
  const stage: Stage = { engine, containers: specs.map(spec => engine.place(spec)), before: [], within: [], gate: undefined }
  // Everything that was ever true, in order.
  const truths = [expected(engine)]
  let look = () => {}
  const note = () => {
    const truth = expected(engine)
    if (truth === truths.at(-1)) return
    truths.push(truth)
    look()
  }
  engine.onQuestion = ({ path }) => {
    if (path !== '/events') return
    for (const subject of stage.before.splice(0)) turn(engine, subject)
    note()
  }
  engine.lag = async () => {
    const gate = stage.gate?.promise
    for (const subject of stage.within.splice(0)) turn(engine, subject)
    note()
    await gate
  }
  const following = follow(engine)
  let seen = 0
  let lie: string | undefined
  following.discovery.onChange(topology => {
    const found = describe(origins(topology))
    const truth = truths.indexOf(found, seen)
    if (truth === -1) lie ??= `${found} (the engine had ${truths.slice(seen).join('; ')})`
    else seen = truth
    look()
  })
  const current = () => describe(origins(following.discovery.current()))
  // The topology may become true, and the truth may become what the topology says.
  const isRight = () => new Promise<void>(resolve => {
    look = () => { if (current() === truths.at(-1)) resolve() }
    look()
  })
  try {
    for (const [what, index] of steps) {
      await act(stage, what, index === undefined ? undefined : stage.containers[index])
      note()
    }
    for (const what of ['answer well', 'come back', 'answer lists at once', 'release the events']) await act(stage, what, undefined)
    await settles(isRight(), () => `in the end there is ${current()} instead of ${truths.at(-1)}`)
    // Nothing that was asked before may spoil what comes now.
    engine.run({ service: 'last', labels: { handler: 'enable' }, networks: { image: '10.0.0.99' } })
    note()
    await settles(isRight(), () => 'a container that starts at the very end is not found')
    assert.equal(lie, undefined)
    assert.deepEqual(engine.forbidden, [])
  } finally {
    stage.gate?.resolve()
    await following.discovery.close()
    await engine.close()
  }
}

/** Fails where something that has to come does not. The reconciliation that would bring it is an hour away. */
async function settles (promise: Promise<unknown>, message: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_resolve, reject) => { timer = setTimeout(() => reject(new assert.AssertionError({ message: message() })), 10_000) })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function act (stage: Stage, what: string, subject: FakeContainer | undefined): Promise<void> {
  const { engine } = stage
  if (subject !== undefined) {
    if (what === 'turn before the next attach') stage.before.push(subject)
    else if (what === 'turn within the next list') stage.within.push(subject)
    else change(engine, what, subject)
    return
  }
  switch (what) {
    case 'breathe': return await new Promise(resolve => setImmediate(resolve))
    case 'wait for a list': {
      // Only where one is bound to come.
      if (!engine.isThere || stage.gate !== undefined || engine.fault !== undefined) return
      const before = engine.count('/containers/json')
      engine.emit({ Type: 'container', Action: 'start', Actor: { ID: '', Attributes: {} }, scope: 'local', time: 0, timeNano: 0 })
      engine.events.release()
      return await engine.until(() => engine.count('/containers/json') > before)
    }
    case 'hold the events': return engine.events.hold()
    case 'release the events': return engine.events.release()
    case 'release them backwards': return engine.events.release(events => events.toReversed())
    case 'release them twice': return engine.events.release(events => [...events, ...events])
    case 'release them in pieces': return engine.events.release(undefined, text => text.match(/[^]{1,100}/g) ?? [])
    case 'end the streams': return engine.events.drop('end')
    case 'reset the streams': return engine.events.drop('reset')
    case 'answer lists late':
      stage.gate ??= Promise.withResolvers()
      return
    case 'answer lists at once':
      stage.gate?.resolve()
      stage.gate = undefined
      return
    case 'answer 500':
      engine.fault = { status: 500 }
      return
    case 'cut connections':
      engine.fault = { reset: true }
      return
    case 'answer well':
      engine.fault = undefined
      return
    case 'leave': return await engine.leave()
    case 'leave a stale socket': return await engine.leave('stale')
    case 'come back': return await engine.return()
    case 'write nonsense': return engine.events.write('{"Type":\n\n[]\nnull\n{}\n')
    default: throw new TypeError(`no such step: ${what}`)
  }
}

/** Starts what does not run, and kills what does. */
function turn (engine: FakeEngine, subject: FakeContainer): void {
  change(engine, subject.state === 'running' ? 'die' : 'start', subject)
}

/** What can happen to a container; what makes no sense in its state does not happen, as with a real engine. */
function change (engine: FakeEngine, what: string, subject: FakeContainer): void {
  if (!engine.containers.has(subject.id)) return
  const isUp = subject.state === 'running' || subject.state === 'paused'
  switch (what) {
    case 'start': return isUp ? undefined : engine.start(subject)
    case 'die': return isUp ? engine.die(subject) : undefined
    case 'remove': return engine.remove(subject)
    case 'pause': return subject.state === 'running' ? engine.pause(subject) : undefined
    case 'unpause': return subject.state === 'paused' ? engine.unpause(subject) : undefined
    case 'connect': return subject.networks.has('image') ? undefined : engine.connect(subject, 'image', `10.0.1.${subject.id.charCodeAt(0)}`)
    case 'disconnect': return subject.networks.has('image') ? engine.disconnect(subject, 'image') : undefined
    case 'healthy':
    case 'unhealthy': return isUp && subject.health !== undefined ? engine.setHealth(subject, what) : undefined
    default: throw new TypeError(`no such change: ${what}`)
  }
}

/** Schedules that are played. */
const schedules = sized(100, 10_000)

t.test('F13: random schedules end in the right topology, and none is wrong on the way', async t => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), play), { numRuns: schedules })
  figure(t, 'F13', `${schedules} random schedules, no container missed`)
  t.pass('all of them')
})
