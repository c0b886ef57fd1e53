// Runs calls of modules in threads that can be ended: an endless loop has no other end.
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { download } from './download.ts'
import { Refusal } from './requests.ts'

/** A call. */
export interface RunRequest {
  readonly module: WebAssembly.Module
  readonly func: string
  readonly args: ReadonlyArray<number | bigint>
  readonly files: ReadonlyArray<readonly [string, Uint8Array]>
  /** Files that it must have written. */
  readonly outputs: readonly string[]
  /** What it may import. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>
  /** Most bytes of one file. */
  readonly maxFile: number
  readonly rpc: string | undefined
}

/** What came of it. */
export interface RunOutcome {
  readonly value: number | bigint | undefined
  readonly files: ReadonlyArray<readonly [string, Uint8Array]>
  /** The beginning of what it printed. */
  readonly printed: string
}

interface ThreadMessage { readonly isReady?: true, readonly outcome?: RunOutcome, readonly failure?: string, readonly rpc?: { readonly name: string, readonly bytes: Uint8Array<ArrayBuffer>, readonly shared: Int32Array } }

/** Runs modules. */
export interface Runner {
  /** @throws Error that says why it did not end well; Refusal 503 where too many wait */
  run (request: RunRequest): Promise<RunOutcome>
  close (): Promise<void>
}

/** Calls that may wait for a thread. */
const mostWaiting = 256

/** Starts no thread before there is a call. A thread whose call ended by itself serves the next one; one that had to be ended is gone with all that it held. */
export function createRunner ({ threads, timeout }: { readonly threads: number, readonly timeout: number }): Runner {
  const idle: Worker[] = []
  const all = new Set<Worker>()
  const waiting: Array<() => void> = []
  let running = 0
  let isClosed = false

  const start = (): Worker => {
    const worker = new Worker(path.join(import.meta.dirname, 'run-thread.ts'), {
      env: {}, argv: [], stdin: false, name: 'module', resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }
    })
    worker.unref()
    all.add(worker)
    worker.once('exit', () => {
      all.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    })
    // Without a listener an error of an idle thread would end the process.
    worker.on('error', () => {})
    return worker
  }

  const answerRpc = async (rpc: string, { name, bytes, shared }: NonNullable<ThreadMessage['rpc']>) => {
    const form = new FormData()
    form.set('data', new Blob([bytes]), 'data')
    const isDone = await download(`${rpc}/${encodeURIComponent(name)}`, { method: 'POST', body: form, most: 1024 * 1024, timeout }).then(() => true, () => false)
    Atomics.store(shared, 1, isDone ? 0 : -1)
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
  }

  const runIn = async (worker: Worker, request: RunRequest, isWarm: boolean): Promise<RunOutcome> => {
    const { promise, resolve, reject } = Promise.withResolvers<RunOutcome>()
    let timer: NodeJS.Timeout | undefined
    const begin = () => {
      timer = setTimeout(() => reject(new Error(`The module was stopped after ${timeout / 1000} s.`)), timeout)
      worker.postMessage(request)
    }
    const onMessage = ({ isReady, outcome, failure, rpc }: ThreadMessage) => {
      if (isReady) begin()
      else if (rpc !== undefined && request.rpc !== undefined) void answerRpc(request.rpc, rpc)
      else if (outcome !== undefined) resolve(outcome)
      else reject(new Error(failure))
    }
    const onError = (error: Error & { code?: string }) => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new Error('The module used more memory than it may.') : error)
    const onExit = () => reject(new Error('The thread of the module ended.'))
    worker.on('message', onMessage).once('error', onError).once('exit', onExit)
    if (isWarm) begin()
    let isReusable = false
    try {
      const outcome = await promise
      isReusable = true
      return outcome
    } finally {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      if (isReusable && !isClosed) idle.push(worker)
      else await worker.terminate()
    }
  }

  return {
    async run (request) {
      if (running >= threads) {
        if (waiting.length >= mostWaiting) throw new Refusal(503, 'Too many calls wait on this device. Call again later.')
        await new Promise<void>(resolve => waiting.push(resolve))
      } else {
        running += 1
      }
      try {
        if (isClosed) throw new Error('The device is stopping.')
        const warm = idle.pop()
        return await runIn(warm ?? start(), request, warm !== undefined)
      } finally {
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
    async close () {
      isClosed = true
      await Promise.all([...all].map(each => each.terminate()))
    }
  }
}
