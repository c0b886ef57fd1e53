// Bounds on work in flight: so many calls in all, so many to one service. Home of p-limit.
import pLimit from 'p-limit'
import type { LimitFunction } from 'p-limit'
import type { Service } from './discovery/topology.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Runs work as soon as both bounds allow. */
export interface Limits {
  /**
   * Runs `work` under the bounds of `service`.
   * @returns what work gives, or undefined when the signal aborted before work could start. Work that has started is waited
   * for, and keeps its place until it has ended: it is for work itself to heed the signal.
   */
  run<T> (service: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined>
  /** Looks at all bounds again, so that work which waits starts where one has grown. What runs already goes on. */
  adjust (): void
  /** Calls that run now. */
  readonly running: number
  /** Calls that wait for a place. */
  readonly waiting: number
}

/**
 * Calls in flight that a service takes in all: what its label says of one replica, times its replicas. The label can lower the
 * server's bound, and raise it only by there being several replicas.
 * @param service - undefined where nothing is known of it
 * @param most - the server's bound for one service, at least 1
 */
export function serviceBound (service: Pick<Service, 'concurrency' | 'replicas'> | undefined, most: number): number {
  if (service?.concurrency === undefined) return most
  return Math.min(service.concurrency, most) * Math.max(1, service.replicas.length)
}

/**
 * Makes bounds.
 * @param total - calls in flight in all, at least 1
 * @param boundOf - calls in flight to the service of that name now, at least 1; asked whenever work comes, and by adjust()
 */
export function createLimits (total: number, boundOf: (service: string) => number): Limits {
  const all = pLimit(total)
  const services = new Map<string, LimitFunction>()
  let waiting = 0
  // Those that run or wait: whoever comes while there are fewer than places starts at once, for nobody who comes later is let in before.
  let inHand = 0
  const adjust = (service: string, own: LimitFunction) => {
    const bound = boundOf(service)
    if (own.concurrency !== bound) own.concurrency = bound
  }

  // Only what is still in force: work of one limiter may report its end when the next one has been made already.
  const forget = (service: string, own: LimitFunction) => {
    if (own.activeCount === 0 && own.pendingCount === 0 && services.get(service) === own) services.delete(service)
  }

  /** Work that may have to wait, and can be given up as long as it does. */
  const queue = async <T>(service: string, own: LimitFunction, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> => {
    const started = Promise.withResolvers<true>()
    let wanted: typeof work | undefined = work
    const start = async () => {
      if (signal.aborted || wanted === undefined) return undefined
      started.resolve(true)
      return await wanted()
    }
    // The place at the service is taken first: whoever waits for a slow service holds no place that others could use.
    const result = own(() => signal.aborted ? undefined : all(start))
    const end = () => forget(service, own)
    result.then(end, end)
    waiting += 1
    const isMine = await unlessAborted(started.promise, signal)
    waiting -= 1
    // What was given up stands in the queue until its turn comes, and must keep no graphic alive until then.
    wanted = undefined
    return isMine === undefined ? undefined : await result
  }

  return {
    async run (service, signal, work) {
      if (signal.aborted) return undefined
      const own = services.get(service) ?? pLimit(boundOf(service))
      services.set(service, own)
      adjust(service, own)
      const isFree = inHand < total && own.activeCount + own.pendingCount < own.concurrency
      inHand += 1
      try {
        return await (isFree ? own(() => all(async () => signal.aborted ? undefined : await work())) : queue(service, own, signal, work))
      } finally {
        inHand -= 1
        forget(service, own)
      }
    },
    adjust () {
      for (const [service, own] of services) adjust(service, own)
    },
    get running () { return all.activeCount },
    get waiting () { return waiting }
  }
}
