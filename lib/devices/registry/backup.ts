// Copies everything that is kept about devices, while a server uses it: the file of SQLite, and the files of modules, deployments and executions beside it.
import { constants } from 'node:fs'
import { access, copyFile, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { DevicesError } from '../devices-error.ts'
import { backUpFile, sqliteFile } from './sqlite.ts'

/** Folder of files within that of devices. */
const filesFolder = 'files'

/**
 * Writes a copy of the registry to `target`, and one of the files to `<target>.files`.
 * @param folder - that of devices in DATA_DIR
 * @param target - must not be there
 * @returns how many files were copied, beside the registry
 * @throws DevicesError MISSING where there is no registry, CONFLICT where the copy is there already, UNAVAILABLE where it cannot be written
 */
export async function backUpDevices (folder: string, target: string): Promise<number> {
  const source = path.join(folder, sqliteFile)
  // Opening it would make it.
  await access(source).catch(() => { throw new DevicesError('MISSING', 'There is no registry of devices in DATA_DIR: is it the folder of the server?') })
  await access(target).then(() => { throw new DevicesError('CONFLICT', 'The file of a backup must not be there yet: give another name') }, () => {})
  const files = path.join(folder, filesFolder)
  // Before and after: what the registry names is among them, whether it came or went meanwhile. Files never change, so that the second time copies what is new.
  const before = await copyFiles(files, `${target}.${filesFolder}`)
  await backUpFile(source, target)
  return before + await copyFiles(files, `${target}.${filesFolder}`)
}

/** Copies what is not there yet. What is still coming in is left out: nothing refers to it. */
async function copyFiles (from: string, to: string): Promise<number> {
  let copied = 0
  try {
    await mkdir(to, { recursive: true, mode: 0o700 })
    for (const entry of await readdir(from, { withFileTypes: true }).catch(orNothing([]))) {
      const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
      if (entry.isDirectory() && entry.name !== 'incoming') copied += await copyFiles(source, target)
      else if (entry.isFile()) copied += await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).then(() => 1, orNothing(0))
    }
    return copied
  } catch (error) {
    throw new DevicesError('UNAVAILABLE', `The files of the backup cannot be written (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`)
  }
}

/** For what has gone meanwhile, or was copied before. */
function orNothing<Nothing> (nothing: Nothing): (error: NodeJS.ErrnoException) => Nothing {
  return error => {
    if (error.code === 'ENOENT' || error.code === 'EEXIST') return nothing
    throw error
  }
}
