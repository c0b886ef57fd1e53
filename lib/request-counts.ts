// Counts requests in windows of time, by a clock that nobody sets: where the wall clock goes back by an hour, nobody is refused for one.
import { LRUCache } from 'lru-cache'

/** Keys that are remembered; the one longest unseen is forgotten first. */
const mostKeys = 5000

/** What is counted of a key: how many, and milliseconds that are left of its window. */
export interface RequestCount { current: number, ttl: number }

type Tell = (error: Error | null, count?: RequestCount) => void

/** The store that @fastify/rate-limit wants; a class because it makes one itself, and one for each limit. */
export class RequestCounts {
  readonly #windows = new LRUCache<string, { current: number, until: number }>({ max: mostKeys })

  /** Counts one request of a key, and tells how many it has made in this window of so many milliseconds. */
  incr (key: string, tell: Tell, milliseconds: number): void {
    const now = performance.now()
    const known = this.#windows.get(key)
    const window = known !== undefined && now < known.until ? known : { current: 0, until: now + milliseconds }
    window.current += 1
    this.#windows.set(key, window)
    tell(null, { current: window.current, ttl: window.until - now })
  }

  /** Tells how many requests a key has made in its window, and counts nothing. */
  read (key: string, tell: Tell): void {
    const known = this.#windows.get(key)
    const ttl = (known?.until ?? 0) - performance.now()
    tell(null, known !== undefined && ttl > 0 ? { current: known.current, ttl } : { current: 0, ttl: 0 })
  }

  /** Counts of another limit. */
  child (): RequestCounts {
    return new RequestCounts()
  }
}

/** One question for a count: of which limit and key, in windows of how many milliseconds, and whether this is one more. */
export interface CountQuestion { limit: string, key: string, milliseconds: number, isOneMore: boolean }

/**
 * Makes a store like RequestCounts whose counts are somewhere else, for several processes together.
 * @param ask - asks for a count, and counts where that is wanted
 */
export function countsElsewhere (ask: (question: CountQuestion) => Promise<RequestCount>) {
  return class CountsElsewhere {
    readonly #limit: string

    /** Counts of one limit, which has a name of its own. */
    constructor (options: object) {
      this.#limit = 'limit' in options ? String(options.limit) : ''
    }

    /** As RequestCounts does. */
    incr (key: string, tell: Tell, milliseconds: number): void {
      this.#ask(key, tell, milliseconds, true)
    }

    /** As RequestCounts does. */
    read (key: string, tell: Tell, milliseconds = 0): void {
      this.#ask(key, tell, milliseconds, false)
    }

    /** Counts of another limit. */
    child (options: object): CountsElsewhere {
      return new CountsElsewhere(options)
    }

    #ask (key: string, tell: Tell, milliseconds: number, isOneMore: boolean): void {
      ask({ limit: this.#limit, key, milliseconds, isOneMore }).then(count => tell(null, count), tell)
    }
  }
}

/** Answers such questions, each limit with counts of its own. */
export function createCounts (): (question: CountQuestion) => Promise<RequestCount> {
  const limits = new Map<string, RequestCounts>()
  return ({ limit, key, milliseconds, isOneMore }) => new Promise((resolve, reject) => {
    const counts = limits.get(limit) ?? new RequestCounts()
    limits.set(limit, counts)
    const tell: Tell = (error, count) => { if (count === undefined) reject(error); else resolve(count) }
    if (isOneMore) counts.incr(key, tell, milliseconds)
    else counts.read(key, tell)
  })
}
