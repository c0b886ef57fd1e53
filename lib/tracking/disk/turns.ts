// Lets what is done with one thing be done by one at a time.

/** Does work on things by turns. */
export interface Turns {
  /** Does work on a thing once all that was asked for before is done with it; work on other things does not hold it up. @throws what the work throws */
  take<T> (thing: number, work: () => Promise<T>): Promise<T>
}

/** Turns that nobody has taken yet. */
export function createTurns (): Turns {
  const last = new Map<number, Promise<void>>()
  return {
    async take (thing, work) {
      const before = last.get(thing)
      const { promise: done, resolve } = Promise.withResolvers<void>()
      last.set(thing, done)
      await before
      try {
        return await work()
      } finally {
        resolve()
        if (last.get(thing) === done) last.delete(thing)
      }
    }
  }
}
