// A bounded number of places to work in, and a bounded queue for them; whoever gives up leaves the queue at once.
import { BusyError } from './errors.ts'

/** Places to work in. */
export interface Slots {
  /**
   * Waits for a place, first come first served, and gives the function that frees it (calling that twice does no harm).
   * Rejects with `BusyError` when the queue is full and with the signal's reason when the signal aborts while waiting.
   */
  enter: (signal: AbortSignal) => Promise<() => void>
  /** Places taken now. */
  readonly running: number
  /** Requests in the queue now. */
  readonly waiting: number
}

/** Makes `concurrency` places with room for `maxQueue` waiting. Throws RangeError when a limit is not a whole number (`concurrency` may be Infinity). */
export function createSlots ({ concurrency, maxQueue }: { concurrency: number, maxQueue: number }): Slots {
  if (concurrency !== Infinity && (!Number.isSafeInteger(concurrency) || concurrency < 1)) throw new RangeError('concurrency must be a whole number of at least 1, or Infinity')
  if (!Number.isSafeInteger(maxQueue) || maxQueue < 0) throw new RangeError('maxQueue must be a whole number of at least 0')
  // A set keeps order and forgets in constant time; p-limit keeps tasks whose caller has gone, with the graphics in them.
  const queue = new Set<() => void>()
  let running = 0

  function take (): () => void {
    running++
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      running--
      const [next] = queue
      next?.()
    }
  }

  return {
    get running () { return running },
    get waiting () { return queue.size },
    async enter (signal) {
      signal.throwIfAborted()
      if (running < concurrency) return take()
      if (queue.size >= maxQueue) throw new BusyError()
      return await new Promise((resolve, reject) => {
        const start = () => {
          queue.delete(start)
          signal.removeEventListener('abort', leave)
          resolve(take())
        }
        const leave = () => {
          queue.delete(start)
          reject(signal.reason)
        }
        queue.add(start)
        signal.addEventListener('abort', leave, { once: true })
      })
    }
  }
}
