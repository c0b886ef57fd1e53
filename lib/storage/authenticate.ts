// Answers whether a client holds a stored request, in a worker thread with a deadline: what is stored was sent by anybody, and neither a large
// request nor a disk that hangs may hold up the server.
import { createWorkerPool } from '../worker-pool.ts'
import type { Agreement, AgreementQuery } from './agreement.ts'
import { isRequestUuid } from './layout.ts'

/** What came of a query: an agreement, or `malformed` where the identity is no UUID of version 4, or `busy` where too many ask. */
export type Authentication = Agreement | { kind: 'malformed' | 'busy' }

/** Answers queries. */
export interface Authenticator {
  /** Whether `check` is the hash (object-hash, SHA-1, lower-case hexadecimal) of the stored request; if so it is kept for 60 days from now. */
  authenticate (requestUuid: string, check: string): Promise<Authentication>
  /** Ends the worker thread, as far as the disk lets it; queries under way end as `busy`. */
  close (): Promise<void>
  /** Whether the disk holds up a thread that was told to end. */
  stuck (): boolean
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
  const pool = createWorkerPool<AgreementQuery, Agreement>({ module: new URL('authenticate-worker.ts', import.meta.url), threads: 1, queue: queue - 1, timeout, memory })
  const ending = new AbortController()

  return {
    async authenticate (requestUuid, check) {
      if (!isRequestUuid(requestUuid)) return { kind: 'malformed' }
      try {
        const outcome = await pool.run({ folder, requestUuid, check, largest }, { signal: ending.signal })
        if (outcome.kind === 'done') return outcome.result
        return { kind: outcome.kind === 'busy' ? 'busy' : 'unreadable' }
      } catch {
        return { kind: 'busy' }
      }
    },
    async close () {
      ending.abort()
      await pool.close()
    },
    stuck: () => pool.stuck() > 0
  }
}
