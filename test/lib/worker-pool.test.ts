// Calls in worker threads: their results, their bounds in time, memory and number, and a thread that cannot be ended.
import { execFileSync } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { createWorkerPool } from '../../lib/worker-pool.ts'
import type { WorkerPoolOptions } from '../../lib/worker-pool.ts'
import type { Errand } from './fixtures/errand.ts'

function build (t: Test, options: Partial<WorkerPoolOptions> = {}) {
  const pool = createWorkerPool<Errand, { bytes: Uint8Array<ArrayBuffer> }>({
    module: new URL('fixtures/errand.ts', import.meta.url), threads: 1, queue: 10, timeout: 60000, memory: 64, ...options
  })
  t.teardown(() => pool.close())
  return pool
}

const echo = (text = 'x'): Errand => ({ kind: 'echo', bytes: new Uint8Array(Buffer.from(text)) })
const done = { kind: 'done', result: { bytes: new Uint8Array(Buffer.from('x')) } }

t.test('memory is handed over and back', async t => {
  const pool = build(t)
  const bytes = new Uint8Array([1, 2, 3])
  t.strictSame(await pool.run({ kind: 'echo', bytes }, { transfer: [bytes.buffer] }), { kind: 'done', result: { bytes: new Uint8Array([1, 2, 3]) } })
  t.equal(bytes.length, 0)
})

t.test('what throws, and what takes too much memory, is hard; the next call is done', async t => {
  const pool = build(t)
  t.strictSame(await pool.run({ kind: 'fail' }), { kind: 'hard' })
  t.strictSame(await pool.run({ kind: 'fill' }), { kind: 'hard' })
  t.strictSame(await pool.run(echo()), done)
})

t.test('what takes too long is hard; whoever waited for it meanwhile was unlucky', async t => {
  const pool = build(t, { timeout: 1500 })
  t.strictSame(await Promise.all([pool.run({ kind: 'spin' }), pool.run(echo())]), [{ kind: 'hard' }, { kind: 'busy' }])
})

t.test('a call may have another time than the others', async t => {
  const pool = build(t)
  t.strictSame(await pool.run({ kind: 'spin' }, { timeout: 1 }), { kind: 'hard' })
  t.strictSame(await pool.run(echo(), { timeout: 60000 }), done)
})

t.test('no more calls wait than may, also of those that can be aborted', async t => {
  const pool = build(t, { queue: 2 })
  const ending = new AbortController()
  const spinning = pool.run({ kind: 'spin' }, { signal: ending.signal })
  const outcomes = Promise.all(Array.from({ length: 4 }, () => pool.run(echo())))
  ending.abort(new Error('enough'))
  await t.rejects(spinning, { message: 'enough' })
  t.strictSame((await outcomes).map(({ kind }) => kind), ['done', 'done', 'busy', 'busy'], 'and none waits for ever for the thread that was ended')
  t.equal(getEventListeners(ending.signal, 'abort').length, 0)
  await t.rejects(pool.run(echo(), { signal: ending.signal }), { message: 'enough' })
})

t.test('a pool that closes finishes what runs, and is busy for what waits and what comes later', async t => {
  const pool = build(t)
  t.strictSame(await pool.run(echo()), done)
  const calls = [pool.run(echo()), pool.run(echo())]
  const closed = pool.close()
  t.strictSame(await Promise.all([...calls, pool.run(echo())]), [done, { kind: 'busy' }, { kind: 'busy' }])
  await closed
  t.equal(pool.stuck(), 0)
})

t.test('threads that hang in a system call hold up neither other calls nor the end, and are not replaced for ever', async t => {
  const pipe = path.join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const pool = build(t)
  // A thread that is ended on its way into the call is gone, and has to be made up for.
  const tries = 200
  let turn = 0
  for (; turn < tries; turn++) {
    const begun = new Int32Array(new SharedArrayBuffer(4))
    const ending = new AbortController()
    const call = pool.run({ kind: 'open', pipe, begun }, { signal: ending.signal })
    const isBusy = call.then(({ kind }) => kind === 'busy')
    if (await Promise.race([isBusy, Atomics.waitAsync(begun, 0, 0).value]) === true) break
    ending.abort(new Error('enough'))
    await t.rejects(call, { message: 'enough' })
  }
  t.ok(turn < tries, 'at last the pool is busy')
  t.ok(pool.stuck() > 1, 'but a thread that hangs is not the end')
  await pool.close()
  // One that was ended on its way into the call has gone meanwhile.
  t.ok(pool.stuck() > 0, 'and is not waited for')
  // Whoever opens the pipe lets them go.
  await once(createReadStream(pipe).resume(), 'close')
  while (pool.stuck() > 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(pool.stuck(), 0)
})
