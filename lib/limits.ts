// Bounds on work in flight: so many calls in all, so many to one service. Home of p-limit.
import pLimit from 'p-limit'
import type { LimitFunction } from 'p-limit'

/** Runs work as soon as both bounds allow. */
export interface Limits {
  /**
   * Runs `work` under the bounds of `service`.
   * @returns what work gives, or undefined when the signal aborted before work could start. Work that has started is waited
   * for, and keeps its place until it has ended: it is for work itself to heed the signal.
   */
  run<T> (service: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined>
  /** Calls that run now. */
  readonly running: number
}

/**
 * Makes bounds.
 * @param total - calls in flight in all, at least 1
 * @param perService - calls in flight to one service, at least 1
 */
export function createLimits (total: number, perService: number): Limits {
  const all = pLimit(total)
  const services = new Map<string, LimitFunction>()

  return {
    async run (service, signal, work) {
      if (signal.aborted) return undefined
      const own = services.get(service) ?? pLimit(perService)
      services.set(service, own)
      const gaveUp = Promise.withResolvers<undefined>()
      const giveUp = () => gaveUp.resolve(undefined)
      signal.addEventListener('abort', giveUp)

      const start = async () => {
        signal.removeEventListener('abort', giveUp)
        return signal.aborted ? undefined : await work()
      }
      // The place at the service is taken first: whoever waits for a slow service holds no place that others could use.
      const result = own(() => signal.aborted ? undefined : all(start))
      // Only what is still in force: work of one limiter may report its end when the next one has been made already.
      const forget = () => {
        if (own.activeCount === 0 && own.pendingCount === 0 && services.get(service) === own) services.delete(service)
      }
      result.then(forget, forget)
      try {
        return await Promise.race([result, gaveUp.promise])
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
    get running () { return all.activeCount }
  }
}
