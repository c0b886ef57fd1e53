// Tells listeners what happens.
import type { Happening } from './exchange.ts'

/** Listeners, and how they are told. */
export interface Telling {
  /** Tells everybody of one happening before anybody of the next, also where being told makes somebody ask for more. */
  tell (happening: Happening): void
  /** Calls back with everything that is told from now on. @returns ends it */
  onHappening (listener: (happening: Happening) => void): () => void
}

/** Begins without listeners. */
export function createTelling (): Telling {
  const listeners = new Set<(happening: Happening) => void>()
  const untold: Happening[] = []
  let isTelling = false

  return {
    tell (happening) {
      untold.push(happening)
      if (isTelling) return
      isTelling = true
      try {
        for (let next = untold.shift(); next !== undefined; next = untold.shift()) {
          for (const listener of listeners) listener(next)
        }
      } finally {
        isTelling = false
      }
    },
    onHappening (listener) {
      // Its own function each time, so that one that is given twice is told twice and ends once.
      const tellIt = (happening: Happening) => listener(happening)
      listeners.add(tellIt)
      return () => { listeners.delete(tellIt) }
    }
  }
}
