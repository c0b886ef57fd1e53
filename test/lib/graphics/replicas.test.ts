// The choice of replicas, by example and in random schedules: bounds are kept, failing replicas are left alone, nobody is forgotten and nothing remembered for ever.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import t from 'tap'
import fc from 'fast-check'
import type { Replica, Service } from '../../../lib/discovery/topology.ts'
import { createReplicas } from '../../../lib/graphics/replicas.ts'
import type { Seat, Verdict } from '../../../lib/graphics/replicas.ts'
import { quiet } from '../fixtures/call.ts'
import { replicaOf, serviceOf, topologyOf } from '../fixtures/topology.ts'

const patient = new AbortController().signal
const [a, b, c] = ['http://a', 'http://b', 'http://c'].map(replicaOf) as [Replica, Replica, Replica]

/** Replicas whose time the test holds, and which draw the first unless told otherwise; and short ways to use them. */
function build ({ random = () => 0, setAsideAfter = 3 }: { random?: () => number, setAsideAfter?: number } = {}) {
  const clock = { now: 1000 }
  const told: string[] = []
  const replicas = createReplicas({
    setAsideAfter,
    setAsideTime: 100,
    onSetAside: (service, { id }, milliseconds) => told.push(`${service} ${id} aside ${milliseconds}`),
    onReturn: (service, { id }) => told.push(`${service} ${id} returns`),
    now: () => clock.now,
    wallClock: () => clock.now + 1_700_000_000_000,
    random
  })
  const take = async (service: Service, tried: Replica[] = []): Promise<Seat> => {
    const seat = await takeIfFree(service, tried)
    assert(seat)
    return seat
  }
  /** A place, undefined where nobody may be asked. */
  const takeIfFree = async (service: Service, tried: Replica[] = []): Promise<Seat | undefined> => {
    const seat = await replicas.take(service, patient, tried)
    assert(seat !== 'down')
    return seat
  }
  /** Lets calls that only this replica can take end so, one after the other. */
  const end = async (replica: Replica, verdict: Verdict, times = 1) => {
    for (let left = times; left > 0; left--) (await take(only(replica), [])).leave(verdict)
  }
  const only = (replica: Replica) => serviceOf('many', { replicas: [replica] })
  return { replicas, clock, told, take, takeIfFree, end }
}

const many = (changes: Partial<Service> = {}) => serviceOf('many', { replicas: [a, b, c], ...changes })

t.test('of two different replicas drawn at random the one with fewer calls in flight is asked', async t => {
  const draws: number[] = []
  const { take } = build({ random: () => draws.shift() ?? 0 })
  const taken: string[] = []
  const seats: Seat[] = []
  const draw = async (...numbers: number[]) => {
    draws.push(...numbers)
    const seat = await take(many())
    seats.push(seat)
    taken.push(seat.replica.id)
  }
  await draw(0, 0) // a, then the first of b and c
  await draw(0, 0.4) // a again: b is idle
  await draw(0.4, 0.9) // b and c
  await draw(0.99, 0.99) // c and b: the first drawn where both are as busy
  await draw(0.4, 0) // b and a
  await draw(0.99, 0) // c and a: c has two by now
  t.strictSame(taken, ['http://a', 'http://b', 'http://c', 'http://c', 'http://b', 'http://a'])
  for (const seat of seats) seat.leave('success')
  draws.length = 0
  await draw(0, 0)
  t.equal(taken.at(-1), 'http://a', 'calls that have ended count no more')
})

t.test('with random numbers as they come every replica has its share', async t => {
  const { take } = build({ random: Math.random })
  const counts = new Map<string, number>()
  for (let left = 3000; left > 0; left--) {
    const seat = await take(many())
    counts.set(seat.replica.id, (counts.get(seat.replica.id) ?? 0) + 1)
    seat.leave('success')
  }
  for (const count of counts.values()) t.ok(count > 800 && count < 1200, String(count))
  t.equal(counts.size, 3)
})

t.test('a replica takes as many calls as its label says; the next one waits, and goes where a place becomes free first', async t => {
  const { replicas, take } = build()
  const service = many({ replicas: [a, b], concurrency: 2 })
  const seats = [await take(service), await take(service), await take(service), await take(service)]
  t.strictSame(seats.map(seat => seat.replica.id).toSorted(), ['http://a', 'http://a', 'http://b', 'http://b'])
  const later = [take(service), take(service)]
  await quiet()
  t.equal(replicas.size.waiting, 2)
  seats.find(seat => seat.replica === b)?.leave('success')
  t.equal((await later[0])?.replica, b)
  t.equal(replicas.size.waiting, 1)
  seats.find(seat => seat.replica === a)?.leave('failure')
  t.equal((await later[1])?.replica, a)
})

t.test('a place is given back once', async t => {
  const { replicas, take } = build()
  const [first, second] = [await take(many({ replicas: [a] })), await take(many({ replicas: [a] }))]
  first.leave('failure')
  first.leave('failure')
  t.strictSame(replicas.state(a), { inFlight: 1, failures: 1 })
  second.leave('success')
})

t.test('whoever gives up while waiting leaves nothing behind', async t => {
  const { replicas, take } = build()
  const service = many({ replicas: [a], concurrency: 1 })
  const seat = await take(service)
  const ending = new AbortController()
  const waiting = replicas.take(service, ending.signal)
  await quiet()
  ending.abort()
  t.equal(await waiting, undefined)
  t.equal(getEventListeners(ending.signal, 'abort').length, 0)
  t.equal(await replicas.take(service, ending.signal), undefined, 'nor does one who had given up before')
  seat.leave('success')
  t.strictSame(replicas.size, { replicas: 0, waiting: 0 })
})

t.test('a replica that fails so often in a row is set aside, and asked again when its time has passed', async t => {
  const { replicas, clock, told, take } = build()
  replicas.retain(topologyOf([many()]))
  const takeOther = () => take(many(), [b, c])
  for (const verdict of ['failure', 'failure', 'success', 'failure', 'neither', 'failure'] as const) (await takeOther()).leave(verdict)
  t.strictSame(replicas.state(a), { inFlight: 0, failures: 2 }, 'a success starts the count again, and what says nothing does not')
  ;(await takeOther()).leave('failure')
  t.strictSame(replicas.state(a), { inFlight: 0, failures: 3, setAsideUntil: 1_700_000_001_100 })
  t.strictSame(told, ['many http://a aside 100'])
  t.equal(await replicas.take(many(), patient, [b, c]), undefined)
  const seats = await Promise.all([1, 2, 3, 4].map(() => take(many())))
  t.notOk(seats.some(seat => seat.replica === a))
  clock.now += 99
  t.equal(await replicas.take(many(), patient, [b, c]), undefined)
  clock.now += 1
  t.equal((await takeOther()).replica, a)
})

t.test('after its time it is tried with one call at a time, until one succeeds', async t => {
  const { replicas, clock, told, take, takeIfFree } = build()
  replicas.retain(topologyOf([many()]))
  const takeA = () => takeIfFree(many(), [b, c])
  const failing = await Promise.all([1, 2, 3, 4].map(takeA))
  for (const seat of failing.slice(0, 3)) seat?.leave('failure')
  clock.now += 50
  failing[3]?.leave('failure')
  t.equal(replicas.state(a).setAsideUntil, 1_700_000_001_100, 'calls from before do not set it aside again')
  clock.now += 50
  const probe = await takeA()
  t.equal(probe?.replica, a)
  const seats = await Promise.all(Array.from({ length: 6 }, () => take(many())))
  t.notOk(seats.some(seat => seat.replica === a), 'the others take the rest, however busy they are')
  probe?.leave('failure')
  t.strictSame(told, ['many http://a aside 100', 'many http://a aside 200'])
  clock.now += 199
  t.equal(await takeA(), undefined)
  clock.now += 1
  ;(await takeA())?.leave('success')
  t.equal(told.at(-1), 'many http://a returns')
  t.strictSame([await takeA(), await takeA()].map(seat => seat?.replica), [a, a], 'and then it takes part again')
  t.strictSame(replicas.state(a), { inFlight: 2, failures: 0 })
})

t.test('each time in a row adds as much, up to ten times; a success starts again', async t => {
  const { replicas, clock, told, takeIfFree } = build({ setAsideAfter: 1 })
  replicas.retain(topologyOf([many()]))
  const fail = async (verdict: Verdict) => {
    clock.now += 1000
    ;(await takeIfFree(many(), [b, c]))?.leave(verdict)
  }
  for (let left = 12; left > 0; left--) await fail('failure')
  t.strictSame(told.map(line => Number(line.split(' ').at(-1))), [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1000, 1000])
  await fail('success')
  await fail('failure')
  t.strictSame(told.slice(-2), ['many http://a returns', 'many http://a aside 100'])
})

t.test('the last one is not set aside for what it answers, as long as the others are', async t => {
  const { replicas, clock, told, take, end } = build()
  await end(c, 'failure', 20)
  t.strictSame(told, [], 'not where there is only one')
  replicas.retain(topologyOf([many()]))
  for (const others of [[b, c], [a, c]]) {
    for (let left = 3; left > 0; left--) (await take(many(), others)).leave('failure')
  }
  t.strictSame(told, ['many http://a aside 100', 'many http://b aside 100'])
  for (let left = 10; left > 0; left--) {
    const seat = await take(many())
    t.equal(seat.replica, c)
    seat.leave('failure')
  }
  clock.now += 100
  ;(await take(many(), [a, b])).leave('failure')
  t.equal(told.length, 2, 'nor once their time is over')
  ;(await take(many(), [b, c])).leave('success')
  ;(await take(many(), [a, b])).leave('failure')
  t.equal(told.at(-1), 'many http://c aside 100', 'but it is as soon as another one is well')
})

/** Replicas of a service none of which has answered: by now the calls of all others fail at once. */
async function buildDown (all: Replica[]) {
  const built = build()
  const service = many({ replicas: all })
  built.replicas.retain(topologyOf([service]))
  for (const replica of all) {
    const others = all.filter(each => each !== replica)
    for (let left = 3; left > 0; left--) (await built.take(service, others)).leave('silence')
  }
  return { ...built, service, ask: () => built.replicas.take(service, patient) }
}

for (const all of [[a], [a, b, c]]) {
  t.test(`F10: where no replica answers, calls fail at once, and one a second tries (replicas: ${all.length})`, async t => {
    const { replicas, clock, told, service, ask } = await buildDown(all)
    t.strictSame(told, all.map(({ id }) => `many ${id} aside 100`))
    t.ok(replicas.isDown(service))
    const tries: Array<[at: number, replica: string]> = []
    const start = clock.now
    for (let turn = 0; turn <= 400; turn++) {
      for (let call = 0; call < 3; call++) {
        const seat = await ask()
        if (seat === 'down') continue
        tries.push([clock.now - start, seat?.replica.id ?? ''])
        seat?.leave('silence')
      }
      clock.now += 25
    }
    t.strictSame(tries, Array.from({ length: 10 }, (_, number) => [(number + 1) * 1000, all[number % all.length]?.id]), 'each in its turn')
    t.strictSame(replicas.size.waiting, 0)
  })
}

t.test('F10: a try that hangs holds up nobody, and the next goes elsewhere', async t => {
  const { replicas, clock, ask, service } = await buildDown([a, b])
  clock.now += 1000
  const first = await ask()
  t.match(first, { replica: a })
  clock.now += 999
  t.equal(await ask(), 'down')
  clock.now += 1
  const second = await ask()
  t.match(second, { replica: b })
  clock.now += 5000
  t.equal(await ask(), 'down', 'with a try at each there is none more')
  t.ok(first !== 'down' && second !== 'down')
  if (first === 'down' || second === 'down') return
  first?.leave('neither')
  t.match(await ask(), { replica: a }, 'one that was given up makes room for the next')
  t.ok(replicas.isDown(service))
  second?.leave('failure')
  t.ok(replicas.isDown(service), 'an answer that is a failure says too little')
})

t.test('F10: one success and the service is back for everybody', async t => {
  const { replicas, clock, told, ask, service } = await buildDown([a, b])
  clock.now += 1000
  const seat = await ask()
  t.ok(seat !== 'down')
  if (seat === 'down') return
  seat?.leave('success')
  t.equal(told.at(-1), 'many http://a returns')
  t.notOk(replicas.isDown(service))
  const seats = await Promise.all(Array.from({ length: 20 }, ask))
  t.notOk(seats.includes('down'))
})

t.test('F10: whoever waits when a service goes down is told at once, and new replicas are asked at once', async t => {
  const { replicas, take } = build()
  const service = many({ replicas: [a], concurrency: 3 })
  replicas.retain(topologyOf([service]))
  const seats = [await take(service), await take(service), await take(service)]
  const waiting = Array.from({ length: 50 }, () => replicas.take(service, patient))
  await quiet()
  // Each place that becomes free is taken by one who waits.
  seats[0]?.leave('silence')
  seats[1]?.leave('silence')
  t.equal(replicas.size.waiting, 48)
  seats[2]?.leave('silence')
  t.equal(replicas.size.waiting, 0)
  t.equal((await Promise.all(waiting)).filter(each => each === 'down').length, 48)
  replicas.retain(topologyOf([many({ replicas: [a, b] })], 2))
  t.equal((await take(service)).replica, b)
  t.notOk(replicas.isDown(service))
})

t.test('the replicas of the newest topology are asked, not those that the plan was made with', async t => {
  const { replicas, take } = build()
  replicas.retain(topologyOf([many({ replicas: [b], concurrency: 1 })]))
  const seat = await take(many({ replicas: [a] }))
  t.equal(seat.replica, b)
  const waiting = take(many({ replicas: [a] }))
  replicas.retain(topologyOf([many({ replicas: [b, c], concurrency: 1 })], 2))
  t.equal((await waiting).replica, c, 'also by those who wait already')
  replicas.retain(topologyOf([], 3))
  t.equal((await take(many({ replicas: [a] }))).replica, a, 'where the service has gone, those it had')
  t.equal(await replicas.take(many({ replicas: [a, b] }), patient, [a]), undefined, 'but nobody a second time')
})

t.test('who waits for another try is sent away when nobody else is left', async t => {
  const { replicas, take } = build()
  const service = many({ replicas: [a, b], concurrency: 1 })
  replicas.retain(topologyOf([service]))
  const seat = await take(service, [a])
  const waiting = replicas.take(service, patient, [a])
  await quiet()
  t.equal(replicas.size.waiting, 1)
  replicas.retain(topologyOf([many({ replicas: [a] })], 2))
  t.equal(await waiting, undefined)
  seat.leave('success')
})

t.test('what has gone is forgotten once it is idle; one that comes back with another id is another', async t => {
  const { replicas, take } = build({ setAsideAfter: 1 })
  const [old, fresh] = [{ ...a, id: 'old' }, { ...a, id: 'new' }]
  replicas.retain(topologyOf([many({ replicas: [old, b] })]))
  const [idle, open] = [await take(many(), [b]), await take(many(), [b])]
  idle.leave('failure')
  t.ok(replicas.state(old).setAsideUntil)
  replicas.retain(topologyOf([many({ replicas: [fresh, b] })], 2))
  t.strictSame(replicas.state(fresh), { inFlight: 0, failures: 0 })
  t.equal(replicas.state(old).inFlight, 1)
  open.leave('failure')
  t.strictSame(replicas.state(old), { inFlight: 0, failures: 0 })
  t.equal(replicas.size.replicas, 0)
})

t.test('one container under two names of services is one replica', async t => {
  const { replicas, take } = build()
  const [look, show] = ['look', 'show'].map(name => serviceOf(name, { replicas: [a], concurrency: 1 })) as [Service, Service]
  const seat = await take(look)
  const waiting = take(show)
  await quiet()
  t.equal(replicas.size.waiting, 1)
  seat.leave('success')
  t.equal((await waiting).replica, a)
})

/** What the test knows of a replica: the same rules, written down plainly. */
interface Model { inFlight: number, failures: number, times: number, until: number, triedAt: number, isTried: boolean }

const actions = fc.array(fc.oneof(
  fc.record({ do: fc.constant('take' as const), tried: fc.oneof(fc.constant<number[]>([]), fc.subarray([0, 1, 2, 3])) }),
  fc.record({ do: fc.constant('leave' as const), which: fc.nat(20), verdict: fc.constantFrom<Verdict[]>('success', 'failure', 'failure', 'silence', 'silence', 'neither') }),
  fc.record({ do: fc.constant('wait' as const), milliseconds: fc.constantFrom(1, 50, 100, 500, 1000) }),
  fc.record({ do: fc.constant('change' as const), present: fc.subarray([0, 1, 2, 3]) }),
  fc.record({ do: fc.constant('abort' as const), which: fc.nat(20) })
), { maxLength: 60, size: 'max' })

t.test('in 1 000 random schedules every rule is kept, and nothing is left', { timeout: 90_000 }, async () => {
  await fc.assert(fc.asyncProperty(actions, fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), fc.integer({ min: 1, max: 3 }), fc.infiniteStream(fc.integer({ min: 0, max: 999 })), async (schedule, concurrency, setAsideAfter, numbers) => {
    const all = ['a', 'b', 'c', 'd'].map(replicaOf)
    const models = all.map((): Model => ({ inFlight: 0, failures: 0, times: 0, until: 0, triedAt: -Infinity, isTried: false }))
    const modelOf = (replica: Replica) => models[all.findIndex(each => each.id === replica.id)] as Model
    const { replicas, clock } = build({ random: () => numbers.next().value / 1000, setAsideAfter })
    const serviceWith = (present: Replica[]) => many({ replicas: present, concurrency })
    const snapshot = serviceWith(all)
    let present = all
    let isThere = true
    const isAside = ({ times, until }: Model) => times > 0 && clock.now < until
    const isGone = (replica: Replica) => !isThere || !present.includes(replica)
    const forget = (model: Model) => Object.assign(model, { failures: 0, times: 0, triedAt: -Infinity })
    const seats: Array<{ seat: Seat, model: Model, isTry: boolean }> = []
    const waiters = new Set<AbortController>()
    const faults: unknown[] = []

    const look = (seat: Seat, tried: Replica[]) => {
      const model = modelOf(seat.replica)
      const asked = isThere ? present : all
      const isTry = asked.map(modelOf).every(each => each.times > 0)
      if (isTry) {
        for (const each of asked.map(modelOf)) assert(clock.now - each.triedAt >= 1000, 'a service that is down is tried once a second')
        assert(!model.isTried, 'and each replica with one call at a time')
        Object.assign(model, { isTried: true, triedAt: clock.now })
      }
      model.inFlight += 1
      seats.push({ seat, model, isTry })
      assert(!tried.some(each => each.id === seat.replica.id), 'nobody is asked twice')
      assert(asked.some(each => each.id === seat.replica.id), 'who has gone is not asked')
      if (!isTry) assert(model.inFlight <= (concurrency ?? Infinity), 'no replica has more calls than it takes')
      if (isAside(model)) assert(isTry, 'who is set aside is asked only where nobody is well')
      if (!isTry && model.times > 0) assert.equal(model.inFlight, 1, 'who was set aside is tried with one call at a time')
    }

    const leave = ({ seat, model, isTry }: { seat: Seat, model: Model, isTry: boolean }, verdict: Verdict) => {
      seats.splice(seats.findIndex(each => each.seat === seat), 1)
      model.inFlight -= 1
      if (isTry) model.isTried = false
      if (verdict === 'success') Object.assign(model, { failures: 0, times: 0 })
      if (verdict === 'failure' || verdict === 'silence') {
        model.failures += 1
        const others = present.filter(each => each.id !== seat.replica.id).map(modelOf)
        if (model.failures >= setAsideAfter && !isAside(model) && !isGone(seat.replica) && (verdict === 'silence' || others.some(each => each.times === 0))) {
          model.times = Math.min(10, model.times + 1)
          model.triedAt = clock.now
          model.until = clock.now + 100 * model.times
        }
      }
      if (model.inFlight === 0 && (isGone(seat.replica) || (model.failures === 0 && model.times === 0))) forget(model)
      seat.leave(verdict)
    }

    replicas.retain(topologyOf([snapshot]))
    for (const action of schedule) {
      if (action.do === 'take') {
        const ending = new AbortController()
        const tried = action.tried.map(index => all[index] as Replica)
        waiters.add(ending)
        void replicas.take(snapshot, ending.signal, tried).then(seat => {
          waiters.delete(ending)
          if (seat === 'down') assert((isThere ? present : all).map(modelOf).every(each => each.times > 0), 'only a service that is down is not asked')
          else if (seat !== undefined) look(seat, tried)
        }).catch(fault => faults.push(fault))
      } else if (action.do === 'leave') {
        const taken = seats[action.which % Math.max(1, seats.length)]
        if (taken !== undefined) leave(taken, action.verdict)
      } else if (action.do === 'wait') {
        clock.now += action.milliseconds
      } else if (action.do === 'abort') {
        [...waiters][action.which % Math.max(1, waiters.size)]?.abort()
      } else {
        isThere = action.present.length > 0
        present = action.present.map(index => all[index] as Replica)
        for (const each of all) if (isGone(each) && modelOf(each).inFlight === 0) forget(modelOf(each))
        replicas.retain(topologyOf(isThere ? [serviceWith(present)] : []))
      }
      for (let left = 4; left > 0; left--) await undefined
      if (faults.length > 0) throw faults[0]
      assert.equal(replicas.size.waiting, waiters.size)
      for (const replica of all) {
        const model = modelOf(replica)
        assert.deepEqual(replicas.state(replica), { inFlight: model.inFlight, failures: model.failures, ...isAside(model) ? { setAsideUntil: model.until + 1_700_000_000_000 } : {} })
      }
      if (waiters.size > 0) assert(seats.length > 0, 'nobody waits without a reason')
    }

    for (let rest = seats[0]; rest !== undefined; rest = seats[0]) {
      leave(rest, 'success')
      for (let left = 4; left > 0; left--) await undefined
    }
    if (faults.length > 0) throw faults[0]
    assert.equal(replicas.size.waiting, 0)
    replicas.retain(topologyOf([]))
    assert.equal(replicas.size.replicas, 0)
  }), { numRuns: 1000 })
})
