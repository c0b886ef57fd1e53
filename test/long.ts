// The two sizes of a test: the short one of `npm test`, and the long one of `npm run test:long`, which also collects figures.
import type { Test } from 'tap'

/** Whether tests run at their full sizes: the variable TEST_LONG is set. */
export const isLong = process.env.TEST_LONG !== undefined

/** How much a test does: the first number every day, the second in its long form. */
export function sized (short: number, long: number): number {
  return isLong ? long : short
}

/**
 * Says what was measured, for the table that `npm run test:long` prints.
 * @param of - what it is a figure of: the number of a fault, or the name of a fuzz target
 * @param text - the figure in a few words, such as `6 of 2000 requests failed`
 */
export function figure (t: Pick<Test, 'comment'>, of: string, text: string): void {
  t.comment(`figure: ${of} | ${text}`)
}
