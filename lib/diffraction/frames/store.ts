// Things that take long to make and are large: made once, however many want them, and kept as long as there is room. What somebody uses is never given up, which caches
// that know only sizes cannot promise.
import { unlessAborted } from '../../unless-aborted.ts'
import { DiffractionError } from '../diffraction-error.ts'

/** Keeps things by key. */
export interface Store<T> {
  /**
   * Lends a thing, until the body has ended. Who comes first has it made; whoever comes before it is ready waits for the same. What goes wrong in making it goes wrong for
   * all that wait, and is not kept. Its making is given up when nobody waits any more.
   * @param make - makes the thing; never throws before it returns its promise
   * @throws what `make` or `body` throws, or the reason of the signal
   */
  use<R> (key: string, signal: AbortSignal, make: (signal: AbortSignal) => Promise<T>, body: (thing: T) => R | Promise<R>): Promise<R>
  /** A thing that is ready. It is not kept for the one who looks. */
  peek (key: string): T | undefined
  /** Keeps a thing no longer: who asks next has it made anew. Those who use it may go on. */
  forget (key: string): void
  /** Makes room for so many bytes, which count until they are released. @returns what had to go, of which `discard` is not told */
  reserve (bytes: number): { freed: T[], release: () => void }
  /** Bytes of all that is kept or used. */
  readonly bytes: number
}

/** What a store is made of. */
export interface StoreOptions<T> {
  /** Bytes that things may take; those in use may take more. */
  readonly budget: () => number
  /** Bytes of a thing. */
  readonly weigh: (thing: T) => number
  /** Told of what is kept no longer, and used by nobody. */
  readonly discard?: (thing: T) => void
}

interface Entry<T> {
  readonly key: string
  readonly ready: Promise<T>
  readonly ending: AbortController
  made: { readonly thing: T, readonly bytes: number } | undefined
  users: number
}

/** Makes an empty one. */
export function createStore<T> ({ budget, weigh, discard = () => {} }: StoreOptions<T>): Store<T> {
  // Those asked for last are last.
  const entries = new Map<string, Entry<T>>()
  let bytes = 0

  const makeRoom = (): T[] => {
    const freed: T[] = []
    for (const [key, { made, users }] of entries) {
      if (bytes <= budget()) break
      if (made === undefined || users > 0) continue
      entries.delete(key)
      bytes -= made.bytes
      freed.push(made.thing)
    }
    return freed
  }

  /** To be called when a thing has been made, and when somebody leaves it. */
  const settle = (entry: Entry<T>) => {
    const { key, made, users, ending } = entry
    if (users > 0) return
    if (made === undefined) return ending.abort(new DiffractionError('CANCELLED', 'Nobody waits for it any more.'))
    if (entries.get(key) !== entry) {
      bytes -= made.bytes
      discard(made.thing)
    }
    for (const thing of makeRoom()) discard(thing)
  }

  const begin = (key: string, make: (signal: AbortSignal) => Promise<T>): Entry<T> => {
    const ending = new AbortController()
    const entry: Entry<T> = { key, ready: make(ending.signal), ending, made: undefined, users: 0 }
    entry.ready.then(thing => {
      entry.made = { thing, bytes: weigh(thing) }
      bytes += entry.made.bytes
      settle(entry)
    }, () => {
      if (entries.get(key) === entry) entries.delete(key)
    })
    return entry
  }

  return {
    async use (key, signal, make, body) {
      for (;;) {
        signal.throwIfAborted()
        const entry = entries.get(key) ?? begin(key, make)
        entries.delete(key)
        entries.set(key, entry)
        entry.users += 1
        try {
          const thing = await unlessAborted(entry.ready, signal)
          signal.throwIfAborted()
          return await body(thing as T)
        } catch (error) {
          // The others had gone before this one came, and it was given up too late for this one to know.
          const isGivenUp = entry.ending.signal.aborted && error === entry.ending.signal.reason
          if (!isGivenUp || signal.aborted) throw error
        } finally {
          entry.users -= 1
          settle(entry)
        }
      }
    },
    peek: key => entries.get(key)?.made?.thing,
    forget (key) {
      const entry = entries.get(key)
      if (entry === undefined) return
      entries.delete(key)
      if (entry.made !== undefined) settle(entry)
    },
    reserve (amount) {
      bytes += amount
      return { freed: makeRoom(), release: () => { bytes -= amount } }
    },
    get bytes () { return bytes }
  }
}
