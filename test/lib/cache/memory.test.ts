import t from 'tap'
import { createMemoryStore, entryOverhead } from '../../../lib/cache/memory.ts'

t.test('a value is given back as it is, not copied', async t => {
  const store = createMemoryStore({ bytes: 10000 })
  const value = Buffer.from('value')
  t.equal(await store.set('a', value, 60), true)
  t.equal(await store.get('a'), value)
  t.equal(await store.get('b'), undefined)
})

t.test('a value is gone when its lifetime is over', async t => {
  let time = 1000
  const store = createMemoryStore({ bytes: 10000, now: () => time })
  await store.set('a', Buffer.from('value'), 1.5)
  time += 1500
  t.ok(await store.get('a'))
  time += 1
  t.equal(await store.get('a'), undefined)
})

t.test('where bytes run short, what has not been asked for longest goes first', async t => {
  const store = createMemoryStore({ bytes: 3 * (1000 + entryOverhead) })
  for (const key of ['a', 'b', 'c']) await store.set(key, Buffer.alloc(1000), 60)
  await store.get('a')
  await store.set('d', Buffer.alloc(1000), 60)
  t.equal(await store.get('b'), undefined)
  for (const key of ['a', 'c', 'd']) t.ok(await store.get(key), key)
})

t.test('it never holds more bytes than it may, empty values included', async t => {
  const store = createMemoryStore({ bytes: 100_000 })
  for (let key = 0; key < 1000; key++) {
    await store.set(String(key), Buffer.alloc(key % 3 === 0 ? 0 : key * 7), 60)
    if (store.bytes > 100_000) t.fail(`${store.bytes} bytes after ${key}`)
  }
  t.ok(store.bytes > 50_000)
})

t.test('a value larger than all the memory is not taken, and pushes nothing out', async t => {
  const store = createMemoryStore({ bytes: 5000 })
  await store.set('a', Buffer.alloc(1000), 60)
  t.equal(await store.set('b', Buffer.alloc(5001), 60), false)
  t.ok(await store.get('a'))
  await store.close()
  t.equal(await store.get('a'), undefined)
})
