// Memory is given back where bytes have it for themselves, and nowhere else.
import t from 'tap'
import { release } from '../../lib/release.ts'

t.test('what has its memory for itself is gone', async t => {
  const bytes = Buffer.alloc(100_000, 1)
  release(bytes)
  t.equal(bytes.length, 0)
  t.ok((bytes.buffer as ArrayBuffer).detached)
  release(bytes)
  t.pass('a second time nothing happens')
})

t.test('what shares its memory stays', async t => {
  const whole = Buffer.alloc(100_000, 1)
  const part = whole.subarray(10)
  release(part)
  t.equal(whole.length, 100_000)
  t.equal(part[0], 1)
  const pooled = Buffer.from('of the pool')
  release(pooled)
  t.equal(pooled.toString(), 'of the pool')
  const threads = new Uint8Array(new SharedArrayBuffer(10))
  release(threads)
  t.equal(threads.length, 10)
})
