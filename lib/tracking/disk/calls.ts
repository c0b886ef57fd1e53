// Calls of `node:fs` that may hang: one at a time, so that no more than one thread of the process is held up, and none is waited for for ever.
import { hanging } from './trouble.ts'
import { createTurns } from './turns.ts'

/** Makes calls of a disk. */
export interface DiskCalls {
  /**
   * Makes a call when those before it have come back.
   * @throws what the call throws; an error with the code ETIMEDOUT where it has not come back in time. The call goes on all the same
   */
  ask<T> (call: () => Promise<T>): Promise<T>
  /** Whether a call has not come back in time, and not since. */
  readonly isHanging: boolean
}

/** Calls of one disk. @param patience - milliseconds that each has to come back, waiting for its turn included */
export function createDiskCalls (patience: number): DiskCalls {
  const turns = createTurns()
  let late = 0
  return {
    async ask (call) {
      const { promise: tooLate, reject } = Promise.withResolvers<never>()
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        late += 1
        reject(Object.assign(new Error(hanging), { code: 'ETIMEDOUT' }))
      }, patience)
      const done = turns.take(0, call)
      const settle = () => { if (isLate) late -= 1 }
      done.then(settle, settle)
      try {
        return await Promise.race([done, tooLate])
      } finally {
        clearTimeout(timer)
      }
    },
    get isHanging () {
      return late > 0
    }
  }
}
