// Reads damaged files of frames, one after the other, in a thread that whoever started it ends where one takes too long.
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { diffractionErrors } from '../../lib/diffraction/diffraction-error.ts'
import { decompressShare } from '../../lib/diffraction/formats/bitshuffle.ts'
import { openImageFile } from '../../lib/diffraction/formats/open.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import type { Random } from '../fixtures/json/random-text.ts'
import type { FrameFiles } from './frame-files.ts'

/** What the thread is to do. */
export interface ReaderWork {
  readonly folder: string
  readonly bases: readonly FrameFiles[]
  readonly seed: number
  readonly count: number
  /** Where it says which case it is at. */
  readonly progress: Int32Array
}

/** What came of it. */
export interface ReaderResult {
  /** Files that were read, and those that were refused by code. */
  readonly read: number
  readonly refused: Readonly<Record<string, number>>
  /** The longest processor time of one file, in milliseconds, and which it was. */
  readonly longest: number
  readonly longestCase: number
  /** What was neither read nor refused as it should, with its seed. */
  readonly strange: readonly string[]
  /** Files that are open afterwards and were not before. */
  readonly leaked: number
}

const maxPixels = 1_000_000

/** Bytes with a few accidents. */
function damaged (random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  // Half of the accidents happen where headers are.
  const place = () => random(2) === 0 ? random(copy.length) : random(Math.min(copy.length, 1500))
  for (let left = 1 + random(4); left > 0; left--) {
    const at = place()
    switch (random(6)) {
      case 0:
      case 1: copy[at] = (copy[at] as number) ^ 1 << random(8); break
      case 2: copy[at] = random(256); break
      case 3: copy.fill(pick(random, [0, 0xff, 0x80, 0x7f, 0x30, 0x39]), at, at + pick(random, [1, 2, 4, 8])); break
      case 4: copy.copyWithin(at, place(), copy.length - random(copy.length)); break
      default: return copy.subarray(0, random(3) === 0 ? at : copy.length)
    }
  }
  return copy
}

async function readOne (file: string): Promise<string | undefined> {
  try {
    const image = await openImageFile(file, { mayOpen: name => path.dirname(name) === path.dirname(file), maxPixels })
    try {
      image.companions(1)
      for (const { value } of Object.values(image.metadata(1))) assert(value !== undefined && !Number.isNaN(value))
      const { width, height, pixels, mask } = image.read(1, image.mask())
      assert(width * height <= maxPixels && pixels.length === width * height && (mask === undefined || mask.length === pixels.length))
      assert(pixels.buffer instanceof SharedArrayBuffer)
      const chunk = image.compressed?.(1)
      if (chunk !== undefined) {
        const shared = new Uint8Array(pixels.byteLength)
        for (const share of [0, 1, 2]) decompressShare(chunk, share, 3, shared)
        assert(Buffer.from(pixels.buffer, 0, pixels.byteLength).equals(shared))
      }
      image.maskContent?.()
    } finally {
      image.close()
    }
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !(code in diffractionErrors) || message.length > 500 || message.includes('/tmp')) throw error
    return code
  }
}

const { folder, bases, seed, count, progress } = workerData as ReaderWork
const refused: Record<string, number> = {}
const strange: string[] = []
let read = 0
let longest = 0
let longestCase = 0
const openFiles = () => readdirSync('/proc/self/fd').length
let before = 0
for (let index = 0; index < count; index++) {
  Atomics.store(progress, 0, index)
  const random = createRandom(2 * (seed + index))
  const { main, files } = pick(random, bases)
  const victim = pick(random, Object.keys(files))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), name === victim ? damaged(random, bytes) : bytes)
  const begun = process.threadCpuUsage()
  try {
    const code = await readOne(path.join(folder, main))
    if (code === undefined) read++
    else refused[code] = (refused[code] ?? 0) + 1
  } catch (error) {
    if (strange.length < 5) strange.push(`${seed + index}: ${(error as Error).stack ?? String(error)}`)
  }
  const { user, system } = process.threadCpuUsage(begun)
  // The first file pays for loading the reader.
  if (index > 0 && (user + system) / 1000 > longest) {
    longest = (user + system) / 1000
    longestCase = seed + index
  }
  if (index === Math.min(20, count - 1)) before = openFiles()
}
const result: ReaderResult = { read, refused, longest, longestCase, strange, leaked: openFiles() - before }
parentPort?.postMessage(result)
