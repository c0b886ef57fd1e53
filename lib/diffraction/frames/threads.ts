// Sends threads out on errands. What is nearly finished goes first, so that frames do not pile up in memory half done.
import { createWorkerPool } from '../../worker-pool.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { Errand, ErrandKind, ErrandOutcome, Errands } from './errand.ts'
import { FileChanged } from './file-changed.ts'
import type { Garbage } from './garbage.ts'

/** Threads of this process. */
export interface Threads {
  /**
   * Sends a thread out as soon as one is free.
   * @param ask - gives what is asked for, when it begins
   * @param bounds.limit - milliseconds that it may take once it has begun; then its thread is ended
   * @param bounds.signal - takes it back as long as it has not begun; what has begun is finished
   * @throws DiffractionError, FileChanged, the reason of the signal
   */
  send<Kind extends ErrandKind> (kind: Kind, ask: () => Errands[Kind]['ask'], bounds: Bounds): Promise<Errands[Kind]['result']>
  /**
   * Sends threads out on shares of one errand, at the same time as far as threads are free. Ends when none of them is at it any more, whatever went wrong.
   * @param ask - gives what is asked for, by the number of the share
   * @throws as `send` does, for the first share that went wrong
   */
  sendShares<Kind extends 'expand' | 'reduceShare' | 'draw'> (kind: Kind, shares: number, ask: (share: number) => Errands[Kind]['ask'], bounds: Bounds): Promise<Array<Errands[Kind]['result']>>
  /** Pixels from which on several threads are quicker than one; infinite where there is one alone. */
  readonly sharedFrom: number
  /** In how many shares threads are quickest at some work on so many pixels. @param fewest - pixels of a share for which the ways to another thread and back take less than the work; without it those of a frame */
  sharesOf (pixels: number, fewest?: number): number
  /** Whether nothing waits, and no thread is busy, or one stays free for whoever comes. */
  isIdle (): boolean
  /** Ends all threads, whatever they do. */
  close (): Promise<void>
}

/** Bounds of an errand. */
export interface Bounds {
  readonly limit: number
  readonly signal: AbortSignal
}

/** What threads are made of. */
export interface ThreadsOptions {
  /** The module that runs in them. */
  readonly module: URL
  readonly threads: number
  readonly garbage: Pick<Garbage, 'rounds'>
}

/** The lower, the sooner. */
const urgencies: Record<ErrandKind, number> = { draw: 0, reduce: 1, reduceShare: 1, join: 1, expand: 1, histogram: 1, radial: 1, findSpots: 1, list: 1, describe: 2, decode: 2, warm: 2 }

/** Errands on which threads meet what others wrote: a thread that does not come back met a file that is broken. */
const opening: ReadonlySet<ErrandKind> = new Set(['describe', 'decode', 'expand'])

/** Memory of a thread for objects, in megabytes; pixels and what libraries in WebAssembly take come on top. */
const memory = 512

/** Time for an errand where nothing says otherwise, in milliseconds. */
const longest = 600_000

/** Fewest pixels of a share: for fewer the ways to another thread and back take longer than the work. */
const fewestPixels = 1_000_000

/** How much sooner than it says a timer may ring, in milliseconds. */
const early = 5

/** Makes threads; none begins before the first errand. */
export function createThreads ({ module, threads, garbage }: ThreadsOptions): Threads {
  const pool = createWorkerPool<Errand, ErrandOutcome>({ module, threads, queue: 0, timeout: longest, memory })
  const ending = new AbortController()
  const waiting = [new Set<() => void>(), new Set<() => void>(), new Set<() => void>()] as const
  let running = 0

  const next = () => {
    const queue = waiting.find(({ size }) => size > 0)
    const [begin] = queue ?? []
    if (queue === undefined || begin === undefined || running >= threads) return
    queue.delete(begin)
    begin()
  }

  const turn = async (kind: ErrandKind, signal: AbortSignal) => {
    signal.throwIfAborted()
    const queue = waiting[urgencies[kind]]!
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        queue.delete(begin)
        reject(signal.reason)
      }
      const begin = () => {
        signal.removeEventListener('abort', leave)
        running += 1
        resolve()
      }
      signal.addEventListener('abort', leave)
      queue.add(begin)
      next()
    })
  }

  const result = async (errand: Errand, limit: number) => {
    const begun = performance.now()
    const outcome = await pool.run(errand, { timeout: limit, signal: ending.signal })
    if (outcome.kind === 'busy') throw new DiffractionError('BUSY', 'Threads wait for disks that do not answer. Try again.')
    if (outcome.kind === 'hard') {
      if (performance.now() - begun >= limit - early) throw new DiffractionError('TIMEOUT', 'It took too long, and was ended.')
      if (opening.has(errand.kind)) throw new DiffractionError('FILE_BROKEN', 'The file is broken: whatever reads it ends.')
      throw new DiffractionError('WORKER_ENDED', 'The thread that did it ended before it was done.')
    }
    if (outcome.result.kind === 'changed') throw new FileChanged()
    if (outcome.result.kind === 'failed') throw new DiffractionError(outcome.result.code, outcome.result.message)
    return outcome.result.result
  }

  const send = async <Kind extends ErrandKind>(kind: Kind, ask: () => Errands[Kind]['ask'], { limit, signal }: Bounds) => {
    await turn(kind, signal)
    try {
      return await result({ kind, ask: ask(), round: garbage.rounds } as Errand, limit) as Errands[Kind]['result']
    } finally {
      running -= 1
      next()
    }
  }

  return {
    send,
    async sendShares (kind, shares, ask, bounds) {
      const outcomes = await Promise.allSettled(Array.from({ length: shares }, async (_, share) => await send(kind, () => ask(share), bounds)))
      return outcomes.map(outcome => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
    },
    sharedFrom: threads > 1 ? 2 * fewestPixels : Infinity,
    sharesOf: (pixels, fewest = fewestPixels) => Math.max(1, Math.min(threads, Math.floor(pixels / fewest))),
    isIdle: () => waiting.every(({ size }) => size === 0) && running < Math.max(1, threads - 1),
    async close () {
      ending.abort(new DiffractionError('WORKER_ENDED', 'The process that looks at files ends.'))
      await pool.close()
    }
  }
}
