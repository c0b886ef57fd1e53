// The course of a line: extremes, turns, trend.
import t from 'tap'
import fc from 'fast-check'
import { courseOf } from '../../../services/describe/course.ts'

const line = (values: number[]) => values.map((y, x) => ({ x, y }))
const turns = (values: number[]) => courseOf(line(values))?.turns.map(({ y }) => y)

t.test('turns are where a line goes back by a fifth of its range', async (t) => {
  t.same(turns([0, 5, 10]), [])
  t.same(turns([0, 10, 0]), [10])
  t.same(turns([0, 10, 9, 10, 0]), [10], 'a small dip is no turn')
  t.same(turns([5, 0, 10, 2, 7]), [0, 10, 2])
  t.same(turns([0, 4, 3.5, 10]), [])
  t.same(turns([5, 4.5, 10]), [], 'nor a small dip at the start')
  t.same(turns([1, 1, 1]), [])
  t.same(turns([-1e308, 1e308, -1e308]), [1e308], 'a range beyond all numbers')
})

t.test('extremes are found with their number, and the trend from the ends', async (t) => {
  const course = courseOf(line([2, 9, 1, 9, 1, 8]))
  t.same([course?.highest.x, course?.highestCount, course?.lowest.x, course?.lowestCount, course?.trend], [1, 2, 2, 2, 'rising'])
  t.equal(courseOf(line([5, 9, 1, 5]))?.trend, 'level')
  t.equal(courseOf(line([9, 5, 1]))?.trend, 'falling')
  t.equal(courseOf(line([3]))?.trend, 'level')
  t.equal(courseOf([]), undefined)
})

t.test('turns are highs and lows in alternation, each a fifth of the range from the next', async (t) => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 60 }), (values) => {
    const course = courseOf(line(values))
    if (course === undefined) return false
    const stops = [...course.turns, course.last]
    const range = course.highest.y - course.lowest.y
    const alternate = course.turns.every(({ x, y }, index) => index === 0 || ((y - (stops[index - 1]?.y ?? 0)) * ((stops[index + 1]?.y ?? 0) - y) < 0 && x > (stops[index - 1]?.x ?? 0)))
    const farEnough = course.turns.every(({ y }, index) => Math.abs((stops[index + 1]?.y ?? 0) - y) >= range * 0.2 - 1e-9 || index === course.turns.length - 1)
    return alternate && farEnough && values.every((y) => y <= course.highest.y && y >= course.lowest.y)
  }), { numRuns: 2000 })
  t.pass()
})
