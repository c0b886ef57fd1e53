// Timelines of several servers on one real Redis.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import { openRedisTimelines } from '../../lib/tracking/redis/timelines.ts'
import type { RedisTimelinesOptions } from '../../lib/tracking/redis/timelines.ts'
import type { Timelines } from '../../lib/tracking/timelines/timelines.ts'
import { startEngine } from './stores.ts'

/** Opens timelines that keep everything, closed with the test. */
async function open (t: Test, port: number, options: Partial<RedisTimelinesOptions> = {}): Promise<Timelines> {
  const timelines = await openRedisTimelines({ url: `redis://127.0.0.1:${port}`, days: 0, bytes: 1e9, patience: 1000, ...options })
  t.teardown(async () => await timelines.close())
  return timelines
}

/** Resolves when it is so. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await pause(5)
}

const seen = (at: number, processor = '"a"') => ({ at, processor })

t.test('what one server records it reads at once, and the others read it', async t => {
  const { port } = await startEngine(t, 'redis')
  const [one, two] = [await open(t, port), await open(t, port)]
  t.equal(await one.read(1), undefined)
  t.equal(await one.highestId(), 0)
  one.record([1, 7, 1], seen(1000, '"a \\u00e9 \ud83d\ude00"'))
  one.record([1], seen(2000, 'null'))
  const sightings = [seen(1000, '"a \\u00e9 \ud83d\ude00"'), seen(1000, '"a \\u00e9 \ud83d\ude00"'), seen(2000, 'null')]
  t.strictSame(await one.read(1), { sightings })
  t.strictSame(await two.read(1), { sightings })
  t.strictSame(await two.read(7), { sightings: sightings.slice(0, 1) })
  t.equal(await two.read(2), undefined)
  t.equal(await two.highestId(), 7)
})

t.test('a clock that goes wrong does not bring sightings out of order, nor hold up the others', async t => {
  const { port } = await startEngine(t, 'redis')
  const [one, two] = [await open(t, port), await open(t, port)]
  one.record([1], seen(Date.now() + 3_600_000))
  await one.read(1)
  two.record([1], seen(1000))
  const moments = (await two.read(1))?.sightings.map(({ at }) => at) ?? []
  t.equal(moments.length, 2)
  t.strictSame(moments, [...moments].sort((earlier, later) => earlier - later))
  t.ok(moments.every(at => at < Date.now() + 60_000))
})

t.test('part of a timeline, and page after page', async t => {
  const { port } = await startEngine(t, 'redis')
  const timelines = await open(t, port)
  const all = Array.from({ length: 25 }, (_, index) => seen(1000 + 100 * Math.floor(index / 2), String(index)))
  for (const sighting of all) timelines.record([3], sighting)
  t.strictSame(await timelines.read(3, { from: 1100, to: 1200 }), { sightings: all.slice(2, 6) })
  t.strictSame(await timelines.read(3, { from: 1099.5, to: 1200.5 }), { sightings: all.slice(2, 6) })
  t.strictSame(await timelines.read(3, { from: -5, to: Infinity }), { sightings: all })
  for (const excerpt of [{ from: 5000 }, { to: 5 }, { to: -5 }, { from: Infinity }, { from: 1200, to: 1100 }, { from: NaN }]) t.strictSame(await timelines.read(3, excerpt), { sightings: [] })
  const found = []
  let cursor: string | undefined
  let pages = 0
  do {
    const page = await timelines.read(3, { limit: 7, from: 1100, ...(cursor !== undefined && { cursor }) })
    found.push(...page?.sightings ?? [])
    cursor = page?.next
    pages++
  } while (cursor !== undefined)
  t.equal(pages, 4)
  t.strictSame(found, all.slice(2))
  t.equal((await timelines.read(3, { limit: 25 }))?.next, undefined)
  for (const cursor of ['', '5', '5-', '(5-5', '5-5-5', '-', '+', '9'.repeat(30) + '-1']) await t.rejects(timelines.read(3, { cursor }), RangeError, cursor)
})

t.test('many sightings are written and read whole', async t => {
  const { port } = await startEngine(t, 'redis')
  const timelines = await open(t, port)
  for (let count = 0; count < 12_000; count++) timelines.record([1], seen(1000 + count))
  const page = await timelines.read(1)
  t.strictSame(page?.sightings.map(({ at }) => at), Array.from({ length: 12_000 }, (_, count) => 1000 + count))
})

t.test('the oldest sightings go where there are too many bytes', async t => {
  const { port } = await startEngine(t, 'redis')
  const timelines = await open(t, port, { bytes: 20_000 })
  for (let at = 1; at <= 3000; at++) timelines.record([1 + Math.floor(at / 1000)], seen(at))
  const redis = new Redis(port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  await until(async () => await timelines.read(1) === undefined)
  await until(async () => Number(await redis.hget('tutti:tracking:timelines:known', 'bytes')) <= 20_000)
  const left = (await timelines.read(3))?.sightings ?? []
  t.equal(left.at(-1)?.at, 2999)
  t.strictSame(await timelines.read(4), { sightings: [seen(3000)] })
  t.ok((await timelines.read(3))?.sightings.every(({ at }) => at > 1000))
  t.equal(await timelines.highestId(), 4)
  t.notOk(await redis.exists('tutti:tracking:timeline:1'), 'nothing is left of it')
})

t.test('while Redis is away sightings wait for it', async t => {
  const engine = await startEngine(t, 'redis')
  const timelines = await open(t, engine.port)
  timelines.record([1], seen(1000))
  await timelines.read(1)
  await engine.kill()
  await until(() => timelines.trouble !== undefined)
  timelines.record([2], seen(2000))
  t.strictSame(await timelines.read(2), { sightings: [seen(2000)] })
  await engine.start()
  await until(() => timelines.trouble === undefined)
  t.strictSame(await timelines.read(2), { sightings: [seen(2000)] })
  const other = await open(t, engine.port)
  t.strictSame(await other.read(2), { sightings: [seen(2000)] })
})

t.test('no more wait than there is place for', async t => {
  const engine = await startEngine(t, 'redis')
  const troubles: (string | undefined)[] = []
  const timelines = await open(t, engine.port, { onTrouble: trouble => { troubles.push(trouble) } })
  await engine.kill()
  await until(() => timelines.trouble !== undefined)
  timelines.record(Array.from({ length: 150_000 }, () => 1), seen(1000))
  t.match(timelines.trouble, /lost/)
  await engine.start()
  await until(() => timelines.trouble === undefined)
  await until(async () => (await timelines.read(1))?.sightings.length === 100_000)
  t.equal(troubles.at(-1), undefined)
})
