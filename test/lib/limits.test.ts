// Bounds on work in flight: never exceeded, never leaking, and given up at once by those who no longer wait.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import fc from 'fast-check'
import { createLimits, serviceBound } from '../../lib/limits.ts'
import { replicaOf } from './fixtures/topology.ts'

/** Lets so many promise reactions pass. */
const ticks = async (count: number) => { for (let left = count; left > 0; left--) await undefined }

/** Everything that is ready to happen without the outside world has happened. */
const quiet = () => new Promise(resolve => setImmediate(resolve))

const never = new AbortController().signal

t.test('work within the bounds starts at once, and its result comes back', async t => {
  const limits = createLimits(2, () => 2)
  const open = Promise.withResolvers<string>()
  const result = limits.run('a', never, () => open.promise)
  await quiet()
  t.equal(limits.running, 1)
  open.resolve('done')
  t.equal(await result, 'done')
  t.equal(limits.running, 0)
})

t.test('work that fails passes its error on and frees its place', async t => {
  const limits = createLimits(1, () => 1)
  await t.rejects(limits.run('a', never, async () => { throw new RangeError('no') }), RangeError)
  t.equal(await limits.run('a', never, async () => 1), 1)
  t.equal(limits.running, 0)
})

t.test('no more work runs than the total allows, and the rest follows in order', async t => {
  const limits = createLimits(2, () => 9)
  const started: number[] = []
  const open = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const results = open.map(({ promise }, index) => limits.run(`service ${index}`, never, () => {
    started.push(index)
    return promise
  }))
  await quiet()
  t.strictSame(started, [0, 1])
  open[1]?.resolve()
  await quiet()
  t.strictSame(started, [0, 1, 2])
  for (const { resolve } of open) resolve()
  await Promise.all(results)
  t.strictSame(started, [0, 1, 2, 3])
})

t.test('whoever waits for a full service takes no place from the others', async t => {
  const limits = createLimits(2, () => 1)
  const slow = Promise.withResolvers<void>()
  const results = [1, 2, 3].map(() => limits.run('slow', never, () => slow.promise))
  t.equal(await limits.run('quick', never, async () => 'quick'), 'quick')
  t.equal(limits.running, 1)
  slow.resolve()
  await Promise.all(results)
})

t.test('an abort gives up what has not started, at once, and never starts it', async t => {
  const limits = createLimits(1, () => 1)
  const hog = Promise.withResolvers<string>()
  const first = limits.run('a', never, () => hog.promise)
  const ending = new AbortController()
  let started = 0
  const work = async () => { started += 1 }
  const waiting = [limits.run('a', ending.signal, work), limits.run('b', ending.signal, work)]
  await quiet()
  t.equal(limits.waiting, 2)
  ending.abort()
  t.strictSame(await Promise.all(waiting), [undefined, undefined])
  t.equal(limits.waiting, 0)
  t.equal(await limits.run('c', ending.signal, work), undefined, 'nor what comes after it')
  hog.resolve('hog')
  t.equal(await first, 'hog')
  await quiet()
  t.equal(started, 0)
  t.equal(limits.running, 0)
})

t.test('F12: what was given up keeps nothing alive, however long its turn takes to come', async t => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const limits = createLimits(1, () => 1)
  const hog = Promise.withResolvers<void>()
  const first = limits.run('a', never, () => hog.promise)
  const ending = new AbortController()
  const giveUpLater = (service: string) => {
    const graphic = Buffer.alloc(1000)
    return { result: limits.run(service, ending.signal, async () => graphic.length), graphic: new WeakRef(graphic) }
  }
  const all = [giveUpLater('a'), giveUpLater('b')]
  await quiet()
  ending.abort()
  for (const { result } of all) t.equal(await result, undefined)
  await quiet()
  collect()
  for (const { graphic } of all) t.equal(graphic.deref(), undefined)
  hog.resolve()
  await first
})

t.test('an abort lets work that has started end by itself, and keeps its place until then', async t => {
  const limits = createLimits(1, () => 1)
  const ending = new AbortController()
  const open = Promise.withResolvers<string>()
  const result = limits.run('a', ending.signal, () => open.promise)
  await quiet()
  ending.abort()
  await quiet()
  t.equal(limits.running, 1)
  open.resolve('ended')
  t.equal(await result, 'ended')
})

t.test('a signal that outlives much work collects no listeners', async t => {
  const limits = createLimits(1, () => 1)
  const ending = new AbortController()
  let listeners = 0
  const { signal } = ending
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  const heard = new Set<unknown>()
  signal.addEventListener = (type: string, listener: Parameters<typeof add>[1]) => {
    if (!heard.has(listener)) listeners += 1
    heard.add(listener)
    add(type, listener)
  }
  signal.removeEventListener = (type: string, listener: Parameters<typeof remove>[1]) => {
    if (heard.delete(listener)) listeners -= 1
    remove(type, listener)
  }
  await Promise.all(Array.from({ length: 50 }, (_, index) => limits.run(`s${index % 3}`, signal, async () => index)))
  t.equal(listeners, 0)
})

t.test('bounds that allow nothing are refused', async t => {
  t.throws(() => createLimits(0, () => 1))
  await t.rejects(createLimits(1, () => 0).run('a', never, async () => 1))
})

t.test('a bound that has grown lets in those who wait; one that has shrunk lets those finish who run', async t => {
  let bound = 1
  const limits = createLimits(9, () => bound)
  const open = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
  const started: number[] = []
  const results = open.slice(0, 5).map(({ promise }, index) => limits.run('a', never, () => {
    started.push(index)
    return promise
  }))
  await quiet()
  t.strictSame(started, [0])
  bound = 3
  await quiet()
  t.strictSame(started, [0], 'nothing happens unasked')
  limits.adjust()
  await quiet()
  t.strictSame(started, [0, 1, 2])
  bound = 1
  limits.adjust()
  open[0]?.resolve()
  open[1]?.resolve()
  await quiet()
  t.strictSame(started, [0, 1, 2])
  bound = 2
  const last = limits.run('a', never, async () => { started.push(5) })
  await quiet()
  t.strictSame(started, [0, 1, 2, 3], 'new work brings the bound with it')
  for (const { resolve } of open) resolve()
  await Promise.all([...results, last])
  t.strictSame(started, [0, 1, 2, 3, 4, 5])
  t.equal(limits.running, 0)
})

t.test('a service takes what its label says of one replica, times its replicas, and never more of one than the server gives to a service', t => {
  const replicas = ['http://a', 'http://b', 'http://c'].map(replicaOf)
  t.equal(serviceBound({ concurrency: undefined, replicas }, 32), 32)
  t.equal(serviceBound({ concurrency: 2, replicas }, 32), 6)
  t.equal(serviceBound({ concurrency: 20, replicas }, 32), 60)
  t.equal(serviceBound({ concurrency: 99, replicas }, 32), 96)
  t.equal(serviceBound({ concurrency: 2, replicas: [] }, 32), 2)
  t.equal(serviceBound(undefined, 32), 32)
  t.end()
})

t.test('new work that comes at the moment when the last work ends is bound with the rest', async t => {
  for (let moment = 0; moment < 40; moment++) {
    const limits = createLimits(9, () => 2)
    let running = 0
    let most = 0
    const job = async (wait: number, steps: number) => {
      await ticks(wait)
      await limits.run('a', never, async () => {
        running += 1
        most = Math.max(most, running)
        await ticks(steps)
        running -= 1
      })
    }
    await Promise.all([job(0, 1), job(0, 0), ...[0, 0, 1, 2, 3].map(later => job(moment + later, 30))])
    t.equal(most, 2)
  }
})

t.test('in 1 000 random schedules no bound is exceeded and nothing is left', async () => {
  const schedule = fc.array(fc.record({
    service: fc.constantFrom('a', 'b'),
    wait: fc.nat(20),
    steps: fc.nat(8),
    abortAfter: fc.option(fc.nat(20), { nil: undefined }),
    fails: fc.boolean()
  }), { minLength: 1, maxLength: 9 })

  await fc.assert(fc.asyncProperty(schedule, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), async (jobs, total, perService) => {
    const limits = createLimits(total, () => perService)
    const running = new Map<string, number>()
    const change = (service: string, by: number) => running.set(service, (running.get(service) ?? 0) + by)
    const inAll = () => [...running.values()].reduce((sum, count) => sum + count, 0)
    await Promise.all(jobs.map(async ({ service, wait, steps, abortAfter, fails }) => {
      await ticks(wait)
      const ending = new AbortController()
      if (abortAfter !== undefined) void ticks(abortAfter).then(() => ending.abort())
      let started = false
      const result = limits.run(service, ending.signal, async () => {
        assert(!ending.signal.aborted, 'started after its end')
        started = true
        change(service, 1)
        assert(inAll() <= total, 'more in all than allowed')
        assert((running.get(service) ?? 0) <= perService, 'more at one service than allowed')
        assert(limits.running >= inAll())
        await ticks(steps)
        change(service, -1)
        if (fails) throw new RangeError('meant to fail')
        return 'done'
      })
      const ended = await result.catch((error: Error) => {
        assert.equal(error.message, 'meant to fail')
        return 'failed'
      })
      assert.equal(ended, started ? (fails ? 'failed' : 'done') : undefined)
      assert(started || ending.signal.aborted)
    }))
    await quiet()
    assert.equal(limits.running, 0)
    assert.equal(inAll(), 0)
  }), { numRuns: 1000 })
})
