// Indexing for a worker process: finds out what files are, and has so many programs run at one time.
import { createLimits } from '../../limits.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { PerformOptions } from '../session.ts'
import type { Indexed, Tasks } from '../task.ts'
import { runIndexer } from './indexer.ts'
import type { IndexedFile } from './indexer.ts'

/** What is known of a file that is to be indexed. */
export interface InspectedFile extends IndexedFile {
  /** `software_version` of its metadata; undefined where it has none. */
  readonly version: string | undefined
}

/** Has frames indexed. */
export interface Indexing {
  /**
   * Runs the indexing program for a request. It ends at its own timeout; `signal` ends it sooner.
   * @throws DiffractionError UNAVAILABLE without a program, BUSY where too much waits, REQUEST, and what `inspect` and `runIndexer` throw
   */
  index (ask: Tasks['index']['ask'], options: Pick<PerformOptions, 'signal' | 'onProgress'>): Promise<Indexed>
  /** Ends all programs, and resolves when they have gone. */
  close (): Promise<void>
}

/** What indexing is made of. */
export interface IndexingOptions {
  /** The program and its arguments; undefined where there is none, and all is refused. */
  readonly program: readonly string[] | undefined
  /** Programs at one time. */
  readonly most: number
  /** Requests that may wait for one; four times `most` by default. */
  readonly queue?: number
  /** Milliseconds that one program has, from its start. */
  readonly timeout: number
  /**
   * Says what a file is that a request names, if it may be seen.
   * @throws DiffractionError
   */
  readonly inspect: (file: string) => Promise<InspectedFile>
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly folder?: string | undefined
}

/** Largest number of a frame. */
const lastFrame = 2 ** 31 - 1

/** Makes indexing; no program begins before the first request. */
export function createIndexing ({ environment, folder, inspect, most, program, queue = 4 * most, timeout }: IndexingOptions): Indexing {
  const limits = createLimits(most, () => most)
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()

  const run = async ({ files, frames }: Tasks['index']['ask'], { onProgress, signal }: Pick<PerformOptions, 'signal' | 'onProgress'>): Promise<Indexed> => {
    if (program === undefined) throw new DiffractionError('UNAVAILABLE', 'This server indexes nothing: DIFFRACTION_INDEXER names no program.')
    if (!frames.every(frame => Number.isInteger(frame) && frame >= 0 && frame <= lastFrame)) throw new DiffractionError('REQUEST', `frame1 and frame2 must be whole numbers from 0 to ${lastFrame}.`)
    if (limits.waiting >= queue) throw new DiffractionError('BUSY', 'Too many requests wait for the indexing program. Try again later.')
    const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    const indexed = await limits.run('index', stop, async () => {
      const first = await inspect(files[0])
      const second = files[1] === files[0] || files[1] === '' ? undefined : await inspect(files[1])
      const isOne = second === undefined || second.path === first.path
      return await runIndexer({ program, files: isOne ? [first] : [first, second], frames, version: first.version, timeout, signal: stop, onProgress, environment, folder })
    })
    if (indexed === undefined) throw new DiffractionError('CANCELLED', 'Indexing was cancelled.')
    return indexed
  }

  return {
    async index (ask, options) {
      const work = run(ask, options)
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    async close () {
      closing.abort()
      await Promise.allSettled(running)
    }
  }
}
