// The series of a chart that are not lines, in words: the slices of a pie from the largest on, columns and bars in their order, and the range of anything else.
import type { ChartPoint, ChartSeries } from '../line-charts/highcharts.ts'
import { placeNames } from './chart-places.ts'
import { seriesName } from './chart-reading.ts'
import type { ChartReading } from './chart-reading.ts'
import { courseOf } from './course.ts'
import { colon, semicolon } from './grammar.ts'
import { sayCount, sayShare, valueFormat } from './numbers.ts'

/** Parts that are told one by one; the others are counted. */
const mostTold = 12

type Valued = ChartPoint & { y: number }

/** Describes one series of a chart that is not a line: sentences without capital and stop. Time is n log n in the number of points. */
export function describeParts (series: ChartSeries, reading: ChartReading, several: boolean): string[] {
  const { chart, language, wording, unit } = reading
  const points = series.points.flatMap((point): Valued[] => point.y === null ? [] : [{ ...point, y: point.y }])
  const course = courseOf(points)
  if (course === undefined) return []
  const say = valueFormat(course.lowest.y, course.highest.y, language, unit)
  const prefix = several ? `${seriesName(series, language)}${colon[language]}` : ''

  if (series.type === 'pie') {
    const shares = sharesOf(points)
    const slices = points
      .map((point, index) => ({ point, share: shares?.[index] }))
      .sort((a, b) => (b.share ?? b.point.y) - (a.share ?? a.point.y))
    return [prefix + told(slices, ({ point, share }) => `${nameOf(point)}${colon[language]}${share === undefined ? say(point.y) : sayShare(share, language)}`)]
  }

  const names = placeNames(points, chart.axes.find(({ axis }) => axis === 'x'), wording, language)
  const extremes = course.highest.y === course.lowest.y
    ? []
    : [
        wording.highest(say(course.highest.y), names.at(course.highest), course.highestCount),
        wording.lowest(say(course.lowest.y), names.at(course.lowest), course.lowestCount)
      ]
  const parts = (series.type === 'column' || series.type === 'bar') && points.length <= mostTold
    ? told(points, (point) => `${names.bare(point)}${colon[language]}${say(point.y)}`)
    : wording.range(say(course.lowest.y), say(course.highest.y))
  return [prefix + parts, ...extremes]

  function told<T> (parts: readonly T[], words: (part: T) => string): string {
    const rest = parts.length - mostTold
    return [...parts.slice(0, mostTold).map(words), ...(rest > 0 ? [wording.more(sayCount(rest, language))] : [])].join(semicolon[language])
  }

  function nameOf ({ name, x }: Valued): string {
    return name ?? sayCount(x, language)
  }
}

// Percent of the whole: as the page says, or worked out; undefined where the values are no parts of a whole.
function sharesOf (points: Valued[]): number[] | undefined {
  const given = points.flatMap(({ percentage }) => percentage ?? [])
  if (given.length === points.length) return given
  const whole = points.reduce((sum, { y }) => sum + y, 0)
  return points.every(({ y }) => y >= 0) && whole > 0 && Number.isFinite(whole) ? points.map(({ y }) => y / whole * 100) : undefined
}
