import { Counter, Histogram } from 'prom-client'
import t from 'tap'
import { createMetricsRegistry, measure } from '../../../lib/metrics/registry.ts'
import { createMetricsSum } from '../../../lib/metrics/sum.ts'

/** A process with a bit of everything. */
function makeProcess (amount: number, ready: number) {
  const { registry, numbers } = createMetricsRegistry()
  const registers = [registry]
  new Counter({ name: 'asked_total', help: 'Asked.', labelNames: ['by'], registers }).inc({ by: 'me' }, amount)
  new Histogram({ name: 'took_seconds', help: 'Took.', buckets: [1], registers }).observe(amount)
  measure(registry, { name: 'waiting', help: 'Waiting.', read: () => amount })
  measure(registry, { name: 'ready', help: 'Ready.', aggregator: 'min', read: () => ready })
  return numbers
}

const line = (text: string, series: string) => text.split('\n').find(each => each.startsWith(`${series} `))?.slice(series.length + 1)

t.test('counts and amounts are added up, and of states the worst is told', async t => {
  const sum = createMetricsSum()
  sum.put(1, await makeProcess(2, 1)())
  sum.put(2, await makeProcess(3, 0)())
  const text = await sum.text(2)
  t.equal(line(text, 'asked_total{by="me"}'), '5')
  t.equal(line(text, 'took_seconds_sum'), '5')
  t.equal(line(text, 'took_seconds_count'), '2')
  t.equal(line(text, 'waiting'), '5')
  t.equal(line(text, 'ready'), '0')
  t.equal(line(text, 'tutti_workers'), '2')
  t.equal(line(text, 'tutti_worker_ends_total'), '0')
})

t.test('what has ended stays counted, and is measured no more', async t => {
  const sum = createMetricsSum()
  for (let process = 1; process <= 3; process++) sum.put(process, await makeProcess(process, 1)())
  sum.end(1)
  sum.end(2)
  sum.end(9)
  const text = await sum.text(1)
  t.equal(line(text, 'asked_total{by="me"}'), '6')
  t.equal(line(text, 'took_seconds_count'), '3')
  t.equal(line(text, 'took_seconds_bucket{le="+Inf"}'), '3')
  t.equal(line(text, 'waiting'), '3')
  t.equal(line(text, 'tutti_worker_ends_total'), '3')
})
