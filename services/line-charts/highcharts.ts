// What a page says about its Highcharts chart, read with suspicion: the request schema promises no more than "an object", so every shape is checked here once for all services.
import { plainText, withoutTags } from './plain-text.ts'

/** An axis as the page names it. */
export interface ChartAxis {
  /** Which axis it is. */
  axis: 'x' | 'y'
  /** Its title, cleaned and bounded; empty where the page gives none. */
  title: string
  /** The scale, where the page says; `datetime` means that values are milliseconds since 1970-01-01T00:00Z. */
  type: 'linear' | 'logarithmic' | 'datetime' | 'category' | undefined
}

/** One point of a series. */
export interface ChartPoint {
  /** Place on the horizontal axis; the point's position in its series where the page gives none. */
  x: number
  /** Value, or null for a gap. */
  y: number | null
  /** The point's name (a category, a slice), where it has one. */
  name: string | undefined
  /** Share of the whole in percent, where the chart has shares. */
  percentage: number | undefined
  /** The members of the point as the page sent them. */
  members: Record<string, unknown>
}

/** One series, its points in order of x. */
export interface ChartSeries {
  /** Position among the series of the page, from 0. */
  index: number
  /** Its name, cleaned and bounded; empty where the page gives none. */
  name: string
  /** Highcharts' word for how it is drawn (`line`, `pie`, `column` …); `line`, which is Highcharts' own default, where the page says nothing. */
  type: string
  points: ChartPoint[]
}

/** A chart with all that is safe to use. */
export interface Chart {
  title: string
  subtitle: string
  altText: string
  axes: ChartAxis[]
  series: ChartSeries[]
}

const mostAxes = 32
const lineTypes = new Set(['line', 'spline', 'area', 'areaspline'])
const scales = ['linear', 'logarithmic', 'datetime', 'category'] as const

/** Gives whether a series of this type is drawn as a line, with or without the area below it. */
export function isLineType (type: string): boolean {
  return lineTypes.has(type)
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Highcharts takes simple HTML in its titles, such as <br/> and <b>.
function titleText (value: unknown): string {
  return plainText(withoutTags(value))
}

function finite (value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function readPoint (value: unknown, position: number): ChartPoint {
  if (isRecord(value)) {
    return {
      x: finite(value.x) ?? position,
      y: finite(value.y) ?? null,
      name: titleText(value.name) || undefined,
      percentage: finite(value.percentage),
      members: value
    }
  }
  // Highcharts' own short forms: a bare value, or a pair of x and y.
  const [x, y] = Array.isArray(value) ? [finite(value[0]), finite(value[1])] : [undefined, finite(value)]
  return { x: x ?? position, y: y ?? null, name: undefined, percentage: undefined, members: {} }
}

function readPoints (value: unknown): ChartPoint[] {
  if (!Array.isArray(value)) return []
  const points = value.map((point, position) => readPoint(point, position))
  const ordered = points.every((point, index) => index === 0 || (points[index - 1]?.x ?? 0) <= point.x)
  return ordered ? points : points.sort((a, b) => a.x < b.x ? -1 : a.x > b.x ? 1 : 0)
}

function readSeries (value: unknown, index: number): ChartSeries[] {
  if (!isRecord(value)) return []
  const type = typeof value.type === 'string' && value.type !== '' ? titleText(value.type) : 'line'
  const points = readPoints(value.data)
  return points.some(({ y }) => y !== null) ? [{ index, name: titleText(value.name), type, points }] : []
}

function readAxis (value: unknown): ChartAxis[] {
  if (!isRecord(value) || (value.axis !== 'xAxis' && value.axis !== 'yAxis')) return []
  return [{ axis: value.axis === 'xAxis' ? 'x' : 'y', title: titleText(value.title), type: scales.find((scale) => scale === value.type) }]
}

/**
 * Reads `highChartsData` of a request as the IMAGE browser extension sends it. What has an unexpected shape is left out, a series without a single value too;
 * undefined when no series is left. Points that are not in order of x are put in order (stable). Never throws; time is n log n in the number of points.
 */
export function readChart (highChartsData: unknown): Chart | undefined {
  if (!isRecord(highChartsData) || !Array.isArray(highChartsData.series)) return undefined
  const series = highChartsData.series.flatMap((value, index) => readSeries(value, index))
  if (series.length === 0) return undefined
  const axes = Array.isArray(highChartsData.axes) ? highChartsData.axes.slice(0, mostAxes).flatMap((value) => readAxis(value)) : []
  return {
    title: titleText(highChartsData.title),
    subtitle: titleText(highChartsData.subtitle),
    altText: titleText(highChartsData.altText),
    axes,
    series
  }
}
