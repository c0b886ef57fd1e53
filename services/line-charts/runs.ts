// How far the eye gets from each point of a line before something stands in the way: how many neighbours in a row are lower, or higher.

/** For each value, how many values in a row beside it are strictly lower or strictly higher than it. */
export interface Runs {
  lowerOnLeft: Uint32Array
  higherOnLeft: Uint32Array
  lowerOnRight: Uint32Array
  higherOnRight: Uint32Array
}

type Compare = (value: number, other: number) => boolean

const lower: Compare = (value, other) => other < value
const higher: Compare = (value, other) => other > value

// A stack of the values that still stand in the way of a later one: each value is pushed and popped once, so hostile lines cost no more than friendly ones.
function countBeside (values: ArrayLike<number>, passes: Compare, fromRight: boolean): Uint32Array {
  const { length } = values
  const counts = new Uint32Array(length)
  const standing = new Uint32Array(length)
  let height = 0
  for (let step = 0; step < length; step++) {
    const index = fromRight ? length - 1 - step : step
    const value = values[index] ?? 0
    while (height > 0 && passes(value, valueAt(standing[height - 1] ?? 0))) height--
    counts[index] = height === 0 ? step : step - (standing[height - 1] ?? 0) - 1
    standing[height++] = step
  }
  return counts

  function valueAt (step: number): number {
    return values[fromRight ? length - 1 - step : step] ?? 0
  }
}

/**
 * Counts for each of the values the neighbours in a row that are lower (higher) than it, on each side. A run ends at the first neighbour that is not:
 * an equal one ends both runs, and so does the end of the values. Linear in time and memory, whatever the shape of the line.
 */
export function countRuns (values: ArrayLike<number>): Runs {
  return {
    lowerOnLeft: countBeside(values, lower, false),
    higherOnLeft: countBeside(values, higher, false),
    lowerOnRight: countBeside(values, lower, true),
    higherOnRight: countBeside(values, higher, true)
  }
}
