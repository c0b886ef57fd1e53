// Keeps timelines from growing for ever: what is too old is removed, and the oldest of what is too much. Whole files go at once; a file that begins too
// early is written anew without its head, beside itself, and takes its own place in one step, so that whoever is killed meanwhile leaves one or the other.
import { constants } from 'node:fs'
import { lstat, open, rename, rm, truncate } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { fileOf, findIn, passageOf } from './folder.ts'
import { seek, sightingsFrom } from './reading.ts'
import type { Turns } from '../disk/turns.ts'

/** What is to be kept. */
export interface Retention {
  folder: string
  /** Sightings from before this go, in milliseconds since 1970; undefined where age does not matter. */
  oldest: number | undefined
  /** Bytes of all files. */
  bytes: number
  now: number
  /** For everything that changes a file. */
  turns: Turns
  /** First sightings of files, as far as they are known, by the number of the object; those that are learned are added. */
  beginnings: Map<number, number>
  /** Ends the work between two steps. */
  signal: AbortSignal
}

interface File {
  objectId: number
  size: number
  modified: number
  /** Whether its number is the highest. */
  isHighest: boolean
}

/** Does what may fail, and goes on all the same, unless the work is to end. */
type Attempt = (work: () => Promise<void>) => Promise<void>

/** Milliseconds that the head of a file may be too old before it is written anew: not oftener than so. Readers do not see it meanwhile. */
const grace = 24 * 60 * 60 * 1000

/** Milliseconds after which an object that was not seen counts as gone: its file goes before the heads of others. */
const goneAfter = 60 * 60 * 1000

/** What is left when there was too much, so that not every sighting makes too much again. */
const lowWater = 0.9

/** Bytes below which no file is written anew. */
const smallest = 4096

/** First sightings that are remembered. */
const mostBeginnings = 200_000

const copySize = 256 * 1024

/**
 * Removes what is not to be kept.
 * @returns bytes that all files have then
 * @throws what the system says; what was not done then is done the next time
 */
export async function retain (retention: Retention): Promise<number> {
  const files = await listFiles(retention)
  const errors: unknown[] = []
  // One file that cannot be removed does not keep the others.
  const attempt = async (work: () => Promise<void>) => {
    retention.signal.throwIfAborted()
    await work().catch((error: unknown) => errors.push(error))
  }
  await removeOld(retention, files, attempt)
  const left = await removeExcess(retention, files, attempt)
  if (errors.length > 0) throw errors[0]
  return left
}

async function listFiles ({ folder, signal }: Retention): Promise<File[]> {
  const files: File[] = []
  for await (const found of findIn(folder)) {
    signal.throwIfAborted()
    // Nobody else writes here, and only one sweep at a time: what is on its way now will never arrive.
    if (found.kind === 'passage') await rm(found.place, { force: true })
    else {
      const stats = await lstat(fileOf(folder, found.objectId)).catch(() => undefined)
      if (stats?.isFile() === true) files.push({ objectId: found.objectId, size: stats.size, modified: stats.mtimeMs, isHighest: false })
    }
  }
  const highest = files.reduce<File | undefined>((most, file) => most === undefined || file.objectId > most.objectId ? file : most, undefined)
  if (highest !== undefined) highest.isHighest = true
  return files.toSorted((one, other) => one.modified - other.modified || one.objectId - other.objectId)
}

async function removeOld (retention: Retention, files: File[], attempt: Attempt): Promise<void> {
  const { oldest } = retention
  if (oldest === undefined) return
  for (const file of files) {
    if (file.size === 0) continue
    await attempt(async () => {
      if (file.modified < oldest) await remove(retention, file)
      else if (await beginningOf(retention, file) < oldest - grace) await cut(retention, file, (handle, size) => firstFrom(handle, size, oldest))
    })
  }
}

async function removeExcess (retention: Retention, files: File[], attempt: Attempt): Promise<number> {
  const { bytes, now } = retention
  const total = () => files.reduce((sum, { size }) => sum + size, 0)
  let sum = total()
  if (sum <= bytes) return sum
  const target = bytes * lowWater
  for (const file of files) {
    if (sum <= target || file.modified >= now - goneAfter) break
    const before = file.size
    if (before > 0) await attempt(() => remove(retention, file))
    sum -= before - file.size
  }
  while (sum > target) {
    const largest = files.reduce<File | undefined>((most, file) => most === undefined || file.size > most.size ? file : most, undefined)
    if (largest === undefined || largest.size < smallest) break
    const { size: before } = largest
    const excess = sum - target
    await attempt(() => cut(retention, largest, (handle, size) => nextLine(handle, size, Math.min(Math.max(excess, size / 4), size * 3 / 4))))
    // It could not be done, or more has been recorded meanwhile than was cut off.
    if (largest.size >= before) break
    sum = total()
  }
  return sum
}

/** Removes a file, unless it has been written to since. That of the highest number stays, without content: it says that all numbers up to there have been used. */
async function remove ({ folder, turns, beginnings }: Retention, file: File): Promise<void> {
  const place = fileOf(folder, file.objectId)
  await turns.take(file.objectId, async () => {
    const { mtimeMs } = await lstat(place)
    if (mtimeMs !== file.modified) return
    await (file.isHighest ? truncate(place, 0) : rm(place))
    beginnings.delete(file.objectId)
    file.size = 0
  })
}

async function beginningOf ({ folder, beginnings, now }: Retention, { objectId }: File): Promise<number> {
  const known = beginnings.get(objectId)
  if (known !== undefined) return known
  const handle = await open(fileOf(folder, objectId), constants.O_RDONLY)
  try {
    const { size } = await handle.stat()
    // A file without any line is as good as new: its end decides.
    let beginning = now
    for await (const [first] of sightingsFrom({ source: handle, size, waiting: [] }, 0)) {
      if (first === undefined) continue
      beginning = first.at
      break
    }
    if (beginnings.size >= mostBeginnings) beginnings.clear()
    beginnings.set(objectId, beginning)
    return beginning
  } finally {
    await handle.close()
  }
}

/** Writes a file anew from an offset on, which is looked for in the file. */
async function cut ({ folder, turns, beginnings, signal }: Retention, file: File, findStart: (handle: FileHandle, size: number) => Promise<number>): Promise<void> {
  const place = fileOf(folder, file.objectId)
  const passage = passageOf(folder, file.objectId)
  beginnings.delete(file.objectId)
  const source = await open(place, constants.O_RDONLY)
  try {
    const { size, mode } = await source.stat()
    const start = await findStart(source, size)
    if (start === 0) return
    const target = await open(passage, 'wx', mode)
    try {
      await copy(source, target, start, size, signal)
      await target.datasync()
      // Only what has been written meanwhile is copied while nobody can write.
      await turns.take(file.objectId, async () => {
        const stats = await source.stat()
        await copy(source, target, size, stats.size, signal)
        await target.utimes(stats.atime, stats.mtime)
        await target.datasync()
        await rename(passage, place)
        file.size = stats.size - start
      })
    } catch (error) {
      await rm(passage, { force: true })
      throw error
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function copy (source: FileHandle, target: FileHandle, from: number, to: number, signal: AbortSignal): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(copySize, Math.max(1, to - from)))
  for (let position = from; position < to;) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, to - position), position)
    if (bytesRead === 0) return
    await target.writeFile(chunk.subarray(0, bytesRead))
    position += bytesRead
  }
}

/** Where the first sighting from a time on begins; the end where there is none. */
async function firstFrom (handle: FileHandle, size: number, time: number): Promise<number> {
  const snapshot = { source: handle, size, waiting: [] }
  for await (const batch of sightingsFrom(snapshot, await seek(snapshot, time))) {
    const first = batch.find(({ at }) => at >= time)
    if (first !== undefined) return first.offset
  }
  return size
}

/** Where the first line at or behind an offset begins; the end where there is none. */
async function nextLine (handle: FileHandle, size: number, offset: number): Promise<number> {
  const start = Math.floor(offset)
  for await (const [first] of sightingsFrom({ source: handle, size, waiting: [] }, start)) {
    if (first !== undefined) return first.offset
  }
  return size
}
