// Sessions in a file instead of Redis, for a machine of one's own: a JSON object of token (pid) to `isAuth`.
import { readFile, stat } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import { DiffractionError } from '../diffraction-error.ts'
import type { Session, Sessions } from '../session.ts'
import { admit, isToken, readIsAuth, refuseSession } from './is-auth.ts'

/** Bytes of the file at most. */
const largestFile = 4 * 1024 * 1024

/** Tokens that are remembered as seen. */
const mostSeen = 10_000

/**
 * Opens a file with sessions. It is looked at for each request, and read again when it has changed: who is no longer in it has signed out.
 * @param onTrouble - told when the file cannot be read, with the reason, and without one when it can be again
 * @throws Error where it cannot be read, or is not as it should be
 */
export async function openSessionFile (path: string, onTrouble: (error?: unknown) => void = () => {}): Promise<Sessions> {
  let version = ''
  let sessions: ReadonlyMap<string, unknown> = new Map()
  let isTroubled = false
  const seen = new LRUCache<string, true>({ max: mostSeen })

  const refresh = async () => {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    const found = `${ino} ${mtimeNs} ${size}`
    if (found === version) return
    if (size > largestFile) throw new RangeError('The file is too large')
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new TypeError('The file is no object of sessions')
    sessions = new Map(Object.entries(content))
    version = found
  }

  const refreshIfPossible = async () => {
    try {
      await refresh()
      if (isTroubled) onTrouble()
      isTroubled = false
    } catch (error) {
      version = ''
      sessions = new Map()
      if (!isTroubled) onTrouble(error)
      isTroubled = true
      throw new DiffractionError('UNAVAILABLE', 'Sessions cannot be looked up now. Try again in a moment; the operator looks at the file of DIFFRACTION_SESSIONS.')
    }
  }

  await refresh()
  return {
    async find (pid, esaf) {
      await refreshIfPossible()
      const isAuth = isToken(pid) ? sessions.get(pid) : undefined
      if (isAuth === undefined) throw refuseSession(seen.get(pid) === true ? 7 : 2)
      const session: Session = readIsAuth(isAuth, pid)
      seen.set(pid, true)
      return admit(session, pid, esaf)
    },
    isTroubled: () => isTroubled,
    async close () {}
  }
}
