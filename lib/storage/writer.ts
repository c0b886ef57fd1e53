// Writes one request and its answer to disk, so that at any moment of a crash the folder of a request holds whole files or none.
import { constants } from 'node:fs'
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../error-code.ts'
import { fileNames, folderFlags, passageName, pathInside, syncFolder } from './layout.ts'

/** A request and its answer, as JSON texts in UTF-8. */
export interface Exchange {
  /** Of version 4. */
  requestUuid: string
  /** The body as the client sent it, after decompression. */
  request: Buffer
  /** The body of the answer. */
  response: Buffer
}

/**
 * Writes an exchange: into a folder of its own, to the disk, then under its final name with one step. A request with the same identity as an earlier
 * one replaces the earlier files one by one, each with one step; the marker `auth` stays.
 * @param folder - the storage folder; made where it is missing
 * @throws what `node:fs` throws; nothing is left behind then
 */
export async function writeExchange (folder: string, { requestUuid, request, response }: Exchange): Promise<void> {
  const incoming = path.join(folder, passageName({ direction: 'incoming', requestUuid }))
  await makeFolder(folder, incoming)
  try {
    await writeWhole(path.join(incoming, fileNames.request), request)
    await writeWhole(path.join(incoming, fileNames.response), response)
    await syncFolder(incoming)
    await place(incoming, path.join(folder, requestUuid))
    await syncFolder(folder)
  } catch (error) {
    // The reaper removes what cannot be removed now.
    await rm(incoming, { recursive: true, force: true }).catch(() => {})
    throw error
  }
}

async function makeFolder (folder: string, incoming: string): Promise<void> {
  const mode = 0o700
  try {
    await mkdir(incoming, { mode })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(folder, { recursive: true, mode })
    await mkdir(incoming, { mode })
  }
}

async function writeWhole (file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function place (incoming: string, final: string): Promise<void> {
  try {
    await rename(incoming, final)
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    await replace(incoming, final)
  }
}

async function replace (incoming: string, final: string): Promise<void> {
  const handle = await open(final, folderFlags)
  try {
    for (const name of [fileNames.response, fileNames.request]) {
      await rename(path.join(incoming, name), pathInside({ fd: handle.fd, path: final }, name))
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rmdir(incoming)
}
