// Turns a Highcharts configuration (https://api.highcharts.com/highcharts/) into the chart data that the browser extension
// reads off a drawn chart. Chart data passes through as it is.

type Values = Record<string, unknown>

/** Chart data as the `highChartsData` member of a request. */
export interface ChartData extends Values {
  title: string
  axes: Values[]
  series: Values[]
}

/**
 * Reads a JSON file's content.
 * @param content - chart data (has `axes`) or a Highcharts configuration
 * @throws TypeError when it has no series
 */
export function toChartData (content: unknown): Values {
  const chart = asValues(content)
  if (!Array.isArray(chart.series)) throw new TypeError('the JSON file is no chart: it has no series')
  return Array.isArray(chart.axes) ? chart : fromConfiguration(chart, chart.series)
}

function fromConfiguration (chart: Values, series: unknown[]): ChartData {
  const type = asText(asValues(chart.chart).type) || 'line'
  const xAxis = firstAxis(chart.xAxis)
  const options = asValues(asValues(chart.plotOptions).series)
  const drawn = series.map(asValues).map(each => {
    const start = asNumber(each.pointStart) ?? asNumber(options.pointStart) ?? 0
    const interval = asNumber(each.pointInterval) ?? asNumber(options.pointInterval) ?? 1
    const data = (Array.isArray(each.data) ? each.data : []).map((point, index) => toPoint(point, start + index * interval, xAxis.categories))
    return { name: asText(each.name), type: asText(each.type) || type, numPoints: data.length, data }
  })
  const points = drawn.flatMap(each => each.data)
  return {
    containerID: '',
    title: titleOf(chart.title),
    subtitle: titleOf(chart.subtitle),
    axes: [
      { axis: 'xAxis', title: titleOf(xAxis.title), type: xAxis.categories === undefined ? asText(xAxis.type) || 'linear' : 'category', ...extent(points.map(point => point.x)) },
      { axis: 'yAxis', title: titleOf(firstAxis(chart.yAxis).title), type: asText(firstAxis(chart.yAxis).type) || 'linear', ...extent(points.map(point => point.y)) }
    ],
    series: drawn
  }
}

/** A point is written as y, as [x, y] or as an object with any of x, y and name. */
function toPoint (point: unknown, place: number, categories: unknown): { x: number, y: number | null, name?: string } {
  const pair = Array.isArray(point) ? point : [place, typeof point === 'object' && point !== null ? asValues(point).y : point]
  const x = asNumber(asValues(point).x) ?? asNumber(pair[0]) ?? place
  const name = asText(asValues(point).name) || asText(pair[0]) || (Array.isArray(categories) ? asText(categories[x]) : '')
  return { x, y: asNumber(pair[1]) ?? null, ...name === '' ? {} : { name } }
}

function extent (values: Array<number | null>): Values {
  let [dataMin, dataMax] = [Infinity, -Infinity]
  for (const value of values) {
    if (value === null) continue
    dataMin = Math.min(dataMin, value)
    dataMax = Math.max(dataMax, value)
  }
  return dataMin === Infinity ? {} : { dataMin, dataMax }
}

function firstAxis (axis: unknown): Values {
  return asValues(Array.isArray(axis) ? axis[0] : axis)
}

function titleOf (title: unknown): string {
  return asText(typeof title === 'string' ? title : asValues(title).text)
}

function asValues (value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Values : {}
}

function asText (value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function asNumber (value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
