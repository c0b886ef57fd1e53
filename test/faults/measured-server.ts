// The server as server.ts starts it, in a process that measures itself: over its channel it says how long its event loop was held up.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startServer } from '../../server.ts'

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

let work = 0
let memory = 0
let lastWork = process.threadCpuUsage()
const watch = setInterval(() => {
  const { user, system } = process.threadCpuUsage(lastWork)
  lastWork = process.threadCpuUsage()
  work = Math.max(work, (user + system) / 1000)
  memory = Math.max(memory, process.memoryUsage.rss())
}, 1)
watch.unref()

// A megabyte of keys, in four parts.
const known = `{${Array.from({ length: 20000 }, (_, number) => `"k${number}":${number}`).join()}}`

/** How much work it is, here and now, to parse a megabyte of keys. */
function measureKnownWork (): number {
  const before = process.threadCpuUsage()
  for (let part = 0; part < 4; part++) JSON.parse(known)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

// Each message begins a new measurement and is answered with the one that ends.
process.on('message', () => {
  const measured = { delay: delay.max / 1e6, work, memory }
  process.send?.({ ...measured, knownWork: measureKnownWork() })
  lastWork = process.threadCpuUsage()
  work = memory = 0
  delay.reset()
})
process.channel?.unref()

await startServer(process.env)
