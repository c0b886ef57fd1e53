// Shared memory that was let go is looked for when there is much of it.
import { setImmediate as soon } from 'node:timers/promises'
import t from 'tap'
import { createCollector, createGarbage } from '../../../../lib/diffraction/frames/garbage.ts'

const megabyte = 1024 ** 2

t.test('threads look for memory once so much of it was let go', async t => {
  const garbage = createGarbage()
  garbage.add(20 * megabyte)
  t.equal(garbage.rounds, 0)
  garbage.add(4 * megabyte)
  t.equal(garbage.rounds, 1)
  garbage.add(20 * megabyte)
  t.equal(garbage.rounds, 1)
})

t.test('shared memory that nobody refers to is free once it was looked for', async t => {
  const collect = createCollector()
  const before = process.memoryUsage.rss()
  const fill = () => { for (let n = 0; n < 20; n++) new Uint8Array(new SharedArrayBuffer(10 * megabyte)).fill(1) }
  fill()
  collect()
  // It is given back by another thread of V8.
  while (process.memoryUsage.rss() - before >= 100 * megabyte) await soon()
  t.pass('or else this would not end')
})
