// The cache with a real Redis and a real memcached that are killed, held, restarted, filled and fed nonsense.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import type { Cache } from '../../lib/cache/cache.ts'
import { openCache } from '../../lib/cache/open.ts'
import type { CacheOptions } from '../../lib/cache/open.ts'
import { decodeValue, encodeValue } from '../../lib/cache/value.ts'
import { createReader } from '../../lib/graphics/reader.ts'
import { startEngine } from './stores.ts'
import type { Engine, EngineName } from './stores.ts'

const key = '7b20d0ffbd83a2aa886ff6ddbfedd516d343d226'
const otherKey = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'

/** A cache in an engine, closed with the test, and what came of its calls. */
async function open (t: Test, name: EngineName, { port }: Engine, options: CacheOptions = {}): Promise<{ cache: Cache, events: string[] }> {
  const events: string[] = []
  const place = name === 'redis' ? { redisUrl: `redis://127.0.0.1:${port}` } : { memcachedServers: `127.0.0.1:${port}` }
  const cache = await openCache({ ...place, firstPause: 50, longestPause: 200, onEvent: (operation, event) => events.push(`${operation} ${event}`), ...options })
  t.teardown(() => cache.close())
  return { cache, events }
}

/** Asks until the answer is as wanted. */
async function eventually (cache: Cache, isWanted: (value: Buffer | undefined) => boolean): Promise<void> {
  while (!isWanted(await cache.get(key))) await pause(20)
}

for (const name of ['redis', 'memcached'] as const) {
  t.test(`${name}: values of any size and content are kept, each for its lifetime`, async t => {
    const { cache } = await open(t, name, await startEngine(t, name), { timeout: 5000 })
    t.equal(await cache.get(key), undefined)
    for (const value of [Buffer.from('{}'), Buffer.from([0, 13, 10, 255, 69, 78, 68, 13, 10]), Buffer.alloc(5 * 1024 * 1024, 'VALUE a 0 1\r\n')]) {
      await cache.set(key, value, 40 * 24 * 3600)
      const found = await cache.get(key)
      t.ok(found?.equals(value), `${value.length} bytes`)
    }
    await cache.set(key, Buffer.from('short'), 1)
    t.equal((await cache.get(key))?.toString(), 'short')
    await eventually(cache, value => value === undefined)
  })

  t.test(`F16: ${name}, a value of 6 MB is not kept, and the one before stays`, async t => {
    const { cache, events } = await open(t, name, await startEngine(t, name), { timeout: 5000 })
    await cache.set(key, Buffer.from('small'), 60)
    await cache.set(key, Buffer.alloc(6 * 1024 * 1024), 60)
    t.equal((await cache.get(key))?.toString(), 'small')
    t.strictSame(events, ['set kept', 'set too-large', 'get hit'])
  })

  t.test(`F16: ${name}, after it is killed calls cost nothing, and after a restart it is used again`, async t => {
    const engine = await startEngine(t, name)
    const { cache, events } = await open(t, name, engine)
    await eventually(cache, () => events.includes('get miss'))
    await cache.set(key, Buffer.from('value'), 60)
    await engine.kill()
    await eventually(cache, () => events.includes('get open'))
    t.notOk(events.includes('get hit'))
    await engine.start()
    await eventually(cache, () => events.at(-1) === 'get miss')
    await cache.set(key, Buffer.from('value'), 60)
    await eventually(cache, value => value?.toString() === 'value')
  })

  t.test(`F16: ${name}, while it hangs it is late three times, then left alone; what was asked meanwhile confuses nothing`, async t => {
    const engine = await startEngine(t, name)
    const { cache, events } = await open(t, name, engine, { timeout: 30 })
    await eventually(cache, () => events.includes('get miss'))
    await cache.set(key, Buffer.from('value'), 60)
    await cache.set(otherKey, Buffer.from('other'), 60)
    await engine.hold()
    const before = events.length
    for (let times = 0; times < 4; times++) t.equal(await cache.get(key), undefined)
    t.strictSame(events.slice(before), ['get late', 'get late', 'get late', 'get open'])
    engine.release()
    await eventually(cache, value => value?.toString() === 'value')
    for (let times = 0; times < 10; times++) {
      const [value, other] = await Promise.all([cache.get(key), cache.get(otherKey)])
      t.ok(value === undefined || value.toString() === 'value')
      t.ok(other === undefined || other.toString() === 'other')
    }
  })

  t.test(`F16: ${name}, a poisoned value is read as none`, async t => {
    const { cache } = await open(t, name, await startEngine(t, name), { timeout: 5000 })
    const reader = createReader()
    t.teardown(() => reader.close())
    const preprocessor = 'ca.mcgill.a11y.image.preprocessor.ocr'
    await cache.set(key, encodeValue({ name: preprocessor, data: Buffer.from('{"a":1}') }), 60)
    t.strictSame(JSON.parse((await decodeValue(await cache.get(key) ?? Buffer.alloc(0), reader))?.data.toString() ?? ''), { a: 1 })
    for (const text of ['nonsense', `{"name":"${preprocessor}","data":{"__proto__":{"a":1}}}`, `{"name":"${preprocessor}"}`]) {
      await cache.set(key, Buffer.from(text), 60)
      const found = await cache.get(key)
      t.equal(found?.toString(), text)
      t.equal(await decodeValue(found ?? Buffer.alloc(0), reader), undefined)
    }
  })
}

t.test('F16: memcached evicts when its memory is full, and goes on', async t => {
  const { cache, events } = await open(t, 'memcached', await startEngine(t, 'memcached', ['-m', '16']), { timeout: 5000 })
  for (let index = 0; index < 40; index++) await cache.set(index.toString(16).padStart(40, '0'), Buffer.alloc(1024 * 1024, index), 60)
  const found = await Promise.all(Array.from({ length: 40 }, async (_, index) => await cache.get(index.toString(16).padStart(40, '0'))))
  t.ok(found.some(value => value === undefined), 'something has gone')
  t.ok(found.some(value => value !== undefined), 'something is there')
  for (const [index, value] of found.entries()) if (value !== undefined) t.ok(value.equals(Buffer.alloc(1024 * 1024, index)), `value ${index} is whole`)
  t.notOk(events.some(event => /fault|late|open/.test(event)))
})

t.test('F16: memcached that is full and may not evict refuses, which is no fault', async t => {
  const { cache, events } = await open(t, 'memcached', await startEngine(t, 'memcached', ['-m', '16', '-M']), { timeout: 5000 })
  for (let index = 0; index < 40; index++) await cache.set(index.toString(16).padStart(40, '0'), Buffer.alloc(1024 * 1024, index), 60)
  t.ok(events.includes('set refused'))
  t.notOk(events.some(event => /fault|late|open/.test(event)), events.join())
})

t.test('F16: Redis that is full refuses, which is no fault', async t => {
  const { cache, events } = await open(t, 'redis', await startEngine(t, 'redis', ['--maxmemory', '8mb', '--maxmemory-policy', 'noeviction']), { timeout: 5000 })
  for (let index = 0; index < 20; index++) await cache.set(index.toString(16).padStart(40, '0'), Buffer.alloc(1024 * 1024, index), 60)
  t.ok(events.includes('set kept'))
  t.ok(events.includes('set refused'))
  t.ok(await cache.get('0'.repeat(40)))
  t.notOk(events.some(event => /fault|late|open/.test(event)), events.join())
})

t.test('F16: another type and a huge value in Redis are misses, and replaced by what is kept', async t => {
  const engine = await startEngine(t, 'redis')
  const { cache, events } = await open(t, 'redis', engine, { timeout: 5000 })
  const other = new Redis(engine.port, '127.0.0.1')
  t.teardown(() => other.disconnect())
  await other.lpush(`tutti:cache:${key}`, 'a list')
  for (let times = 0; times < 4; times++) t.equal(await cache.get(key), undefined)
  await cache.set(key, Buffer.from('value'), 60)
  t.equal((await cache.get(key))?.toString(), 'value')
  const lifetime = await other.ttl(`tutti:cache:${key}`)
  t.ok(lifetime > 0 && lifetime <= 60)
  await other.set(`tutti:cache:${key}`, Buffer.alloc(64 * 1024 * 1024))
  t.equal(await cache.get(key), undefined)
  t.strictSame(events.filter(event => /fault|late|open/.test(event)), [])
})
