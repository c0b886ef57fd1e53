// Waits for something no longer than a given time.

/**
 * Resolves when the work is done or the time is up, whichever is first; the work goes on all the same.
 * @param milliseconds - the longest time to wait
 * @throws what the work throws within that time; what it throws later is lost
 */
export async function atMost (milliseconds: number, work: Promise<unknown> | undefined): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
