// Files of modules, deployments and executions on disk, found by the SHA-256 of their bytes: what is the same is there once, and no name from outside is ever a path.
import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { DevicesError } from '../devices-error.ts'
import { cleanMediaType, cleanOriginalName } from '../modules/names.ts'
import type { StoredFile } from '../wasm-module.ts'

/** What is said of a file that comes in. */
export interface PutOptions {
  /** As the client says; what is no media type becomes `application/octet-stream`. */
  readonly mediaType: string
  /** As the client says; what stands before the last slash is cut off. */
  readonly originalName: string
  /** Most bytes; that of the store where absent. */
  readonly limit?: number | undefined
  /** Stops taking it; nothing is left then. */
  readonly signal?: AbortSignal | undefined
  /** Whether it came out of an execution: such files give way when there is no room, oldest first. */
  readonly isOutput?: boolean | undefined
  /** Looks at the whole file before it is kept; what it throws is thrown, and nothing is left. @param file - where the bytes are for as long as it looks */
  readonly check?: ((file: string) => Promise<void>) | undefined
}

/** A file to be read. Whoever opens it reads it to its end, or destroys it. */
export interface OpenFile {
  readonly stream: Readable
  /** Bytes. */
  readonly size: number
}

/** Files by their SHA-256. */
export interface FileStore {
  /**
   * Keeps what a stream gives. It is on disk, whole, when this comes back, or nothing of it is.
   * @throws DevicesError TOO_LARGE as soon as it is, UNAVAILABLE where the disk is full or fails; what the stream, the signal or `check` throws
   */
  put (source: Readable, options: PutOptions): Promise<StoredFile>
  /** @throws DevicesError MISSING where there is no such file, UNAVAILABLE where it cannot be read */
  open (sha256: string): Promise<OpenFile>
  /** Whether there is such a file. */
  has (sha256: string): Promise<boolean>
  /**
   * Removes what nobody refers to any more and has been there for an hour: a file is kept before anything refers to it.
   * @returns how many files have gone
   */
  sweep (referenced: ReadonlySet<string>): Promise<number>
  /** Files and their bytes, as far as this process knows, with what is coming in. */
  usage (): { readonly files: number, readonly bytes: number }
}

/** What a store is made of. */
export interface FileStoreOptions {
  /** A folder of its own; it is made. */
  readonly folder: string
  /** Most bytes of all files. */
  readonly maxBytes: number
  /** Most bytes of one. */
  readonly maxFile: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** Folders in that of the store: the folder says what a file is, also after a crash. */
const places = { incoming: 'incoming', kept: 'kept', outputs: 'outputs' } as const

/** Time for which what nobody refers to is left, and for which a file that another machine is writing may rest, in milliseconds. */
const grace = 3600_000

/** Time after which the folders are looked at again: other processes may share them. In milliseconds. */
const stale = 10_000

const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A file that is there. */
interface Entry { readonly size: number, readonly time: number, readonly isOutput: boolean }

/** Opens a store: makes its folders, and removes what a crash has left. @throws DevicesError UNAVAILABLE where that cannot be done, or one of them is a link */
export async function openFileStore ({ folder, maxBytes, maxFile, now = Date.now }: FileStoreOptions): Promise<FileStore> {
  const within = (place: keyof typeof places, name = '') => path.join(folder, places[place], name)
  const entries = new Map<string, Entry>()
  let bytes = 0
  let incoming = 0
  let looked = 0
  let last: Promise<unknown> = Promise.resolve()

  // What moves or removes files does so one after the other.
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return await turn
  }

  const note = (sha256: string, entry: Entry | undefined) => {
    bytes += (entry?.size ?? 0) - (entries.get(sha256)?.size ?? 0)
    if (entry === undefined) entries.delete(sha256)
    else entries.set(sha256, entry)
  }

  const look = async () => {
    const found = new Map<string, Entry>()
    for (const place of ['outputs', 'kept'] as const) {
      for (const { name } of await readdir(within(place), { withFileTypes: true })) {
        const stats = isSha256(name) ? await orAbsent(lstat(within(place, name))) : undefined
        if (stats?.isFile() === true) found.set(name, { size: stats.size, time: stats.mtimeMs, isOutput: place === 'outputs' })
      }
    }
    entries.clear()
    bytes = 0
    for (const [sha256, entry] of found) note(sha256, entry)
    looked = now()
  }

  const removeEntry = async (sha256: string, { isOutput }: Entry) => {
    await rm(within(isOutput ? 'outputs' : 'kept', sha256), { force: true })
    note(sha256, undefined)
  }

  const isFull = () => bytes + incoming > maxBytes

  const makeRoom = async () => {
    if (isFull() && now() - looked > stale) await look()
    if (!isFull()) return
    const outputs = [...entries].filter(([, { isOutput }]) => isOutput).sort(([, one], [, other]) => one.time - other.time)
    for (const [sha256, entry] of outputs) {
      if (!isFull()) return
      await removeEntry(sha256, entry)
    }
    if (isFull()) throw new DevicesError('TOO_LARGE', 'There is no room for more files. Remove modules that nobody needs, or have the operator raise DEVICES_MAX_STORED.')
  }

  const removeLeft = async () => {
    const begun = Date.now() - process.uptime() * 1000
    for (const name of await readdir(within('incoming'))) {
      const stats = await orAbsent(lstat(within('incoming', name)))
      if (stats !== undefined && isLeft(name, stats.mtimeMs, begun)) await rm(within('incoming', name), { force: true, recursive: true })
    }
  }

  const settle = async (temporary: string, sha256: string, size: number, isOutput: boolean) => {
    const before = isOutput ? await orAbsent(lstat(within('kept', sha256))) : undefined
    const place = isOutput && before === undefined ? 'outputs' : 'kept'
    // In place of one that is there already: the same bytes, and its time is that of the last one who brought them.
    await rename(temporary, within(place, sha256))
    await sync(within(place))
    if (place === 'kept') await rm(within('outputs', sha256), { force: true })
    note(sha256, { size, time: now(), isOutput: place === 'outputs' })
  }

  const find = async (sha256: string) => {
    if (!isSha256(sha256)) return undefined
    for (const place of ['kept', 'outputs'] as const) {
      const handle = await orAbsent(open(within(place, sha256), reading))
      if (handle === undefined) continue
      const stats = await handle.stat()
      if (stats.isFile()) return { handle, size: stats.size }
      await handle.close()
    }
    return undefined
  }

  await onDisk((async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const place of Object.values(places)) {
      const directory = path.join(folder, place)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      if (!(await lstat(directory)).isDirectory()) throw new Error('a folder of files is a link')
    }
    await removeLeft()
    await look()
  })())

  return {
    async put (source, { mediaType, originalName, limit = maxFile, signal, isOutput = false, check }) {
      signal?.throwIfAborted()
      const abort = () => source.destroy(signal?.reason instanceof Error ? signal.reason : new Error('It was given up.'))
      signal?.addEventListener('abort', abort, { once: true })
      // It may break before it is read or after, when nobody else listens; whoever reads it gets the error.
      source.on('error', () => {})
      const temporary = within('incoming', `${hostname()}.${process.pid}.${randomBytes(12).toString('hex')}`)
      const most = Math.min(limit, maxFile)
      const hash = createHash('sha256')
      let size = 0
      let counted = 0
      try {
        const handle = await onDisk(open(temporary, creating, 0o600))
        try {
          for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
            const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
            size += part.length
            counted += part.length
            incoming += part.length
            if (size > most) throw tooLarge(most)
            if (isFull()) await onDisk(inTurn(makeRoom))
            hash.update(part)
            await onDisk(writeAll(handle, part))
          }
          // Parsers of forms end a part that is longer than they allow as if it were whole.
          if ('truncated' in source && source.truncated === true) throw tooLarge(most)
          signal?.throwIfAborted()
          await onDisk(handle.sync())
        } finally {
          await handle.close()
        }
        await check?.(temporary)
        signal?.throwIfAborted()
        const sha256 = hash.digest('hex')
        await onDisk(inTurn(async () => {
          await settle(temporary, sha256, size, isOutput)
          incoming -= counted
          counted = 0
        }))
        return { sha256, size, mediaType: cleanMediaType(mediaType), originalName: cleanOriginalName(originalName) }
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw error
      } finally {
        incoming -= counted
        signal?.removeEventListener('abort', abort)
        await rm(temporary, { force: true }).catch(() => {})
      }
    },
    async open (sha256) {
      const found = await onDisk(find(sha256))
      if (found === undefined) throw new DevicesError('MISSING', 'The file is not there any more.')
      return { stream: found.handle.createReadStream(), size: found.size }
    },
    async has (sha256) {
      const found = await onDisk(find(sha256))
      await found?.handle.close()
      return found !== undefined
    },
    async sweep (referenced) {
      let gone = 0
      await onDisk(removeLeft())
      await onDisk(inTurn(look))
      for (const sha256 of [...entries.keys()]) {
        if (referenced.has(sha256)) continue
        await onDisk(inTurn(async () => {
          const entry = entries.get(sha256)
          if (entry === undefined) return
          // Looked at again: somebody may have brought it meanwhile, in whichever process.
          const stats = await orAbsent(lstat(within(entry.isOutput ? 'outputs' : 'kept', sha256)))
          if (stats === undefined) return note(sha256, undefined)
          if (now() - stats.mtimeMs < grace) return
          await removeEntry(sha256, entry)
          gone += 1
        }))
      }
      return gone
    },
    usage: () => ({ files: entries.size, bytes: bytes + incoming })
  }
}

function isSha256 (text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

function tooLarge (most: number): DevicesError {
  return new DevicesError('TOO_LARGE', `The file has more than ${most} bytes. Send a smaller one, or have the operator raise DEVICES_MAX_MODULE or DEVICES_MAX_FILE.`)
}

/** Whether a temporary file is that of a process which has ended. @param begun - when this process began */
function isLeft (name: string, time: number, begun: number): boolean {
  const [, host, pid] = /^(.*)\.(\d{1,10})\.[0-9a-f]+$/.exec(name) ?? []
  if (host === hostname()) {
    if (Number(pid) === process.pid) return time < begun
    if (!isAlive(Number(pid))) return true
  }
  return Date.now() - time > grace
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function writeAll (handle: Awaited<ReturnType<typeof open>>, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) at += (await handle.write(part, at)).bytesWritten
}

async function sync (folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Undefined for what is not there, or is a link. */
async function orAbsent<Result> (work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Says of whatever a disk does wrong that it cannot be used now, without a path; the cause is for the log. */
async function onDisk<Result> (work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DevicesError) throw error
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    const unavailable = new DevicesError('UNAVAILABLE', isFull ? 'The disk for files of devices is full. The operator makes room under DATA_DIR.' : `Files of devices cannot be kept or read now (${code}). The operator looks at DATA_DIR.`)
    unavailable.cause = error
    throw unavailable
  }
}
