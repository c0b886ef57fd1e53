// When each of many things is looked at: each has a timer of its own, so many begin at one time, and one that takes long holds up no other.

/** What is looked at, and how. */
export interface ScheduleOptions {
  /** Looks at one. @returns milliseconds from the start of this look to that of the next; undefined to look no more */
  readonly look: (key: string, signal: AbortSignal) => Promise<number | undefined>
  /** Looks that begin, and are quick, at one time. */
  readonly atOnce?: number
  /** Milliseconds after which a look counts as slow, and gives its place to others. */
  readonly patience?: number
  /** Looks at one time, slow ones included. */
  readonly most?: number
}

/** Looks until it is closed. */
export interface Schedule {
  /** Looks at something for the first time after so many milliseconds. What is there already stays as it is. */
  add (key: string, delay: number): void
  /** Looks after so many milliseconds, unless it would do so sooner; once more at once where a look goes on. Nothing for what is not there. */
  hurry (key: string, delay?: number): void
  /** Looks no more. A look that goes on is broken off. */
  remove (key: string): void
  /** Looks that go on, and those whose time has come and that wait for a place; and the longest that one has waited, in milliseconds, since this was last asked. */
  numbers (): { readonly running: number, readonly waiting: number, readonly latest: number }
  /** Ends once nothing goes on any more. */
  close (): Promise<void>
}

interface Entry { timer: NodeJS.Timeout | undefined, running: AbortController | undefined, dueAt: number, isHurried: boolean, isWaiting: boolean }

/** Makes an empty schedule. */
export function createSchedule ({ look, atOnce = 64, patience = 100, most = 512 }: ScheduleOptions): Schedule {
  const entries = new Map<string, Entry>()
  let waiting: string[] = []
  let quick = 0
  let running = 0
  let latest = 0
  let isClosed = false
  let onIdle = () => {}

  const plan = (key: string, entry: Entry, delay: number) => {
    entry.dueAt = performance.now() + delay
    entry.timer = setTimeout(() => want(key, entry), delay)
  }
  const want = (key: string, entry: Entry) => {
    entry.timer = undefined
    if (entry.isWaiting || entry.running !== undefined) return
    entry.isWaiting = true
    waiting.push(key)
    admit()
  }
  const admit = () => {
    // What has been removed is passed over; a list of its own each time would cost as much again.
    let at = 0
    while (at < waiting.length) {
      if (quick >= atOnce || running >= most) break
      const key = waiting[at++] ?? ''
      const entry = entries.get(key)
      if (entry?.isWaiting === true) void run(key, entry)
    }
    if (at > 0) waiting = waiting.slice(at)
  }
  const run = async (key: string, entry: Entry) => {
    const controller = new AbortController()
    entry.isWaiting = false
    entry.isHurried = false
    entry.running = controller
    quick += 1
    running += 1
    let isQuick = true
    const giveWay = () => {
      if (isQuick) quick -= 1
      isQuick = false
    }
    const startedAt = performance.now()
    let firesAt = startedAt + patience
    const slow = setInterval(() => {
      // Where timers are late it is this process that is slow: more of its work at one time would make it no quicker.
      const isBusy = performance.now() - firesAt > patience / 4
      firesAt = performance.now() + patience
      if (isBusy) return
      clearInterval(slow)
      giveWay()
      admit()
    }, patience)
    latest = Math.max(latest, startedAt - entry.dueAt)
    const next = await look(key, controller.signal).catch(() => undefined)
    clearInterval(slow)
    giveWay()
    running -= 1
    entry.running = undefined
    if (entries.get(key) === entry) {
      if (next === undefined) entries.delete(key)
      else plan(key, entry, entry.isHurried ? 0 : Math.max(0, startedAt + next - performance.now()))
    }
    if (running === 0) onIdle()
    admit()
  }

  return {
    add (key, delay) {
      if (isClosed || entries.has(key)) return
      const entry: Entry = { timer: undefined, running: undefined, dueAt: 0, isHurried: false, isWaiting: false }
      entries.set(key, entry)
      plan(key, entry, delay)
    },
    hurry (key, delay = 0) {
      const entry = entries.get(key)
      if (entry === undefined || entry.isWaiting) return
      if (entry.running !== undefined) {
        entry.isHurried = true
      } else if (entry.dueAt > performance.now() + delay) {
        clearTimeout(entry.timer)
        plan(key, entry, delay)
      }
    },
    remove (key) {
      const entry = entries.get(key)
      if (entry === undefined) return
      entries.delete(key)
      entry.isWaiting = false
      clearTimeout(entry.timer)
      entry.running?.abort()
    },
    numbers () {
      const numbers = { running, waiting: waiting.length, latest }
      latest = 0
      return numbers
    },
    async close () {
      isClosed = true
      for (const { timer, running: controller } of entries.values()) {
        clearTimeout(timer)
        controller?.abort()
      }
      entries.clear()
      waiting = []
      if (running > 0) await new Promise<void>(resolve => { onIdle = resolve })
    }
  }
}
