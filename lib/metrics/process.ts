// Metrics of the process, under the names that Prometheus clients share. Those of prom-client are not used: they watch the event
// loop and the garbage collector in a way that cannot be ended.
import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { measure } from './registry.ts'
import type { Measurement } from './registry.ts'

/** Milliseconds between two looks at the event loop. */
const resolution = 20

/**
 * Adds the metrics of the process to a registry.
 * @returns a function that ends the watch on the event loop
 */
export function addProcessMetrics (registry: Registry): () => void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: Measurement['read']) => measure(registry, { name, help, read })

  let counted = 0
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time used, in seconds.',
    registers,
    collect () {
      const { user, system } = process.cpuUsage()
      cpu.inc(Math.max(0, user + system - counted) / 1e6)
      counted = user + system
    }
  })
  measure(registry, {
    name: 'process_start_time_seconds', help: 'When the process started, in seconds since 1970.', aggregator: 'min', read: () => Date.now() / 1000 - process.uptime()
  })
  gauge('process_resident_memory_bytes', 'Memory of the process, in bytes.', () => process.memoryUsage.rss())
  gauge('process_open_fds', 'Open files and connections; absent where the system does not tell.', countOpenFiles)
  gauge('nodejs_heap_size_used_bytes', 'Memory used by JavaScript objects of the main thread, in bytes.', () => process.memoryUsage().heapUsed)
  gauge('nodejs_external_memory_bytes', 'Memory of buffers, in bytes.', () => process.memoryUsage().external)

  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  // What is measured is the time between two looks.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1e3)
  const lag = new Gauge({
    name: 'tutti_event_loop_delay_seconds',
    help: 'How late the event loop was since the metrics were last read, in seconds: mean, 99th percentile and most.',
    labelNames: ['statistic'],
    aggregator: 'max',
    registers,
    collect () {
      const isEmpty = delays.count === 0
      lag.set({ statistic: 'mean' }, isEmpty ? 0 : seconds(delays.mean))
      lag.set({ statistic: 'p99' }, isEmpty ? 0 : seconds(delays.percentile(99)))
      lag.set({ statistic: 'max' }, isEmpty ? 0 : seconds(delays.max))
      delays.reset()
    }
  })
  return () => { delays.disable() }
}

async function countOpenFiles (): Promise<number | undefined> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return undefined
  }
}
