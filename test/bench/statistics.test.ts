// Numbers out of measurements: medians, intervals, percentiles, exponents.
import fc from 'fast-check'
import t from 'tap'
import { estimate, exponent, median, percentile } from '../../bench/statistics.ts'

t.test('the median is the middle value, or lies between the two middle ones', async t => {
  t.equal(median([3]), 3)
  t.equal(median([9, 1, 5]), 5)
  t.equal(median([9, 1, 5, 6]), 5.5)
  t.equal(median([4, 1, 3, 100]), 3.5)
  t.throws(() => median([]), RangeError)
})

t.test('numbers are ordered as numbers', async t => {
  t.equal(median([10, 9, 100]), 10)
})

t.test('a percentile is the least value that the share does not exceed', async t => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(percentile(values, 0.5), 50)
  t.equal(percentile(values, 0.99), 99)
  t.equal(percentile(values, 1), 100)
  t.equal(percentile(values, 0), 1)
  t.equal(percentile([7], 0.99), 7)
  t.throws(() => percentile([], 0.5), RangeError)
})

t.test('the interval of a median lies as far from the ends as the binomial distribution allows', async t => {
  // Table of the sign test: with n values, those at these places from the ends, counted from 1, hold the median with 95 %.
  const places: Array<[n: number, place: number]> = [[6, 1], [8, 1], [9, 2], [11, 2], [12, 3], [15, 4], [20, 6], [25, 8], [30, 10], [40, 14]]
  for (const [n, place] of places) {
    const values = Array.from({ length: n }, (_, index) => index + 1)
    t.match(estimate(values), { low: place, high: n + 1 - place, median: (n + 1) / 2 }, `${n} values`)
  }
})

t.test('where values are too few to say, the interval is all of them', async t => {
  t.same(estimate([2]), { median: 2, low: 2, high: 2 })
  t.same(estimate([5, 1, 2, 3, 4]), { median: 3, low: 1, high: 5 })
})

t.test('less confidence makes a narrower interval', async t => {
  const values = Array.from({ length: 20 }, (_, index) => index)
  const [wide, narrow] = [estimate(values, 0.99), estimate(values, 0.5)]
  t.ok(narrow.low > wide.low && narrow.high < wide.high)
})

t.test('the median lies within its interval, and the interval within the values', async () => {
  fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 60 }), values => {
    const { low, median, high } = estimate(values)
    return low <= median && median <= high && values.includes(low) && values.includes(high)
  }))
})

t.test('the interval of 95 % holds the true median in 95 % of cases', async t => {
  // Of equally likely heads and tails of all series of nine values, counted: the median of a fair spread lies at 0.
  let held = 0
  for (let series = 0; series < 512; series++) {
    const values = Array.from({ length: 9 }, (_, bit) => ((series >> bit) & 1) === 1 ? bit + 1 : -bit - 1)
    const { low, high } = estimate(values)
    if (low < 0 && high > 0) held += 1
  }
  t.ok(held / 512 >= 0.95, `${held} of 512`)
})

t.test('an exponent is the power with which a cost grows', async t => {
  const sizes = [1, 3, 10, 100]
  const growing = (power: number) => exponent(sizes.map(size => [size, 7 * size ** power]))
  for (const power of [0, 0.5, 1, 2, -1]) t.ok(Math.abs(growing(power) - power) < 1e-9, String(power))
  t.throws(() => exponent([[1, 1]]), RangeError)
  t.throws(() => exponent([[2, 1], [2, 3]]), RangeError)
})
