// The process that starts those that answer requests and keeps them running. It holds what they have in common and no request; the system
// lets it accept connections, and it hands each to the next process in turn. Home of node:cluster, with worker.ts.
import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { LRUCache } from 'lru-cache'
import { atMost } from '../at-most.ts'
import { createMetricsSum } from '../metrics/sum.ts'
import { mostOperators } from '../operator.ts'
import { createCounts } from '../request-counts.ts'
import type { CountQuestion, RequestCount } from '../request-counts.ts'
import type { BackOff } from '../supervisor.ts'
import { openChannel } from './channel.ts'
import type { Channel } from './channel.ts'
import { createSeats } from './seats.ts'
import type { SeatQuestion } from './seats.ts'
import type { WorkerSkills } from './worker.ts'

/** What a worker can ask of the primary process. */
export type PrimarySkills = {
  count: (question: CountQuestion) => Promise<RequestCount>
  isOperator: (address: string) => boolean
  addOperator: (address: string) => void
  /** Answers when the worker has the seat. */
  takeSeat: (question: SeatQuestion) => Promise<void>
  leaveSeat: (of: string) => void
  /** The metrics of all workers, in the Prometheus text format. */
  metrics: () => Promise<string>
  /** The worker listens, at these addresses. */
  listening: (addresses: string[]) => void
  /** The worker cannot start, and ends. */
  failed: (error: { message: string, code?: string | undefined }) => void
}

/** Where is written what happens. */
export interface PrimaryLog {
  error (members: object, text: string): void
}

/** What workers are started with. */
export interface PrimaryOptions {
  /** Path of the script that each of them runs. */
  script: string
  environment: NodeJS.ProcessEnv
  /** How many. */
  count: number
  log: PrimaryLog
  /** How long to wait before one that has ended is started again. */
  backOff?: BackOff
}

/** The processes that answer requests. */
export interface Workers {
  /** Resolves with the addresses when all listen for the first time. @throws what kept the first one from it that failed */
  started: Promise<string[]>
  /** Lets all stop as one process does, and starts none any more. @throws Error where one that listened did not end well */
  stop (): Promise<void>
  /** Ends all at once. */
  kill (): void
}

/** A process that is alive. */
interface Live { worker: Worker, channel: Channel<WorkerSkills>, listens: boolean, ended: Promise<void> }

/** Longest time to wait for what a worker has counted, in milliseconds. */
const patience = 1000

/** A process is started again soon the first time; one that keeps failing costs no more than a start every half minute. */
const usualBackOff: BackOff = { first: 100, longest: 30_000, steady: 60_000 }

/** Starts workers and keeps as many running. */
export function keepWorkers ({ script, environment, count, log, backOff = usualBackOff }: PrimaryOptions): Workers {
  const started = Promise.withResolvers<string[]>()
  const live = new Set<Live>()
  const restarts = new Set<NodeJS.Timeout>()
  const failures: string[] = []
  // Of all that there are to be, those that have not listened yet.
  const expected = new Set(Array.from({ length: count }, (_, number) => number))
  let isStopping = false
  const counts = createCounts()
  const operators = new LRUCache<string, true>({ max: mostOperators })
  const seats = createSeats()
  const sum = createMetricsSum()
  const listening = () => [...live].filter(each => each.listens)

  const metrics = async () => {
    await Promise.all(listening().map(({ worker, channel }) => {
      const numbers = channel.ask('numbers', undefined).then(given => { if (!worker.isDead()) sum.put(worker.id, given) })
      // One that does not answer counts with what it said last.
      return atMost(patience, numbers).catch(() => {})
    }))
    return await sum.text(listening().length)
  }

  const start = (number: number, lastPause: number) => {
    const startedAt = performance.now()
    const worker = cluster.fork(environment)
    const endHandovers = watchHandovers(worker)
    const ended = Promise.withResolvers<void>()
    let cause: NodeJS.ErrnoException | undefined
    const skills: PrimarySkills = {
      count: counts,
      isOperator: address => operators.get(address) === true,
      addOperator: address => { operators.set(address, true) },
      takeSeat: question => seats.take(worker.id, question),
      leaveSeat: of => seats.leave(worker.id, of),
      metrics,
      listening (addresses) {
        self.listens = true
        expected.delete(number)
        if (expected.size === 0) started.resolve(addresses)
      },
      failed ({ message, code }) {
        cause = Object.assign(new Error(message), code === undefined ? {} : { code })
      }
    }
    const self: Live = { worker, channel: openChannel<WorkerSkills>(worker.process, skills), listens: false, ended: ended.promise }
    live.add(self)

    const end = (status: string, endedWell: boolean) => {
      if (!live.delete(self)) return
      if (!endedWell) endHandovers()
      seats.end(worker.id)
      ended.resolve()
      if (isStopping) {
        if (self.listens && !endedWell) failures.push(status)
        return
      }
      if (expected.has(number)) {
        started.reject(cause ?? new Error(`A process that is to answer requests has ended (${status}) before it listened.`))
        return
      }
      sum.end(worker.id)
      const pause = performance.now() - startedAt >= backOff.steady ? backOff.first : Math.min(backOff.longest, lastPause * 2)
      log.error({ worker: worker.process.pid, status, ...cause === undefined ? {} : { cause: cause.message }, pause }, 'a worker process has ended; another one is started')
      const restart = setTimeout(() => {
        restarts.delete(restart)
        start(number, pause)
      }, pause)
      restarts.add(restart)
    }
    worker.once('exit', (code, signal) => end(signal ?? `exit status ${code}`, code === 0))
    // One that could not even be started has no exit.
    worker.on('error', error => { if (worker.process.pid === undefined) end(error.message, false) })
  }

  cluster.setupPrimary({ exec: script, args: [] })
  for (let number = 0; number < count; number++) start(number, backOff.first / 2)

  return {
    started: started.promise,
    async stop () {
      isStopping = true
      for (const restart of restarts) clearTimeout(restart)
      await Promise.all([...live].map(async ({ channel, ended }) => {
        // It may have gone.
        channel.ask('stop', undefined).catch(() => {})
        await ended
      }))
      if (failures.length > 0) throw new Error(`Not every process has ended well: ${failures.join(', ')}.`)
    },
    kill () {
      isStopping = true
      for (const { worker } of live) worker.process.kill('SIGKILL')
    }
  }
}

/**
 * Node keeps a connection open that it has handed to a worker until that one says that it has it. Where the worker is killed before, nobody
 * closes it, and the client would wait for ever. There is one such connection at most for each worker.
 * @returns a function that closes it
 */
function watchHandovers ({ process }: Worker): () => void {
  let last: object | undefined
  const send = process.send.bind(process) as (...given: unknown[]) => boolean
  process.send = (...given: unknown[]) => {
    if (typeof given[1] === 'object' && given[1] !== null) last = given[1]
    return send(...given)
  }
  // One that the worker had is closed here already, and closing it again does nothing.
  return () => { if (last !== undefined && 'close' in last && typeof last.close === 'function') last.close() }
}
