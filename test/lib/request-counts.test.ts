import t from 'tap'
import { RequestCounts } from '../../lib/request-counts.ts'
import type { RequestCount } from '../../lib/request-counts.ts'

/** What is told of a key: where milliseconds are given, after one more request. */
function ask (counts: RequestCounts, key: string, milliseconds?: number): RequestCount {
  let told: RequestCount = { current: NaN, ttl: NaN }
  const tell = (_: Error | null, count?: RequestCount) => { told = count ?? told }
  if (milliseconds === undefined) counts.read(key, tell)
  else counts.incr(key, tell, milliseconds)
  return told
}

t.test('requests are counted by key; to look counts nothing', async t => {
  const counts = new RequestCounts()
  t.strictSame(ask(counts, 'a'), { current: 0, ttl: 0 })
  t.strictSame([1, 2, 3].map(() => ask(counts, 'a', 60000).current), [1, 2, 3])
  t.equal(ask(counts, 'b', 60000).current, 1)
  t.equal(ask(counts, 'a').current, 3)
  const { ttl } = ask(counts, 'a')
  t.ok(ttl > 0 && ttl <= 60000)
  t.equal(ask(counts.child(), 'a').current, 0, 'another limit has counts of its own')
})

t.test('a window ends whatever comes in it, and the next one begins at one', async t => {
  const counts = new RequestCounts()
  ask(counts, 'a', 5)
  while (ask(counts, 'a').current > 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(ask(counts, 'a', 60000).current, 1)
})

t.test('what the wall clock says does not matter', async t => {
  const counts = new RequestCounts()
  ask(counts, 'a', 60000)
  const { now } = Date
  t.teardown(() => { Date.now = now })
  for (const jump of [3600000, -3600000]) {
    Date.now = () => now() + jump
    const { current, ttl } = ask(counts, 'a')
    t.equal(current, 1)
    t.ok(ttl > 0 && ttl <= 60000)
  }
})

t.test('no more than 5000 keys are remembered', async t => {
  const counts = new RequestCounts()
  for (let number = 0; number < 5001; number++) ask(counts, String(number), 60000)
  t.equal(ask(counts, '0').current, 0)
  t.equal(ask(counts, '1').current, 1)
})
