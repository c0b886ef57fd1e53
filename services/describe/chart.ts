// A chart in words: what it is, its axes, and of each series the course, the extremes and what is missing.
import { isLineType, readChart } from '../line-charts/highcharts.ts'
import type { ChartSeries } from '../line-charts/highcharts.ts'
import { lineChartOf, linesOf } from '../line-charts/line-chart.ts'
import type { LineSeries } from '../line-charts/line-chart.ts'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { english } from './chart-english.ts'
import { french } from './chart-french.ts'
import { describeParts } from './chart-parts.ts'
import { placeNames } from './chart-places.ts'
import { seriesName } from './chart-reading.ts'
import type { ChartReading } from './chart-reading.ts'
import { courseOf } from './course.ts'
import type { Description } from './described.ts'
import { colon, listOf, quote, sentence } from './grammar.ts'
import type { Language } from './grammar.ts'
import { sayCount, unitOf, valueFormat } from './numbers.ts'

/** Series described in full, and further ones that are named with their range; what is beyond is counted. */
const mostDescribed = 8
const mostNamed = 24

/** Describes the chart of a request; undefined when it has none. Linear in the number of points. */
export function describeChart (request: GraphicRequest, language: Language): Description | undefined {
  const read = readChart(request.highChartsData)
  const lineData = lineChartOf(request, read)
  const lines = lineData ? linesOf(lineData) : []
  const chart = read ?? { title: '', subtitle: '', altText: '', axes: [], series: [] }
  const others = chart.series.filter(({ type }) => !isLineType(type))
  const count = lines.length + others.length
  if (count === 0) return undefined

  const wording = language === 'fr' ? french : english
  const verticals = chart.axes.filter(({ axis, title }) => axis === 'y' && title !== '')
  const unit = chart.axes.filter(({ axis }) => axis === 'y').length === 1 ? unitOf(verticals[0]?.title ?? '') : ''
  const reading: ChartReading = { chart, language, wording, unit }

  const title = titleOf(reading, lines, others)
  const contents = count > 1
    ? wording.series(count, namesOf([...lines, ...others], reading))
    : lines[0] ? wording.points(sayCount(lines[0].dataPoints.length, language)) : wording.parts(others[0]?.type ?? '', sayCount(others[0]?.points.length ?? 0, language))
  const sentences = [
    `${title}${colon[language]}${contents}`,
    chart.subtitle && wording.subtitle(quote(chart.subtitle, language)),
    verticals.length > 0 ? wording.verticalAxis(listOf(verticals.map((axis) => axis.title), language)) : '',
    horizontal(reading, lines),
    ...seriesOf(reading, lines, others, count > 1),
    chart.altText && wording.author(quote(chart.altText, language))
  ]
  return { title: sentence(title).slice(0, -1), text: sentences.filter((words) => words !== '').map(sentence).join(' ') }
}

function titleOf ({ chart, language, wording }: ChartReading, lines: LineSeries[], others: ChartSeries[]): string {
  const lineTypes = chart.series.filter(({ type }) => isLineType(type)).map(({ type }) => type)
  const types = [...(lines.length > 0 && lineTypes.length === 0 ? ['line'] : lineTypes), ...others.map(({ type }) => type)]
  const kinds = [...new Set(types.map((type) => wording.kind(type)))].slice(0, 4)
  return chart.title === '' ? listOf(kinds, language) : `${listOf(kinds, language)} ${quote(chart.title, language)}`
}

function namesOf (series: Array<{ name: string, index: number }>, { language }: ChartReading): string {
  if (series.length > mostDescribed) return ''
  return series.every(({ name }) => name === '') ? '' : listOf(series.map((one) => seriesName(one, language)), language)
}

function horizontal ({ chart, language, wording }: ChartReading, lines: LineSeries[]): string {
  const axis = chart.axes.find((one) => one.axis === 'x')
  const [first] = lines
  const ends = [first?.dataPoints.at(0), first?.dataPoints.at(-1)]
  const names = placeNames(first?.dataPoints ?? [], axis, wording, language)
  const [from, to] = ends
  const title = axis?.title ?? ''
  const span = from && to && from !== to ? wording.span(names.bare(from), names.bare(to)) : ''
  if (title === '' && span === '') return ''
  const untitled = language === 'fr' ? 'l’axe horizontal va' : 'the horizontal axis goes'
  return title === '' ? `${untitled} ${span}` : `${wording.horizontalAxis(title)}${span && `, ${span}`}`
}

function seriesOf (reading: ChartReading, lines: LineSeries[], others: ChartSeries[], several: boolean): string[] {
  const { language, wording } = reading
  const described = [...lines.map((line) => () => describeLine(line, reading, several)), ...others.map((series) => () => describeParts(series, reading, several))]
  const named = [...lines.map((line) => ({ line, values: line.dataPoints.map(({ y }) => y) })), ...others.map((line) => ({ line, values: line.points.flatMap(({ y }) => y ?? []) }))]
    .slice(mostDescribed, mostDescribed + mostNamed)
    .map(({ line, values }) => `${seriesName(line, language)}${colon[language]}${rangeOf(values, reading)}`)
  const rest = described.length - mostDescribed - mostNamed
  return [...described.slice(0, mostDescribed).flatMap((say) => say()), ...named, ...(rest > 0 ? [wording.more(sayCount(rest, language))] : [])]
}

function rangeOf (values: number[], { language, wording, unit }: ChartReading): string {
  let lowest = Infinity
  let highest = -Infinity
  for (const value of values) {
    lowest = Math.min(lowest, value)
    highest = Math.max(highest, value)
  }
  const say = valueFormat(lowest, highest, language, unit)
  return wording.range(say(lowest), say(highest))
}

function describeLine (line: LineSeries, reading: ChartReading, several: boolean): string[] {
  const { chart, language, wording, unit } = reading
  const course = courseOf(line.dataPoints)
  if (course === undefined) return []
  const say = valueFormat(course.lowest.y, course.highest.y, language, unit)
  const names = placeNames(line.dataPoints, chart.axes.find(({ axis }) => axis === 'x'), wording, language)
  const said = (point: LineSeries['dataPoints'][number]) => ({ x: point.x, y: point.y, value: say(point.y), at: names.at(point) })

  const { first, last, highest, lowest, turns } = course
  if (first === last) return [`${several ? `${seriesName(line, language)}${colon[language]}` : ''}${wording.single(say(first.y), names.at(first))}`]
  const saidCourse = { ...course, first: said(first), last: said(last), highest: said(highest), lowest: said(lowest), turns: turns.map(said) }
  const gaps = line.dataPoints.filter(({ afterGap }) => afterGap === true).length
  // A line without turns has its extremes at its ends, unless it strays a little beyond them.
  const endsTellAll = highest.y === lowest.y || (turns.length === 0 && [highest, lowest].every((point) => point === first || point === last))
  return [
    wording.course(several ? seriesName(line, language) : wording.line, saidCourse),
    ...(endsTellAll
      ? []
      : [
          wording.highest(saidCourse.highest.value, saidCourse.highest.at, course.highestCount),
          wording.lowest(saidCourse.lowest.value, saidCourse.lowest.at, course.lowestCount)
        ]),
    ...(gaps > 0 ? [wording.gaps(gaps)] : [])
  ]
}
