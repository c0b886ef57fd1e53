// The data of the line-charts preprocessor: every line of a chart with how each point stands among its neighbours, made from what the page says or taken from an earlier service.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { LineCharts } from '../../schemas/graphics/preprocessors/line-charts.ts'
import type { LinePoint } from '../../schemas/graphics/preprocessors/line-charts.ts'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { isLineType, readChart } from './highcharts.ts'
import type { Chart, ChartPoint, ChartSeries } from './highcharts.ts'
import { countRuns } from './runs.ts'

/** Name that the data goes under in a request. */
export const lineChartName = 'ca.mcgill.a11y.image.preprocessor.lineChart'

const lineSeries = {
  index: Type.Integer({ minimum: 0, description: 'Position of the series among those of the page, from 0.' }),
  name: Type.String({ description: 'Name of the series; empty where the page gives none.' }),
  dataPoints: LineCharts.properties.dataPoints
}

/** One line of a chart: its points have besides the published members whatever the page says of them, and `afterGap: true` where values are missing before the point. */
export const LineSeries = Type.Object(lineSeries, { description: 'One line of a chart.' })

/** One line of a chart. */
export type LineSeries = Static<typeof LineSeries>

/** The published line chart data, which know one line, and beside them the name of that line and the other lines. */
export const LineChart = Type.Object({
  ...lineSeries,
  otherSeries: Type.Array(LineSeries, { description: 'The lines after the first, in the order of the page.' })
}, { description: 'The lines of a chart and how each point stands among its neighbours. The first line is the chart itself, for readers that know one line only.' })

/** The lines of a chart. */
export type LineChart = Static<typeof LineChart>

const ajv = new Ajv()
const isLineChart = ajv.compile<LineChart>(LineChart)
const isLineCharts = ajv.compile<LineCharts>(Type.Object(LineCharts.properties))

// A gap ends every run: what stood between its two sides is not known, so neither can be said to be next to the other. Gives the ranges [start, end) between gaps.
function stretches (points: readonly ChartPoint[]): Array<[start: number, end: number]> {
  const found: Array<[number, number]> = []
  let start = -1
  for (let index = 0; index <= points.length; index++) {
    const valued = typeof points[index]?.y === 'number'
    if (valued && start < 0) start = index
    if (valued || start < 0) continue
    found.push([start, index])
    start = -1
  }
  return found
}

function withRuns ({ index, name, points }: ChartSeries): LineSeries {
  const dataPoints: LineSeries['dataPoints'] = []
  for (const [start, end] of stretches(points)) {
    const stretch = points.slice(start, end)
    const values = Float64Array.from(stretch, ({ y }) => y ?? 0)
    const runs = countRuns(values)
    for (const [position, { x, members }] of stretch.entries()) {
      const point: LinePoint = {
        ...members,
        x,
        y: values[position] ?? 0,
        lowerPointsOnLeft: runs.lowerOnLeft[position] ?? 0,
        higherPointsOnLeft: runs.higherOnLeft[position] ?? 0,
        lowerPointsOnRight: runs.lowerOnRight[position] ?? 0,
        higherPointsOnRight: runs.higherOnRight[position] ?? 0
      }
      // Ours to say, not the page's.
      if ('afterGap' in members) delete point.afterGap
      if (position === 0 && dataPoints.length > 0) point.afterGap = true
      dataPoints.push(point)
    }
  }
  return { index, name, dataPoints }
}

/**
 * Gives the lines of a chart (series of type line, spline, area or areaspline; a series without a type is a line), or undefined when it has none.
 * The points of each are in order of x; gaps are left out, marked on the point that follows, and end the runs on both their sides; so do equal neighbours.
 * Linear in the number of points.
 */
export function lineChart (chart: Chart): LineChart | undefined {
  const [first, ...others] = chart.series.filter(({ type }) => isLineType(type)).map((series) => withRuns(series))
  return first && { ...first, otherSeries: others }
}

/**
 * Gives the lines of the chart in a request: those that the line-charts preprocessor has found, or else the same made here from `highChartsData`,
 * or else the one line that another preprocessor of that name has found. Undefined when the request has no line chart. What another service says is checked.
 * `chart` is `highChartsData` where the caller has read it already.
 */
export function lineChartOf (request: GraphicRequest, chart = readChart(request.highChartsData)): LineChart | undefined {
  const found = request.preprocessors?.[lineChartName]
  if (isLineChart(found) && found.dataPoints.length > 0) return found
  const own = chart && lineChart(chart)
  if (own) return own
  return isLineCharts(found) && found.dataPoints.length > 0 ? { index: 0, name: '', dataPoints: found.dataPoints, otherSeries: [] } : undefined
}

/** Gives all lines of a chart, the first included; lines without points, which another service might send, are left out. */
export function linesOf (chart: LineChart): LineSeries[] {
  return [chart, ...chart.otherSeries].filter(({ dataPoints }) => dataPoints.length > 0)
}
