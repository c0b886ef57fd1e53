// A line of any number of points becomes few points on the sheet, and keeps what can be felt of it.
import t from 'tap'
import fc from 'fast-check'
import { courseOnSheet } from '../../../services/tactile/curve.ts'
import type { CurvePoint } from '../../../services/tactile/curve.ts'

const place = ({ x, y }: CurvePoint) => [x, y] as const

t.test('points on a straight line are left out, corners stay', async (t) => {
  const points = [0, 1, 2, 3, 4, 5].map((x) => ({ x: x * 10, y: x <= 3 ? x : 6 - x }))
  t.same(courseOnSheet(points, place), [[[0, 0], [30, 3], [50, 1]]])
})

t.test('a gap breaks the line, unless it is too narrow to be felt', async (t) => {
  t.same(courseOnSheet([{ x: 0, y: 0 }, { x: 5, y: 0 }, { x: 9, y: 0, afterGap: true }, { x: 12, y: 0 }], place), [[[0, 0], [5, 0]], [[9, 0], [12, 0]]])
  t.equal(courseOnSheet([{ x: 0, y: 0 }, { x: 0.1, y: 0, afterGap: true }], place).length, 1)
})

t.test('the highest and lowest points stay, and few points are left of many', async () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { minLength: 1, maxLength: 3000 }), (values) => {
    const [points = []] = courseOnSheet(values.map((y, index) => ({ x: index / values.length * 90, y })), place)
    const heights = points.map(([, y]) => y)
    return points.length <= 4 * 180 && Math.abs(Math.max(...heights) - Math.max(...values)) <= 0.1 && Math.abs(Math.min(...heights) - Math.min(...values)) <= 0.1
  }), { numRuns: 50 })
})

t.test('no points are no line', async (t) => {
  t.same(courseOnSheet([], place), [])
})
