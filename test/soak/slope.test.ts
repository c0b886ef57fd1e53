// What a leak looks like in numbers, and what does not.
import t from 'tap'
import { createRandom } from '../fixtures/json/random-text.ts'
import { afterWarmUp, floorOf, slopeOf } from './slope.ts'
import type { Point } from './slope.ts'

/** Half an hour of samples, one every five seconds. */
function series (value: (minutes: number, index: number) => number): Point[] {
  return Array.from({ length: 361 }, (_, index) => [index / 12, value(index / 12, index)] as const)
}

/** Sums of twelve random numbers, which are close to normal, with mean 0 and deviation 1. */
function noise (seed: number): () => number {
  const random = createRandom(seed)
  return () => Array.from({ length: 12 }, () => random(1_000_000) / 1_000_000).reduce((sum, each) => sum + each, 0) - 6
}

t.test('the slope of a straight line is exact', t => {
  t.equal(slopeOf([[0, 1], [1, 3], [2, 5], [4, 9]]), 2)
  t.equal(slopeOf([[0, 7], [3, 7]]), 0)
  t.equal(slopeOf([[0, 4], [0, 9], [2, 0], [2, 5]]), -2, 'two points of one moment have no slope between them')
  t.end()
})

t.test('one moment has no slope', t => {
  t.throws(() => slopeOf([]), RangeError)
  t.throws(() => slopeOf([[1, 1]]), RangeError)
  t.throws(() => slopeOf([[1, 1], [1, 2]]), RangeError)
  t.end()
})

t.test('a leak of 2 MB a minute shows through noise of 30 MB', t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = noise(seed)
    const slope = slopeOf(afterWarmUp(series(minutes => 300 + 2 * minutes + 30 * random())))
    t.ok(slope > 1, `seed ${seed}: ${slope.toFixed(2)}`)
  }
  t.end()
})

t.test('noise of 30 MB, saw teeth and spikes are no leak', t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = noise(seed)
    const wild = (minutes: number, index: number) => 300 + 20 * random() + 10 * (minutes % 3) + (index % 10 === 0 ? 500 : 0)
    const slope = slopeOf(afterWarmUp(series(wild)))
    t.ok(Math.abs(slope) < 1, `seed ${seed}: ${slope.toFixed(2)}`)
  }
  t.end()
})

t.test('the floor of a series grows with a leak, and not with what comes and goes', t => {
  t.strictSame(floorOf([[0, 5], [1, 3], [2, 4], [3, 9], [4, 8]], 3), [[1, 3], [4, 8]])
  t.strictSame(floorOf([], 3), [])
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = createRandom(seed)
    // Up to 60 MB under way, and more of it in the end.
    const busy = (minutes: number) => random(1000) / 1000 * (30 + minutes)
    const level = slopeOf(floorOf(afterWarmUp(series(minutes => 12 + busy(minutes))), 12))
    t.ok(level < 0.5, `seed ${seed}, level: ${level.toFixed(2)}`)
    const leak = slopeOf(floorOf(afterWarmUp(series(minutes => 12 + 2 * minutes + busy(minutes))), 12))
    t.ok(leak > 1.5, `seed ${seed}, leaking: ${leak.toFixed(2)}`)
  }
  t.end()
})

t.test('growth while warming up is cut off', t => {
  const slope = slopeOf(afterWarmUp(series(minutes => 300 + 100 * Math.min(minutes, 9))))
  t.equal(slope, 0)
  t.equal(afterWarmUp(series(() => 1))[0]?.[0], 10, 'of half an hour ten minutes')
  t.strictSame(afterWarmUp([[3, 1], [4, 1], [5, 1], [6, 1]]), [[4, 1], [5, 1], [6, 1]], 'of three minutes one')
  t.strictSame(afterWarmUp([]), [])
  t.end()
})
