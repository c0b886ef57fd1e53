import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { createSchedule } from '../../../../lib/devices/health/schedule.ts'

t.test('each is looked at again and again, from start to start', async t => {
  const looked = new EventEmitter()
  const counts = new Map<string, number>()
  const schedule = createSchedule({
    look: async key => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      looked.emit('look')
      return key === 'once' ? undefined : 5
    }
  })
  t.teardown(() => schedule.close())
  for (const key of ['a', 'b', 'once']) schedule.add(key, 0)
  schedule.add('a', 0)
  while ((counts.get('a') ?? 0) < 5 || (counts.get('b') ?? 0) < 5) await once(looked, 'look')
  t.equal(counts.get('once'), 1)
})

t.test('one that hangs delays no other, nor do many', async t => {
  const looked = new EventEmitter()
  const hanging = Promise.withResolvers<undefined>()
  const quick = new Set<number>()
  const schedule = createSchedule({
    atOnce: 4,
    patience: 20,
    look: async (key) => {
      if (key.startsWith('hanging')) return await hanging.promise
      quick.add(quick.size)
      looked.emit('look')
      return 5
    }
  })
  for (let index = 0; index < 40; index++) schedule.add(`hanging ${index}`, 0)
  for (let index = 0; index < 10; index++) schedule.add(`quick ${index}`, 0)
  while (quick.size < 100) await once(looked, 'look')
  t.ok(schedule.numbers().running >= 40)
  hanging.resolve(undefined)
  await schedule.close()
})

t.test('no more begin at one time than are allowed', async t => {
  let running = 0
  let most = 0
  const done = new Set<string>()
  const looked = new EventEmitter()
  const schedule = createSchedule({
    atOnce: 3,
    patience: 60_000,
    look: async key => {
      most = Math.max(most, ++running)
      await new Promise(resolve => setImmediate(resolve))
      running -= 1
      done.add(key)
      looked.emit('look')
      return undefined
    }
  })
  t.teardown(() => schedule.close())
  for (let index = 0; index < 50; index++) schedule.add(String(index), 0)
  while (done.size < 50) await once(looked, 'look')
  t.equal(most, 3)
})

t.test('whoever is in a hurry need not wait, even while it is looked at', async t => {
  const looked = new EventEmitter()
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let count = 0
  const schedule = createSchedule({
    look: async () => {
      const mine = held[count++]
      looked.emit('look')
      await mine?.promise
      return 60_000
    }
  })
  t.teardown(() => schedule.close())
  schedule.add('a', 60_000)
  schedule.hurry('nobody')
  schedule.hurry('a', 5)
  schedule.hurry('a', 50_000)
  await once(looked, 'look')
  schedule.hurry('a')
  schedule.hurry('a')
  held[0]?.resolve()
  await once(looked, 'look')
  held[1]?.resolve()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(count, 2, 'several are in no more of a hurry than one')
})

t.test('what is removed is looked at no more, and told so', async t => {
  const looked = new EventEmitter<{ look: [AbortSignal] }>()
  const schedule = createSchedule({
    look: async (_key, signal) => {
      looked.emit('look', signal)
      await once(signal, 'abort')
      return 0
    }
  })
  schedule.add('a', 0)
  const [signal] = await once(looked, 'look') as [AbortSignal]
  schedule.remove('a')
  t.equal(signal.aborted, true)
  schedule.add('b', 0)
  await once(looked, 'look')
  await schedule.close()
  t.equal(schedule.numbers().running, 0, 'closing waits for what goes on')
})
