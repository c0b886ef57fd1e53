// Reduced frames, kept apart from the contrast that they are drawn with, so that another contrast costs no more than drawing. They may be shared with other servers.
import { DiffractionError } from '../diffraction-error.ts'
import type { Reduced, Reduction } from '../view.ts'
import { beamOf } from '../analysis/geometry.ts'
import type { Beam } from '../analysis/geometry.ts'
import type { Frame } from '../frame.ts'
import { memoryForReduced, reducedBytes, windowOf } from '../pixels/reduction.ts'
import type { Errands, Facts } from './errand.ts'
import type { SharedReduced } from './frames.ts'
import type { Garbage } from './garbage.ts'
import { digest, identityOf } from './readings.ts'
import type { Place, Readings } from './readings.ts'
import { readReduced, writeReduced } from './shared-format.ts'
import { createStore } from './store.ts'
import type { Bounds, Threads } from './threads.ts'

/** Reduced frames. */
export interface Reductions {
  /** Lends a reduced frame until the body has ended. @throws DiffractionError, FileChanged */
  use<Result> (place: Place, reduction: Reduction, bounds: Bounds, body: (reduced: Reduced, facts: Facts) => Promise<Result> | Result): Promise<Result>
  numbers (): { bytes: number, reduced: number, hits: number, sharedHits: number }
}

/** What reductions are made of. */
export interface ReductionsOptions {
  readonly threads: Threads
  readonly garbage: Garbage
  readonly readings: Readings
  readonly shared: SharedReduced | undefined
  /** Bytes that reduced frames may take. */
  readonly budget: number
  /** Most pixels of one. */
  readonly maxPixels: number
}

/** What an entry takes besides its pixels, in bytes, roughly. */
const overhead = 2048

/** Most pixels of a reduced frame that is shared: larger ones take longer on their way than to be made. */
const mostShared = 4 * 1024 ** 2

/** Version of what is shared: to be counted up when the same key would stand for other pixels. */
const version = 1

/** Makes reductions, of which none is there yet. */
export function createReductions ({ threads, garbage, readings, shared, budget, maxPixels }: ReductionsOptions): Reductions {
  const store = createStore<Reduced>({
    budget: () => budget,
    weigh: bytesOf,
    discard: reduced => garbage.add(bytesOf(reduced))
  })
  let made = 0
  let sharedHits = 0
  let hits = 0

  /** Reduces a frame in as many threads as are quickest. */
  const reduceTogether = async (ask: Errands['reduce']['ask'], bounds: Bounds): Promise<Reduced> => {
    const shares = threads.sharesOf(seenPixels(ask.frame, ask.reduction))
    if (shares === 1) return await threads.send('reduce', () => ask, bounds)
    const parts = await threads.sendShares('reduceShare', shares, share => ({ ...ask, share, shares }), bounds)
    return await threads.send('join', () => ({ ...ask, parts }), bounds)
  }

  /** Reduces a frame, into memory of others that have to go for it where that fits. */
  const reduce = async (frame: Frame, reduction: Reduction, beam: Beam | undefined, bounds: Bounds): Promise<Reduced> => {
    const bytes = reducedBytes(frame, reduction)
    const { freed, release } = store.reserve(overhead + bytes.pixels + bytes.mask)
    const fitting = freed.find(({ height, pixels, width }) => pixels.byteLength === bytes.pixels && width * height === bytes.mask)
    for (const each of freed) if (each !== fitting) garbage.add(bytesOf(each))
    let used = 0
    try {
      const reduced = await reduceTogether({ frame, reduction, memory: memoryForReduced(frame, reduction, fitting), beam }, bounds)
      used = bytesOf(reduced)
      return reduced
    } finally {
      garbage.add(Math.max(0, overhead + bytes.pixels + bytes.mask - used))
      release()
    }
  }

  const make = async (place: Place, reduction: Reduction, bounds: Bounds, isAgain: boolean) => await readings.use(place, bounds, async ({ frame, facts }) => {
    const beam = reduction.mode === 'legacy' ? beamOf(facts.metadata) : undefined
    const reduced = await reduce(frame, reduction, beam, bounds)
    made += 1
    return reduced
  }, isAgain)

  const share = async (key: string, others: SharedReduced, place: Place, reduction: Reduction, bounds: Bounds) => {
    // Where the others do not answer, this one makes it by itself.
    const bytes = await others.get(key, bounds.signal).catch(() => undefined)
    const found = bytes && readReduced(bytes, reduction)
    if (found !== undefined) {
      sharedHits += 1
      return found
    }
    try {
      const reduced = await make(place, reduction, bounds, false)
      others.set(key, writeReduced(reduced))
      return reduced
    } catch (error) {
      others.giveUp(key)
      throw error
    }
  }

  return {
    async use (place, reduction, bounds, body) {
      check(reduction, maxPixels)
      const others = reduction.width * reduction.height <= mostShared ? shared : undefined
      const lend = async (facts: Facts, isAgain: boolean) => {
        const key = digest([version, place.key, identityOf(place, facts).companions, partOf(reduction), reduction.width, reduction.height, reduction.mode])
        if (store.peek(key) !== undefined) hits += 1
        return await store.use(
          key,
          bounds.signal,
          async signal => await (others === undefined ? make(place, reduction, { ...bounds, signal }, isAgain) : share(key, others, place, reduction, { ...bounds, signal })),
          async reduced => await body(reduced, facts)
        )
      }
      // Which other files a frame comes from is part of the key. Where nobody else can have it, the frame is read at once instead of its file being opened twice.
      if (place.facts !== undefined || others !== undefined) return await lend(await readings.describe(place, bounds), false)
      return await readings.use(place, bounds, async ({ facts }) => await lend(facts, true))
    },
    numbers: () => ({ bytes: store.bytes, reduced: made, hits, sharedHits })
  }
}

function bytesOf ({ pixels, mask }: Reduced): number {
  return overhead + pixels.byteLength + (mask?.byteLength ?? 0)
}

/** Pixels of a frame that a reduction looks at. */
function seenPixels (frame: Frame, { part }: Reduction): number {
  const { x, y, width, height } = windowOf(part, frame.width, frame.height)
  const within = (from: number, length: number, size: number) => Math.max(0, Math.min(from + length, size) - Math.max(from, 0))
  return within(x, width, frame.width) * within(y, height, frame.height) || 0
}

function partOf ({ part }: Reduction): unknown {
  if (part === 'whole') return part
  return 'zoom' in part ? ['tile', part.zoom, part.column, part.row] : ['window', part.x, part.y, part.width, part.height]
}

/** The rest is checked where it is done. */
function check ({ width, height }: Reduction, maxPixels: number): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) throw new DiffractionError('REQUEST', 'A picture is at least one pixel wide and high.')
  if (width * height > maxPixels) throw new DiffractionError('TOO_LARGE', `A picture has at most ${maxPixels} pixels; ${width} × ${height} is more.`)
}
