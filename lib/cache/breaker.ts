// Leaves something alone that fails again and again, and tries it from time to time, ever more rarely.

/** Leave to try; how it went is to be told once. */
export interface Pass {
  success (): void
  fault (): void
  /** Nothing was learnt: whoever asked has gone. */
  neither (): void
}

/** Says whether something may be tried. */
export interface Breaker {
  /** Leave to try, undefined while it is left alone. After a pause one is let through at a time, until one succeeds. */
  enter (): Pass | undefined
  /** Whether it is left alone, or only being tried. */
  readonly isOpen: boolean
  /** Whether it is closed, and what was tried last did not fail. */
  readonly isSure: boolean
}

/** How patient a breaker is. */
export interface BreakerOptions {
  /** Faults in a row after which it opens. */
  faults?: number
  /** First pause and longest one, in milliseconds; each in a row is twice as long as the one before. */
  firstPause?: number
  longestPause?: number
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** Starts closed: everybody may try. */
export function createBreaker ({ faults = 3, firstPause = 1000, longestPause = 30000, now = () => performance.now() }: BreakerOptions = {}): Breaker {
  let inRow = 0
  let pause = 0 // 0 while closed
  let until = 0
  let isTried = false
  // What began before the state changed says nothing about the new one.
  let state = 0

  const open = () => {
    pause = pause === 0 ? firstPause : Math.min(2 * pause, longestPause)
    until = now() + pause
    inRow = 0
    isTried = false
    state += 1
  }
  const closed = (): Pass => {
    const began = state
    return {
      success () { if (began === state) inRow = 0 },
      fault () { if (began === state && ++inRow >= faults) open() },
      neither () {}
    }
  }
  const trial = (): Pass => {
    const began = state
    isTried = true
    return {
      success () {
        if (began !== state) return
        pause = 0
        isTried = false
        state += 1
      },
      fault () { if (began === state) open() },
      neither () { if (began === state) isTried = false }
    }
  }

  return {
    enter () {
      if (pause === 0) return closed()
      return isTried || now() < until ? undefined : trial()
    },
    get isOpen () { return pause > 0 },
    get isSure () { return pause === 0 && inRow === 0 }
  }
}
