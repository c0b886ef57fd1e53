// Answers whether a client holds a stored request, in a worker thread with a deadline: what is stored was sent by anybody, and neither a large
// request nor a disk that hangs may hold up the server.
import { Piscina } from 'piscina'
import type { Agreement, AgreementQuery } from './agreement.ts'
import { isRequestUuid } from './layout.ts'

/** What came of a query: an agreement, or `malformed` where the identity is no UUID of version 4, or `busy` where too many ask. */
export type Authentication = Agreement | { kind: 'malformed' | 'busy' }

/** Answers queries. */
export interface Authenticator {
  /** Whether `check` is the hash (object-hash, SHA-1, lower-case hexadecimal) of the stored request; if so it is kept for 60 days from now. */
  authenticate (requestUuid: string, check: string): Promise<Authentication>
  /** Ends the worker thread; queries under way end as `busy`. */
  close (): Promise<void>
}

/** What an authenticator is made of. */
export interface AuthenticatorOptions {
  /** The storage folder. */
  folder: string
  /** Largest request that is read, in bytes. */
  largest: number
  /** Time for one query, in milliseconds, from when it comes. */
  timeout?: number
  /** Queries that may be in hand. */
  queue?: number
  /** Memory of the worker, in megabytes. */
  memory?: number
}

/** Makes an authenticator; its thread begins with the first query. */
export function createAuthenticator ({ folder, largest, timeout = 10000, queue = 64, memory = 1024 }: AuthenticatorOptions): Authenticator {
  const start = () => {
    const pool = new Piscina<AgreementQuery, Agreement>({
      filename: new URL('authenticate-worker.ts', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      resourceLimits: { maxOldGenerationSizeMb: memory }
    })
    // A worker that dies idle is replaced.
    return pool.on('error', () => {})
  }
  let worker: ReturnType<typeof start> | undefined
  let inHand = 0
  let closed = false

  return {
    async authenticate (requestUuid, check) {
      if (!isRequestUuid(requestUuid)) return { kind: 'malformed' }
      if (closed || inHand >= queue) return { kind: 'busy' }
      const waits = inHand > 0
      inHand += 1
      const signal = AbortSignal.timeout(timeout)
      try {
        return await (worker ??= start()).run({ folder, requestUuid, check, largest }, { signal })
      } catch {
        // Whoever had to wait may have lost its time to others. Who had not asks for what takes too much time or memory.
        return { kind: waits || closed ? 'busy' : 'unreadable' }
      } finally {
        inHand -= 1
      }
    },
    async close () {
      closed = true
      await worker?.close({ force: true })
    }
  }
}
