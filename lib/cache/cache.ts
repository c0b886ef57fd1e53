// What a cache is to those who use it, and what a store must do to be one behind a guard.

/** Where values are kept. */
export type CacheName = 'memory' | 'redis' | 'memcached'

/** A cache of bytes under keys of 40 hexadecimal digits. Nothing it does throws or rejects: a fault is a miss. */
export interface Cache {
  /** Where it keeps its values. */
  readonly name: CacheName
  /**
   * The value under a key; undefined where there is none, the cache is not well, takes too long, or the signal aborts.
   * The bytes may be shared with others who ask: they must not be changed, nor handed to a worker.
   */
  get (key: string, signal?: AbortSignal): Promise<Buffer | undefined>
  /**
   * Keeps a value, in the background: nobody need wait for the promise, which resolves when the value is kept or given up.
   * @param seconds - its lifetime; nothing is kept where it is not above 0
   */
  set (key: string, value: Buffer, seconds: number): Promise<void>
  /**
   * Asks leave to do the work that gives the value under a key, where several servers share the cache; absent where they cannot. While another server
   * does it, waits for the end of that. One that goes without a word, or is not heard of any more, is followed by one of those who wait.
   * @returns undefined where nobody can say, and when the signal aborts: do it then
   */
  lease?(key: string, signal: AbortSignal): Promise<Turn | undefined>
  /** Waits for what is being kept, within the time that has, and closes connections. */
  close (): Promise<void>
}

/** How the work under a lease ended: its value was kept, there is none to be kept, or it failed. */
export type LeaseEnding = 'kept' | 'empty' | 'failed'

/** Leave to do some work. */
export interface Lease {
  readonly kind: 'held'
  /**
   * Gives it back, in the background, and tells all who wait how the work ended. Without an ending one of them takes over.
   * A value must have been kept before.
   */
  release (ending?: LeaseEnding): Promise<void>
}

/** Whose turn it is: one's own, or another's, which is over. */
export type Turn = Lease | { readonly kind: 'over', readonly ending: LeaseEnding }

/** Leases in a store that several servers share. A lease that is not renewed ends by itself. Each promise rejects where the store is not well. */
export interface LeaseStore {
  /**
   * Takes the lease of a key, where nobody has it.
   * @param token - says who holds it
   * @returns `known` where the key has a value, `refused` where the store is well but gives no leases, and where another has the lease, the
   * milliseconds until it ends unless it is renewed
   */
  acquire (key: string, token: string, milliseconds: number): Promise<'held' | 'known' | 'refused' | number>
  /** Holds it so much longer, unless another has it. */
  renew (key: string, token: string, milliseconds: number): Promise<void>
  /** Gives it back and tells everybody who listens, unless another has it. */
  release (key: string, token: string, ending?: LeaseEnding): Promise<void>
  /**
   * Tells of each release of a key from now on, and, without an ending, when nothing more can be heard.
   * @returns a function that ends it
   */
  listen (key: string, hear: (ending: LeaseEnding | undefined) => void): () => void
  /** Makes sure, in the background, that releases can be heard. */
  probe (): void
}

/** A place for values, which may fail. A cache is made of it by `guard`. */
export interface Store {
  readonly name: CacheName
  /** Leases on the work that gives values, where several servers share the store. */
  readonly leases?: LeaseStore
  /**
   * The value under a key, undefined where there is none.
   * @throws Error (the promise rejects) where the store is not well
   */
  get (key: string): Promise<Buffer | undefined>
  /**
   * Keeps a value for a number of seconds above 0. False where the store is well but does not take it: too large, memory full.
   * @throws Error (the promise rejects) where the store is not well
   */
  set (key: string, value: Buffer, seconds: number): Promise<boolean>
  /** Closes connections; calls in flight reject. */
  close (): Promise<void>
}

/** Longest lifetime in seconds: ten years, which no store takes for a date. */
export const longestLifetime = 10 * 365 * 24 * 3600
