// What is in a folder, for those who choose a file.
import { opendir, realpath, stat } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'
import { DiffractionError } from '../diffraction-error.ts'
import type { Listing } from '../task.ts'
import { isInside, realPathInside } from './files.ts'

/** Names that are read of one folder. */
const mostNames = 100_000

/** Entries that are told of one folder. */
const mostEntries = 10_000

/**
 * Lists files and folders in the order of their names. Hidden ones are left out, and links that lead out of the roots or to nothing.
 * @param folder - absolute, or below the first root; empty for that
 * @param limit - entries at most; never more than 10000
 * @throws DiffractionError FILE_MISSING, REQUEST for a limit that is no whole number from 1
 */
export async function listFolder (folder: string, limit: number, roots: readonly string[]): Promise<Listing> {
  if (!Number.isInteger(limit) || limit < 1) throw new DiffractionError('REQUEST', 'How many entries are listed at most is a whole number from 1.')
  const path = await realPathInside(folder === '' ? '.' : folder, roots)
  const { names, isCut } = await namesIn(path)
  const entries: Listing['entries'][number][] = []
  const most = Math.min(limit, mostEntries)
  for (const name of names) {
    const stats = await lookAt(`${path}/${name}`, roots)
    const kind = stats?.isFile() === true ? 'file' : stats?.isDirectory() === true ? 'folder' : undefined
    if (stats === undefined || kind === undefined) continue
    if (entries.length >= most) return { entries, more: true }
    entries.push({ name, kind, size: Number(stats.size), modified: String(stats.mtimeNs) })
  }
  return { entries, more: isCut }
}

async function namesIn (path: string): Promise<{ names: string[], isCut: boolean }> {
  const names: string[] = []
  try {
    for await (const { name } of await opendir(path, { bufferSize: 1024 })) {
      if (names.length === mostNames) return { names: names.sort(), isCut: true }
      // A name that is no UTF-8 could not be asked for.
      if (!name.startsWith('.') && !name.includes('\uFFFD')) names.push(name)
    }
  } catch {
    throw new DiffractionError('FILE_MISSING', 'There is no such folder, or it may not be seen.')
  }
  return { names: names.sort(), isCut: false }
}

async function lookAt (path: string, roots: readonly string[]): Promise<BigIntStats | undefined> {
  try {
    const real = await realpath(path)
    return isInside(real, roots) ? await stat(real, { bigint: true }) : undefined
  } catch {
    return undefined
  }
}
