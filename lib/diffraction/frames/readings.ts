// Frames as read, with their masks and what is known of them. What has been read is kept by what its files are: who asks for a file that was rewritten gets what it is now.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { DiffractionError } from '../diffraction-error.ts'
import { fits, memoryFor } from '../frame.ts'
import type { FileIdentity, Frame, FrameSource } from '../frame.ts'
import type { SharedChunk } from '../formats/lz4.ts'
import type { Facts, FileMask, Opening } from './errand.ts'
import { areUnchanged, findFile } from './files.ts'
import type { FoundFile } from './files.ts'
import type { Garbage } from './garbage.ts'
import { createStore } from './store.ts'
import type { Bounds, Threads } from './threads.ts'

/** A frame, and what is known of it. */
export interface Reading {
  readonly frame: Frame
  readonly facts: Facts
  /** Bytes that it takes and no other does. */
  readonly bytes: number
}

/** Where a frame was found. */
export interface Place {
  readonly file: FoundFile
  readonly frame: number
  /** Frames that are added up. */
  readonly count: number
  /** What it is kept by. */
  readonly key: string
  /** What is known of it, where that is so still. */
  readonly facts: Facts | undefined
}

/** Frames of files. */
export interface Readings {
  /**
   * Finds a frame's file, as it is now.
   * @param count - frames that are added up, that one and those after it
   * @throws DiffractionError
   */
  locate (source: FrameSource, count?: number): Promise<Place>
  /** What is known of a frame; its pixels are not read for it. @throws DiffractionError, FileChanged */
  describe (place: Place, bounds: Bounds): Promise<Facts>
  /**
   * Lends a frame until the body has ended.
   * @param isAgain - whether it is lent within the body of the same task already
   * @throws DiffractionError, FileChanged
   */
  use<Result> (place: Place, bounds: Bounds, body: (reading: Reading) => Promise<Result> | Result, isAgain?: boolean): Promise<Result>
  /** Whether a frame is kept, or at hand. */
  has (place: Place): boolean
  /** How often it was found that another file that a frame comes from had changed. */
  changes (): number
  /** How many frames of this size have room. */
  roomFor (place: Place): number
  numbers (): { frames: number, masks: number, decoded: number, hits: number }
}

/** What readings are made of. */
export interface ReadingsOptions {
  readonly threads: Threads
  readonly garbage: Garbage
  readonly roots: readonly string[]
  readonly maxPixels: number
  /** Bytes that frames and masks may take. */
  readonly budget: number
}

/** Frames that are added up at most. */
export const mostFrames = 1000

/** Share of the budget that masks may take. */
const masksShare = 0.25

/** Bytes that what is known of frames may take. */
const factsBudget = 16 * 1024 ** 2

/** What an entry takes besides, in bytes, roughly. */
const overhead = 1024

/** Files whose size of a frame is remembered. */
const mostSizes = 1000

/** Makes readings, of which none is there yet. */
export function createReadings ({ threads, garbage, roots, maxPixels, budget }: ReadingsOptions): Readings {
  const known = new LRUCache<string, Facts>({ maxSize: factsBudget, sizeCalculation: facts => overhead + 2 * JSON.stringify(facts).length })
  // What masks of files are kept by: by what stands for them, so that files of one detector have one, or else by their file.
  const maskKeys = new LRUCache<string, string>({ max: mostSizes })
  const masks = new LRUCache<string, FileMask>({ maxSize: Math.max(1, Math.floor(budget * masksShare)), sizeCalculation: ({ mask }) => overhead + (mask?.byteLength ?? 0), dispose: ({ mask }) => garbage.add(mask?.byteLength ?? 0) })
  const store = createStore<Reading>({ budget: () => budget - masks.calculatedSize, weigh: ({ bytes }) => bytes, discard: ({ bytes }) => garbage.add(bytes) })
  // Bytes of the pixels of a frame, by file.
  const sizes = new LRUCache<string, number>({ max: mostSizes })
  // Who reads the first frame of a file reads its mask; the others wait for it.
  const firsts = new Map<string, Promise<void>>()
  // Memory of a compressed frame that has been decompressed.
  let spareChunk: SharedArrayBuffer | undefined
  let lastSize = 0
  let decoded = 0
  let changes = 0
  let hits = 0

  const opening = ({ file, frame, count }: Place): Opening => ({ file, roots, maxPixels, frame, count })

  /** Memory of frames that have to go for a new one, where it fits. */
  const makeRoom = (path: string) => {
    const bytes = sizes.get(path) ?? lastSize
    const { freed, release } = store.reserve(bytes)
    const fitting = freed.find(({ frame }) => fits(frame.pixels.buffer, bytes))
    for (const each of freed) garbage.add(each === fitting ? each.bytes - bytes : each.bytes)
    return { release, spare: fitting?.frame.pixels.buffer }
  }

  const maskOf = (file: string): FileMask | undefined => masks.get(maskKeys.get(file) ?? '')

  const keepMask = (file: string, found: FileMask) => {
    const key = found.content ?? file
    if (!masks.has(key)) masks.set(key, found)
    maskKeys.set(file, key)
  }

  /** Decompresses a frame in as many threads as are quickest. */
  const expand = async (chunk: SharedChunk, { width, height }: Facts, spare: SharedArrayBuffer | undefined, bounds: Bounds): Promise<Pick<Frame, 'width' | 'height' | 'pixels'>> => {
    const memory = memoryFor(chunk.size * chunk.counts, spare)
    const shares = threads.sharesOf(chunk.counts)
    await threads.sendShares('expand', shares, share => ({ chunk, share, shares, memory }), bounds)
    spareChunk = chunk.bytes.buffer
    return { width, height, pixels: chunk.size === 2 ? new Uint16Array(memory, 0, chunk.counts) : new Uint32Array(memory, 0, chunk.counts) }
  }

  const read = async (place: Place, bounds: Bounds): Promise<Reading> => {
    const { key, path } = place.file
    while (maskOf(key) === undefined && firsts.has(key)) await firsts.get(key)
    const isFirst = maskOf(key) === undefined
    let release = () => {}
    let spare: SharedArrayBuffer | undefined
    const decoding = threads.send('decode', () => {
      const room = makeRoom(path)
      release = room.release
      spare = room.spare
      const free = spareChunk
      spareChunk = undefined
      const others = [...masks.values()].filter(({ content }) => content !== undefined)
      return { ...opening(place), known: maskOf(key), others, spare, sharedFrom: threads.sharedFrom, spareChunk: free }
    }, bounds)
    if (isFirst) firsts.set(key, decoding.then(({ found }) => { if (found !== undefined) keepMask(key, found) }, () => {}).finally(() => firsts.delete(key)))
    try {
      const { facts, unread, hasOwnMask } = await decoding
      // Of files that have the same mask, the one that is kept.
      const mask = hasOwnMask ? undefined : maskOf(key)?.mask
      const frame: Frame = 'frame' in unread ? { ...unread.frame, mask: mask ?? unread.frame.mask } : { ...await expand(unread.chunk, facts, spare, bounds), mask: mask ?? unread.mask }
      decoded += place.count
      known.set(place.key, facts)
      lastSize = frame.pixels.buffer.byteLength
      sizes.set(path, lastSize)
      return { frame, facts, bytes: overhead + lastSize + (hasOwnMask ? frame.mask?.byteLength ?? 0 : 0) }
    } finally {
      release()
    }
  }

  return {
    async locate (source, count = 1) {
      if (!Number.isSafeInteger(source.frame) || source.frame < 1) throw new DiffractionError('REQUEST', 'Frames are counted from 1.')
      if (!Number.isInteger(count) || count < 1 || count > mostFrames) throw new DiffractionError('REQUEST', `From 1 to ${mostFrames} frames can be added up.`)
      const file = await findFile(source.file, roots)
      const key = `${file.key}#${source.frame}+${count}`
      const place = { file, frame: source.frame, count, key }
      const facts = store.peek(key)?.facts ?? known.get(key)
      if (facts === undefined || await areUnchanged(facts.companions)) return { ...place, facts }
      if ((store.peek(key)?.facts ?? known.get(key)) === facts) {
        changes += 1
        store.forget(key)
        known.delete(key)
      }
      return { ...place, facts: undefined }
    },
    async describe (place, bounds) {
      if (place.facts !== undefined) return place.facts
      const facts = await threads.send('describe', () => opening(place), bounds)
      known.set(place.key, facts)
      return facts
    },
    use: (place, bounds, body, isAgain = false) => {
      if (!isAgain && store.peek(place.key) !== undefined) hits += 1
      return store.use(place.key, bounds.signal, signal => read(place, { ...bounds, signal }), body)
    },
    has: ({ key }) => store.peek(key) !== undefined,
    changes: () => changes,
    roomFor: ({ file }) => Math.floor((budget - masks.calculatedSize) / Math.max(overhead, sizes.get(file.path) ?? lastSize)),
    numbers: () => ({ frames: store.bytes, masks: masks.calculatedSize, decoded, hits })
  }
}

/** The identity of a frame: that of its file, and those of the other files that it comes from. */
export function identityOf ({ file }: Place, { companions }: Facts): FileIdentity {
  return companions.length === 0 ? file.identity : { ...file.identity, companions: digest(companions) }
}

/** A short text that stands for a value. */
export function digest (value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url')
}
