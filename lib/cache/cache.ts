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
  /** Waits for what is being kept, within the time that has, and closes connections. */
  close (): Promise<void>
}

/** A place for values, which may fail. A cache is made of it by `guard`. */
export interface Store {
  readonly name: CacheName
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
