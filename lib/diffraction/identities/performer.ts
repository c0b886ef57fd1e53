// What does the tasks in a worker process. It is loaded only when the process has become who it is to be.
import { createFrames } from '../frames/frames.ts'
import type { FramesNumbers, FramesOptions, SharedReduced } from '../frames/frames.ts'
import { createIndexing } from '../indexing/indexing.ts'
import type { PerformOptions } from '../session.ts'
import type { TaskName, Tasks } from '../task.ts'

/** Does tasks. */
export interface Performer {
  /** @throws DiffractionError */
  perform<Name extends TaskName> (task: Name, ask: Tasks[Name]['ask'], options: PerformOptions): Promise<Tasks[Name]['result']>
  numbers (): FramesNumbers
  close (): Promise<void>
}

/** Bounds of what a worker process does. */
export interface PerformerSettings extends Pick<FramesOptions, 'frameBytes' | 'maxPixels' | 'prefetch' | 'queue' | 'reducedBytes' | 'threads'> {
  /** The indexing program and its arguments; undefined where there is none. */
  readonly indexer: readonly string[] | undefined
  /** Indexing programs at one time. */
  readonly indexers: number
  /** Milliseconds that the indexing program has. */
  readonly indexTimeout: number
}

/** What a performer is opened with. */
export interface PerformerOptions {
  readonly settings: PerformerSettings
  /** Folders that files may be in, resolved. */
  readonly roots: readonly string[]
  readonly shared: SharedReduced | undefined
}

/** A module that does tasks. */
export interface PerformerModule {
  openPerformer (options: PerformerOptions): Performer
}

/** Milliseconds to find out what a file is that is to be indexed. */
const inspectTimeout = 60_000

/** Opens it. */
export function openPerformer ({ roots, settings, shared }: PerformerOptions): Performer {
  const { indexer, indexers, indexTimeout, ...bounds } = settings
  const frames = createFrames({ ...bounds, roots, shared })
  const indexing = createIndexing({
    program: indexer,
    most: indexers,
    timeout: indexTimeout,
    inspect: async file => await frames.inspect(file, { timeout: inspectTimeout })
  })
  const perform = async (task: TaskName, ask: unknown, options: PerformOptions): Promise<unknown> => task === 'index'
    ? await indexing.index(ask as Tasks['index']['ask'], options)
    : await frames.perform(task, ask as never, options)
  return {
    perform: perform as Performer['perform'],
    numbers: () => frames.numbers(),
    async close () { await Promise.all([indexing.close(), frames.close()]) }
  }
}
