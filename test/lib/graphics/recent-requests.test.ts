// The ring of recent requests: what it keeps, what it forgets, whom it tells.
import t from 'tap'
import type { Outcome } from '../../../lib/graphics/outcome.ts'
import type { Step } from '../../../lib/graphics/plan.ts'
import { createRecentRequests } from '../../../lib/graphics/recent-requests.ts'
import type { MovedStep } from '../../../lib/graphics/recent-requests.ts'

const step = (name: string, role: Step['role'] = 'preprocessor') => ({ service: { name }, role, after: [] }) as unknown as Step
const outcome = (service: string, more: Partial<Outcome> = {}): Outcome => ({ service, role: 'preprocessor', kind: 'done', milliseconds: 5, ...more })

/** A ring with clocks that a test moves. */
function ring (limit = 3) {
  const time = { now: 1000 }
  return { time, recent: createRecentRequests(limit, { now: () => time.now, wallClock: () => 1_700_000_000_000 + time.now }) }
}

t.test('a request has its services with times from its arrival', async t => {
  const { time, recent } = ring()
  const recording = recent.begin('/render', 20)
  recording.identify('id', 'default')
  time.now += 10
  recording.onStart(step('look'))
  time.now += 5
  recording.onOutcome(outcome('look'))
  recording.onOutcome(outcome('known', { kind: 'cached', milliseconds: 2 }))
  recording.onOutcome(outcome('never', { kind: 'late', milliseconds: 0 }))
  recording.end(200)
  recording.end(500)
  t.strictSame(recent.list(), [{
    number: 1,
    path: '/render',
    when: 1_700_000_000_980,
    id: 'id',
    route: 'default',
    ms: 35,
    status: 200,
    end: 'answered',
    steps: [
      { service: 'look', role: 'preprocessor', kind: 'done', start: 30, ms: 5, cached: false },
      { service: 'known', role: 'preprocessor', kind: 'cached', ms: 2, cached: true, start: 33 },
      { service: 'never', role: 'preprocessor', kind: 'late', ms: 0, cached: false }
    ],
    omittedSteps: 0
  }])
})

t.test('a service that is called in two roles has two steps', async t => {
  const { recent } = ring()
  const recording = recent.begin('/render', 0)
  for (const role of ['preprocessor', 'handler'] as const) {
    recording.onStart(step('both', role))
    recording.onOutcome(outcome('both', { role }))
  }
  recording.end(200)
  t.strictSame(recent.list()[0]?.steps.map(({ role, kind }) => [role, kind]), [['preprocessor', 'done'], ['handler', 'done']])
})

t.test('how it ended follows from status and code', async t => {
  const { recent } = ring(10)
  for (const [status, code] of [[200], [400, 'invalid'], [503, 'TUTTI_OVERLOADED'], [499, 'TUTTI_CLIENT_GONE'], [500, 'TUTTI_INTERNAL'], [500], [200, 'TUTTI_SERVICES_UNKNOWN'], [200, 'TUTTI_INTERNAL']] as const) {
    const recording = recent.begin('/render', 0)
    if (code !== undefined) recording.blame(code)
    recording.end(status)
  }
  t.strictSame(recent.list().map(({ end }) => end).reverse(), ['answered', 'refused', 'refused', 'cancelled', 'failed', 'failed', 'refused', 'failed'])
})

t.test('only so many requests, steps and characters are kept', async t => {
  const { recent } = ring(2)
  for (let count = 0; count < 5; count++) {
    const recording = recent.begin('/render', 0)
    recording.identify('i'.repeat(10_000), 'r'.repeat(10_000))
    for (let index = 0; index < 600; index++) recording.onStart(step(`s${index}`.repeat(100)))
    recording.end(200)
  }
  t.strictSame(recent.list().map(({ number }) => number), [5, 4])
  const [newest] = recent.list()
  t.equal(newest?.steps.length, 500)
  t.equal(newest?.omittedSteps, 100)
  t.equal(newest?.id?.length, 200)
  t.equal(newest?.route?.length, 200)
  t.ok(newest?.steps.every(({ service }) => service.length <= 200))
})

t.test('whoever listens hears what happens, until it does not listen any more', async t => {
  const { recent } = ring()
  const heard: string[] = []
  const stop = recent.follow({
    onStarted: ({ number }) => heard.push(`started ${number}`),
    onStep: ({ number, service, kind }: MovedStep) => heard.push(`step ${number} ${service} ${kind}`),
    onEnded: ({ number, end }) => heard.push(`ended ${number} ${end}`)
  })
  const recording = recent.begin('/render', 0)
  recording.identify('id', undefined)
  recording.onStart(step('look'))
  recording.onOutcome(outcome('look', { kind: 'failed', reason: 'timeout' }))
  recording.end(200)
  stop()
  recent.begin('/render', 0).end(200)
  t.strictSame(heard, ['started 1', 'step 1 look running', 'step 1 look failed', 'ended 1 answered'])
})

t.test('where none are kept nobody is told', async t => {
  const { recent } = ring(0)
  recent.follow({ onStarted: () => t.fail('started'), onStep: () => t.fail('step'), onEnded: () => t.fail('ended') })
  const recording = recent.begin('/render', 0)
  recording.identify('id', undefined)
  recording.onStart(step('look'))
  recording.onOutcome(outcome('look'))
  recording.end(200)
  t.strictSame(recent.list(), [])
})
