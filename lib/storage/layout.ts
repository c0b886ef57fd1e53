// What lies where in the storage folder: `<request_uuid>/request.json`, `response.json` and, once the user has agreed, `auth`, as scripts
// around the reference expect. Whatever else Tutti puts there begins with a dot and is on its way in or out.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'

/** The names of the files in the folder of a request; `auth` is an empty file. */
export const fileNames = { request: 'request.json', response: 'response.json', marker: 'auth' } as const

/** A UUID of version 4 (RFC 9562, section 5.4) without a pattern that could be made to take long. */
const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}'
const uuidPattern = new RegExp(`^${uuid}$`)
const passagePattern = new RegExp(`^\\.(incoming|outgoing)-(${uuid})-[0-9a-f]{16}$`)

/** Whether a text is a UUID of version 4: no other text ever becomes part of a path. */
export function isRequestUuid (text: string): boolean {
  return text.length === 36 && uuidPattern.test(text)
}

/** A name under which the folder of a request is written (`incoming`) or removed (`outgoing`). */
export interface Passage { direction: 'incoming' | 'outgoing', requestUuid: string }

/** A new name for a passage, never used before. */
export function passageName ({ direction, requestUuid }: Passage): string {
  return `.${direction}-${requestUuid}-${randomBytes(8).toString('hex')}`
}

/** The passage that a name was made for; undefined for any other name. */
export function parsePassage (name: string): Passage | undefined {
  const [, direction, requestUuid] = name.length > 100 ? [] : name.match(passagePattern) ?? []
  if (requestUuid === undefined || (direction !== 'incoming' && direction !== 'outgoing')) return undefined
  return { direction, requestUuid }
}

/** Opens nothing but a folder, and no link to one. */
export const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * The path to a file in an open folder. On Linux it leads through the open folder itself (the `openat` that Node lacks), so that nobody can put
 * a link in the way in between; elsewhere it is the plain path.
 */
export function pathInside (folder: { fd: number, path: string }, name: string): string {
  return path.join(process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : folder.path, name)
}

/** Writes what was done in a folder to the disk. */
export async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
