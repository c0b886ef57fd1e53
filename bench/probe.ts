// Loaded into a server under test before everything else (`--import`): says over its channel how late its event loop was, and what it holds in memory.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** Milliseconds between two looks at the event loop. */
const resolution = 5

/** How late the event loop was since the last question, in milliseconds. */
export interface Delay { p99: number, most: number }

/** What the probe answers to the message `delay`. */
export interface DelayMessage { delay: Delay }

/** What the probe answers to the message `live`: bytes of heap and buffers that somebody holds. Garbage is among them where Node was not started with --expose-gc. */
export interface LiveMessage { live: number }

// Worker threads load it too.
if (isMainThread) {
  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  // What is measured is the time between two looks.
  const late = (nanoseconds: number) => delays.count === 0 ? 0 : Math.max(0, nanoseconds / 1e6 - resolution)
  process.on('message', message => {
    if (message === 'live') {
      // Buffers that went with the first collection are counted until the second.
      globalThis.gc?.()
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      process.send?.({ live: heapUsed + external } satisfies LiveMessage)
    }
    if (message !== 'delay') return
    process.send?.({ delay: { p99: late(delays.percentile(99)), most: late(delays.max) } } satisfies DelayMessage)
    delays.reset()
  })
  // A server must not stay behind when the benchmark has been killed.
  process.on('disconnect', () => process.exit())
  process.channel?.unref()
}
