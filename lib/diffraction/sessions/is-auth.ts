// What a session says of whoever has signed in (`isAuth`), and the refusals of those who have not, by the numbers of the LS-CAT image server.
import { DiffractionError } from '../diffraction-error.ts'
import type { Session } from '../session.ts'

/** Bytes of `isAuth` at most, and of its signature. */
export const largest = { isAuth: 64 * 1024, signature: 4096 }

/** Most ESAF numbers of one session. */
const mostEsafs = 10_000

/** Names of users: what may stand in a path, in a log line and in a look-up. */
const userName = /^[a-z_][a-z0-9_.-]{0,63}$/i

/** Refusals by number. */
const refusals = {
  2: 'There is no such session. Sign in, and send its token (pid).',
  3: 'The session has no signature. Sign in again.',
  4: 'The signature of the session is wrong. Sign in again; the operator looks at DIFFRACTION_PUBLIC_KEY.',
  5: 'The session cannot be read. Sign in again.',
  6: 'The session is that of another token. Sign in again.',
  7: 'The session has ended. Sign in again.',
  8: 'The session is not for this ESAF. Ask for one that it is for, or have it added.'
}

/** Refuses a session. */
export function refuseSession (number: keyof typeof refusals): DiffractionError {
  return new DiffractionError('NOT_AUTHORIZED', refusals[number], number)
}

/** Whether a text can be the token of a session: what is longer, or has blanks or letters of other alphabets, is none, and nothing is asked about it. */
export function isToken (pid: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(pid)
}

/**
 * Reads `isAuth`.
 * @param value - it, parsed
 * @param pid - the token that it is for where it names none; those that come from elsewhere must name it
 * @throws DiffractionError 5 where it is none
 */
export function readIsAuth (value: unknown, pid?: string): Session {
  if (typeof value !== 'object' || value === null) throw refuseSession(5)
  const { uid, pid: own = pid, role, allowedESAFs: esafs = [] } = value as Record<string, unknown>
  if (typeof uid !== 'string' || !userName.test(uid) || typeof own !== 'string' || !Array.isArray(esafs) || esafs.length > mostEsafs) throw refuseSession(5)
  return { pid: own, user: uid, role: typeof role === 'string' ? role : undefined, esafs: esafs.filter((each): each is number => Number.isSafeInteger(each) && each > 0) }
}

/** Checks that a session is that of a token, and for an ESAF. @param esaf - 0 for what needs none @throws DiffractionError 6, 8 */
export function admit (session: Session, pid: string, esaf: number): Session {
  if (session.pid !== pid) throw refuseSession(6)
  if (esaf !== 0 && !session.esafs.includes(esaf)) throw refuseSession(8)
  return session
}
