// A process in which modules are looked at, one at a time. A thread does it; this one watches how much memory that takes, which is the engine's and so none that a limit of Node's
// counts, and ends with whoever has begun it.
import { Worker } from 'node:worker_threads'
import { begun } from './analysis-messages.ts'
import type { AnalysisJob, AnalysisOutcome, AnalysisReply } from './analysis-messages.ts'

/** Time between two looks at the memory, in milliseconds. */
const pace = 10

/** Memory beyond that of the start with which it is tired, in bytes. */
const tiring = 64 * 1024 * 1024

const first = process.memoryUsage.rss()
const thread = new Worker(new URL('analysis-thread.ts', import.meta.url))
let watch: NodeJS.Timeout | undefined

// Nothing gentler ends a thread that is inside the engine.
const end = () => process.kill(process.pid, 'SIGKILL')

process.once('disconnect', end)
process.on('message', (job: AnalysisJob) => {
  const most = process.memoryUsage.rss() + job.memory
  watch = setInterval(() => {
    if (process.memoryUsage.rss() > most) end()
  }, pace)
  thread.postMessage(job)
})
thread.on('message', (word: AnalysisOutcome | typeof begun) => {
  if (word === begun) return process.send?.(word)
  clearInterval(watch)
  return process.send?.({ outcome: word, isTired: process.memoryUsage.rss() > first + tiring } satisfies AnalysisReply)
})
