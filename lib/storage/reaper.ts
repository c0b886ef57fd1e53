// Removes stored requests when their time is up: after an hour, or after 60 days where the user has agreed to longer. Several servers may do so in
// one folder, and any of them may end at any moment.
import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../error-code.ts'
import { explainFault } from './fault.ts'
import type { StorageFault } from './fault.ts'
import { fileNames, isRequestUuid, parsePassage, passageName } from './layout.ts'

/** Seconds since the folder of a request last changed after which it is removed: without and with the marker `auth`. */
export const keepSeconds = { plain: 3600, agreed: 60 * 24 * 3600 } as const

/** What one sweep did. */
export interface Sweep {
  /** Folders removed. */
  removed: number
  /** What is wrong with a folder that is to be removed and cannot be; one of them, where there are several. */
  trouble: StorageFault | undefined
  /** What was thrown then. */
  error?: unknown
}

/** What a sweep works on. */
export interface ReaperOptions {
  /** The storage folder. */
  folder: string
  /** The wall clock, in milliseconds since 1970, which is what the disk writes down too. */
  now?: () => number
  /** Ends the sweep after the folder that is being removed. */
  signal?: AbortSignal
  /** Called for each thing in the folder, before it is looked at. */
  onEntry?: () => void
}

/**
 * Goes through the storage folder once. Files, links and folders that are not those of a request are left alone.
 * Never throws: what goes wrong with one folder keeps none of the others.
 */
export async function sweep ({ folder, now = Date.now, signal, onEntry = () => {} }: ReaperOptions): Promise<Sweep> {
  const result: Sweep = { removed: 0, trouble: undefined }
  const fail = (error: unknown) => Object.assign(result, { trouble: explainFault(error), error })
  try {
    // Entry by entry: a folder that was not swept for long has millions.
    for await (const entry of await opendir(folder)) {
      if (signal?.aborted) break
      onEntry()
      try {
        if (await sweepEntry(folder, entry, now)) result.removed += 1
      } catch (error) {
        // Another server was faster.
        if (codeOf(error) !== 'ENOENT') fail(error)
      }
    }
  } catch (error) {
    // Nothing was ever stored.
    if (codeOf(error) !== 'ENOENT') fail(error)
  }
  return result
}

/** @returns whether it was removed */
async function sweepEntry (folder: string, { name }: Dirent, now: () => number): Promise<boolean> {
  const passage = parsePassage(name)
  if (passage === undefined && !isRequestUuid(name)) return false
  const place = path.join(folder, name)
  const stats = await lstat(place)
  if (!stats.isDirectory()) return false
  if (passage?.direction === 'incoming') {
    // No write takes an hour: whoever began this one has ended.
    if (ageOf(stats, now) <= keepSeconds.plain) return false
    await rm(place, { recursive: true, force: true })
    return true
  }
  if (passage === undefined && !await isOver(place, stats, now)) return false
  return await remove(folder, name, passage?.requestUuid ?? name, now)
}

/**
 * Takes a folder out of sight before anything in it is removed, under a name that no other server knows. Whoever wrote or agreed in between
 * finds it back. The request itself is the first file to go, so that what is left of a removal that was broken off is known by its lack.
 */
async function remove (folder: string, name: string, requestUuid: string, now: () => number): Promise<boolean> {
  const taken = path.join(folder, passageName({ direction: 'outgoing', requestUuid }))
  await rename(path.join(folder, name), taken)
  if (await exists(path.join(taken, fileNames.request)) && !await isOver(taken, await lstat(taken), now)) {
    // Fails where the same request was stored anew meanwhile; then this one is the older and has to go.
    const isBack = await rename(taken, path.join(folder, requestUuid)).then(() => true, () => false)
    if (isBack) return false
  }
  await rm(path.join(taken, fileNames.request), { force: true })
  await rm(taken, { recursive: true, force: true })
  return true
}

async function isOver (place: string, stats: Stats, now: () => number): Promise<boolean> {
  const age = ageOf(stats, now)
  if (age <= keepSeconds.plain) return false
  return age > keepSeconds.agreed || !await exists(path.join(place, fileNames.marker))
}

function ageOf ({ mtimeMs }: Stats, now: () => number): number {
  return (now() - mtimeMs) / 1000
}

async function exists (file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
