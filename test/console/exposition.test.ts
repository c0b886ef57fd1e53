// Reading the numbers of GET /metrics.
import t from 'tap'
import { readExposition } from '../../console/src/pages/settings/exposition.ts'
import { build } from '../helper.ts'

t.test('numbers are read with their labels, and histograms are summed up', async t => {
  const text = `# HELP a_total Things. \\\\ and \\n more
# TYPE a_total counter
a_total{service="curly } brace",kind="x"} 3
a_total 1e3
# TYPE b gauge
b +Inf
# HELP c_seconds Time.
# TYPE c_seconds histogram
c_seconds_bucket{le="0.1",route="/"} 1
c_seconds_sum{route="/"} 0.5
c_seconds_count{route="/"} 2
c_seconds_sum{route="/x"} 1.5
c_seconds_count{route="/x"} 2
nobody_knows 4
{}{}{}`
  t.strictSame(readExposition(text), [
    { name: 'a_total', help: 'Things. \\ and   more', kind: 'counter', samples: [{ labels: 'service="curly } brace",kind="x"', value: 3 }, { labels: '', value: 1000 }], count: 0, sum: 0 },
    { name: 'b', help: '', kind: 'gauge', samples: [{ labels: '', value: Infinity }], count: 0, sum: 0 },
    { name: 'c_seconds', help: 'Time.', kind: 'histogram', samples: [], count: 4, sum: 2 }
  ])
})

t.test('every number of a real server is read, and means something', async t => {
  const { send } = await build(t)
  await send('/health')
  const metrics = readExposition((await send('/metrics')).text)
  t.ok(metrics.length > 20)
  for (const { name, help, kind, samples } of metrics) {
    t.ok(help.length > 5, name)
    t.match(kind, /^(?:counter|gauge|histogram)$/, name)
    t.ok(samples.every(({ value }) => Number.isFinite(value)), name)
  }
})
