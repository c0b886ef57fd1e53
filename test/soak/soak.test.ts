// F25: a soak of a few seconds. Slopes need half an hour, which is npm run test:soak.
import t from 'tap'
import { runSoak } from './soak.ts'
import { judgeCounts } from './verdict.ts'

t.test('F25: after a load of everything that clients and services do, each answer was right and nothing is left', { timeout: 120_000 }, async t => {
  const result = await runSoak({
    seconds: 8, searchSeconds: 3, share: 0.5, sampleSeconds: 1, collectSeconds: 5, changeSeconds: 1, settleSeconds: 30, seed: 7
  })
  for (const { what, measured, allowed, isRight } of judgeCounts(result)) t.ok(isRight, `${what}: ${measured}, allowed ${allowed}`)
  t.strictSame([...result.earlyWrongs, ...result.load.wrongs], [], 'no answer was wrong')
  t.strictSame(result.errors, {})
  t.equal(result.stderr, '')
  t.ok(result.load.answered > 20, `${result.load.answered} were answered`)
  t.ok(result.stored.seen > 0, 'requests were stored')
  for (const gauge of ['tutti_requests_in_flight', 'tutti_calls_in_flight'] as const) {
    t.ok(result.samples.some(({ gauges }) => gauges[gauge] > 0), `${gauge} was above 0 during the load`)
  }
  const last = result.samples.at(-1)
  t.ok(last !== undefined && last.counters.revision > 3, 'services came and went')
  t.ok(last !== undefined && last.counters.hits > 0, 'results came from the cache')
})
