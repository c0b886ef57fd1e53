// The folder that the indexing program runs in: with links to the files that it reads, by their own names, and gone when it has ended.
import { chmod, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { DiffractionError } from '../diffraction-error.ts'
import type { IndexedFile } from './indexer.ts'

/** A folder of one run. */
export interface RunFolder {
  readonly path: string
  /** The files, as they are called in it; absolute, so that none can be taken for an option. */
  readonly files: readonly string[]
  /** Removes it and all in it; what links lead to stays. */
  remove (): Promise<void>
}

/** What folders are called, before the number of the process that they are of. */
const prefix = 'tutti-index-'

/**
 * Makes a folder that nobody else may look into; those of processes that ended before they could remove theirs go first. A second file of the same name as the first is in a folder below. Data files lie beside their master as they do where
 * they are, or right beside it where they are elsewhere, for HDF5 looks for them there.
 * @param parent - where the folder is made
 * @throws DiffractionError UNAVAILABLE where that cannot be
 */
export async function createFolder (parent: string, files: readonly [first: IndexedFile, second?: IndexedFile]): Promise<RunFolder> {
  await sweep(parent).catch(() => {})
  const folder = await unlessFull(mkdtemp(path.join(parent, `${prefix}${process.pid}-`)))
  try {
    const links: string[] = []
    for (const file of files) {
      if (file === undefined) continue
      links.push(await unlessFull(link(folder, links, file)))
    }
    return { path: folder, files: links, remove: async () => await remove(folder) }
  } catch (error) {
    await remove(folder)
    throw error
  }
}

/** Links to a file and to those that it names. @returns the link to it */
async function link (folder: string, links: readonly string[], file: IndexedFile): Promise<string> {
  const name = path.basename(file.path)
  const place = links.includes(path.join(folder, name)) ? await mkdtemp(path.join(folder, 'second-')) : folder
  await symlink(file.path, path.join(place, name))
  for (const companion of file.companions) {
    const relative = path.relative(path.dirname(file.path), companion)
    const isBelow = relative !== '' && !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..'
    const target = path.join(place, isBelow ? relative : path.basename(companion))
    await mkdir(path.dirname(target), { recursive: true })
    await symlink(companion, target).catch(unlessThere)
  }
  return path.join(place, name)
}

/** Two masters may share data files. */
function unlessThere (error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

/** Removes folders of processes that are no more, and ends what still runs in them: such a process was killed, and its program knows nothing of that. */
async function sweep (parent: string): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const owner = entry.name.startsWith(prefix) ? Number.parseInt(entry.name.slice(prefix.length), 10) : NaN
    if (!entry.isDirectory() || Number.isNaN(owner) || isAlive(owner)) continue
    const folder = path.join(parent, entry.name)
    if ((await lstat(folder)).uid !== process.getuid?.()) continue
    await endAllIn(folder)
    await remove(folder)
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Others' processes may not be asked, but are there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Ends processes that have their working folder in a folder, as Linux says it (proc(5)). */
async function endAllIn (folder: string): Promise<void> {
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const place = await readlink(`/proc/${name}/cwd`).catch(() => '')
    if (place !== folder && !place.startsWith(`${folder}/`)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
}

async function remove (folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 }
  try {
    await rm(folder, options)
  } catch {
    // The program may have made folders that not even their owner may write to.
    await openUp(folder).catch(() => {})
    await rm(folder, options).catch(() => {})
  }
}

async function openUp (folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Of a link it says that it is a link.
    if (entry.isDirectory()) await openUp(path.join(folder, entry.name))
  }
}

async function unlessFull<T> (work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch {
    throw new DiffractionError('UNAVAILABLE', 'The folder for temporary files cannot be written: no folder for the indexing program could be made in it.')
  }
}
