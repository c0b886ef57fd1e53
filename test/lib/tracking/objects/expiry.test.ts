// What is there for too long ends, in order, in slices, with one timer.
import t from 'tap'
import type { Test } from 'tap'
import { createExpiry } from '../../../../lib/tracking/objects/expiry.ts'
import type { ExpiryOptions } from '../../../../lib/tracking/objects/expiry.ts'

/** An expiry whose clock stands still unless it is moved; `reached` resolves when as many have ended. */
function start (t: Test, options: Partial<ExpiryOptions> = {}) {
  const clock = { now: 1000 }
  const ended: number[] = []
  let wanted = { count: Infinity, resolve: () => {} }
  const expiry = createExpiry({
    timeout: 10,
    now: () => clock.now,
    expire (id) {
      ended.push(id)
      options.expire?.(id)
      if (ended.length >= wanted.count) wanted.resolve()
    },
    ...options.slice === undefined ? {} : { slice: options.slice },
    ...options.timeout === undefined ? {} : { timeout: options.timeout }
  })
  t.teardown(() => expiry.close())
  // Its own timers keep no process alive.
  const living = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(living))
  const reached = async (count: number) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    wanted = { count, resolve }
    if (ended.length < count) await promise
  }
  return { clock, ended, expiry, reached }
}

/** Lets timers of some milliseconds come: those of Node run in the order of their time. */
async function pass (milliseconds: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, milliseconds))
}

t.test('each ends once, in the order in which its time began, and not before', async t => {
  const { clock, ended, expiry, reached } = start(t)
  for (const id of [3, 1, 2]) expiry.touch(id)
  clock.now += 4
  expiry.touch(4)
  await pass(25)
  t.strictSame(ended, [], 'its own clock counts')
  clock.now += 6
  await reached(3)
  t.strictSame(ended, [3, 1, 2])
  clock.now += 4
  await reached(4)
  t.strictSame(ended, [3, 1, 2, 4])
})

t.test('one that is touched begins anew, one that is forgotten never ends', async t => {
  const { clock, ended, expiry, reached } = start(t)
  for (const id of [1, 2, 3, 4]) expiry.touch(id)
  expiry.forget(1)
  clock.now += 9
  expiry.touch(3)
  clock.now += 1
  await reached(2)
  t.strictSame(ended, [2, 4])
  clock.now += 9
  await reached(3)
  t.strictSame(ended, [2, 4, 3])
})

t.test('one whose time has long been up when it is told of ends at once, but not within the call', async t => {
  const { ended, expiry, reached } = start(t)
  expiry.touch(1, 0)
  expiry.touch(2, 1)
  expiry.touch(3)
  t.strictSame(ended, [])
  await reached(2)
  t.strictSame(ended, [1, 2])
})

t.test('a time of nothing ends in a later turn', async t => {
  const { ended, expiry, reached } = start(t, { timeout: 0 })
  expiry.touch(1)
  t.strictSame(ended, [])
  await reached(1)
  t.strictSame(ended, [1])
})

t.test('while things end, others may be touched and forgotten', async t => {
  const { clock, ended, expiry, reached } = start(t, {
    expire (id) {
      if (id !== 1) return
      expiry.forget(2)
      expiry.touch(3)
      expiry.touch(5)
    }
  })
  for (const id of [1, 2, 3, 4]) expiry.touch(id)
  clock.now += 10
  await reached(2)
  t.strictSame(ended, [1, 4])
  clock.now += 10
  await reached(4)
  t.strictSame(ended, [1, 4, 3, 5])
})

t.test('F27: 100,000 that end together take many turns, none longer than a slice', async t => {
  const count = 100_000
  const perSlice = 500
  const slice = 5
  const turns: number[] = []
  let before = 0
  const { clock, ended, expiry, reached } = start(t, {
    slice,
    // By the clock, each costs a hundredth of a millisecond.
    expire: () => { clock.now += slice / perSlice }
  })
  let goesOn = true
  const look = () => {
    if (ended.length > before) turns.push(ended.length - before)
    before = ended.length
    if (goesOn) setImmediate(look)
  }
  for (let id = 1; id <= count; id++) expiry.touch(id)
  clock.now += 10
  setImmediate(look)
  await reached(count)
  goesOn = false
  look()
  t.strictSame(ended, Array.from({ length: count }, (_, index) => index + 1))
  // One more, because fractions are not exact.
  t.ok(Math.max(...turns) <= 2 * perSlice + 2, `${Math.max(...turns)} between two turns of others`)
  t.ok(turns.length >= count / perSlice / 2 - 1, `${turns.length} turns`)
})

t.test('F27: once it is closed nothing ends any more', async t => {
  const { clock, ended, expiry } = start(t)
  const { ended: endedBeside, expiry: beside, reached } = start(t)
  expiry.touch(1)
  clock.now += 10
  expiry.touch(2, 0)
  expiry.close()
  expiry.touch(3, 0)
  // Told of later, and due later than what was closed.
  beside.touch(1, 0)
  await reached(1)
  await pass(25)
  t.strictSame(ended, [])
  t.strictSame(endedBeside, [1])
})
