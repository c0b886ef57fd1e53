// Several servers' exchanges on one real Redis: they know the same, in the same order, whatever becomes of a server, a connection or Redis meanwhile.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import type { Exchange, Happening } from '../../lib/tracking/objects/exchange.ts'
import { openMemoryExchange } from '../../lib/tracking/objects/memory-exchange.ts'
import { openRedisExchange } from '../../lib/tracking/redis/exchange.ts'
import type { RedisExchangeOptions } from '../../lib/tracking/redis/exchange.ts'
import { openRedisTimelines } from '../../lib/tracking/redis/timelines.ts'
import { cameraOf, inWords, optionsIn, orderOf, stateOf } from '../lib/tracking/exchanges.ts'
import type { Command, Saying } from './exchange-process.ts'
import { startEngine } from './stores.ts'

/** Options of an exchange that notices soon. */
function optionsAt (port: number, options: Partial<RedisExchangeOptions> = {}): RedisExchangeOptions {
  return { url: `redis://127.0.0.1:${port}`, expiry: 'start', maxObjects: 1e6, maxBytes: 2 ** 30, server: randomUUID(), lifetime: 1500, patience: 1000, gathering: 200, ...options }
}

/** Opens an exchange, closed with the test. */
async function open (t: Test, port: number, options: Partial<RedisExchangeOptions> = {}): Promise<{ exchange: Exchange, told: Happening[], words: (without?: Happening['kind']) => string[] }> {
  const exchange = await openRedisExchange(optionsAt(port, options))
  t.teardown(async () => await exchange.close())
  const told: Happening[] = []
  exchange.onHappening(happening => { told.push(happening) })
  return { exchange, told, words: without => told.filter(({ kind }) => kind !== without).map(inWords) }
}

/** Resolves when it is so. Rejects where that takes far longer than anything here. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!await isSo()) {
    if (performance.now() > deadline) throw new Error(`After a minute it is still not so: ${isSo}`)
    await pause(5)
  }
}

/** Resolves when all know the same. */
async function agree (...exchanges: Exchange[]): Promise<void> {
  await until(() => exchanges.every(({ trouble, offset, epoch }) => trouble === undefined && offset === exchanges[0]?.offset && epoch === exchanges[0].epoch))
}

/** That all know the same objects, processors and numbers. */
function same (t: Test, ...exchanges: Exchange[]): void {
  const [first, ...others] = exchanges.map(exchange => ({
    objects: stateOf(exchange), processors: [...exchange.processors.values()].map(({ camera, registration, since }) => `${camera.text} ${registration} ${since}`).sort(), lastId: exchange.lastId
  }))
  for (const other of others) t.strictSame(other, first)
}

/** A way to a port that can be cut, and on which what comes back can be held. */
async function openWay (t: Test, port: number): Promise<{ port: number, cut (): void, mend (): void, hold (): void, release (): void, readonly sent: number }> {
  const sockets = new Set<Socket>()
  const farSockets = new Set<Socket>()
  let isCut = false
  let sent = 0
  const server = createServer(near => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one.on('error', () => {}).on('close', () => {
        sockets.delete(one)
        other.destroy()
      }))
      one.pipe(other)
    }
    near.on('data', bytes => { sent += bytes.length })
    farSockets.add(far.on('close', () => { farSockets.delete(far) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(() => {
    cut()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => { isCut = false },
    hold () { for (const far of farSockets) far.pause() },
    release () { for (const far of farSockets) far.resume() },
    get sent () { return sent }
  }
}

/** Whole numbers from 0, below the one given; the same ones for the same seed. */
function createRandom (t: Test): (below: number) => number {
  let seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
  t.comment(`SEED=${seed}`)
  return below => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7FFFFFFF
    return Math.floor(seed / 2 ** 31 * below)
  }
}

/** An exchange in a process of its own. */
async function openProcess (t: Test, options: RedisExchangeOptions) {
  const child = fork(fileURLToPath(new URL('exchange-process.ts', import.meta.url)), [JSON.stringify(options)])
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const told: string[] = []
  const waiting: ((done: unknown) => void)[] = []
  const answered = async () => await new Promise<unknown>(resolve => { waiting.push(resolve) })
  child.on('message', (saying: Saying) => {
    if ('told' in saying) told.push(saying.told)
    else waiting.shift()?.(saying.done)
  })
  await answered()
  return {
    told,
    async ask (...command: Command) {
      child.send(command)
      return await answered()
    },
    async kill () {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

t.test('what is asked of one server is told at all, in the same order and with the same numbers', async t => {
  const { port } = await startEngine(t, 'redis')
  const [one, two] = [await open(t, port, { now: () => 1000 }), await open(t, port, { now: () => 1000 })]
  const message = Buffer.from('"a" 12.0 3 "data:,x" [0.50, 12e400]')
  const slice = (text: string) => message.subarray(message.indexOf(text), message.indexOf(text) + text.length)
  t.strictSame(await one.exchange.start(orderOf('a')), { kind: 'unknown-camera' })
  one.exchange.register({ key: '"a"', text: slice('"a"') }, 'first.1')
  const start = one.exchange.start({ camera: { key: '"a"', text: slice('"a"') }, frameId: slice('12.0'), boxId: slice('3'), image: slice('"data:,x"') })
  const map = one.exchange.map(1, slice('[0.50, 12e400]'))
  message.fill('?')
  t.strictSame([await start, await map], [{ kind: 'started', objectId: 1 }, true])
  await agree(one.exchange, two.exchange)
  same(t, one.exchange, two.exchange)
  t.strictSame(await Promise.all([two.exchange.stop(1), two.exchange.stop(1), two.exchange.map(1, Buffer.from('1'))]), [true, false, false])
  await agree(one.exchange, two.exchange)
  const expected = ['1: online "a" first.1', '2: started 1 "a" "data:,x"', '3: mapped 1 [0.50, 12e400]', '4: stopped 1 client']
  t.strictSame([one.words(), two.words()], [expected, expected])
  const [, started] = two.told
  t.match(started, { kind: 'started', object: { startedAt: 1000, seenAt: 1000 }, order: { frameId: Buffer.from('12.0'), boxId: Buffer.from('3') } })
  t.strictSame([one.exchange.objects.size, two.exchange.objects.size, two.exchange.lastId], [0, 0, 1])
  t.strictSame(two.exchange.since(2)?.map(inWords), expected.slice(2))
})

t.test('boxes are told where they come from at once, at the others soon, and once at each; they count as sightings', async t => {
  const { port } = await startEngine(t, 'redis')
  let time = 1000
  const [one, two] = [await open(t, port, { now: () => time }), await open(t, port, { now: () => time })]
  one.exchange.register(cameraOf('a'), 'first')
  await one.exchange.start(orderOf('a'))
  await agree(one.exchange, two.exchange)
  time = 2000
  one.exchange.relay(cameraOf('a'), Buffer.from('1.0'), Buffer.from('[{"objectId":1}]'), [1, 5])
  t.equal(one.words().at(-1), 'boxes "a" 1.0 [{"objectId":1}]')
  two.exchange.relay(undefined, Buffer.from('2.0'), Buffer.from('[]'), [])
  await until(() => one.words().length === 4 && two.words().length === 4)
  t.strictSame(one.words('started').at(-1), 'boxes null 2.0 []')
  t.ok(two.words().includes('boxes "a" 1.0 [{"objectId":1}]'))
  t.strictSame([one.exchange.objects.get(1)?.seenAt, two.exchange.objects.get(1)?.seenAt], [2000, 2000])
  // The next server hears of it when it has been written down.
  await until(async () => {
    const { exchange } = await open(t, port)
    const seenAt = exchange.objects.get(1)?.seenAt
    await exchange.close()
    return seenAt === 2000
  })
})

t.test('what a process did that was killed is there, but for its sockets', async t => {
  const { port } = await startEngine(t, 'redis')
  const doomed = await openProcess(t, optionsAt(port))
  const { exchange, words } = await open(t, port)
  await doomed.ask('register', 'a', 'first')
  t.strictSame(await doomed.ask('start', 'a', '"data:,1"'), { kind: 'started', objectId: 1 })
  t.strictSame(await exchange.start(orderOf('a', '"data:,2"')), { kind: 'started', objectId: 2 })
  t.equal(await doomed.ask('map', 2, '[2.0]'), true)
  await doomed.ask('relay', 'a', '[{"objectId":1}]')
  await until(() => words().length === 5)
  t.strictSame(words(), ['1: online "a" first', '2: started 1 "a" "data:,1"', '3: started 2 "a" "data:,2"', '4: mapped 2 [2.0]', 'boxes "a" 12.0 [{"objectId":1}]'])
  await until(() => doomed.told.length === 5)
  await doomed.kill()
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'started', objectId: 3 }, 'its camera is not given up at once: a process that starts again registers it soon')
  await until(() => exchange.processors.size === 0)
  t.equal(words().at(-1), '6: offline "a" first')
  t.strictSame(stateOf(exchange), [{ id: 1, image: '"data:,1"', featureMap: '{}' }, { id: 2, image: '"data:,2"', featureMap: '[2.0]' }, { id: 3, image: undefined, featureMap: '{}' }])
  const next = await openProcess(t, optionsAt(port))
  await next.ask('register', 'a', 'second')
  t.strictSame(await next.ask('start', 'a', '"data:,4"'), { kind: 'started', objectId: 4 })
})

t.test('F27: a camera belongs to the newest registration at all servers, also where that comes while another is cut off', async t => {
  const { port } = await startEngine(t, 'redis')
  const way = await openWay(t, port)
  const [one, two] = [await open(t, way.port), await open(t, port)]
  one.exchange.register(cameraOf('a'), 'first')
  two.exchange.register(cameraOf('b'), 'other')
  await until(() => two.exchange.processors.size === 2)
  two.exchange.register(cameraOf('a'), 'second')
  await until(() => one.words().some(words => words.endsWith('online "a" second')))
  one.exchange.unregister(cameraOf('a'), 'first')
  t.strictSame(await one.exchange.start(orderOf('a')), { kind: 'started', objectId: 1 }, 'what has been replaced ends nothing')

  way.cut()
  await until(() => one.exchange.trouble !== undefined)
  one.exchange.register(cameraOf('b'), 'away')
  await pause(5)
  two.exchange.register(cameraOf('b'), 'newest')
  await until(() => two.exchange.processors.get('"b"')?.registration === 'newest')
  way.mend()
  await agree(one.exchange, two.exchange)
  // As many looks as would bring a registration back.
  await pause(1500)
  same(t, one.exchange, two.exchange)
  t.equal(one.exchange.processors.get('"b"')?.registration, 'newest')
  t.notOk(two.words().some(words => words.includes(' offline ')), 'nobody was taken to be away')
})

t.test('whoever was replaced is not back because his server hears late that the newer one came and left', async t => {
  const { port } = await startEngine(t, 'redis')
  const way = await openWay(t, port)
  const [one, two] = [await open(t, way.port, { patience: 5000 }), await open(t, port)]
  one.exchange.register(cameraOf('a'), 'first')
  await until(() => one.exchange.processors.size === 1)
  await agree(one.exchange, two.exchange)
  way.hold()
  two.exchange.register(cameraOf('a'), 'second')
  await until(() => two.exchange.processors.get(cameraOf('a').key)?.registration === 'second')
  two.exchange.unregister(cameraOf('a'), 'second')
  await until(() => two.exchange.processors.size === 0)
  // It says that the first one lives, and goes on when it hears that this is done.
  for (const go of [() => {}, way.release]) {
    const before = way.sent
    go()
    await until(() => way.sent > before)
  }
  await agree(one.exchange, two.exchange)
  for (const { words } of [one, two]) t.strictSame(words(), ['1: online "a" first', '2: online "a" second', '3: offline "a" second'])
})

t.test('many registrations that Redis has lost come back, each once', async t => {
  const { port } = await startEngine(t, 'redis')
  const [one, two] = [await open(t, port), await open(t, port)]
  const cameras = Array.from({ length: 450 }, (_, index) => `camera ${index}`)
  for (const camera of cameras) one.exchange.register(cameraOf(camera), `of ${camera}`)
  await until(() => two.exchange.processors.size === cameras.length)
  await agree(one.exchange, two.exchange)
  const admin = new Redis(port, '127.0.0.1')
  t.teardown(() => admin.disconnect())
  await admin.del('tutti:tracking:processors')
  await until(async () => await admin.hlen('tutti:tracking:processors') === cameras.length)
  await agree(one.exchange, two.exchange)
  for (const { words } of [one, two]) {
    const online = words().map(each => each.replace(/^\d+: /, ''))
    t.equal(online.length, 2 * cameras.length)
    t.strictSame(online.slice(cameras.length).sort(), online.slice(0, cameras.length).sort())
  }
})

t.test('a server that was cut off is told what it missed: all of it in order, or where that is too much what lies between', async t => {
  for (const count of [1000, 3]) {
    const { port } = await startEngine(t, 'redis')
    const way = await openWay(t, port)
    const options = { history: { count }, lifetime: 60_000 }
    const [one, two] = [await open(t, port, options), await open(t, way.port, options)]
    one.exchange.register(cameraOf('a'), 'first')
    for (let id = 1; id <= 3; id++) await one.exchange.start(orderOf('a', `"data:,${id}"`))
    await agree(one.exchange, two.exchange)
    const { offset } = two.exchange
    const before = two.told.length
    way.cut()
    await until(() => two.exchange.trouble !== undefined)
    t.strictSame(await two.exchange.start(orderOf('a')), { kind: 'unavailable' })
    t.equal(await two.exchange.stop(1), false)
    for (let id = 4; id <= 300; id++) await one.exchange.start(orderOf('a', `"data:,${id}"`))
    await Promise.all([one.exchange.stop(1), one.exchange.map(2, Buffer.from('[2.0]')), one.exchange.map(5, Buffer.from('[5.0]')), one.exchange.stop(300)])
    one.exchange.register(cameraOf('b'), 'second')
    await until(() => one.exchange.processors.size === 2)
    way.mend()
    await agree(one.exchange, two.exchange)
    same(t, one.exchange, two.exchange)
    const missed = two.words().slice(before)
    if (count === 1000) t.strictSame(missed, one.words().slice(before))
    else {
      const withoutOffsets = missed.map(words => words.replace(/^\d+: /, ''))
      t.strictSame(withoutOffsets.slice(0, 3), ['online "b" second', 'stopped 1 client', 'mapped 2 [2.0]'])
      t.equal(withoutOffsets.length, 3 + 296)
      t.notOk(withoutOffsets.some(words => words.startsWith('started 300 ')))
      t.equal(two.exchange.since(offset), undefined, 'nobody is told half of it')
    }
    t.strictSame(two.exchange.since(two.exchange.offset), [])
    t.strictSame(two.exchange.since(two.exchange.offset - 2)?.map(inWords), one.exchange.since(one.exchange.offset - 2)?.map(inWords))
    t.strictSame(await two.exchange.start(orderOf('b')), { kind: 'started', objectId: 301 })
    await one.exchange.close()
    await two.exchange.close()
  }
})

t.test('a client goes on at a server that was started later', async t => {
  const { port } = await startEngine(t, 'redis')
  const one = await open(t, port)
  one.exchange.register(cameraOf('a'), 'first')
  await one.exchange.start(orderOf('a', '"data:,1"'))
  await one.exchange.map(1, Buffer.from('[1.0]'))
  await one.exchange.stop(1)
  await one.exchange.start(orderOf('a'))
  const two = await open(t, port)
  t.equal(two.exchange.epoch, one.exchange.epoch)
  t.strictSame(two.exchange.since(1)?.map(inWords), one.words().slice(1))
  t.strictSame(two.told, [], 'what was before is there, and has not happened now')
  same(t, one.exchange, two.exchange)
})

t.test('what Redis has kept over a restart goes on', async t => {
  const engine = await startEngine(t, 'redis', ['--appendonly', 'yes', '--appendfsync', 'always'])
  const [one, two] = [await open(t, engine.port), await open(t, engine.port)]
  one.exchange.register(cameraOf('a'), 'first')
  await until(() => two.exchange.processors.size === 1)
  for (let id = 1; id <= 3; id++) await two.exchange.start(orderOf('a', `"data:,${id}"`))
  await agree(one.exchange, two.exchange)
  const { epoch } = one.exchange
  await engine.kill()
  await until(() => one.exchange.trouble !== undefined)
  t.strictSame(await one.exchange.start(orderOf('a')), { kind: 'unavailable' })
  t.equal(one.exchange.objects.size, 3)
  await engine.start()
  await agree(one.exchange, two.exchange)
  t.equal(one.exchange.epoch, epoch)
  t.strictSame(await one.exchange.start(orderOf('a')), { kind: 'started', objectId: 4 })
  await agree(one.exchange, two.exchange)
  same(t, one.exchange, two.exchange)
  t.strictSame(two.words(), ['1: online "a" first', '2: started 1 "a" "data:,1"', '3: started 2 "a" "data:,2"', '4: started 3 "a" "data:,3"', '5: started 4 "a" -'])
})

t.test('what Redis has lost is brought back by the servers, and numbers go on', async t => {
  for (const fault of ['restart', 'flush', 'snapshot'] as const) {
    const engine = await startEngine(t, 'redis')
    const [one, two] = [await open(t, engine.port), await open(t, engine.port)]
    one.exchange.register(cameraOf('a'), 'first')
    two.exchange.register(cameraOf('b'), 'second')
    await until(() => two.exchange.processors.size === 2)
    for (let id = 1; id <= 700; id++) await two.exchange.start(orderOf('a', `"data:,${id}"`))
    const redis = new Redis(engine.port, '127.0.0.1')
    t.teardown(() => redis.disconnect())
    // What it will find when it is started again: less than it has said.
    if (fault === 'snapshot') await redis.save()
    await two.exchange.map(3, Buffer.from('[3.0]'))
    await two.exchange.stop(700)
    await agree(one.exchange, two.exchange)
    const { epoch } = one.exchange
    const objects = stateOf(one.exchange)
    if (fault === 'flush') await redis.flushall()
    else {
      await engine.kill()
      await engine.start()
    }
    await until(() => one.exchange.epoch !== epoch)
    await agree(one.exchange, two.exchange)
    t.strictSame(await one.exchange.start(orderOf('b')), { kind: 'started', objectId: 701 })
    await agree(one.exchange, two.exchange)
    const three = await open(t, engine.port)
    same(t, one.exchange, two.exchange, three.exchange)
    t.strictSame(stateOf(three.exchange), [...objects, { id: 701, image: undefined, featureMap: '{}' }])
    t.notOk([...one.words(), ...two.words()].some(words => / offline /.test(words)), 'nobody was taken to be away')
    t.equal(one.exchange.since(700), undefined)
    await Promise.all([one, two, three].map(async ({ exchange }) => await exchange.close()))
  }
})

t.test('pictures of ten megabytes, and ten thousand objects, are read by whoever comes later', async t => {
  const { port } = await startEngine(t, 'redis')
  const one = await open(t, port, { patience: 10_000 })
  one.exchange.register(cameraOf('a'), 'first')
  const image = JSON.stringify('x'.repeat(10 * 1024 * 1024 - 2))
  for (let count = 0; count < 6; count++) t.equal((await one.exchange.start(orderOf('a', image))).kind, 'started')
  t.equal(await one.exchange.map(6, Buffer.from(image)), true)
  for (let count = 0; count < 20; count++) await Promise.all(Array.from({ length: 500 }, async (_, index) => await one.exchange.start(orderOf('a', String(index)))))
  const two = await open(t, port, { patience: 10_000 })
  t.equal(two.exchange.objects.size, 10_006)
  await agree(one.exchange, two.exchange)
  t.strictSame([...two.exchange.objects.keys()], [...one.exchange.objects.keys()])
  for (const id of [1, 6, 7, 10_006]) t.ok(two.exchange.objects.get(id)?.image?.equals(one.exchange.objects.get(id)?.image ?? Buffer.alloc(0)))
  t.equal(two.exchange.objects.get(6)?.featureMap.length, image.length)
})

t.test('while Redis stands still nobody waits for long, boxes go on, and then all goes on', async t => {
  const engine = await startEngine(t, 'redis')
  const [one, two] = [await open(t, engine.port), await open(t, engine.port)]
  one.exchange.register(cameraOf('a'), 'first')
  t.strictSame(await one.exchange.start(orderOf('a')), { kind: 'started', objectId: 1 })
  await agree(one.exchange, two.exchange)
  await engine.hold()
  const asked = [one.exchange.start(orderOf('a')), two.exchange.start(orderOf('a'))]
  const boxes = Buffer.alloc(100_000, ' ')
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 1000; count++) one.exchange.relay(cameraOf('a'), Buffer.from(String(count)), boxes, [1])
  t.equal(one.told.filter(({ kind }) => kind === 'boxes').length, 1000, 'told here')
  t.ok(process.memoryUsage().arrayBuffers - before < 50e6, 'and not kept for the others')
  t.strictSame(await Promise.all(asked), [{ kind: 'unavailable' }, { kind: 'unavailable' }])
  await until(() => one.exchange.trouble !== undefined && two.exchange.trouble !== undefined)
  // Longer than registrations live.
  await pause(1600)
  engine.release()
  await agree(one.exchange, two.exchange)
  const { kind } = await two.exchange.start(orderOf('a'))
  t.equal(kind, 'started')
  await agree(one.exchange, two.exchange)
  same(t, one.exchange, two.exchange)
  t.notOk(two.words().some(words => words.includes(' offline ')), 'nobody was taken to be away')
})

t.test('F27: objects expire once, whichever server sees to it, and not where another one sees them', async t => {
  const { port } = await startEngine(t, 'redis')
  const [one, two] = [await open(t, port, { timeout: 400 }), await open(t, port, { timeout: 400 })]
  one.exchange.register(cameraOf('a'), 'first')
  const started = await Promise.all(Array.from({ length: 1000 }, async () => await one.exchange.start(orderOf('a'))))
  t.equal(started.filter(({ kind }) => kind === 'started').length, 1000)
  await until(() => one.exchange.objects.size === 0 && two.exchange.objects.size === 0)
  await agree(one.exchange, two.exchange)
  for (const { told } of [one, two]) t.equal(told.filter(happening => happening.kind === 'stopped' && happening.cause === 'expired').length, 1000)
  await one.exchange.close()
  await two.exchange.close()

  const options = { timeout: 800, expiry: 'sighting', prefix: 'sightings:' } as const
  const [near, far] = [await open(t, port, options), await open(t, port, options)]
  near.exchange.register(cameraOf('a'), 'first')
  await near.exchange.start(orderOf('a'))
  await near.exchange.start(orderOf('a'))
  await agree(near.exchange, far.exchange)
  const timer = setInterval(() => { near.exchange.relay(cameraOf('a'), Buffer.from('1'), Buffer.from('[]'), [2]) }, 20)
  await until(() => !far.exchange.objects.has(1))
  await pause(900)
  t.ok(far.exchange.objects.has(2) && near.exchange.objects.has(2), 'it is seen')
  clearInterval(timer)
  await until(() => far.exchange.objects.size === 0)
  t.strictSame(far.words('boxes'), ['1: online "a" first', '2: started 1 "a" -', '3: started 2 "a" -', '4: stopped 1 expired', '5: stopped 2 expired'])
})

t.test('a full Redis starts nothing more, and stops what there is', async t => {
  const engine = await startEngine(t, 'redis', ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'])
  const { exchange } = await open(t, engine.port)
  exchange.register(cameraOf('a'), 'first')
  const image = JSON.stringify('x'.repeat(200_000))
  const results: string[] = []
  for (let count = 0; count < 20; count++) results.push((await exchange.start(orderOf('a', image))).kind)
  t.equal(results.at(-1), 'full')
  t.equal(await exchange.map(1, Buffer.from(image)), false)
  for (const id of [...exchange.objects.keys()]) t.equal(await exchange.stop(id), true)
  t.equal(exchange.objects.size, 0)
})

t.test('the user of Redis needs leave for no more than docs/tracking.md says', async t => {
  const [, list = ''] = /The Redis user needs ([^.]*)\./.exec(readFileSync(new URL('../../docs/tracking.md', import.meta.url), 'utf8')) ?? []
  const commands = list.match(/`[A-Z| ]+`/g)?.map(name => `+${name.slice(1, -1).toLowerCase().replace(' ', '|')}`) ?? []
  t.ok(commands.length > 20)
  const user = ['tutti', 'on', '>secret', '~tutti:tracking:*', 'resetchannels', '&tutti:tracking:*', '-@all', ...commands]
  const engine = await startEngine(t, 'redis', ['--user', ...user])
  const url = `redis://tutti:secret@127.0.0.1:${engine.port}`
  const [one, two] = [await open(t, engine.port, { url, timeout: 2000 }), await open(t, engine.port, { url, timeout: 2000 })]
  t.equal(one.exchange.trouble, undefined)
  const timelines = await openRedisTimelines({ url, days: 1, bytes: 100 })
  t.teardown(async () => await timelines.close())
  one.exchange.register(cameraOf('a'), 'first')
  t.equal((await one.exchange.start(orderOf('a', '1'))).kind, 'started')
  t.equal((await one.exchange.start(orderOf('a'))).kind, 'started')
  t.strictSame([await one.exchange.map(1, Buffer.from('[]')), await one.exchange.stop(2)], [true, true])
  two.exchange.relay(undefined, Buffer.from('1'), Buffer.from('[]'), [1])
  for (let at = 1; at < 5; at++) timelines.record([1], { at: Date.now(), processor: '"a"' })
  await timelines.read(1)
  await until(() => one.words().includes('boxes null 1 []') && two.exchange.objects.size === 0)
  one.exchange.unregister(cameraOf('a'), 'first')
  await until(() => two.exchange.processors.size === 0)
  t.strictSame(one.words().slice(0, 4), ['1: online "a" first', '2: started 1 "a" 1', '3: started 2 "a" -', '4: mapped 1 []'])
  const admin = new Redis(engine.port, '127.0.0.1')
  t.teardown(() => admin.disconnect())
  await admin.flushall()
  await agree(one.exchange, two.exchange)
  const denied = await admin.call('ACL', 'LOG') as unknown[]
  // Without leave to say which library it is, the library does not say.
  t.strictSame(denied.map(String).filter(words => !words.includes('client|setinfo')), [], 'nothing else was asked for that it may not do')
})

t.test('a Redis that is not there holds nobody up, and is found when it comes', async t => {
  const engine = await startEngine(t, 'redis')
  await engine.kill()
  const troubles: (string | undefined)[] = []
  const { exchange, words } = await open(t, engine.port, { onTrouble: trouble => { troubles.push(trouble) }, patience: 200, highestId: 41 })
  t.match(exchange.trouble, /Redis/)
  exchange.register(cameraOf('a'), 'first')
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'unavailable' })
  await engine.start()
  await until(() => exchange.trouble === undefined && exchange.processors.size === 1)
  t.strictSame(await exchange.start(orderOf('a')), { kind: 'started', objectId: 42 })
  t.strictSame(words(), ['1: online "a" first', '2: started 42 "a" -'])
  t.strictSame(troubles.at(-1), undefined)
})

t.test('1,000 schedules happen as they do in memory', async t => {
  const { port } = await startEngine(t, 'redis')
  const limits = { maxObjects: 8, maxBytes: 1000, now: () => 1000 }
  const sharing = { ...limits, lifetime: 4000, patience: 20_000 }
  const [one, two] = [await open(t, port, sharing), await open(t, port, sharing)]
  const memory = await openMemoryExchange(optionsIn(t.testdir(), limits))
  t.teardown(async () => await memory.close())
  const expected: string[] = []
  memory.onHappening(happening => { expected.push(inWords(happening)) })

  const random = createRandom(t)
  const value = () => Buffer.from(JSON.stringify('x'.repeat(random(4) === 0 ? random(900) : random(100))))
  // By server: nobody ends what another has registered.
  const registrations = new Map<Exchange, [camera: string, registration: string][]>([[one.exchange, []], [two.exchange, []]])
  let registered = 0
  /** Something to do, the same for each exchange. */
  const step = (server: Exchange): ((exchange: Exchange) => unknown) => {
    const camera = 'abc'.charAt(random(3))
    const id = memory.lastId - random(10) + 1
    switch (random(8)) {
      case 0: {
        const registration = `r${registered++}`
        registrations.get(server)?.push([camera, registration])
        return exchange => exchange.register(cameraOf(camera), registration)
      }
      case 1: {
        const [known = 'a', registration = 'nobody'] = registrations.get(server)?.at(-1 - random(4)) ?? []
        return exchange => exchange.unregister(cameraOf(known), registration)
      }
      case 2:
      case 3: {
        const order = { ...orderOf(camera), image: random(2) === 0 ? undefined : value() }
        return async exchange => await exchange.start(order)
      }
      case 4:
      case 5: {
        const featureMap = value()
        return async exchange => await exchange.map(id, featureMap)
      }
      default: return async exchange => await exchange.stop(id)
    }
  }

  for (let schedule = 0; schedule < 1000; schedule++) {
    for (const { exchange } of random(2) === 0 ? [one, two] : [two, one]) {
      // What one server is asked it does in that order, whether or not anybody waits for it.
      const wanted: unknown[] = []
      const done: unknown[] = []
      for (let count = random(12); count >= 0; count--) {
        const next = step(exchange)
        wanted.push(next(memory))
        done.push(next(exchange))
      }
      const [found, hoped] = [await Promise.all(done), await Promise.all(wanted)]
      await until(() => one.exchange.offset === memory.offset && two.exchange.offset === memory.offset)
      if (JSON.stringify(found) !== JSON.stringify(hoped)) t.strictSame(found, hoped)
    }
  }
  t.ok(expected.length > 2000, `${expected.length} happenings`)
  t.strictSame(one.words(), expected)
  t.strictSame(two.words(), expected)
  t.strictSame(stateOf(one.exchange), stateOf(memory))
  t.strictSame(one.exchange.lastId, memory.lastId)
})

t.test('whatever breaks meanwhile, in the end all know the same, and have been told as much', async t => {
  const engine = await startEngine(t, 'redis')
  const redis = new Redis(engine.port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const random = createRandom(t)
  const servers = await Promise.all(Array.from({ length: 3 }, async (_, index) => {
    const way = await openWay(t, engine.port)
    const { exchange } = await open(t, way.port, { history: { count: 20 }, patience: 2000, lifetime: 4000, maxBytes: 5000 })
    // What somebody knows who only listens.
    const objects = new Map<number, string>()
    const cameras = new Map<string, string>()
    exchange.onHappening(happening => {
      if (happening.kind === 'started') objects.set(happening.object.id, `${happening.object.image ?? '-'} ${happening.object.featureMap}`)
      else if (happening.kind === 'mapped') objects.set(happening.objectId, `${objects.get(happening.objectId)?.split(' ')[0]} ${happening.featureMap}`)
      else if (happening.kind === 'stopped') objects.delete(happening.objectId)
      else if (happening.kind === 'online') cameras.set(happening.camera.key, happening.registration)
      else if (happening.kind === 'offline' && cameras.get(happening.camera.key) === happening.registration) cameras.delete(happening.camera.key)
    })
    return { index, way, exchange, objects, cameras }
  }))
  const exchanges = servers.map(({ exchange }) => exchange)
  const ids = new Set<number>()
  let registered = 0
  for (let round = 0; round < 40; round++) {
    const asked: Promise<unknown>[] = []
    for (let count = 0; count < 40; count++) {
      const server = servers[random(servers.length)]
      if (server === undefined) continue
      const { exchange, way, index } = server
      const id = exchange.lastId - random(8)
      switch (random(10)) {
        case 0:
          exchange.register(cameraOf('abc'.charAt(random(3))), `s${index}.${registered++}`)
          break
        case 1: {
          // Only a server ends what it has registered.
          const own = [...exchange.processors.values()].find(({ registration }) => registration.startsWith(`s${index}.`))
          if (own !== undefined) exchange.unregister(own.camera, own.registration)
          break
        }
        case 2:
        case 3:
        case 4:
          asked.push(exchange.start(orderOf('abc'.charAt(random(3)), `"${'x'.repeat(random(300))}"`)).then(result => {
            if (result.kind !== 'started') return
            if (ids.has(result.objectId)) t.fail(`${result.objectId} was given twice`)
            ids.add(result.objectId)
          }))
          break
        case 5:
        case 6:
          asked.push(exchange.map(id, Buffer.from(`[${count}.0]`)))
          break
        case 7:
          asked.push(exchange.stop(id))
          break
        case 8:
          if (random(3) === 0) way.cut()
          break
        case 9:
          await pause(random(20))
      }
    }
    const fault = random(12)
    if (fault === 0) await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    else if (fault === 1) await redis.flushall()
    else if (fault === 2) {
      await engine.kill()
      await engine.start()
    }
    await pause(random(50))
    for (const { way } of servers) way.mend()
    await Promise.all(asked)
    if (round % 4 !== 3) continue
    await agree(...exchanges)
    // What is known of numbers that were given before Redis lost them goes round with the next sign of life.
    await until(() => new Set(exchanges.map(({ lastId }) => lastId)).size === 1)
    await agree(...exchanges)
    same(t, ...exchanges)
    for (const { exchange, objects, cameras } of servers) {
      t.strictSame([...objects].sort(([one], [other]) => one - other), stateOf(exchange).map(({ id, image, featureMap }) => [id, `${image ?? '-'} ${featureMap}`]))
      t.strictSame([...cameras].sort(), [...exchange.processors].map(([key, { registration }]) => [key, registration]).sort())
    }
  }
  t.ok(ids.size > 20, `${ids.size} objects`)
})
