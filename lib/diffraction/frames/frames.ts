// What a worker process does with tasks: the same everywhere, in the process of an identity and in tests.
import { geometryOf, beamOf } from '../analysis/geometry.ts'
import { pixelOf } from '../analysis/pixel.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { FrameSource } from '../frame.ts'
import type { PerformOptions } from '../session.ts'
import type { Picture, TaskName, Tasks } from '../task.ts'
import type { Reduction } from '../view.ts'
import { drawShared } from './drawing.ts'
import { FileChanged } from './file-changed.ts'
import { findFile } from './files.ts'
import { metadataOf } from './frame-metadata.ts'
import { createGarbage } from './garbage.ts'
import { createReadAhead, neighboursOf } from './read-ahead.ts'
import { createReadings, identityOf } from './readings.ts'
import type { Place } from './readings.ts'
import { createReductions } from './reductions.ts'
import { createStore } from './store.ts'
import { createThreads } from './threads.ts'
import type { Bounds } from './threads.ts'

/** Tasks that are done with frames. */
export type FrameTask = Exclude<TaskName, 'index'>

/** Looks at frames for one identity, in threads, and keeps what it has seen within its budgets. */
export interface Frames {
  /**
   * Does a task. It ends when its time is over or its signal aborts, whatever threads still do for it.
   * @throws DiffractionError
   */
  perform<Name extends FrameTask> (task: Name, ask: Tasks[Name]['ask'], options: PerformOptions): Promise<Tasks[Name]['result']>
  /**
   * Looks at a file without its pixels: its real path, those of all files that its frames come from, and the version of the program that wrote it where it says so.
   * @throws DiffractionError
   */
  inspect (file: string, options: PerformOptions): Promise<{ path: string, companions: readonly string[], version: string | undefined }>
  /** Bytes kept, and how often frames were decoded, reduced, or found. */
  numbers (): FramesNumbers
  close (): Promise<void>
}

/** What frames have cost so far. */
export interface FramesNumbers {
  /** Bytes of frames as read, of masks, of reduced frames. */
  readonly bytes: { readonly frames: number, readonly masks: number, readonly reduced: number }
  readonly decoded: number
  readonly reduced: number
  /** Found in the process, found in the cache that is shared. */
  readonly hits: number
  readonly sharedHits: number
}

/** Bounds of what is kept and done. */
export interface FramesOptions {
  /** Folders that files may be in, absolute and resolved. */
  readonly roots: readonly string[]
  readonly threads: number
  /** Tasks that may wait. */
  readonly queue: number
  /** Bytes of frames as read, masks included. */
  readonly frameBytes: number
  /** Bytes of reduced frames. */
  readonly reducedBytes: number
  /** Most pixels of a frame, and of a picture. */
  readonly maxPixels: number
  /** Frames before and after the one asked for that are read ahead when nothing else is to do. */
  readonly prefetch: number
  /** Reduced frames of other servers and processes; undefined where nothing is shared. */
  readonly shared: SharedReduced | undefined
  /** Milliseconds that a thread may take for a step however little time its task has left: to begin a new one takes longer than most steps. 5000 unless a test says otherwise. */
  readonly patience?: number
  /** The module that runs in threads; another one in tests. */
  readonly module?: URL
}

/** Reduced frames that servers share. Keys are those of this identity's ESAF alone: who serves them sees to that. */
export interface SharedReduced {
  /**
   * Gives what is kept under a key, or undefined where the caller is to make it: then nobody else makes it until `set`, `giveUp`, or until the time of its lock is over.
   * Waits while somebody else makes it.
   */
  get (key: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Keeps what was made. Fails silently: it is a cache. */
  set (key: string, bytes: Uint8Array): void
  /** The caller could not make it. */
  giveUp (key: string): void
}

/** Time for a frame that is read ahead, in milliseconds. */
const readAheadLimit = 60_000

/** Time for a thread to load what it needs, in milliseconds. */
const warmLimit = 60_000

/** Frames of which so many lie in one file are looked at all, for the other files that they come from. */
const mostInspected = 1_000_000

/** What each task is done with. */
type Doings = { readonly [Name in FrameTask]: (ask: Tasks[Name]['ask'], bounds: Bounds) => Promise<Tasks[Name]['result']> }

/** Makes threads and empty caches. */
export function createFrames ({ roots, threads: count, queue, frameBytes, reducedBytes, maxPixels, prefetch, shared, patience = 5000, module = new URL('thread.ts', import.meta.url) }: FramesOptions): Frames {
  const garbage = createGarbage()
  const threads = createThreads({ module, threads: count, garbage })
  const readings = createReadings({ threads, garbage, roots, maxPixels, budget: frameBytes })
  const reductions = createReductions({ threads, garbage, readings, shared, budget: reducedBytes, maxPixels })
  // None is kept: those who want the same picture at the same time share it.
  const pictures = createStore<Picture>({ budget: () => 0, weigh: ({ bytes }) => bytes.byteLength })
  const ending = new AbortController()
  let inHand = 0

  const readAhead = createReadAhead({
    isIdle: () => !ending.signal.aborted && inHand < count && threads.isIdle(),
    async read (source) {
      const place = await readings.locate(source)
      if (!readings.has(place)) await readings.use(place, { limit: readAheadLimit, signal: ending.signal }, () => {})
    }
  })

  /** To be told of each frame that somebody looks at. */
  const lookedAt = (source: FrameSource, frames: number, place: Place) => {
    const room = readings.roomFor(place) - 1
    if (prefetch > 0 && room > 0) readAhead.want(neighboursOf(source, frames, prefetch).slice(0, room))
  }

  const withFrame = async <Result>(source: FrameSource, bounds: Bounds, body: Parameters<typeof readings.use<Result>>[2]) => {
    const place = await readings.locate(source)
    return await readings.use(place, bounds, async reading => {
      lookedAt(source, reading.facts.frames, place)
      return await body(reading)
    })
  }

  const picture = async ({ source, reduction, drawing }: Tasks['picture']['ask'], place: Place, bounds: Bounds): Promise<Picture> =>
    await reductions.use(place, reduction, bounds, async (reduced, facts) => {
      const metadata = metadataOf(facts, source)
      const geometry = drawing.overlays && geometryOf(metadata)
      const drawn = await drawShared(threads, { reduced, drawing, geometry, frame: source.frame, frames: facts.frames }, bounds)
      lookedAt(source, facts.frames, place)
      return { ...drawn, metadata, identity: identityOf(place, facts), statistics: reduced.statistics, spots: reduced.spots }
    })

  const doings: Doings = {
    async describe ({ source }, bounds) {
      const place = await readings.locate(source)
      const facts = await readings.describe(place, bounds)
      const { format, frames, width, height } = facts
      const metadata = metadataOf(facts, source)
      return { metadata, identity: identityOf(place, facts), format, frames, width, height, geometry: geometryOf(metadata) }
    },
    async picture (ask, bounds) {
      const place = await readings.locate(ask.source, ask.reduction.frames)
      // Where it was found that a frame's other files have changed, nobody joins those who came before.
      const key = JSON.stringify([place.key, readings.changes(), ask])
      return await pictures.use(key, bounds.signal, signal => picture(ask, place, { ...bounds, signal }), found => found)
    },
    async spots ({ source, width }, bounds) {
      const place = await readings.locate(source)
      const reduction: Reduction = { part: 'whole', width, height: width, mode: 'legacy', frames: 1 }
      return await reductions.use(place, reduction, bounds, ({ statistics, spots }, facts) => {
        lookedAt(source, facts.frames, place)
        return { metadata: metadataOf(facts, source), identity: identityOf(place, facts), statistics, spots }
      })
    },
    pixel: async ({ source, x, y }, bounds) => await withFrame(source, bounds, ({ frame, facts }) => pixelOf(frame, geometryOf(facts.metadata), x, y)),
    histogram: async ({ source, bins }, bounds) => await withFrame(source, bounds, ({ frame }) => threads.send('histogram', () => ({ frame, bins }), bounds)),
    radial: async ({ source, bins }, bounds) => await withFrame(source, bounds, ({ frame, facts: { metadata } }) =>
      threads.send('radial', () => ({ frame, geometry: geometryOf(metadata), beam: beamOf(metadata), bins }), bounds)),
    findSpots: async ({ source, limit }, bounds) => await withFrame(source, bounds, ({ frame, facts }) =>
      threads.send('findSpots', () => ({ frame, geometry: geometryOf(facts.metadata), limit }), bounds)),
    list: async ({ folder, limit }, bounds) => await threads.send('list', () => ({ folder, limit, roots }), bounds)
  }

  const bounded = async <Result>({ signal, timeout }: PerformOptions, work: (bounds: Bounds) => Promise<Result>): Promise<Result> => {
    if (ending.signal.aborted) throw ending.signal.reason
    if (inHand >= count + queue) throw new DiffractionError('BUSY', 'Too many tasks wait already. Try again.')
    const going = new AbortController()
    const cancel = () => going.abort(new DiffractionError('CANCELLED', 'It is no longer wanted.'))
    const end = () => going.abort(ending.signal.reason)
    const time = Math.max(1, Math.ceil(timeout))
    const timer = setTimeout(() => going.abort(new DiffractionError('TIMEOUT', `It was not done within ${time} ms.`)), time)
    ending.signal.addEventListener('abort', end)
    signal?.addEventListener('abort', cancel)
    if (signal?.aborted === true) cancel()
    inHand += 1
    try {
      const bounds = { limit: Math.max(time, patience), signal: going.signal }
      const result = await unlessAborted(onceMore(() => work(bounds)), going.signal)
      going.signal.throwIfAborted()
      return result as Result
    } finally {
      inHand -= 1
      clearTimeout(timer)
      ending.signal.removeEventListener('abort', end)
      signal?.removeEventListener('abort', cancel)
      readAhead.go()
    }
  }

  // The first frame does not wait for what has to be loaded for it.
  void threads.send('warm', () => undefined, { limit: warmLimit, signal: ending.signal }).catch(() => {})

  return {
    perform: async (task, ask, options) => await bounded(options, async bounds => await doings[task](ask, bounds)),
    inspect: async (file, options) => await bounded(options, async bounds => {
      const found = await findFile(file, roots)
      const { companions, metadata } = await threads.send('describe', () => ({ file: found, roots, maxPixels, frame: 1, count: mostInspected }), bounds)
      const version = metadata.software_version?.value
      return { path: found.path, companions: companions.map(({ path }) => path), version: typeof version === 'string' ? version : undefined }
    }),
    numbers () {
      const { frames, masks, decoded, hits } = readings.numbers()
      const { bytes, reduced, hits: reducedHits, sharedHits } = reductions.numbers()
      return { bytes: { frames, masks, reduced: bytes }, decoded, reduced, hits: hits + reducedHits, sharedHits }
    },
    async close () {
      ending.abort(new DiffractionError('WORKER_ENDED', 'The process that looks at files ends.'))
      await threads.close()
    }
  }
}

/** Does it once more where a file changed meanwhile. @throws DiffractionError where it changed again */
async function onceMore<Result> (work: () => Promise<Result>): Promise<Result> {
  for (let isLast = false; ; isLast = true) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error
      if (isLast) throw new DiffractionError('FILE_BROKEN', 'The file changes while it is read. Ask again when it is complete.')
    }
  }
}
