// Which files may be looked at, and what tells one of them from another, or from itself before it was rewritten.
import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiffractionError } from '../diffraction-error.ts'
import type { FileIdentity } from '../frame.ts'

/** A file that is there and may be looked at. */
export interface FoundFile {
  /** Without links. */
  readonly path: string
  /** Another one for another file, path, or content. */
  readonly key: string
  readonly identity: FileIdentity
}

/** A file whose change changes a frame of another file, as it was when that was read. */
export interface Companion {
  readonly path: string
  /** Undefined where it was not there. */
  readonly key: string | undefined
}

/** Longest path that Linux takes, in bytes. */
const longestPath = 4096

/** What looks like files there is the state of the machine. */
const kernel = /^\/(?:proc|sys)(?:\/|$)/

/** Longest tick of a file system's clock (10 ms, where the kernel's has 100 Hz), twice, in milliseconds. */
const tick = 20

/** How often a file is looked at that is written all the time. */
const mostTurns = 4

/** What has gone wrong with the machine rather than with a path. */
const shortages = new Set(['EMFILE', 'ENFILE', 'ENOMEM'])

/** The same for all that may not be seen, so that nobody learns more. */
function missing (): DiffractionError {
  return new DiffractionError('FILE_MISSING', 'There is no such file, or it may not be seen.')
}

/**
 * Whether a path is that of a root or of something in one.
 * @param path - as `realpath` gives it
 */
export function isInside (path: string, roots: readonly string[]): boolean {
  return !kernel.test(path) && roots.some(root => path === root || path.startsWith(root === '/' ? root : `${root}/`))
}

/**
 * Resolves all links of a path.
 * @param path - absolute, or below the first root
 * @throws DiffractionError FILE_MISSING where it leads out of the roots, or to nothing
 */
export async function realPathInside (path: string, roots: readonly string[]): Promise<string> {
  if (path.length > longestPath || path.includes('\0')) throw missing()
  try {
    // Not normalised: only the kernel knows where `link/..` leads.
    const real = await realpath(isAbsolute(path) ? path : `${roots[0] ?? ''}/${path}`)
    if (isInside(real, roots)) return real
  } catch (error) {
    throw asDiffractionError(error)
  }
  throw missing()
}

/**
 * Finds a file. It is opened each time, so that one whose rights were taken away is no longer there.
 * @param file - its path: absolute, or below the first root
 * @throws DiffractionError FILE_MISSING for what is not there, is no regular file, may not be read, or is outside of the roots: all in the same words; BUSY where the machine is short of descriptors or memory
 */
export async function findFile (file: string, roots: readonly string[]): Promise<FoundFile> {
  const path = await realPathInside(file, roots)
  try {
    // Without O_NONBLOCK a pipe would keep us waiting for its writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      const stats = await settled(() => handle.stat({ bigint: true }))
      if (!stats.isFile()) throw missing()
      return { path, key: `${keyOf(stats)}:${path}`, identity: identityOf(stats) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw asDiffractionError(error)
  }
}

/** What files are now. @param paths - without links */
export async function companionsAt (paths: readonly string[]): Promise<Companion[]> {
  return await Promise.all(paths.map(async path => ({ path, key: await settled(() => stat(path, { bigint: true })).then(keyOf, () => undefined) })))
}

/** Whether files still are what they were. */
export async function areUnchanged (companions: readonly Companion[]): Promise<boolean> {
  const now = await companionsAt(companions.map(({ path }) => path))
  return now.every(({ key }, index) => key === companions[index]?.key)
}

/**
 * What a file is once the clock has ticked since it was last written: until then it can be written again without another time of change, and would be taken for what it was.
 * One that is written all the time is not waited for.
 */
async function settled (look: () => Promise<BigIntStats>): Promise<BigIntStats> {
  for (let turns = 1; ; turns++) {
    const stats = await look()
    const wait = tick - Math.abs(Date.now() - Number(stats.mtimeNs) / 1e6)
    if (wait <= 0 || turns === mostTurns) return stats
    await sleep(wait)
  }
}

function keyOf ({ dev, ino, mtimeNs, size }: BigIntStats): string {
  return `${dev}:${ino}:${mtimeNs}:${size}`
}

function identityOf ({ dev, ino, mtimeNs, size }: BigIntStats): FileIdentity {
  return { device: Number(dev), inode: Number(ino), modified: String(mtimeNs), size: Number(size) }
}

function asDiffractionError (error: unknown): DiffractionError {
  if (error instanceof DiffractionError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return shortages.has(code) ? new DiffractionError('BUSY', 'Too many files are open. Try again.') : missing()
}
