// Calls of a disk: in turn, and none waited for for ever.
import t from 'tap'
import { createDiskCalls } from '../../../../lib/tracking/disk/calls.ts'

t.test('calls are made in turn, and give what they give', async t => {
  const disk = createDiskCalls(60_000)
  let running = 0
  const call = (name: string) => async () => {
    t.equal(++running, 1)
    await new Promise(resolve => setImmediate(resolve))
    running -= 1
    if (name === 'second') throw new Error(name)
    return name
  }
  const calls = ['first', 'second', 'third'].map(name => disk.ask(call(name)))
  t.match(await Promise.allSettled(calls), [{ value: 'first' }, { reason: { message: 'second' } }, { value: 'third' }])
  t.notOk(disk.isHanging)
})

t.test('F18: a call that does not come back is given up, with those behind it, until it comes back after all', async t => {
  const disk = createDiskCalls(10)
  const gate = Promise.withResolvers<void>()
  const made: string[] = []
  const calls = ['first', 'second'].map(name => disk.ask(async () => {
    made.push(name)
    await gate.promise
  }))
  t.match(await Promise.allSettled(calls), [{ reason: { code: 'ETIMEDOUT' } }, { reason: { code: 'ETIMEDOUT' } }])
  t.ok(disk.isHanging)
  t.strictSame(made, ['first'], 'no second thread is held up')
  gate.resolve()
  while (disk.isHanging) await new Promise(resolve => setImmediate(resolve))
  t.equal(await disk.ask(async () => 'well'), 'well')
})
