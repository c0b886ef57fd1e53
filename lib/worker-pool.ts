// Runs a function in worker threads, each call with a deadline, a memory limit and a bound on how many wait. Home of piscina.
import type { Worker } from 'node:worker_threads'
import { Piscina, transferableSymbol, valueSymbol } from 'piscina'
import { atMost } from './at-most.ts'

/**
 * What came of a call: `done` with what the function gave; `busy` where too many wait, where the deadline passed while others were served, or
 * where the pool has closed; `hard` where the function threw, or took more time or memory than it may.
 */
export type CallOutcome<Result> = { kind: 'done', result: Result } | { kind: 'busy' } | { kind: 'hard' }

/** What a call may have besides what the function is called with. */
export interface CallOptions {
  /** Memory that is handed over rather than copied. */
  transfer?: readonly ArrayBuffer[]
  /** Aborts the call. */
  signal?: AbortSignal | undefined
  /** Time for this call, in milliseconds; without it that of the pool. */
  timeout?: number
}

/** A function in worker threads. */
export interface WorkerPool<Job, Result> {
  /**
   * Calls the function.
   * @throws the signal's reason where it aborts
   */
  run (job: Job, options?: CallOptions): Promise<CallOutcome<Result>>
  /** Lets the calls that run finish, turns away those that wait or come later, and ends the threads. A thread that cannot be ended is not waited for. */
  close (): Promise<void>
  /** Threads that were ended and have not: they are in a system call that does not come back, and keep the process from ending. */
  stuck (): number
}

/** What a pool is made of. */
export interface WorkerPoolOptions {
  /** The module whose default export is the function. */
  module: URL
  /** Threads at most; the first begins with the first call, which waits some 0.3 s longer. */
  threads: number
  /** Calls that may wait for a thread. */
  queue: number
  /** Time for one call, in milliseconds, from when it comes. */
  timeout: number
  /** Memory of one thread, in megabytes. */
  memory: number
}

/** Threads beyond the number allowed that may be on their way out; with more of them calls are turned away, lest a disk that hangs eats up threads. */
const leaving = 2

/** Time for threads to end when the pool closes, once nothing runs, in milliseconds. */
const farewell = 1000

/** Makes a pool; no thread begins before the first call. */
export function createWorkerPool<Job, Result> ({ module, threads, queue, timeout, memory }: WorkerPoolOptions): WorkerPool<Job, Result> {
  // Piscina forgets a thread when it tells it to end.
  const alive = new Set<Worker>()
  const start = () => {
    const pool = new Piscina<Job, Result>({
      filename: module.href,
      // With none kept, calls that wait when the only thread is ended would wait for ever.
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: 60000,
      resourceLimits: { maxOldGenerationSizeMb: memory }
    })
    pool.on('workerCreate', () => {
      for (const thread of pool.threads) {
        if (alive.has(thread)) continue
        alive.add(thread)
        thread.once('exit', () => alive.delete(thread))
      }
    })
    // A thread that dies idle is replaced; the next call finds a new one.
    return pool.on('error', () => {})
  }
  let pool: ReturnType<typeof start> | undefined
  // Piscina's own bound does not count calls that can be aborted.
  let inHand = 0
  let closed = false
  const idle = Promise.withResolvers<void>()

  return {
    async run (job, { transfer = [], signal, timeout: time = timeout } = {}) {
      if (closed || inHand >= threads + queue || alive.size > threads + leaving) return { kind: 'busy' }
      const waits = inHand >= threads
      const deadline = AbortSignal.timeout(time)
      inHand += 1
      try {
        const result = await (pool ??= start()).run(job, {
          transferList: [...transfer],
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline])
        })
        return { kind: 'done', result }
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        // Whoever had to wait may have lost its time to others; whoever is aborted without a deadline was waiting when the pool closed.
        const isAbort = error instanceof Error && error.name === 'AbortError'
        return { kind: isAbort && (waits || !deadline.aborted) ? 'busy' : 'hard' }
      } finally {
        inHand -= 1
        if (closed && inHand === 0) idle.resolve()
      }
    },
    async close () {
      closed = true
      if (inHand === 0) idle.resolve()
      const ended = pool?.close({ force: true })
      await idle.promise
      await atMost(farewell, ended)
    },
    stuck: () => [...alive].filter(thread => pool?.threads.includes(thread) !== true).length
  }
}

/** What a function gives where memory in its result is to be handed over rather than copied; to be returned as it is. */
export function handingOver<Result extends object> (result: Result, transfer: ArrayBuffer[]): Result {
  return Object.assign({ ...result }, { [transferableSymbol]: transfer, [valueSymbol]: result })
}
