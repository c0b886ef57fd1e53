// Loaded into the server of a soak before everything else (`--import`): says over its channel what no page of the server says.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** What the process says of itself. Bytes, but for the delay. */
export interface Reading {
  rss: number
  heapUsed: number
  external: number
  arrayBuffers: number
  /** What keeps the event loop busy, by kind. */
  resources: Record<string, number>
  /** The 99th percentile since the last reading, in milliseconds. */
  delay: number
  /** Of the JavaScript heap and of buffers, after everything that nobody holds has gone; where that was asked for. */
  live?: { heapUsed: number, external: number }
}

/** A question: whether the garbage is to be collected first. */
export interface Probing { collect: boolean }

// Worker threads load it too.
if (isMainThread) {
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  process.on('message', ({ collect }: Probing) => {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const resources: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
    const reading: Reading = { rss, heapUsed, external, arrayBuffers, resources, delay: delays.count === 0 ? 0 : delays.percentile(99) / 1e6 }
    if (collect) {
      // Buffers that went with the first collection are counted until the second.
      globalThis.gc?.()
      globalThis.gc?.()
      const live = process.memoryUsage()
      reading.live = { heapUsed: live.heapUsed, external: live.external }
    }
    delays.reset()
    process.send?.(reading)
  })
  process.channel?.unref()
}
