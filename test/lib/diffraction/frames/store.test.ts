// Things that are made once and kept while there is room, and never given up while somebody uses them.
import { setImmediate as soon } from 'node:timers/promises'
import t from 'tap'
import { createStore } from '../../../../lib/diffraction/frames/store.ts'

const never = new AbortController().signal

function build ({ budget = 10 } = {}) {
  let made = 0
  const store = createStore<{ name: string, size: number }>({ budget: () => budget, weigh: ({ size }) => size })
  const use = (name: string, size = 4) => store.use(name, never, async () => {
    made += 1
    return { name, size }
  }, thing => thing)
  return { store, use, made: () => made }
}

t.test('a thing is made once for all that want it at the same time, and found later', async t => {
  const { use, made } = build()
  const things = await Promise.all(Array.from({ length: 100 }, () => use('a')))
  t.equal(new Set(things).size, 1)
  t.equal(made(), 1)
  t.equal(await use('a'), things[0])
})

t.test('what has not been asked for longest goes first', async t => {
  const { use, store, made } = build()
  await use('a')
  await use('b')
  await use('a')
  await use('c')
  t.strictSame(['a', 'b', 'c'].map(name => store.peek(name) !== undefined), [true, false, true])
  t.equal(store.bytes, 8)
  await use('d', 11)
  t.equal(store.peek('d'), undefined, 'what is larger than all the room is not kept')
  t.equal(store.bytes, 0)
  t.equal(made(), 4)
})

t.test('what is in use stays, whatever comes', async t => {
  const { use, store } = build()
  const gate = Promise.withResolvers<void>()
  const using = store.use('a', never, async () => ({ name: 'a', size: 4 }), () => gate.promise)
  for (const name of ['b', 'c', 'd']) await use(name)
  t.ok(store.peek('a'))
  const { freed, release } = store.reserve(100)
  t.strictSame(freed.map(({ name }) => name), ['d'], 'what is free makes room')
  t.ok(store.peek('a'))
  release()
  gate.resolve()
  await using
  t.ok(store.peek('a'))
  t.equal(store.bytes, 4)
})

t.test('what goes wrong goes wrong for all that wait, and is not kept', async t => {
  const { store, use } = build()
  const wrong = () => store.use('a', never, async () => { throw new Error('broken') }, () => {})
  t.strictSame((await Promise.allSettled([wrong(), wrong()])).map(({ status }) => status), ['rejected', 'rejected'])
  t.match(await use('a'), { name: 'a' })
})

t.test('who goes does not take the thing from those who stay; the last one to go ends its making', async t => {
  const { store } = build()
  const [one, other] = [new AbortController(), new AbortController()]
  const signals: AbortSignal[] = []
  const making = Promise.withResolvers<{ name: string, size: number }>()
  const use = (signal: AbortSignal) => store.use('a', signal, async signal => {
    signals.push(signal)
    return await making.promise
  }, thing => thing)
  const uses = [use(one.signal), use(other.signal)]
  one.abort(new Error('gone'))
  await t.rejects(uses[0]!, { message: 'gone' })
  t.equal(signals[0]?.aborted, false)
  other.abort(new Error('gone too'))
  await t.rejects(uses[1]!, { message: 'gone too' })
  t.match(signals[0], { aborted: true, reason: { code: 'CANCELLED' } })
  const late = use(never)
  making.resolve({ name: 'a', size: 1 })
  t.equal((await late).name, 'a', 'whoever comes before it has ended gets what came of it')
  t.equal(signals.length, 1)
  await t.rejects(use(one.signal), { message: 'gone' })
})

t.test('who joins what was given up has it made anew', async t => {
  const { store } = build()
  const leaving = new AbortController()
  let made = 0
  const use = (signal: AbortSignal) => store.use('a', signal, async signal => {
    made += 1
    await soon()
    signal.throwIfAborted()
    return { name: 'a', size: 1 }
  }, thing => thing)
  const left = use(leaving.signal)
  leaving.abort(new Error('gone'))
  await t.rejects(left, { message: 'gone' })
  t.match(await use(never), { name: 'a' })
  t.equal(made, 2)
})

t.test('what is forgotten is made anew, while those who have it go on', async t => {
  const { store, use, made } = build()
  const gate = Promise.withResolvers<void>()
  const using = store.use('a', never, async () => ({ name: 'old', size: 4 }), async thing => {
    await gate.promise
    return thing
  })
  await soon()
  store.forget('a')
  t.equal((await use('a')).name, 'a')
  t.equal(store.bytes, 8)
  gate.resolve()
  t.equal((await using).name, 'old')
  t.equal(store.bytes, 4)
  store.forget('a')
  store.forget('nothing')
  t.equal(store.bytes, 0)
  t.equal(made(), 1)
})
