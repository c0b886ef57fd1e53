// Watches over calls of a database: tries again what is worth it, remembers what stands in the way, and looks whether it still does.
import { setTimeout as pause } from 'node:timers/promises'
import { DevicesError } from '../devices-error.ts'

/** Calls a database. */
export interface Guard {
  /** @throws DevicesError UNAVAILABLE, and whatever else the work throws */
  run<Result> (work: () => Promise<Result>): Promise<Result>
  readonly trouble: string | undefined
  close (): void
}

/** What a guard is made of. */
export interface GuardOptions {
  /** Resolves when the database can be used. */
  readonly probe: () => Promise<void>
  /** Told what stands in the way once it does, and undefined when it no longer does. */
  readonly onTrouble?: ((trouble: string | undefined) => void) | undefined
  /** Milliseconds between two looks. */
  readonly interval?: number | undefined
  /** Milliseconds for which work is tried again that found the database busy. */
  readonly patience?: number | undefined
}

/** Makes a guard. */
export function createGuard ({ probe, onTrouble = () => {}, interval = 1000, patience = 5000 }: GuardOptions): Guard {
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const note = (now: string | undefined) => {
    if (isClosed) return
    // Looked at by itself: without a call nobody would learn that all is well again.
    if (now !== undefined) timer ??= setTimeout(look, interval).unref()
    if (now === trouble) return
    trouble = now
    onTrouble(now)
  }

  const look = () => {
    probe().then(() => {
      timer = undefined
      note(undefined)
    }, (error: unknown) => {
      timer = undefined
      note(error instanceof DevicesError ? error.message : 'The database of devices cannot be used')
    })
  }

  return {
    async run (work) {
      const end = performance.now() + patience
      for (;;) {
        try {
          return await work()
        } catch (error) {
          if (!(error instanceof DevicesError)) throw error
          if (error.code === 'BUSY' && performance.now() < end) {
            await pause(10)
            continue
          }
          if (error.code !== 'BUSY' && error.code !== 'UNAVAILABLE') throw error
          note(error.message)
          throw new DevicesError('UNAVAILABLE', error.message)
        }
      }
    },
    get trouble () { return trouble },
    close () {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
