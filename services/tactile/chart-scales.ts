// How the values of a chart become places on its axes, and which of them are marked.
import type { Language } from '../describe/grammar.ts'
import type { ChartAxis } from '../line-charts/highcharts.ts'
import { plainText } from '../line-charts/plain-text.ts'
import type { CurvePoint } from './curve.ts'
import { dateTicks, numberTicks, powerTicks, shortNumber } from './ticks.ts'
import type { Tick } from './ticks.ts'

/** One axis: where a value lies on it, 0 at its beginning and 1 at its end, and its marks. */
export interface Scale {
  place: (value: number) => number
  ticks: Tick[]
}

/** Both axes of a chart. */
export interface ChartScales {
  horizontal: Scale
  vertical: Scale
  /** Says where along the horizontal axis a point lies: its category, date or value. */
  say: (point: CurvePoint) => string
}

/** A point that may carry the name of its category. */
type NamedPoint = CurvePoint & { name?: unknown }

/** Most marks on an axis: enough to estimate between them, few enough to count by touch. */
const mostTicks = { horizontal: 5, vertical: 4 }

/** Longest name of a category on the axis, in characters. */
const longestCategory = 8

interface Range {
  lowest: number
  highest: number
}

function rangeOf (lines: ReadonlyArray<readonly CurvePoint[]>, read: (point: CurvePoint) => number): Range {
  let lowest = Infinity
  let highest = -Infinity
  for (const points of lines) {
    for (const point of points) {
      lowest = Math.min(lowest, read(point))
      highest = Math.max(highest, read(point))
    }
  }
  return { lowest, highest }
}

/** Gives a function that places values evenly between two ends; in the middle where the ends are one. Halves, because the difference of two finite numbers may be infinite. */
function linear ({ lowest, highest }: Range): (value: number) => number {
  const extent = highest / 2 - lowest / 2
  return extent > 0 ? (value) => Math.min(1, Math.max(0, (value / 2 - lowest / 2) / extent)) : () => 0.5
}

function verticalScale (range: Range, type: ChartAxis['type'], language: Language): Scale {
  if (type === 'logarithmic' && range.lowest > 0) {
    const place = linear({ lowest: Math.log10(range.lowest), highest: Math.log10(range.highest) })
    return { place: (value) => place(Math.log10(value)), ticks: powerTicks(range.lowest, range.highest, mostTicks.vertical, language) }
  }
  return { place: linear(range), ticks: numberTicks(range.lowest, range.highest, mostTicks.vertical, language) }
}

/** Gives some of the categories, evenly chosen, the first and the last among them where they can be. */
function categoryTicks (points: readonly NamedPoint[]): Tick[] {
  const step = Math.max(1, Math.ceil((points.length - 1) / (mostTicks.horizontal - 1)))
  return points.filter((_, index) => index % step === 0).map((point) => ({ value: point.x, label: plainText(point.name, longestCategory) })).filter(({ label }) => label !== '')
}

/** Makes the axes for the lines of a chart, each with its points in order; there must be at least one point. */
export function chartScales (lines: ReadonlyArray<readonly NamedPoint[]>, types: Record<'horizontal' | 'vertical', ChartAxis['type']>, language: Language): ChartScales {
  const across = rangeOf(lines, ({ x }) => x)
  const [first = []] = lines
  const dates = types.horizontal === 'datetime' ? dateTicks(across.lowest, across.highest, mostTicks.horizontal, language) : undefined
  const hasNames = dates === undefined && first.some(({ name }) => plainText(name, longestCategory) !== '')
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 8 })
  const sayNumber = (value: number) => Math.abs(value) >= 1e4 && Math.abs(value) < 1e15 ? number.format(value) : shortNumber(value, language, 8)
  const fullDate = new Intl.DateTimeFormat(language, { timeZone: 'UTC', dateStyle: 'long', ...(across.highest - across.lowest < 3 * 86_400_000 ? { timeStyle: 'short' as const } : {}) })
  return {
    horizontal: {
      place: linear(across),
      ticks: dates ?? (hasNames ? categoryTicks(first) : numberTicks(across.lowest, across.highest, mostTicks.horizontal, language))
    },
    vertical: verticalScale(rangeOf(lines, ({ y }) => y), types.vertical, language),
    say: (point: NamedPoint) => dates !== undefined ? fullDate.format(point.x) : (hasNames ? plainText(point.name, 60) : '') || sayNumber(point.x)
  }
}
