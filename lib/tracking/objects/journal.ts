// An append-only file of what becomes of objects, `objects.log`. Records that must be there before anybody is told are written within the call, the rest
// in the background; when it has grown to several times of what is alive it is written anew. A disk that fails is tried again, and costs nothing but what it
// has not kept: then too the file is written anew, from what is in memory.
import { constants, renameSync, writeSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { atMost } from '../../at-most.ts'
import { TrackingFolderError } from '../../errors.ts'
import { codeOf } from '../../error-code.ts'
import { explainDisk, hanging } from '../disk/trouble.ts'
import { takeFolder } from './folder-lock.ts'
import { encodeRecords, readRecords } from './journal-records.ts'
import type { JournalRecord } from './journal-records.ts'
import { createWaitingRecords, inBatches } from './waiting-records.ts'
import type { WaitingRecords } from './waiting-records.ts'

/** Writes records down. */
export interface Journal {
  /** Writes a small record within the call: it survives the process from then on. */
  write (record: JournalRecord): void
  /** Writes a record in the background, after all that was given before, within `interval`. Its value must not change any more. */
  append (record: JournalRecord): void
  /** What stands in the way of writing now, in words for an operator; undefined where nothing does. */
  readonly trouble: string | undefined
  /** Writes what is left and a last record, and ends; waits no longer than `farewell`. Takes nothing more. */
  close (last: JournalRecord): Promise<void>
}

/** How a journal is written. */
export interface JournalBounds {
  /** Milliseconds until a record is written in the background. */
  interval?: number
  /** Milliseconds until a disk that has failed is tried again. */
  retry?: number
  /** Milliseconds after which a disk is said not to answer; twice that, from line to line, when the file is read. */
  patience?: number
  /** Milliseconds to wait at the end. */
  farewell?: number
  /** Bytes that the file may have besides three times what is alive. */
  slack?: number
  /** Bytes that may wait for the disk, besides as many that are being written. */
  mostWaiting?: number
}

/** What a journal is made of. */
export interface JournalOptions extends JournalBounds {
  /** Folder of the file; made where it is missing. Nobody else writes there. */
  folder: string
  /** Longest value that is read, in bytes. */
  longest: number
  /** Called with each record that is in the file, before the journal is there, and with undefined for a line that is not whole. Values lie in larger blocks. */
  onRecord: (record: JournalRecord | undefined) => void
  /** Records that say all that is true at the moment of the call. They are gone through later, while things change. */
  snapshot: () => Iterable<JournalRecord>
  /** Bytes of a snapshot, roughly, and rather too many than too few. */
  alive: () => number
  /** Called when something begins to be wrong, or is wrong in another way, with what was thrown; and without arguments when all is well again. */
  onTrouble?: ((trouble?: string, error?: unknown) => void) | undefined
}

const fileName = 'objects.log'
/** Milliseconds between two times that the disk is told to write down what it has taken. */
const syncInterval = 1000
/** Times of what is alive that the file grows to. */
const growth = 3
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

/**
 * Reads the file and goes on with it. A disk that can only be read, or not even that where there is no file yet, is trouble and no more.
 * @throws TrackingFolderError where another process has the folder, where its disk does not answer, or where there is a file that cannot be read
 */
export async function openJournal (options: JournalOptions): Promise<Journal> {
  const { folder, longest, onRecord, snapshot, alive, onTrouble = () => {} } = options
  const { interval = 250, retry = 5000, patience = 4000, farewell = 5000, slack = 1024 * 1024, mostWaiting = 64 * 1024 * 1024 } = options
  const file = path.join(folder, fileName)
  const next = `${file}.new`
  let trouble: string | undefined
  let handle: FileHandle | undefined
  let size = 0
  // For the file as it is, and for the one that is being written anew, if any.
  let waiting = createWaitingRecords(mostWaiting)
  let later: WaitingRecords | undefined
  // Whether the file lacks something that is true.
  let isBehind = false
  let isHanging = false
  let isClosed = false
  let syncAfter = 0
  let rewriteAfter = 0
  let timer: NodeJS.Timeout | undefined
  let work: Promise<void> | undefined

  const report = (words?: string, error?: unknown) => {
    const isNews = words !== trouble
    trouble = words
    if (!isNews) return
    if (words === undefined) onTrouble()
    else onTrouble(words, error)
  }

  const fallBehind = (error: unknown) => {
    isBehind = true
    waiting = createWaitingRecords(mostWaiting)
    report(explainDisk(error), error)
  }

  /** Waits for the disk, and says so where that takes long. */
  const answered = async <Result>(call: Promise<Result>): Promise<Result> => {
    const alarm = setTimeout(() => {
      isHanging = true
      report(hanging)
    }, patience).unref()
    try {
      return await call
    } finally {
      clearTimeout(alarm)
      isHanging = false
    }
  }

  const writeTo = async (target: FileHandle, bytes: Buffer) => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await answered(target.write(bytes, done))
      if (bytesWritten === 0) throw slowDisk()
      done += bytesWritten
    }
  }

  /** Writes what waits now. What comes meanwhile waits for the next time, or there might be no end to it. */
  const writeWaiting = async () => {
    if (handle === undefined || isBehind) return
    const now = waiting
    waiting = createWaitingRecords(mostWaiting)
    while (!now.isEmpty) {
      const bytes = now.take()
      size += bytes.length
      await writeTo(handle, bytes)
    }
    if (now.isFull) throw slowDisk()
  }

  let release: (() => Promise<void>) | undefined
  /** Makes the folder where it is missing, and holds it for this process. */
  const claim = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    release ??= await takeFolder(folder)
    if (release === undefined) throw new TrackingFolderError(folder, 'another process uses it. Give each process its own DATA_DIR, or let them share their state through REDIS_URL.')
  }

  /** Writes the file anew beside the old one, which is kept up meanwhile, and puts it in its place. */
  const rewrite = async () => {
    await answered(claim())
    const fresh = await answered(open(next, createFlags | constants.O_TRUNC, 0o600))
    const since = createWaitingRecords(mostWaiting)
    let written = 0
    const copy = async (bytes: Buffer) => {
      written += bytes.length
      await writeTo(fresh, bytes)
      await writeWaiting().catch(fallBehind)
    }
    try {
      // From this moment on, and what is true at it.
      later = since
      for (const bytes of inBatches(snapshot())) await copy(bytes)
      while (!since.isLittle) await copy(since.take())
      await answered(fresh.datasync())
      while (!since.isLittle) await copy(since.take())
      if (since.isFull) throw slowDisk()
      // Nothing may come in between: from the next record on it is the new file that they go to.
      written += writeNow(fresh, since.take())
      renameSync(next, file)
    } catch (error) {
      await fresh.close().catch(() => {})
      await rm(next, { force: true }).catch(() => {})
      throw error
    } finally {
      later = undefined
    }
    const old = handle
    handle = fresh
    size = written
    waiting = createWaitingRecords(mostWaiting)
    isBehind = false
    await old?.close().catch(() => {})
    // Not all file systems can, and the file is in its place.
    await answered(syncFolder(folder)).catch(() => {})
  }

  const isLarge = () => size > slack + growth * alive()

  const turn = async () => {
    try {
      await writeWaiting()
      // What a process has written survives it; this is for the day on which the power goes.
      if (handle !== undefined && !isBehind && (isClosed || performance.now() >= syncAfter)) {
        syncAfter = performance.now() + syncInterval
        await answered(handle.datasync())
      }
    } catch (error) {
      fallBehind(error)
      return
    }
    if (!isBehind && (!isLarge() || isClosed)) return report()
    if (!isBehind && performance.now() < rewriteAfter) return
    try {
      await rewrite()
      report()
    } catch (error) {
      rewriteAfter = performance.now() + retry
      report(explainDisk(error), error)
    }
  }

  const wake = () => {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = undefined
      work ??= turn().finally(() => {
        work = undefined
        if (isBehind || trouble !== undefined || !waiting.isEmpty || isLarge()) wake()
      })
    }, isBehind || trouble !== undefined ? retry : interval).unref()
  }

  const write = (record: JournalRecord) => {
    if (isClosed) return
    later?.put(record)
    try {
      // A call that does not come back would hold up everything.
      if (handle === undefined || isHanging) throw Object.assign(new Error(hanging), { code: 'ETIMEDOUT' })
      size += writeNow(handle, encodeRecords([record]))
    } catch (error) {
      // Where there is trouble already, that is what it is.
      if (trouble === undefined) fallBehind(error)
      else isBehind = true
    }
    wake()
  }

  const unanswered = Promise.withResolvers<never>()
  const silence = setTimeout(() => {
    unanswered.reject(new TrackingFolderError(folder, 'its disk does not answer. Look at the disk, or at the server that it is mounted from.'))
  // A disk may have to wake up first.
  }, 2 * patience)
  const begin = async () => {
    try {
      await claim()
    } catch (error) {
      if (error instanceof TrackingFolderError) throw error
      fallBehind(error)
    }
    try {
      size = await readRecords(file, longest + 1024, record => {
        silence.refresh()
        onRecord(record)
      })
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw new TrackingFolderError(folder, `${fileName} is there and cannot be read (${codeOf(error)}), so that numbers of objects could be used again. Make it readable, or move it away.`)
    }
    try {
      handle = await open(file, createFlags, 0o600)
      await rm(next, { force: true })
    } catch (error) {
      fallBehind(error)
    }
  }
  try {
    await Promise.race([begin(), unanswered.promise])
  } finally {
    clearTimeout(silence)
  }
  write({ kind: 'open' })

  const end = async (last: JournalRecord) => {
    await work
    if (isBehind) await turn()
    if (!isBehind) {
      waiting.put(last)
      await turn()
    }
    await handle?.close()
    await release?.()
  }

  return {
    write,
    append (record) {
      if (isClosed) return
      later?.put(record)
      if (!isBehind) waiting.put(record)
      wake()
    },
    get trouble () { return trouble },
    async close (last) {
      if (isClosed) return
      isClosed = true
      clearTimeout(timer)
      await atMost(farewell, end(last).catch(() => {}))
    }
  }
}

function writeNow ({ fd }: FileHandle, bytes: Buffer): number {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
  return bytes.length
}

function slowDisk (): Error {
  return Object.assign(new Error('more waits to be written than is held'), { code: 'EAGAIN' })
}

async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
