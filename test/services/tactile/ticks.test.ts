// Marks on axes are few, round and within the range.
import t from 'tap'
import fc from 'fast-check'
import { dateTicks, numberTicks, powerTicks, shortNumber } from '../../../services/tactile/ticks.ts'

const labels = (ticks: Array<{ label: string }> | undefined) => ticks?.map(({ label }) => label)
const day = 86_400_000

t.test('numbers are short', async (t) => {
  t.same([0, -0, 5, -5, 0.25, 1234, 12_345, 2_000_000, 1e20, 2.5e-9].map((value) => shortNumber(value, 'en')), ['0', '0', '5', '−5', '0.25', '1234', '12.35K', '2M', '1e20', '2.5e−9'])
  t.same([0.25, 12_000, 2_500_000].map((value) => shortNumber(value, 'fr')), ['0,25', '12\u00a0k', '2,5\u00a0M'])
})

t.test('numbers are marked at round values', async (t) => {
  t.same(labels(numberTicks(0, 100, 4, 'en')), ['0', '50', '100'])
  t.same(labels(numberTicks(3, 97, 5, 'en')), ['20', '40', '60', '80'])
  t.same(labels(numberTicks(-0.3, 0.31, 4, 'en')), ['−0.2', '0', '0.2'])
  t.same(labels(numberTicks(1980, 2020, 5, 'en')), ['1980', '1990', '2000', '2010', '2020'])
  t.same(labels(numberTicks(1000.1, 1000.4, 4, 'en')), ['1000.1', '1000.2', '1000.3', '1000.4'])
  t.same(labels(numberTicks(7, 7, 4, 'en')), ['7'])
})

t.test('whatever the range, there are at most as many marks as asked for, in order, within it', async () => {
  const ends = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(fc.property(ends, ends, fc.integer({ min: 3, max: 8 }), (a, b, most) => {
    const [lowest, highest] = a < b ? [a, b] : [b, a]
    const ticks = numberTicks(lowest, highest, most, 'en')
    const slack = (highest / 2 - lowest / 2) * 1e-6
    return ticks.length <= most && ticks.every(({ value, label }, index) =>
      value >= lowest - slack && value <= highest + slack && !/NaN|∞/.test(label) && (index === 0 || value > (ticks[index - 1]?.value ?? Infinity)))
  }), { numRuns: 2000 })
})

t.test('a logarithmic range is marked at powers of ten', async (t) => {
  t.same(labels(powerTicks(1, 1000, 4, 'en')), ['1', '10', '100', '1000'])
  t.same(labels(powerTicks(3, 2e6, 4, 'en')), ['10', '1000', '100K'])
  t.same(labels(powerTicks(2, 8, 4, 'en')), ['2', '4', '6', '8'])
})

t.test('dates are marked at the beginnings of years, months, days or hours', async (t) => {
  t.same(labels(dateTicks(Date.UTC(1980, 3, 5), Date.UTC(2020, 6, 1), 5, 'en')), ['1990', '2000', '2010', '2020'])
  t.same(labels(dateTicks(Date.UTC(2019, 0, 1), Date.UTC(2019, 11, 1), 5, 'en')), ['Jan 19', 'Apr 19', 'Jul 19', 'Oct 19'])
  t.same(labels(dateTicks(Date.UTC(2019, 10, 1), Date.UTC(2020, 1, 1), 5, 'fr')), ['nov. 19', 'déc. 19', 'janv. 20', 'févr. 20'])
  t.same(labels(dateTicks(Date.UTC(2024, 1, 27), Date.UTC(2024, 2, 1), 5, 'en')), ['Feb 27', 'Feb 28', 'Feb 29', 'Mar 1'])
  t.same(labels(dateTicks(Date.UTC(2024, 1, 1, 6), Date.UTC(2024, 1, 1, 18), 5, 'en')), ['06:00', '09:00', '12:00', '15:00', '18:00'])
  t.equal(dateTicks(0, 1e300, 5, 'en'), undefined)
})

t.test('whatever the span, dates are few and within it', async () => {
  fc.assert(fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.double({ min: 0, max: 15.9, noNaN: true }), (first, magnitude) => {
    const last = Math.min(8.64e15, first + Math.floor(10 ** magnitude))
    const ticks = dateTicks(first, last, 5, 'en') ?? []
    return ticks.length <= 8 && ticks.every(({ value, label }) => value >= first && value <= last && label !== 'Invalid Date')
  }), { numRuns: 2000, examples: [[-62_135_596_800_000, Math.log10(400 * day)]] })
})
