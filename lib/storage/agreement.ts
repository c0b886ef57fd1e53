// Finds out whether somebody holds a stored request, by its hash, and marks it then as one to keep. Home of object-hash for stored requests.
// Everything here blocks: it runs in the worker thread of authenticate.ts, because the hash takes time with the square of the number of objects.
import { closeSync, constants, fstatSync, fsyncSync, lstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { sha1 } from 'object-hash'
import { isSameText } from '../same-text.ts'
import { codeOf } from '../error-code.ts'
import { fileNames, folderFlags, pathInside } from './layout.ts'

/** Who asks about which request. */
export interface AgreementQuery {
  /** The storage folder. */
  folder: string
  /** Of version 4; the caller has checked that. */
  requestUuid: string
  /** What should be the hash of the request; anything a client may send. */
  check: string
  /** Largest request that is read, in bytes. */
  largest: number
}

/**
 * `agreed`: the check is right and the request is marked. `refused`: it is wrong, or there is no such request. `unreadable`: what is stored is no JSON,
 * or cannot be hashed. `failed`: the check is right, and the marker cannot be written, with the code of the system call.
 */
export type Agreement = { kind: 'agreed' | 'refused' | 'unreadable' } | { kind: 'failed', code: string }

/** Answers a query. Does not throw. */
export function agree ({ folder, requestUuid, check, largest }: AgreementQuery): Agreement {
  const place = path.join(folder, requestUuid)
  const descriptor = attempt(() => openSync(place, folderFlags))
  if (descriptor === undefined) return { kind: 'refused' }
  const within = { fd: descriptor, path: place }
  try {
    const text = attempt(() => readWhole(pathInside(within, fileNames.request), largest))
    if (text === undefined) return { kind: 'refused' }
    const hash = attempt(() => sha1(JSON.parse(text)))
    if (hash === undefined) return { kind: 'unreadable' }
    if (!isSameText(hash, check)) return { kind: 'refused' }
    mark(within)
    return { kind: isStillThere(within) ? 'agreed' : 'refused' }
  } catch (error) {
    return { kind: 'failed', code: codeOf(error) }
  } finally {
    closeSync(descriptor)
  }
}

function attempt<T> (work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function readWhole (file: string, largest: number): string | undefined {
  // A pipe that has been put there would otherwise be waited for.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile() || stats.size > largest) return undefined
    const bytes = Buffer.alloc(stats.size)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(descriptor, bytes, length, bytes.length - length, length)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(descriptor)
  }
}

function mark (within: { fd: number, path: string }): void {
  closeSync(openSync(pathInside(within, fileNames.marker), constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600))
  fsyncSync(within.fd)
}

/** Whether the open folder has its name still: the reaper may have removed it just now. */
function isStillThere ({ fd, path: place }: { fd: number, path: string }): boolean {
  const { ino, dev } = fstatSync(fd)
  const now = attempt(() => lstatSync(place))
  return now?.ino === ino && now.dev === dev
}
