// How many calls may be tried again at one time: a service in trouble is not to be buried under further attempts.

/** One call, as the budget counts it. */
export interface Account {
  /** Whether a further attempt may start; it counts until the call is closed. */
  allowsFurther (): boolean
  /** The call has ended. */
  close (): void
}

/** Counts calls and further attempts, service by service. */
export interface RetryBudget {
  /** Counts a call in flight to a service. */
  open (service: string): Account
  /** Services that are being called now. */
  readonly size: number
}

/** Calls that may be tried again at one time however few calls there are. */
export const leastFurther = 3

/**
 * Makes a budget.
 * @param share - most further attempts in flight to one service when one more starts, in per cent of its calls in flight
 */
export function createRetryBudget (share: number): RetryBudget {
  const services = new Map<string, { calls: number, further: number }>()

  return {
    open (service) {
      const counts = services.get(service) ?? { calls: 0, further: 0 }
      services.set(service, counts)
      counts.calls += 1
      let [isOpen, isFurther] = [true, false]
      return {
        allowsFurther () {
          if (isOpen && !isFurther && counts.further < Math.max(leastFurther, Math.floor(counts.calls * share / 100))) {
            isFurther = true
            counts.further += 1
          }
          return isOpen && isFurther
        },
        close () {
          if (!isOpen) return
          isOpen = false
          counts.calls -= 1
          if (isFurther) counts.further -= 1
          if (counts.calls === 0) services.delete(service)
        }
      }
    },
    get size () { return services.size }
  }
}
