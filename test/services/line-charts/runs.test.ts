// Counting neighbours that are lower or higher: the fast count against the definition, and its time against hostile lines.
import t from 'tap'
import fc from 'fast-check'
import { countRuns } from '../../../services/line-charts/runs.ts'

// The definition, word for word.
function counted (values: number[], index: number, step: 1 | -1, passes: (other: number) => boolean): number {
  let count = 0
  for (let other = index + step; other >= 0 && other < values.length && passes(values[other] ?? 0); other += step) count++
  return count
}

t.test('a line of five points is counted', async (t) => {
  const runs = countRuns([1, 3, 2, 3, 0])
  t.same([...runs.lowerOnLeft], [0, 1, 0, 1, 0])
  t.same([...runs.higherOnLeft], [0, 0, 1, 0, 4])
  t.same([...runs.lowerOnRight], [0, 1, 0, 1, 0])
  t.same([...runs.higherOnRight], [3, 0, 1, 0, 0])
})

t.test('every count is what its definition says', async (t) => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 40 }), (values) => {
    const runs = countRuns(values)
    return values.every((value, index) =>
      runs.lowerOnLeft[index] === counted(values, index, -1, (other) => other < value) &&
      runs.higherOnLeft[index] === counted(values, index, -1, (other) => other > value) &&
      runs.lowerOnRight[index] === counted(values, index, 1, (other) => other < value) &&
      runs.higherOnRight[index] === counted(values, index, 1, (other) => other > value))
  }), { numRuns: 2000 })
  t.pass()
})

t.test('four times the points take about four times as long, whatever the line', async (t) => {
  const shapes: Record<string, (index: number, length: number) => number> = {
    rising: (index) => index,
    falling: (index) => -index,
    level: () => 1,
    peak: (index, length) => -Math.abs(index - length / 2),
    sawtooth: (index) => index % 1000
  }
  const milliseconds = (shape: (index: number, length: number) => number, length: number) => {
    const values = Float64Array.from({ length }, (_, index) => shape(index, length))
    return Math.min(...Array.from({ length: 3 }, () => {
      const start = performance.now()
      countRuns(values)
      return performance.now() - start
    }))
  }
  for (const [name, shape] of Object.entries(shapes)) {
    // A quadratic count would take sixteen times as long; noise on a shared machine must not fail the test.
    const ratios = Array.from({ length: 3 }, () => milliseconds(shape, 160_000) / milliseconds(shape, 40_000))
    t.ok(Math.min(...ratios) < 9, `${name}: ${ratios.map((ratio) => ratio.toFixed(1)).join(', ')} times for four times the points`)
  }
})
