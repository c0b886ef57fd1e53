// The exchange of one server: who asked for what, what everybody is told, and what is there after a restart.
import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { openMemoryExchange } from '../../../../lib/tracking/objects/memory-exchange.ts'
import { figure, sized } from '../../../long.ts'
import { cameraOf, inWords, open, optionsIn, orderOf, stateOf } from '../exchanges.ts'

t.test('an object is started, told, mapped and stopped, all within the calls', async t => {
  const { exchange, told } = await open(t, { now: () => 1000 })
  const start = exchange.start(orderOf('a', '"data:,x"'))
  t.strictSame(told.map(inWords), ['2: started 1 "a" "data:,x"'], 'before the promise is there')
  t.strictSame(await start, { kind: 'started', objectId: 1 })
  t.strictSame(stateOf(exchange), [{ id: 1, image: '"data:,x"', featureMap: '{}' }])
  const map = exchange.map(1, Buffer.from('[1.0, 12e400]'))
  t.equal(told.length, 2)
  t.equal(await map, true)
  t.strictSame(stateOf(exchange), [{ id: 1, image: '"data:,x"', featureMap: '[1.0, 12e400]' }])
  const stop = exchange.stop(1)
  t.equal(told.length, 3)
  t.equal(await stop, true)
  t.strictSame(told.map(inWords), ['2: started 1 "a" "data:,x"', '3: mapped 1 [1.0, 12e400]', '4: stopped 1 client'])
  t.equal(exchange.objects.size, 0)
  t.equal(exchange.offset, 4)
  t.equal(exchange.lastId, 1)
})

t.test('F27: an object that is stopped twice is stopped once', async t => {
  const { exchange, told } = await open(t)
  await exchange.start(orderOf('a'))
  t.strictSame(await Promise.all([exchange.stop(1), exchange.stop(1), exchange.stop(2), exchange.map(1, Buffer.from('[]'))]), [true, false, false, false])
  t.equal(told.length, 2)
})

t.test('what is kept is no part of the message that it came in', async t => {
  const { exchange, told } = await open(t)
  const message = Buffer.from('"a" 12.0 3 "data:,x" [0.5] "b"')
  const slice = (text: string) => message.subarray(message.indexOf(text), message.indexOf(text) + text.length)
  await exchange.start({ camera: { key: '"a"', text: slice('"a"') }, frameId: slice('12.0'), boxId: slice('3'), image: slice('"data:,x"') })
  await exchange.map(1, slice('[0.5]'))
  exchange.register({ key: '"b"', text: slice('"b"') }, 'second')
  const before = { state: stateOf(exchange), told: told.map(inWords), camera: String(exchange.processors.get('"b"')?.camera.text) }
  message.fill('?')
  t.strictSame({ state: stateOf(exchange), told: told.map(inWords), camera: String(exchange.processors.get('"b"')?.camera.text) }, before)
  t.match(before.camera, '"b"')
})

t.test('an unknown camera uses no number', async t => {
  const { exchange, told } = await open(t)
  t.strictSame(await exchange.start(orderOf('nobody')), { kind: 'unknown-camera' })
  t.strictSame(told, [])
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'started', objectId: 1 })
})

t.test('F27: a camera belongs to the newest registration, and ends only with its own', async t => {
  const { exchange, told } = await open(t, { now: () => 7 })
  exchange.register(cameraOf('a'), 'second')
  exchange.unregister(cameraOf('a'), 'first')
  t.equal(exchange.processors.get('"a"')?.registration, 'second')
  exchange.register(cameraOf('a'), 'second')
  exchange.unregister(cameraOf('b'), 'second')
  t.strictSame([...exchange.processors.values()].map(({ registration, since }) => ({ registration, since })), [{ registration: 'second', since: 7 }])
  exchange.unregister(cameraOf('a'), 'second')
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'unknown-camera' })
  t.strictSame(told.map(inWords), ['2: online "a" second', '3: offline "a" second'])
})

t.test('there are no more objects than may be, and no more bytes', async t => {
  const { exchange } = await open(t, { maxObjects: 2, maxBytes: 30 })
  t.strictSame(await exchange.start(orderOf('a', '"0123456789"')), { kind: 'started', objectId: 1 })
  t.strictSame(await exchange.start(orderOf('a', '"01234567890123"')), { kind: 'full' })
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'started', objectId: 2 }, 'no number was used')
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'full' })
  t.equal(await exchange.map(2, Buffer.from('[0123456789012345]')), false)
  t.equal(stateOf(exchange)[1]?.featureMap, '{}', 'it has the one that it had')
  t.equal(await exchange.map(2, Buffer.from('[01234567]')), true)
  t.equal(await exchange.map(2, Buffer.from('[]')), true)
  await exchange.stop(1)
  t.strictSame(await exchange.start(orderOf('a', '"01234567890123"')), { kind: 'started', objectId: 3 }, 'what has gone makes place')
})

t.test('boxes are told as they are, and count as sightings', async t => {
  let now = 1000
  const { exchange, told } = await open(t, { now: () => now })
  await exchange.start(orderOf('a'))
  await exchange.start(orderOf('a'))
  now = 2000
  exchange.relay(cameraOf('a'), Buffer.from('12.0'), Buffer.from('[{}]'), [2, 2, 77])
  exchange.relay(undefined, Buffer.from('null'), Buffer.from('[]'), [])
  t.strictSame(told.slice(2).map(inWords), ['boxes "a" 12.0 [{}]', 'boxes null null []'])
  t.equal(exchange.offset, 3, 'they have no offset')
  t.strictSame([...exchange.objects.values()].map(({ startedAt, seenAt }) => [startedAt, seenAt]), [[1000, 1000], [1000, 2000]])
  t.strictSame([...exchange.objects.keys()], [1, 2])
})

t.test('everybody is told in the same order, whatever they ask for when they are told', async t => {
  const { exchange } = await open(t)
  const first: string[] = []
  const second: string[] = []
  const end = exchange.onHappening(happening => {
    first.push(inWords(happening))
    if (happening.kind === 'started') void exchange.stop(happening.object.id)
    if (happening.kind === 'stopped') exchange.unregister(cameraOf('a'), 'first')
  })
  exchange.onHappening(happening => second.push(inWords(happening)))
  await exchange.start(orderOf('a'))
  t.strictSame(first, ['2: started 1 "a" -', '3: stopped 1 client', '4: offline "a" first'])
  t.strictSame(second, first)
  t.strictSame(exchange.since(1)?.map(inWords), first)
  end()
  exchange.register(cameraOf('a'), 'second')
  t.equal(first.length, 3)
  t.equal(second.length, 4)
})

t.test('objects, feature maps and numbers survive a restart, and the history goes on', async t => {
  const folder = t.testdir()
  const options = optionsIn(folder)
  const before = await openMemoryExchange(options)
  before.register(cameraOf('a'), 'first')
  for (const image of ['"data:,ü"', undefined, '[1.0,\n2]', undefined]) await before.start(orderOf('a', image))
  await before.map(1, Buffer.from('[0.0, 1e400,123456789012345678901]'))
  await before.map(2, Buffer.from('["first"]'))
  await before.map(2, Buffer.from('["last"]'))
  await before.stop(4)
  const seen = before.objects.get(3)
  await before.close()
  t.strictSame(await before.start(orderOf('a')), { kind: 'unavailable' })
  t.strictSame([await before.map(1, Buffer.from('1')), await before.stop(1)], [false, false])

  const after = await openMemoryExchange(options)
  t.teardown(() => after.close())
  t.strictSame(stateOf(after), [
    { id: 1, image: '"data:,ü"', featureMap: '[0.0, 1e400,123456789012345678901]' },
    { id: 2, image: undefined, featureMap: '["last"]' },
    // A line feed between the parts of a text is as good as a space.
    { id: 3, image: '[1.0, 2]', featureMap: '{}' }
  ])
  t.equal(after.objects.get(3)?.startedAt, seen?.startedAt)
  t.equal(after.lastId, 4)
  t.equal(after.processors.size, 0, 'processors come by themselves')
  t.equal(after.epoch, before.epoch)
  t.equal(after.offset, before.offset)
  t.strictSame(after.since(before.offset), [])
  t.equal(after.since(before.offset - 1), undefined)
  after.register(cameraOf('a'), 'second')
  t.strictSame(await after.start(orderOf('a')), { kind: 'started', objectId: 5 })
  t.strictSame(after.since(before.offset)?.map(inWords), [`${before.offset + 1}: online "a" second`, `${before.offset + 2}: started 5 "a" -`])
})

t.test('numbers go on above those that are known elsewhere, also where the file is lost, and from then on without that knowledge', async t => {
  const folder = t.testdir()
  const first = await openMemoryExchange(optionsIn(folder))
  first.register(cameraOf('a'), 'first')
  await first.start(orderOf('a'))
  await first.close()
  rmSync(optionsIn(folder).folder, { recursive: true })
  const second = await openMemoryExchange(optionsIn(folder, { highestId: 41 }))
  t.not(second.epoch, first.epoch)
  second.register(cameraOf('a'), 'first')
  t.strictSame(await second.start(orderOf('a')), { kind: 'started', objectId: 42 })
  await second.stop(42)
  await second.close()
  const third = await openMemoryExchange(optionsIn(folder))
  t.equal(third.lastId, 42)
  await third.close()
})

t.test('objects expire from their start, or from when they were seen last', async t => {
  const place = t.testdir()
  for (const expiry of ['start', 'sighting'] as const) {
    let uptime = 0
    const { exchange, told } = await open(t, { timeout: 20, expiry, uptime: () => uptime, folder: path.join(place, expiry) })
    // Its own timers keep no process alive.
    const living = setInterval(() => {}, 1000)
    await exchange.start(orderOf('a'))
    uptime += 10
    await exchange.start(orderOf('a'))
    exchange.relay(undefined, Buffer.from('1'), Buffer.from('[]'), [1])
    uptime += 20
    const { promise, resolve } = Promise.withResolvers<void>()
    const stops: number[] = []
    exchange.onHappening(happening => {
      if (happening.kind === 'stopped') stops.push(happening.objectId)
      if (stops.length === 2) resolve()
    })
    await promise
    clearInterval(living)
    t.strictSame(stops, expiry === 'start' ? [1, 2] : [2, 1], expiry)
    t.strictSame(told.map(({ kind }) => kind), ['started', 'started', 'boxes', 'stopped', 'stopped'])
    t.match(told.at(-1), { cause: 'expired' })
    t.equal(exchange.objects.size, 0)
  }
})

t.test('time counts on while the server is away, and a clock that was set back ends nothing early', async t => {
  const place = t.testdir()
  for (const expiry of ['start', 'sighting'] as const) {
    const folder = path.join(place, expiry)
    let now = 1_000_000
    let uptime = 0
    const options = optionsIn(folder, { timeout: 1000, expiry, now: () => now, uptime: () => uptime })
    const before = await openMemoryExchange(options)
    before.register(cameraOf('a'), 'first')
    await before.start(orderOf('a'))
    await before.start(orderOf('a'))
    now += 400
    before.relay(undefined, Buffer.from('1'), Buffer.from('[]'), [1])
    await before.start(orderOf('a'))
    await before.close()

    now -= 10_000
    const early = await openMemoryExchange(options)
    await new Promise(resolve => setTimeout(resolve, 10))
    t.equal(early.objects.size, 3)
    await early.close()

    now += 10_000 + 700
    uptime = 5000
    const after = await openMemoryExchange(options)
    t.teardown(() => after.close())
    const due = expiry === 'start' ? [1, 2] : [2]
    const left = [1, 2, 3].filter(id => !due.includes(id))
    const stops: number[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    after.onHappening(happening => {
      if (happening.kind === 'stopped') stops.push(happening.objectId)
      if (stops.length === due.length) resolve()
    })
    const living = setInterval(() => {}, 1000)
    await promise
    clearInterval(living)
    t.strictSame(stops, due)
    t.strictSame([...after.objects.keys()], left)
  }
})

t.test('F27: objects expire all in one go while others have their turns', { timeout: 120_000 }, async t => {
  const count = sized(20_000, 100_000)
  let uptime = 0
  const options = optionsIn(t.testdir(), { timeout: 1000, uptime: () => uptime + performance.now() })
  const exchange = await openMemoryExchange(options)
  exchange.register(cameraOf('a'), 'first')
  for (let id = 1; id <= count; id++) await exchange.start(orderOf('a'))
  t.equal(exchange.objects.size, count)
  const { promise, resolve } = Promise.withResolvers<void>()
  let last = 0
  exchange.onHappening(happening => {
    if (happening.kind !== 'stopped') return
    if (happening.objectId <= last) t.fail('in the order of their starts')
    last = happening.objectId
    if (exchange.objects.size === 0) resolve()
  })
  let turns = 0
  let goesOn = true
  const turn = () => {
    turns += 1
    if (goesOn) setImmediate(turn)
  }
  uptime = 1e6
  turn()
  await promise
  goesOn = false
  t.equal(exchange.objects.size, 0)
  t.ok(turns > 3)
  figure(t, 'F27', `${count} objects expired in ${turns} turns`)
  await exchange.close()
  const after = await openMemoryExchange(options)
  t.equal(after.objects.size, 0)
  t.equal(after.lastId, count)
  await after.close()
})

t.test('the file of objects that come, change and go becomes small again', async t => {
  const { exchange, folder } = await open(t, { disk: { interval: 1, slack: 20_000 } })
  const file = path.join(folder, 'objects.log')
  await exchange.start(orderOf('a', '"stays"'))
  for (let round = 0; round < 100; round++) {
    const id = exchange.lastId + 1
    await exchange.start(orderOf('a', JSON.stringify('x'.repeat(1000))))
    for (let time = 0; time < 5; time++) await exchange.map(id, Buffer.from(`[${round}.0${'0'.repeat(1000)}]`))
    await exchange.stop(id)
    if (round % 10 === 0) await pass()
  }
  while (statSync(file).size > 25_000) await pass()
  t.equal(exchange.trouble, undefined)
  // The new file is the one that is written to.
  await exchange.map(1, Buffer.from('[0.0]'))
  await exchange.close()
  t.strictSame(readdirSync(folder), ['objects.log'])
  const after = await openMemoryExchange(optionsIn('', { folder }))
  t.strictSame(stateOf(after), [{ id: 1, image: '"stays"', featureMap: '[0.0]' }])
  t.equal(after.lastId, 101)
  t.equal(after.epoch, exchange.epoch)
  await after.close()
})

t.test('it does so also where there is something new in every turn', async t => {
  const { exchange, folder } = await open(t, { disk: { interval: 1, slack: 0 } })
  const file = path.join(folder, 'objects.log')
  await exchange.start(orderOf('a'))
  let goesOn = true
  let times = 0
  const turn = () => {
    if (!goesOn) return
    void exchange.start(orderOf('a'))
    void exchange.map(1, Buffer.from(`[${++times}.0]`.padEnd(1000)))
    void exchange.stop(exchange.lastId)
    setImmediate(turn)
  }
  turn()
  // A new file, or the number of one that was there before.
  let last = statSync(file).ino
  for (let changes = 0; changes < 3;) {
    await pass()
    const { ino } = statSync(file)
    if (ino !== last) changes += 1
    last = ino
  }
  goesOn = false
  await exchange.close()
  const after = await openMemoryExchange(optionsIn('', { folder }))
  t.strictSame(stateOf(after), stateOf(exchange))
  t.equal(after.objects.size, 1)
  t.equal(after.lastId, exchange.lastId)
  t.equal(after.epoch, exchange.epoch)
  await after.close()
})

t.test('whatever is asked for, and however often the server is started anew, the state is that of a simple list', async t => {
  const place = t.testdir()
  const text = fc.json().map(json => Buffer.from(json))
  const id = fc.integer({ min: 1, max: 8 })
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ ask: fc.constant('start' as const), image: fc.option(text, { nil: undefined }) }) },
    { weight: 3, arbitrary: fc.record({ ask: fc.constant('map' as const), id, text }) },
    { weight: 3, arbitrary: fc.record({ ask: fc.constant('stop' as const), id }) },
    { weight: 1, arbitrary: fc.record({ ask: fc.constant('restart' as const) }) }
  )
  let run = 0
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
    const options = optionsIn(path.join(place, String(run++)), { disk: { interval: 1, slack: 500 } })
    const objects = new Map<number, { id: number, image: string | undefined, featureMap: string }>()
    let lastId = 0
    let exchange = await openMemoryExchange(options)
    exchange.register(cameraOf('a'), 'first')
    for (const given of steps) {
      const before = exchange.offset
      if (given.ask === 'start') {
        const { image } = given
        assert.deepEqual(await exchange.start({ ...orderOf('a'), image }), { kind: 'started', objectId: ++lastId })
        objects.set(lastId, { id: lastId, image: image?.toString(), featureMap: '{}' })
        assert.equal(exchange.offset, before + 1)
      } else if (given.ask === 'restart') {
        await exchange.close()
        exchange = await openMemoryExchange(options)
        assert.equal(exchange.offset, before)
        exchange.register(cameraOf('a'), 'first')
      } else {
        const object = objects.get(given.id)
        const done = given.ask === 'map' ? await exchange.map(given.id, given.text) : await exchange.stop(given.id)
        assert.equal(done, object !== undefined)
        assert.equal(exchange.offset, done ? before + 1 : before)
        if (given.ask === 'stop') objects.delete(given.id)
        else if (object !== undefined) object.featureMap = given.text.toString()
      }
      assert.deepEqual(stateOf(exchange), [...objects.values()])
      assert.equal(exchange.lastId, lastId)
    }
    await exchange.close()
    assert.equal(exchange.trouble, undefined)
  }), { numRuns: 40 })
})

/** Lets timers and the disk have a turn. */
async function pass (): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 2))
}
