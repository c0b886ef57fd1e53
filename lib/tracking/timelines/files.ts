// Timelines in files, one for each object, in the folder and the format of TrackTech. Sightings are collected in memory and written every second;
// whoever reads gets both. What is too old or too much is removed in the background.
import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { atMost } from '../../at-most.ts'
import { fileOf, findIn } from './folder.ts'
import { createLineWriter } from './lines.ts'
import { readPage } from './reading.ts'
import type { Snapshot, Source } from './reading.ts'
import { retain } from './retention.ts'
import { createDiskCalls } from '../disk/calls.ts'
import { codeOf } from '../../error-code.ts'
import { explainDisk, hanging } from '../disk/trouble.ts'
import type { Timelines } from './timelines.ts'
import { createTurns } from '../disk/turns.ts'

/** What files of timelines are opened with. */
export interface TimelineFilesOptions {
  /** Where they lie; made when it is missing. */
  folder: string
  /** Days that sightings are kept; 0 keeps them for ever. */
  days: number
  /** Bytes of all files; the oldest go first. */
  bytes: number
  /** The clock, in milliseconds since 1970. */
  now?: () => number
  /** Told when trouble begins, changes and, with undefined, ends. */
  onTrouble?: (trouble: string | undefined, error?: unknown) => void
  /** Milliseconds after which a disk that does not answer is said to hang. */
  patience?: number
}

/** Timelines in files. */
export interface TimelineFiles extends Timelines {
  /** Sightings that could not be kept, because they could not be written and too many were waiting already. */
  readonly lost: number
  /** Bytes that are not written yet. */
  readonly waiting: number
  /** Writes what is waiting. Never throws. */
  flush (): Promise<void>
  /** Removes what is too old or too much. Never throws. */
  sweep (): Promise<void>
}

/** Milliseconds that sightings are collected. */
const collecting = 1000

/** Bytes that may wait, of all objects and of one: one whose file cannot be written must not take the place of all others. */
const mostWaiting = { all: 16 * 1024 * 1024, one: 4 * 1024 * 1024 }

/** Bytes that are written at one time. */
const portion = 1024 * 1024

/** Files that cannot be written, after which the others are not tried until the next time. */
const mostFailures = 8

/** Files that are remembered to end with a line end. */
const mostWhole = 100_000

/** Milliseconds between two sweeps, and at least between two that are made because there is too much. */
const sweepInterval = { usual: 10 * 60 * 1000, shortest: 30 * 1000 }

/** What is wrong where sightings are lost and the system says nothing. */
const tooSlow = 'the disk of DATA_DIR is too slow, or does not answer: look at the disk, or at the server that it is mounted from'

// Links are not followed, and pipes hold up nobody.
const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

const day = 24 * 60 * 60 * 1000

interface Waiting { lines: string[], bytes: number }

/** Opens the timelines of a folder. Where it cannot be made or used, that is `trouble`, and is tried again. */
export async function openTimelineFiles ({ folder, days, bytes, now = Date.now, onTrouble = () => {}, patience = 4000 }: TimelineFilesOptions): Promise<TimelineFiles> {
  const waiting = new Map<number, Waiting>()
  const turns = createTurns()
  const disk = createDiskCalls(patience)
  const writeLine = createLineWriter()
  const whole = new Set<number>()
  const beginnings = new Map<number, number>()
  const ending = new AbortController()
  const troubles = new Map<'written' | 'removed' | 'read', string>()
  let isClosed = false
  let waitingBytes = 0
  let lost = 0
  let highest = 0
  let storedBytes = 0
  let sweptAt = -Infinity
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  let sweeping = Promise.resolve()

  const oldest = () => days > 0 ? now() - days * day : undefined
  const trouble = () => {
    const [first] = troubles
    if (first === undefined) return undefined
    const [what, cause] = first
    return `sightings are not ${what}, ${cause}${lost > 0 ? ` (${lost} sightings are lost)` : ''}`
  }
  const tell = (what: 'written' | 'removed' | 'read', cause?: string, error?: unknown) => {
    if (cause === troubles.get(what)) return
    if (cause === undefined) troubles.delete(what)
    else troubles.set(what, cause)
    onTrouble(trouble(), error)
  }
  const tellError = (what: 'written' | 'removed' | 'read', error: unknown) => tell(what, explainDisk(error), error)

  const record: Timelines['record'] = (objectIds, sighting) => {
    if (objectIds.length === 0) return
    const line = writeLine(sighting)
    for (const objectId of objectIds) {
      const own = waiting.get(objectId) ?? { lines: [], bytes: 0 }
      if (isClosed || waitingBytes + line.length > mostWaiting.all || own.bytes + line.length > mostWaiting.one) {
        lost += 1
        if (!isClosed && !troubles.has('written')) tell('written', tooSlow)
        continue
      }
      own.lines.push(line)
      own.bytes += line.length
      waitingBytes += line.length
      waiting.set(objectId, own)
      highest = Math.max(highest, objectId)
    }
    schedule()
  }

  function schedule (): void {
    if (!isClosed && waiting.size > 0) timer ??= setTimeout(() => { void flush() }, collecting).unref()
  }

  function flush (): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(writeWaiting)
    return writing
  }

  async function writeWaiting (): Promise<void> {
    const errors: unknown[] = []
    const slow = setTimeout(() => tell('written', hanging), patience)
    for (const objectId of [...waiting.keys()]) {
      if (errors.length >= mostFailures) break
      await turns.take(objectId, () => append(objectId)).catch((error: unknown) => errors.push(error))
    }
    clearTimeout(slow)
    if (errors.length > 0) tellError('written', errors[0])
    else tell('written')
    schedule()
    if (storedBytes > bytes && performance.now() - sweptAt > sweepInterval.shortest) void sweep()
  }

  async function append (objectId: number): Promise<void> {
    const own = waiting.get(objectId)
    if (own === undefined) return
    const handle = await openToAppend(objectId)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw Object.assign(new Error('a timeline is no file'), { code: 'ENOTSUP' })
      let { size } = stats
      // Lines that come while these are written wait for the next time.
      for (let left = own.lines.length; left > 0;) {
        const count = linesIn(own.lines, left)
        const text = (await isWhole(objectId, handle, size) ? '' : '\n') + own.lines.slice(0, count).join('')
        try {
          await handle.appendFile(text, 'latin1')
        } catch (error) {
          whole.delete(objectId)
          // Otherwise half a line would stay, or lines be written twice.
          await handle.truncate(size).catch(() => {})
          throw error
        }
        const written = own.lines.splice(0, count).reduce((sum, line) => sum + line.length, 0)
        own.bytes -= written
        waitingBytes -= written
        storedBytes += text.length
        size += text.length
        left -= count
        if (whole.size >= mostWhole) whole.clear()
        whole.add(objectId)
      }
      if (own.lines.length === 0) waiting.delete(objectId)
    } finally {
      await handle.close()
    }
  }

  async function openToAppend (objectId: number): Promise<FileHandle> {
    const place = fileOf(folder, objectId)
    return await open(place, appending, 0o600).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return await open(place, appending, 0o600)
    })
  }

  /** Whether a file ends with a line end: one that was written when a process was killed may not. */
  async function isWhole (objectId: number, handle: FileHandle, size: number): Promise<boolean> {
    if (size === 0 || whole.has(objectId)) return true
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
    return bytesRead === 1 && buffer.toString('latin1') === '\n'
  }

  async function snapshot (objectId: number): Promise<Snapshot & { handle: FileHandle | undefined }> {
    return await turns.take(objectId, async () => {
      const handle = disk.isHanging ? undefined : await openToRead(objectId)
      const stats = handle && await disk.ask(() => handle.stat()).catch((error: unknown) => {
        handle.close().catch(() => {})
        throw error
      })
      const source: Source | undefined = handle && { read: (...place) => disk.ask(() => handle.read(...place)) }
      return { handle, source, size: stats?.isFile() === true ? stats.size : 0, waiting: waiting.get(objectId)?.lines.slice() ?? [] }
    })
  }

  async function openToRead (objectId: number): Promise<FileHandle | undefined> {
    let isGivenUp = false
    try {
      return await disk.ask(async () => {
        const handle = await open(fileOf(folder, objectId), reading)
        if (isGivenUp) await handle.close()
        return handle
      })
    } catch (error) {
      isGivenUp = true
      if (codeOf(error) !== 'ENOENT') tellError('read', error)
      return undefined
    }
  }

  const read: Timelines['read'] = async (objectId, excerpt = {}) => {
    let handle: FileHandle | undefined
    try {
      const taken = await snapshot(objectId)
      handle = taken.handle
      const page = await readPage(taken, excerpt, oldest())
      if (handle !== undefined) tell('read')
      return page
    } catch (error) {
      if (error instanceof RangeError) throw error
      tellError('read', error)
      return undefined
    } finally {
      // Not waited for: it waits for whatever hangs.
      handle?.close().catch(() => {})
    }
  }

  async function highestIn (): Promise<number> {
    let most = 0
    for await (const found of findIn(folder)) if (found.kind === 'timeline') most = Math.max(most, found.objectId)
    return most
  }

  function sweep (): Promise<void> {
    sweeping = sweeping.then(async () => {
      if (ending.signal.aborted) return
      sweptAt = performance.now()
      try {
        storedBytes = await retain({ folder, oldest: oldest(), bytes, now: now(), turns, beginnings, signal: ending.signal })
        tell('removed')
      } catch (error) {
        if (!ending.signal.aborted) tellError('removed', error)
      }
    })
    return sweeping
  }

  await disk.ask(() => mkdir(folder, { recursive: true, mode: 0o700 })).catch((error: unknown) => tellError('written', error))
  void sweep()
  const sweeps = setInterval(() => { void sweep() }, sweepInterval.usual).unref()

  return {
    record,
    read,
    flush,
    sweep,
    async highestId () {
      try {
        return Math.max(highest, await disk.ask(highestIn))
      } catch (error) {
        tellError('read', error)
        return highest
      }
    },
    get trouble () {
      return trouble()
    },
    get lost () {
      return lost
    },
    get waiting () {
      return waitingBytes
    },
    async close () {
      isClosed = true
      clearInterval(sweeps)
      ending.abort()
      await atMost(patience, Promise.all([flush(), sweeping]))
      clearTimeout(timer)
    }
  }
}

/** How many lines, of the first so many, fit into what is written at one time; at least one. */
function linesIn (lines: readonly string[], most: number): number {
  let sum = 0
  let count = 0
  for (const line of lines) {
    sum += line.length
    if (count === most || (count > 0 && sum > portion)) break
    count += 1
  }
  return count
}
