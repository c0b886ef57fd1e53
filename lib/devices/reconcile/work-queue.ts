// Work by key: one at a time for each key, a few keys at a time, and however often a key is asked for while it waits, once.

/** A queue of keys. */
export interface WorkQueue {
  /** Has the work of a key done soon; once more where it is being done now. */
  add (key: string): void
  /** The same at a time, or earlier where it is asked for earlier. @param at - milliseconds since 1970 */
  addAt (key: string, at: number): void
  /** Forgets all that waits. What is being done goes on. */
  clear (): void
  /** When nothing is being done any more. Nothing is begun from then on. */
  close (): Promise<void>
  /** Keys that wait or are worked on; timers do not count. */
  readonly size: number
}

/** Makes a queue. @param work - must not throw */
export function createWorkQueue ({ most, work, now }: { most: number, work: (key: string) => Promise<void>, now: () => number }): WorkQueue {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const timers = new Map<string, { at: number, timer: NodeJS.Timeout }>()
  let isClosed = false

  const start = () => {
    for (const key of waiting) {
      if (running.size >= most) return
      if (running.has(key)) continue
      waiting.delete(key)
      stopTimer(key)
      running.set(key, work(key).finally(() => {
        running.delete(key)
        start()
      }))
    }
  }

  const stopTimer = (key: string) => {
    clearTimeout(timers.get(key)?.timer)
    timers.delete(key)
  }

  const add = (key: string) => {
    if (isClosed) return
    waiting.add(key)
    start()
  }

  return {
    add,

    addAt (key, at) {
      const set = timers.get(key)
      if (isClosed || (set !== undefined && set.at <= at)) return
      stopTimer(key)
      const timer = setTimeout(() => {
        timers.delete(key)
        add(key)
      }, Math.max(0, Math.min(at - now(), 2 ** 31 - 1)))
      timer.unref()
      timers.set(key, { at, timer })
    },

    clear () {
      waiting.clear()
      for (const key of [...timers.keys()]) stopTimer(key)
    },

    async close () {
      isClosed = true
      this.clear()
      await Promise.all(running.values())
    },

    get size () { return waiting.size + running.size }
  }
}
