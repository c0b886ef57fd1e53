// Sessions in Redis, signed by whoever lets users sign in: hashes named by the token, with `isAuth` and `isAuthSig` (RSA-SHA256, PKCS #1 version 1.5, over the bytes of
// `isAuth` as they are).
import { constants, createHash, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../at-most.ts'
import { connectRedis, isReply } from '../../redis.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { Session, Sessions } from '../session.ts'
import { admit, isToken, largest, readIsAuth, refuseSession } from './is-auth.ts'

/** Where sessions are, and what they are checked with. */
export interface RedisSessionsOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. */
  url: string
  /** RSA key that signatures are checked with. */
  publicKey: KeyObject
  /** Milliseconds that a look-up has. */
  timeout?: number
  /** Told when sessions cannot be read, with the reason, and without one when they can be again. Nothing of a session is in it. */
  onTrouble?: (error?: unknown) => void
}

/** Sessions that are remembered: as verified, and as seen. */
const mostRemembered = 10_000

/** States of the client in which nothing can be asked for some time. */
const isAway = new Set(['close', 'reconnecting', 'end'])

/** What stands in Redis. */
interface Signed { isAuth: Buffer, signature: Buffer | null }

/** Begins to connect, and connects again, by itself, whenever the connection breaks. */
export function openRedisSessions ({ url, publicKey, timeout = 2000, onTrouble = () => {} }: RedisSessionsOptions): Sessions {
  const client = connectRedis({ url, stall: timeout })
  // By a digest of all bytes that were verified. That a session is still there is asked each time.
  const verified = new LRUCache<string, Session>({ max: mostRemembered })
  const seen = new LRUCache<string, true>({ max: mostRemembered })
  let isTroubled = false

  const note = (error?: unknown) => {
    const wasTroubled = isTroubled
    isTroubled = error !== undefined
    if (isTroubled !== wasTroubled) onTrouble(error)
  }

  /** Undefined where there is no session. */
  const read = async (pid: string): Promise<Signed | undefined> => {
    if (isAway.has(client.status)) throw new Error('There is no connection to Redis')
    try {
      // What is long is not asked for: whoever can write there shall not fill the memory here.
      const [length, signatureLength] = await Promise.all([client.hstrlen(pid, 'isAuth'), client.hstrlen(pid, 'isAuthSig')])
      if (length === 0) return undefined
      if (length > largest.isAuth || signatureLength > largest.signature) throw refuseSession(5)
      const [isAuth, signature] = await client.hmgetBuffer(pid, 'isAuth', 'isAuthSig')
      return isAuth == null ? undefined : { isAuth, signature: signature ?? null }
    } catch (error) {
      // Something else has this name.
      if (isReply(error, 'WRONGTYPE')) return undefined
      throw error
    }
  }

  const readInTime = async (pid: string, signal: AbortSignal | undefined): Promise<Signed | undefined> => {
    let answer: { signed: Signed | undefined } | undefined
    try {
      await unlessAborted(atMost(timeout, read(pid).then(signed => { answer = { signed } })), signal)
    } catch (error) {
      if (error instanceof DiffractionError) throw error
      note(error)
      throw unavailable()
    }
    if (signal?.aborted === true) throw new DiffractionError('CANCELLED', 'Whoever asked has gone.')
    if (answer === undefined) {
      note(new Error(`Redis has not answered within ${timeout} ms`))
      throw unavailable()
    }
    note()
    return answer.signed
  }

  const check = ({ isAuth, signature }: Signed): Session => {
    if (signature === null || signature.length === 0) throw refuseSession(3)
    const digest = createHash('sha256').update(`${isAuth.length}:`).update(isAuth).update(signature).digest('base64')
    const known = verified.get(digest)
    if (known !== undefined) return known
    if (!verify('sha256', isAuth, { key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature.toString('latin1'), 'base64'))) throw refuseSession(4)
    const session = readIsAuth(parse(isAuth))
    verified.set(digest, session)
    return session
  }

  return {
    async find (pid, esaf, signal) {
      if (!isToken(pid)) throw refuseSession(2)
      const signed = await readInTime(pid, signal)
      if (signed === undefined) throw refuseSession(seen.get(pid) === true ? 7 : 2)
      const session = check(signed)
      if (session.pid === pid) seen.set(pid, true)
      return admit(session, pid, esaf)
    },
    isTroubled: () => isTroubled || isAway.has(client.status),
    async close () {
      client.disconnect()
    }
  }
}

function parse (isAuth: Buffer): unknown {
  try {
    return JSON.parse(isAuth.toString())
  } catch {
    throw refuseSession(5)
  }
}

function unavailable (): DiffractionError {
  return new DiffractionError('UNAVAILABLE', 'Sessions cannot be looked up now. Try again in a moment; the operator looks at DIFFRACTION_REDIS_URL.')
}
