// The worker process of one identity, as those who ask see it: started when there is something to do, started again after it has ended, and whatever happens to it, each task
// has its answer in time.
import { DiffractionError } from '../diffraction-error.ts'
import type { FramesNumbers } from '../frames/frames.ts'
import type { PerformOptions } from '../session.ts'
import type { TaskName } from '../task.ts'
import { errorOf } from './messages.ts'
import type { FromProcess, ProcessSettings } from './messages.ts'
import type { SharedReducedStore } from './shared-reduced.ts'
import { startProcess } from './worker-process.ts'
import type { ProcessEnd, WorkerProcess } from './worker-process.ts'

/** The process of an identity, be there one or not. */
export interface Worker {
  /** Has a task done. @throws DiffractionError */
  perform (name: TaskName, ask: unknown, options: PerformOptions): Promise<unknown>
  /** Tasks that have no answer yet. */
  readonly inHand: number
  /** Since when there is a process that has nothing to do, in milliseconds of `performance.now()`; undefined where there is none, or it has. */
  readonly idleSince: number | undefined
  /** Since when there is a process that others may take the place of once it has done what it does, in the same time; undefined where there is none, or a program runs for minutes. */
  readonly busySince: number | undefined
  /** Whether there is no process, nothing waits for one, and nothing of the last one needs to be remembered. */
  readonly isForgettable: boolean
  /** Bytes that its process keeps. */
  readonly bytes: FramesNumbers['bytes'] | undefined
  /** Ends its process as soon as it has done what it does; what comes meanwhile waits for another one. Resolves when it has gone. */
  giveWay (): Promise<void>
  /** Ends its process; what waits or comes later starts another one. Resolves when it has gone. */
  end (): Promise<void>
  /** Ends it for good. */
  close (): Promise<void>
}

/** What a worker is made of. */
export interface WorkerOptions {
  /** What its process is told, and its environment. @throws DiffractionError where there can be none */
  readonly prepare: () => Promise<{ settings: ProcessSettings, environment: Readonly<Record<string, string>> }>
  /** Waits until one more process may be there. */
  readonly enter: () => Promise<void>
  /** There is one process fewer. */
  readonly leave: () => void
  readonly shared: (() => ReturnType<SharedReducedStore['open']>) | undefined
  /** Most tasks that have no answer yet. */
  readonly most: number
  /** Most bytes of a result. */
  readonly mostBytes: number
  /** Milliseconds that a process without anything to do is kept. */
  readonly idle: number
  /** Milliseconds that a process has to give up a task, or to end; and to start. */
  readonly grace: number
  readonly startTimeout: number
  /** Its process has nothing more to do. */
  readonly onIdle: () => void
  /** A process has been started although the one before had ended by itself. */
  readonly onRestart: () => void
  /** Its process has done more: what has been added. */
  readonly onCounted: (numbers: Omit<FramesNumbers, 'bytes'>) => void
  /** Its process has ended although nobody wanted that. */
  readonly onEnded: (end: ProcessEnd) => void
}

interface Task {
  readonly id: number
  readonly name: TaskName
  readonly ask: unknown
  readonly deadline: number
  readonly onProgress: PerformOptions['onProgress']
  readonly answer: PromiseWithResolvers<unknown>
  isSent: boolean
  /** Was sent to a process that was killed for another task. */
  isRepeat: boolean
}

/** Frames that a process may wait for at one time from those who share them. */
const mostGets = 512

/** Bytes on their way to a process beyond which it is sent no more shared frames. */
const mostBacklog = 64 * 1024 * 1024

/** Pauses after ends that nobody wanted, in milliseconds: the first, and the longest; each is twice as long as the one before. */
const firstPause = 250
const longestPause = 30_000

/** Ends in a row, without anything done in between, from which on there is a pause. One that did not even start has it at once. */
const mostEnds = 3

/** Milliseconds after a pause that its length is remembered. */
const memory = 60_000

/** Makes a worker; no process begins before the first task. */
export function createWorker (options: WorkerOptions): Worker {
  const tasks = new Map<number, Task>()
  // Given up here, and not yet by the process.
  const abandoned = new Map<number, NodeJS.Timeout>()
  const gets = new Map<number, AbortController>()
  let phase: 'off' | 'starting' | 'on' | 'yielding' | 'ending' = 'off'
  let running: WorkerProcess | undefined
  let shared: ReturnType<SharedReducedStore['open']> | undefined
  let numbers: FramesNumbers | undefined
  let readySince: number | undefined
  let idleSince: number | undefined
  let reaping: NodeJS.Timeout | undefined
  let asked = 0
  let isClosed = false
  // What is known of the process of the moment.
  let refusal: DiffractionError | undefined
  let wasKilled = false
  let isWanted = true
  // Of those before it.
  let endsInRow = 0
  let notBefore = 0
  let hasEnded = false

  const close = (task: Task) => {
    tasks.delete(task.id)
    rest()
  }
  const failAll = (error: DiffractionError, which: (task: Task) => boolean = () => true) => {
    for (const task of [...tasks.values()].filter(which)) {
      task.answer.reject(error)
      close(task)
    }
  }
  /** Nothing to do: from now on it may be ended. */
  const rest = () => {
    if (phase === 'yielding' && abandoned.size === 0 && ![...tasks.values()].some(({ isSent }) => isSent)) return void worker.end()
    if (phase !== 'on' || tasks.size > 0 || abandoned.size > 0 || idleSince !== undefined) return
    idleSince = performance.now()
    reaping = setTimeout(() => { void worker.end() }, options.idle).unref()
    options.onIdle()
  }
  const work = () => {
    idleSince = undefined
    clearTimeout(reaping)
  }

  const send = (task: Task) => {
    task.isSent = true
    const { ask, deadline, id, name } = task
    running?.send({ kind: 'task', id, name, ask, timeout: Math.max(1, Math.ceil(deadline - performance.now())) })
  }
  const giveUp = (task: Task, error: DiffractionError) => {
    if (!tasks.has(task.id)) return
    task.answer.reject(error)
    if (task.isSent) {
      running?.send({ kind: 'cancel', id: task.id })
      abandoned.set(task.id, setTimeout(stop, options.grace))
    }
    close(task)
  }
  /** A process that does not even give up a task does nothing else either. */
  const stop = () => {
    wasKilled = true
    running?.kill()
  }

  const counted = (now: FramesNumbers | undefined) => {
    if (now === undefined) return
    const { decoded, hits, reduced, sharedHits } = now
    // Sums stay sums, whatever a process says.
    if (![decoded, hits, reduced, sharedHits, ...Object.values(now.bytes)].every(Number.isFinite)) return
    options.onCounted({
      decoded: decoded - (numbers?.decoded ?? 0),
      hits: hits - (numbers?.hits ?? 0),
      reduced: reduced - (numbers?.reduced ?? 0),
      sharedHits: sharedHits - (numbers?.sharedHits ?? 0)
    })
    numbers = now
  }
  const answered = (ids: readonly number[], now: FramesNumbers, settle: (task: Task) => void) => {
    counted(now)
    endsInRow = 0
    for (const id of ids) {
      clearTimeout(abandoned.get(id))
      abandoned.delete(id)
      const task = tasks.get(id)
      if (task === undefined) continue
      settle(task)
      tasks.delete(id)
    }
    rest()
  }

  const share = async (id: number, key: string, process: WorkerProcess) => {
    const going = new AbortController()
    gets.set(id, going)
    const bytes = gets.size > mostGets || typeof key !== 'string' ? undefined : await shared?.get(key, going.signal)
    gets.delete(id)
    const isThere = bytes !== undefined && process.backlog < mostBacklog
    process.send({ kind: 'shared', id, isThere }, isThere ? bytes : undefined)
  }

  const hear = (message: FromProcess, bytes: Buffer | undefined, process: WorkerProcess) => {
    switch (message.kind) {
      case 'ready':
        if (phase !== 'starting') return
        phase = 'on'
        readySince = performance.now()
        for (const task of tasks.values()) send(task)
        return rest()
      case 'refused':
        refusal = errorOf(message.failure)
        return process.kill()
      case 'result': {
        const result = resultOf(message.result, bytes, message.ids.length === 1)
        return answered(message.ids, message.numbers, task => task.answer.resolve(result))
      }
      case 'failed': return answered([message.id], message.numbers, task => task.answer.reject(errorOf(message.failure)))
      case 'progress': return tasks.get(message.id)?.onProgress?.(String(message.text))
      case 'numbers': return counted(message.numbers)
      case 'get': return void share(message.id, message.key, process)
      case 'drop': return gets.get(message.id)?.abort()
      case 'set': return shared?.set(String(message.key), bytes ?? Buffer.alloc(0))
      case 'giveUp': return shared?.giveUp(String(message.key))
    }
  }

  /** Has a process from its start to its end. */
  const run = async () => {
    const { environment, settings } = await options.prepare()
    await options.enter()
    try {
      if (tasks.size === 0 || isClosed) return
      if (hasEnded) options.onRestart()
      hasEnded = false
      refusal = undefined
      wasKilled = false
      isWanted = true
      numbers = undefined
      shared = options.shared?.()
      const process = running = startProcess({ environment, farewell: options.grace, mostBytes: options.mostBytes, onMessage: (message, bytes) => hear(message, bytes, process) })
      process.send({ kind: 'begin', settings })
      const late = setTimeout(() => { if (phase === 'starting') process.kill() }, options.startTimeout)
      const ready = () => phase !== 'starting'
      const end = await process.gone
      clearTimeout(late)
      ended(end, ready())
    } finally {
      options.leave()
    }
  }
  const ended = (end: ProcessEnd, wasReady: boolean) => {
    running = undefined
    readySince = undefined
    work()
    shared?.close()
    for (const going of gets.values()) going.abort()
    for (const grace of abandoned.values()) clearTimeout(grace)
    abandoned.clear()
    numbers = undefined
    if (isWanted) {
      hasEnded = true
      endsInRow = wasReady ? endsInRow + 1 : Math.max(endsInRow + 1, mostEnds)
      if (endsInRow >= mostEnds) notBefore = performance.now() + Math.min(firstPause * 2 ** (endsInRow - mostEnds), longestPause)
      options.onEnded(end)
    }
    // Who asked for what hung is known, and has its answer: the others, which only read, are asked for once more. Where the process ended by itself, any may have been the cause.
    for (const task of [...tasks.values()].filter(({ isSent }) => isSent)) {
      if (wasKilled && !task.isRepeat && task.name !== 'index') Object.assign(task, { isSent: false, isRepeat: true })
      else {
        task.answer.reject(new DiffractionError('WORKER_ENDED', 'The process that looked at the file ended before it had the answer. Ask again.'))
        tasks.delete(task.id)
      }
    }
    if (!wasReady && isWanted) failAll(refusal ?? new DiffractionError('UNAVAILABLE', 'The process that looks at files could not be started. Try again later.'))
  }

  /** Has processes, one after the other, as long as there are tasks. */
  const start = async () => {
    phase = 'starting'
    work()
    try {
      await run()
    } catch (error) {
      failAll(error instanceof DiffractionError ? error : new DiffractionError('UNAVAILABLE', 'The process that looks at files could not be started.'))
    }
    phase = 'off'
    if (tasks.size === 0) return
    const pause = pauseError()
    if (pause !== undefined) failAll(pause)
    else void start()
  }
  const pauseError = () => performance.now() < notBefore
    ? new DiffractionError('UNAVAILABLE', 'The process that looks at files has ended again and again. It is started anew in some seconds.')
    : undefined

  const gone = async () => { await running?.gone }

  const worker: Worker = {
    async perform (name, ask, { onProgress, signal, timeout }) {
      if (isClosed) throw new DiffractionError('UNAVAILABLE', 'The server is about to end.')
      if (signal?.aborted === true) throw new DiffractionError('CANCELLED', 'It is no longer wanted.')
      if (tasks.size + abandoned.size >= options.most) throw new DiffractionError('BUSY', 'Too many requests wait for this user and ESAF already. Try again.')
      const pause = phase === 'off' ? pauseError() : undefined
      if (pause !== undefined) throw pause
      const task: Task = { id: asked++, name, ask, deadline: performance.now() + timeout, onProgress, answer: Promise.withResolvers(), isSent: false, isRepeat: false }
      tasks.set(task.id, task)
      work()
      const cancel = () => giveUp(task, new DiffractionError('CANCELLED', 'It is no longer wanted.'))
      const deadline = setTimeout(() => giveUp(task, new DiffractionError('TIMEOUT', `It was not done within ${timeout} ms.`)), timeout)
      signal?.addEventListener('abort', cancel)
      if (phase === 'on') send(task)
      else if (phase === 'off') void start()
      try {
        return await task.answer.promise
      } finally {
        clearTimeout(deadline)
        signal?.removeEventListener('abort', cancel)
      }
    },
    get inHand () { return tasks.size },
    get idleSince () { return idleSince },
    get busySince () { return phase === 'on' && ![...tasks.values()].some(({ name }) => name === 'index') ? readySince : undefined },
    get isForgettable () { return phase === 'off' && tasks.size === 0 && (endsInRow === 0 || performance.now() > notBefore + memory) },
    get bytes () { return numbers?.bytes },
    async giveWay () {
      if (phase !== 'on') return
      phase = 'yielding'
      work()
      rest()
      await gone()
    },
    async end () {
      if (running === undefined) return
      isWanted = false
      phase = 'ending'
      work()
      running.end()
      await gone()
    },
    async close () {
      isClosed = true
      failAll(new DiffractionError('WORKER_ENDED', 'The server ends.'))
      await worker.end()
    }
  }
  return worker
}

/** A result as it was before its bytes were sent apart. @param isOwn - whether it is for one alone */
function resultOf (result: object, bytes: Buffer | undefined, isOwn: boolean): object {
  const whole: object & { metadata?: unknown } = bytes === undefined ? result : { ...result, bytes, isOwn }
  // Names in it come from files.
  if (typeof whole.metadata === 'object' && whole.metadata !== null) Object.setPrototypeOf(whole.metadata, null)
  return whole
}
