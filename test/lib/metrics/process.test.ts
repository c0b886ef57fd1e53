// Metrics of the process: sensible numbers, and nothing that goes on when the watch has ended.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { addProcessMetrics } from '../../../lib/metrics/process.ts'
import { createMetricsRegistry } from '../../../lib/metrics/registry.ts'
import { readExposition } from '../fixtures/exposition.ts'

t.test('processor time, memory and files are those of this process', async t => {
  const metrics = createMetricsRegistry()
  t.teardown(addProcessMetrics(metrics.registry))
  const first = readExposition(await metrics.text())
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6 }
  while (used() < (first.value('process_cpu_seconds_total') ?? 0) + 0.05);
  const second = readExposition(await metrics.text())
  const cpu = second.value('process_cpu_seconds_total') ?? NaN
  t.ok(cpu >= (first.value('process_cpu_seconds_total') ?? NaN) + 0.05)
  t.ok(cpu <= used(), 'each second is counted once')
  t.ok((second.value('process_resident_memory_bytes') ?? 0) > (second.value('nodejs_heap_size_used_bytes') ?? Infinity))
  t.ok((second.value('process_start_time_seconds') ?? Infinity) < Date.now() / 1000)
  t.ok(second.value('process_open_fds') !== 0)
})

t.test('an event loop that was held up shows once', async t => {
  const metrics = createMetricsRegistry()
  t.teardown(addProcessMetrics(metrics.registry))
  const delay = async () => readExposition(await metrics.text()).value('tutti_event_loop_delay_seconds', { statistic: 'max' }) ?? NaN
  // Timers come in the order in which they are due: within these the watch has looked, once before and once after.
  await setTimeout(100)
  const end = performance.now() + 200
  while (performance.now() < end);
  await setTimeout(100)
  t.ok(await delay() >= 0.1)
  t.ok(await delay() < 0.1, 'what has been read is not told again')
})

t.test('a process with metrics ends by itself', async t => {
  const program = `
    import { addProcessMetrics } from './lib/metrics/process.ts'
    import { createMetricsRegistry } from './lib/metrics/registry.ts'
    const { registry, text } = createMetricsRegistry()
    addProcessMetrics(registry)
    await text()
    console.log('done')`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: path.join(import.meta.dirname, '../../..'), timeout: 30000, encoding: 'utf8' })
  t.equal(status, 0)
  t.equal(stdout, 'done\n')
})
