// Bounded places and their queue.
import t from 'tap'
import { createSlots } from '../../../services/kit/slots.ts'

const patient = () => new AbortController().signal

t.test('places are given first come first served', async t => {
  const slots = createSlots({ concurrency: 1, maxQueue: 10 })
  const order: string[] = []
  const leave = await slots.enter(patient())
  const others = ['a', 'b', 'c'].map(async name => {
    const leave = await slots.enter(patient())
    order.push(name)
    leave()
  })
  t.strictSame([slots.running, slots.waiting], [1, 3])
  leave()
  await Promise.all(others)
  t.strictSame(order, ['a', 'b', 'c'])
  t.strictSame([slots.running, slots.waiting], [0, 0])
})

t.test('leaving twice frees one place only', async t => {
  const slots = createSlots({ concurrency: 2, maxQueue: 0 })
  const leave = await slots.enter(patient())
  await slots.enter(patient())
  leave()
  leave()
  t.equal(slots.running, 1)
})

t.test('a full queue refuses', async t => {
  const slots = createSlots({ concurrency: 1, maxQueue: 0 })
  await slots.enter(patient())
  await t.rejects(slots.enter(patient()), { code: 'SERVICE_BUSY' })
})

t.test('whoever aborts leaves the queue at once', async t => {
  const slots = createSlots({ concurrency: 1, maxQueue: 1 })
  const leave = await slots.enter(patient())
  const controller = new AbortController()
  const waiting = slots.enter(controller.signal)
  controller.abort(new Error('gone'))
  await t.rejects(waiting, { message: 'gone' })
  t.equal(slots.waiting, 0)
  await t.rejects(slots.enter(AbortSignal.abort(new Error('gone before'))), { message: 'gone before' })
  leave()
  t.equal(slots.running, 0)
})

t.test('without a limit nobody waits', async t => {
  const slots = createSlots({ concurrency: Infinity, maxQueue: 0 })
  for (let index = 0; index < 50; index++) await slots.enter(patient())
  t.equal(slots.running, 50)
})

t.test('limits that make no sense are refused', async t => {
  for (const concurrency of [0, -1, 1.5, NaN]) t.throws(() => createSlots({ concurrency, maxQueue: 1 }), RangeError)
  for (const maxQueue of [-1, 1.5, NaN, Infinity]) t.throws(() => createSlots({ concurrency: 1, maxQueue }), RangeError)
})
