// The lines that scripts for the IMAGE project look for.
import t from 'tap'
import { createProcessorClock, createTimings } from '../../../lib/graphics/timings.ts'
import type { Role, Step } from '../../../lib/graphics/plan.ts'
import { uuid } from '../../helper.ts'

const step = (name: string, role: Role): Step => ({ service: { name } as Step['service'], role, after: [] })

t.test('each service that was asked has a line, and so has the whole', async t => {
  let now = 1000
  let used = 0
  const timings = createTimings(uuid, { now: () => now, wallClock: () => 1.7e12, cpu: () => 0.5 + used, processors: 2 })
  timings.onStart(step('look', 'preprocessor'))
  timings.onStart(step('say "so"', 'handler'))
  used = 2
  timings.onOutcome({ service: 'look', role: 'preprocessor', kind: 'done', milliseconds: 10 })
  timings.onOutcome({ service: 'known', role: 'preprocessor', kind: 'cached', milliseconds: 1 })
  used = 5
  timings.onOutcome({ service: 'say "so"', role: 'handler', kind: 'failed', reason: 'timeout', milliseconds: 0 })
  now += 12.345
  t.strictSame(timings.lines(), [
    `req=${uuid} timestamp=2023-11-14T22:13:20.000Z label=Preprocessor "look" execution_time_ms=10.00ms cpu_time_ms=2.00ms normalized_cpu_usage_percent=10.00%`,
    `req=${uuid} timestamp=2023-11-14T22:13:20.000Z label=Handler "say \\"so\\"" execution_time_ms=0.00ms cpu_time_ms=5.00ms normalized_cpu_usage_percent=0.00%`,
    `req=${uuid} TotalRequestExecutionTime execution_time_ms=12.35ms`
  ])
})

t.test('of very many services a hundred have a line', async t => {
  const timings = createTimings(uuid, { processors: 2, cpu: () => 0 })
  for (let each = 0; each < 1000; each++) {
    timings.onStart(step(`s${each}`, 'handler'))
    timings.onOutcome({ service: `s${each}`, role: 'handler', kind: 'done', milliseconds: 1 })
  }
  t.equal(timings.lines().length, 101)
})

t.test('the processor time of this thread is looked at once a millisecond', async t => {
  let now = 0
  const cpu = createProcessorClock(() => now)
  const first = cpu()
  t.ok(first > 0)
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < 5000);
  now = 0.9
  t.equal(cpu(), first)
  now = 1
  t.ok(cpu() - first >= 5)
})
