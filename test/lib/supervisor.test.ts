import { EventEmitter, once } from 'node:events'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { supervise } from '../../lib/supervisor.ts'
import type { BackOff } from '../../lib/supervisor.ts'

const programs = path.join(import.meta.dirname, '../fixtures/programs')
const quick: BackOff = { first: 1, longest: 4, steady: 60000 }

function watch (t: Test, script: string, backOff = quick) {
  const events = new EventEmitter()
  const crashes: Array<{ status: string, pause: number }> = []
  const supervisor = supervise([{ name: 'it', script: path.join(programs, script) }], process.env, {
    onReady: (name, port) => { events.emit('ready', name, port) },
    onCrash: (_name, status, pause) => {
      crashes.push({ status, pause })
      events.emit('crash')
    }
  }, backOff)
  t.teardown(() => supervisor.stop(100))
  return { events, crashes, supervisor }
}

t.test('a program that ends is started again', async t => {
  const { events, crashes } = watch(t, 'steady.ts')
  const [name, first] = await once(events, 'ready')
  t.equal(name, 'it')
  process.kill(first, 'SIGKILL')
  const [, second] = await once(events, 'ready')
  t.not(second, first, 'as a new process')
  t.strictSame(crashes, [{ status: 'SIGKILL', pause: 1 }])
})

t.test('the pause doubles up to the longest one', async t => {
  const { events, crashes } = watch(t, 'broken.ts')
  while (crashes.length < 4) await once(events, 'crash')
  t.strictSame(crashes.map(crash => crash.pause), [1, 2, 4, 4])
  t.equal(crashes[0]?.status, 'exit status 3')
})

t.test('a program that has run steadily starts with the first pause again', async t => {
  const { events, crashes } = watch(t, 'broken.ts', { ...quick, steady: 0 })
  while (crashes.length < 3) await once(events, 'crash')
  t.strictSame(crashes.map(crash => crash.pause), [1, 1, 1])
})

t.test('stopping ends the programs and starts none again', async t => {
  const { events, crashes, supervisor } = watch(t, 'steady.ts')
  const [, pid] = await once(events, 'ready')
  await supervisor.stop()
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  t.strictSame(crashes, [])
})

t.test('a program that does not end when asked is killed', async t => {
  const { events, supervisor } = watch(t, 'deaf.ts')
  const [, pid] = await once(events, 'ready')
  await supervisor.stop(10)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test('stopping during a pause starts nothing', async t => {
  const { events, crashes, supervisor } = watch(t, 'broken.ts', { first: 3600000, longest: 3600000, steady: 60000 })
  await once(events, 'crash')
  await supervisor.stop()
  t.equal(crashes.length, 1)
})
