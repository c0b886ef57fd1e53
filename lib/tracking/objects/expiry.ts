// Ends what has been there for long enough: one timer for all, and slices so short that nothing else waits for them.

/** Ends numbered things when their time is up. */
export interface Expiry {
  /**
   * The time of this one begins now, again where it had begun.
   * @param since - an earlier moment of the clock instead; those must be told in ascending order, before any other
   */
  touch (id: number, since?: number): void
  /** Has this one no end any more. */
  forget (id: number): void
  /** Ends nothing any more. */
  close (): void
}

/** What an expiry is made of. */
export interface ExpiryOptions {
  /** Time of each, in milliseconds. */
  timeout: number
  /** Called once for each, when its time is up. It may touch and forget others. */
  expire: (id: number) => void
  /** A monotonic clock in milliseconds. */
  now?: () => number
  /** Milliseconds that are worked at a time. */
  slice?: number
}

/** One that is waiting to end, between its neighbours in a ring. */
interface Entry { readonly id: number, since: number, before: Entry, after: Entry }

/** What a timer of Node can wait at most, in milliseconds. */
const longestWait = 2 ** 31 - 1

/** Makes an expiry without anything in it. */
export function createExpiry ({ timeout, expire, now = () => performance.now(), slice = 2 }: ExpiryOptions): Expiry {
  const entries = new Map<number, Entry>()
  // In the order in which they end: all have the same time, and one that is touched goes to the end. A ring, because a Map in which the same keys are removed
  // and added over and over becomes slow before it tidies up.
  const ring = createRing()
  let isClosed = false
  let cancel: (() => void) | undefined

  const remove = (entry: Entry) => {
    entries.delete(entry.id)
    takeOut(entry)
  }

  const run = () => {
    cancel = undefined
    const start = now()
    try {
      for (let first = ring.after; first !== ring && first.since + timeout <= start; first = ring.after) {
        remove(first)
        expire(first.id)
        if (now() - start >= slice) break
      }
    } finally {
      arm()
    }
  }

  /** Waits for the first; one that comes too early, because the first has been forgotten, waits for the next. */
  const arm = () => {
    if (cancel !== undefined || isClosed) return
    if (ring.after === ring) return
    const wait = ring.after.since + timeout - now()
    if (wait > 0) {
      const timer = setTimeout(run, Math.min(Math.ceil(wait), longestWait)).unref()
      cancel = () => clearTimeout(timer)
    } else {
      // After whatever else waits for its turn. Node would not come to one that is unreferenced before something else happens.
      const turn = setImmediate(run)
      cancel = () => clearImmediate(turn)
    }
  }

  return {
    touch (id, since = now()) {
      if (isClosed) return
      const known = entries.get(id)
      if (known !== undefined) takeOut(known)
      const entry = known ?? { ...ring, id }
      entry.since = since
      if (known === undefined) entries.set(id, entry)
      putBefore(ring, entry)
      arm()
    },
    forget (id) {
      const entry = entries.get(id)
      if (entry !== undefined) remove(entry)
    },
    close () {
      isClosed = true
      cancel?.()
      for (const entry of entries.values()) remove(entry)
    }
  }
}

/** A ring with nothing in it but its end. */
function createRing (): Entry {
  const ring: Partial<Entry> = { id: 0, since: 0 }
  return Object.assign(ring, { before: ring, after: ring }) as Entry
}

function takeOut ({ before, after }: Entry): void {
  before.after = after
  after.before = before
}

function putBefore (next: Entry, entry: Entry): void {
  entry.before = next.before
  entry.after = next
  next.before.after = entry
  next.before = entry
}
