import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { keepWorkers } from '../../../lib/cluster/primary.ts'

const script = fileURLToPath(new URL('brief-worker.ts', import.meta.url))

/** Keeps workers that live as long as `life` says; `ends` is told of each that is started again. */
function keep (t: Test, life: string, ends: (end: { status: string, pause: number }) => void = () => {}) {
  const workers = keepWorkers({
    script,
    environment: { LIFE: life },
    count: 2,
    log: { error: members => ends(members as { status: string, pause: number }) },
    backOff: { first: 20, longest: 80, steady: 60_000 }
  })
  t.teardown(() => workers.kill())
  return workers
}

t.test('what crashes again and again is started ever more seldom', async t => {
  const pauses: number[] = []
  const statuses = new Set<string>()
  const enough = Promise.withResolvers<void>()
  const workers = keep(t, 'crash', ({ status, pause }) => {
    statuses.add(status)
    if (pauses.push(pause) === 8) enough.resolve()
  })
  t.strictSame(await workers.started, ['http://127.0.0.1:1'])
  await enough.promise
  t.strictSame([...statuses], ['exit status 3'])
  t.strictSame([...new Set(pauses)].toSorted((a, b) => a - b), [20, 40, 80])
  await workers.stop()
})

t.test('where the first start fails it is not tried again', async t => {
  let again = 0
  const workers = keep(t, 'stillborn', () => { again += 1 })
  await t.rejects(workers.started, { message: /has ended \(exit status 4\) before it listened/ })
  await workers.stop()
  t.equal(again, 0)
})

t.test('workers that stop well end well', async t => {
  const workers = keep(t, 'calm')
  await workers.started
  await workers.stop()
})
