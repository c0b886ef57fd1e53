// Work that several want at the same time is done once. Whoever came first leads; where that one fails or goes, another takes over.
import { unlessAborted } from './unless-aborted.ts'

/** Shares work in flight. */
export interface SingleFlight<T> {
  /**
   * Joins the work under a key, or starts it.
   *
   * What is worth sharing goes to everybody who waits. What is not, because the leader failed, goes to nobody else at first: one of
   * those who wait does the work again, and what comes of that goes to all. A leader whose signal aborts hands over to the next.
   * @param key - what makes work the same
   * @param signal - ends the wait of this one alone, and the work only where this one leads
   * @param work - does it; never throws
   * @returns what the work gave, or undefined where the signal came first; `shared` is true where another one did it
   */
  run (key: string, signal: AbortSignal, work: () => Promise<T>): Promise<{ result: T, shared: boolean } | undefined>
  /** Keys that are being worked on. */
  readonly size: number
}

/** One who waits takes over from a leader that failed at most so often, and takes what comes then. */
const mostTakeovers = 1

/**
 * Makes an empty one.
 * @param isWorthSharing - whether a result may go to others: false for a failure that need not be theirs
 */
export function createSingleFlight<T> (isWorthSharing: (result: T) => boolean): SingleFlight<T> {
  // Undefined is the word of a leader that has gone.
  const flights = new Map<string, Promise<T | undefined>>()

  const lead = async (key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const working = work()
    const flight = working.then(result => signal.aborted ? undefined : result, () => undefined)
    flights.set(key, flight)
    try {
      return await working
    } finally {
      if (flights.get(key) === flight) flights.delete(key)
    }
  }

  return {
    async run (key, signal, work) {
      for (let failures = 0; !signal.aborted;) {
        const flight = flights.get(key)
        if (flight === undefined) return { result: await lead(key, signal, work), shared: false }
        const result = await unlessAborted(flight, signal)
        if (signal.aborted) return undefined
        if (result === undefined) continue
        if (isWorthSharing(result) || failures >= mostTakeovers) return { result, shared: true }
        failures += 1
      }
      return undefined
    },
    get size () { return flights.size }
  }
}
