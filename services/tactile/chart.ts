// Draws a line chart to be felt: two axes with a few round marks, the course of up to three lines, a dot at the highest and lowest point, and braille.
//
// After the Guidelines and Standards for Tactile Graphics (Braille Authority of North America and Canadian Braille Authority, 2010), unit on graphs: the line is the most
// prominent mark, the axes are thinner, grid lines that carry nothing are left out, marks on the axes are few and labelled level, several lines differ in kind.
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { describe } from '../describe/description.ts'
import { clip, colon, sentence } from '../describe/grammar.ts'
import type { Language } from '../describe/grammar.ts'
import { lineChartOf, linesOf } from '../line-charts/line-chart.ts'
import type { LineSeries } from '../line-charts/line-chart.ts'
import { readChart } from '../line-charts/highcharts.ts'
import { plainText } from '../line-charts/plain-text.ts'
import { fitBraille, toBraille } from './braille.ts'
import { chartScales } from './chart-scales.ts'
import type { ChartScales } from './chart-scales.ts'
import { courseOnSheet } from './curve.ts'
import type { CurvePoint, SheetPoint } from './curve.ts'
import type { Bilingual, Drawing } from './drawing.ts'
import { placesNear } from './label-places.ts'
import { brailleWidth, cell, createSheet, mostColumns, mostRows, rectanglePins } from './sheet.ts'
import type { PinRectangle, Sheet } from './sheet.ts'
import { linePins, polyline } from './strokes.ts'
import { shortNumber } from './ticks.ts'

/** Most lines on one sheet; more cannot be told apart by touch. */
const mostLines = 3

/** How the first, second and third line are drawn, in pins: whole, in long strokes, in dots. */
const lineKinds: ReadonlyArray<{ dashes: string | undefined, name: Bilingual }> = [
  { dashes: undefined, name: { en: 'solid', fr: 'trait plein' } },
  { dashes: '3 2.5', name: { en: 'dashed', fr: 'tirets' } },
  { dashes: '0 2.2', name: { en: 'dotted', fr: 'pointillés' } }
]

/** Widths in pins: 2.5 mm for the lines, 1.75 mm for the axes. */
const lineWidth = { line: 1, axis: 0.7 }

/** Longest braille label of a mark on the vertical axis, in cells; it is taken from the width of the chart. */
const longestValue = 7

/** Radius of the dots at the highest and lowest point, in pins: 7 mm across. */
const dotRadius = 1.5

const words: Record<'kind' | 'horizontal' | 'vertical' | 'line' | 'highest' | 'lowest' | 'omitted' | 'legend', Bilingual> = {
  kind: { en: 'Tactile line chart', fr: 'Graphique tactile en courbes' },
  horizontal: { en: 'horizontal axis', fr: 'axe horizontal' },
  vertical: { en: 'vertical axis', fr: 'axe vertical' },
  line: { en: 'line', fr: 'courbe' },
  highest: { en: 'highest', fr: 'maximum' },
  lowest: { en: 'lowest', fr: 'minimum' },
  omitted: { en: 'Further lines are not drawn.', fr: 'Les autres courbes ne sont pas dessinées.' },
  legend: {
    en: 'Thin lines at the left and the bottom are the axes, dots on the line are its highest and lowest points.',
    fr: 'Les traits fins à gauche et en bas sont les axes, les points sur la courbe sont son maximum et son minimum.'
  }
}

/** Where the parts of the chart lie, in pins. */
interface Layout {
  /** Column of the vertical axis. */
  axisColumn: number
  /** Row of the horizontal axis. */
  axisRow: number
  /** Where the lines may be: two pins away from the axes, so that a line is never taken for one. */
  plot: { left: number, top: number, right: number, bottom: number }
}

/** The chart on its sheet. */
interface Plotting {
  sheet: Sheet
  layout: Layout
  scales: ChartScales
  language: Language
}

function layoutFor (valueCells: readonly string[], titles: { vertical: string, horizontal: string }): Layout {
  const widest = Math.max(0, ...valueCells.map(({ length }) => length))
  // A blank pin, the mark, the axis; above and below a line of braille and a blank pin, where there is a title.
  const axisColumn = widest === 0 ? 1 : widest * cell.width + 1
  const axisRow = mostRows - 1 - (titles.horizontal === '' ? 0 : cell.height + 1) - cell.height - 2
  return { axisColumn, axisRow, plot: { left: axisColumn + 2, top: titles.vertical === '' ? 1 : cell.height + 2, right: mostColumns - 3, bottom: axisRow - 2 } }
}

/** Gives the place of a chart's point on the sheet. */
function placeOf ({ layout: { plot }, scales }: Plotting, { x, y }: { x: number, y: number }): SheetPoint {
  return [plot.left + 0.5 + scales.horizontal.place(x) * (plot.right - plot.left), plot.bottom + 0.5 - scales.vertical.place(y) * (plot.bottom - plot.top)]
}

/** Gives the middle of the pin that a point is on, so that a dot there raises all of its pins and no others. */
function onPin ([x, y]: SheetPoint): SheetPoint {
  return [Math.floor(x) + 0.5, Math.floor(y) + 0.5]
}

function drawAxis (plotting: Plotting, side: 'horizontal' | 'vertical', title: string): void {
  const { sheet, scales, language, layout: { axisColumn, axisRow, plot } } = plotting
  const { ticks } = scales[side]
  const middle = { column: axisColumn + 0.5, row: axisRow + 0.5 }
  const marks = ticks.map(({ value }): [SheetPoint, SheetPoint] => {
    const [x, y] = onPin(placeOf(plotting, { x: value, y: value }))
    return side === 'vertical' ? [[axisColumn - 0.5, y], [middle.column, y]] : [[x, axisRow + 1.5], [x, middle.row]]
  })
  const whole: [SheetPoint, SheetPoint] = side === 'vertical'
    ? [[middle.column, plot.top + 0.5], [middle.column, middle.row]]
    : [[middle.column, middle.row], [plot.right + 0.5, middle.row]]
  const strokes = [whole, ...marks]
  const name = words[side][language]
  sheet.draw('path', {
    role: 'graphics-symbol img',
    'aria-label': title === '' ? name : `${name}${colon[language]}${title}`,
    'aria-description': ticks.length === 0 ? undefined : `${ticks.map(({ label }) => label).join(language === 'fr' ? ' ; ' : ', ')}.`,
    d: strokes.map(polyline).join(''),
    'stroke-width': lineWidth.axis,
    'stroke-linecap': 'square'
  }, strokes.flatMap(linePins))
}

function writeAxis (plotting: Plotting, titles: { vertical: string, horizontal: string }): void {
  const { sheet, scales, language, layout: { axisColumn, axisRow } } = plotting
  for (const { value, label } of scales.vertical.ticks) {
    const cells = fitBraille(label, language, longestValue)
    const row = Math.floor(placeOf(plotting, { x: 0, y: value })[1]) - 1
    sheet.write(cells, [0, 1, -1, 2, -2].map((shift) => ({ column: axisColumn - 2 - brailleWidth(cells), row: row + shift })))
  }
  for (const { value, label } of scales.horizontal.ticks) {
    const cells = toBraille(label, language)
    const width = brailleWidth(cells)
    const column = Math.max(0, Math.min(mostColumns - width, Math.floor(placeOf(plotting, { x: value, y: 0 })[0]) - Math.floor(width / 2)))
    // Two labels in a row are kept two cells apart, or they would read as one.
    const isApart = sheet.isFree({ left: Math.max(0, column - 4), top: axisRow + 3, right: Math.min(mostColumns - 1, column + width + 3), bottom: axisRow + 5 })
    if (isApart) sheet.write(cells, [{ column, row: axisRow + 3 }])
  }
  sheet.write(titles.vertical, [{ column: 0, row: 0 }])
  sheet.write(titles.horizontal, [{ column: mostColumns - brailleWidth(titles.horizontal), row: mostRows - cell.height }])
}

function nameOf ({ name, index }: LineSeries, language: Language): string {
  return plainText(name, 60) || `${words.line[language]} ${index + 1}`
}

function drawLine (plotting: Plotting, line: LineSeries, position: number): void {
  const { sheet, language } = plotting
  const course = courseOnSheet(line.dataPoints, (point) => placeOf(plotting, point))
  sheet.draw('path', {
    role: 'graphics-symbol img',
    'aria-label': nameOf(line, language),
    // A point alone between two gaps is drawn as a dot: a line of no length with round ends.
    d: course.map(([first, ...rest]) => first === undefined ? '' : polyline(rest.length === 0 ? [onPin(first), onPin(first)] : [first, ...rest])).join(''),
    'stroke-width': lineWidth.line,
    'stroke-dasharray': lineKinds[position]?.dashes
  }, course.flatMap(linePins))
}

/** Gives the highest and the lowest point of a line, the first of several; one point where all are alike. */
function extremesOf (points: readonly CurvePoint[]): Array<{ kind: 'highest' | 'lowest', point: CurvePoint }> {
  const [first] = points
  if (first === undefined) return []
  let highest = first
  let lowest = first
  for (const point of points) {
    if (point.y > highest.y) highest = point
    if (point.y < lowest.y) lowest = point
  }
  return highest.y === lowest.y ? [{ kind: 'highest', point: first }] : [{ kind: 'highest', point: highest }, { kind: 'lowest', point: lowest }]
}

/** Gives where labels of points may be: right of the vertical axis, above the horizontal one. */
function labelArea ({ axisColumn, plot }: Layout): PinRectangle {
  return { left: axisColumn + 2, top: 0, right: mostColumns - 1, bottom: plot.bottom + 1 }
}

function drawExtremes (plotting: Plotting, line: LineSeries): Array<() => void> {
  const { sheet, language, scales, layout } = plotting
  return extremesOf(line.dataPoints).map(({ kind, point }) => {
    const at = onPin(placeOf(plotting, point))
    const value = shortNumber(point.y, language)
    const [x, y] = at
    sheet.draw('circle', {
      role: 'graphics-symbol img',
      'aria-label': `${words[kind][language]}${colon[language]}${value}`,
      'aria-description': sentence(scales.say(point)),
      cx: x,
      cy: y,
      r: dotRadius,
      fill: '#000',
      stroke: 'none'
    }, rectanglePins({ left: Math.floor(x - 1), top: Math.floor(y - 1), right: Math.floor(x + 1), bottom: Math.floor(y + 1) }))
    // Written once everything is drawn, so that no line runs through it.
    const cells = toBraille(value, language)
    return () => { sheet.write(cells, placesNear(at, cells, labelArea(layout), [])) }
  })
}

/** Writes the letters a, b, c at the ends of several lines; gives what they stand for. */
function writeKey (plotting: Plotting, lines: readonly LineSeries[]): string[] {
  const { language, sheet, layout } = plotting
  const ends = lines.flatMap(({ dataPoints }) => dataPoints.at(-1) ?? []).map((point) => placeOf(plotting, point))
  return lines.map((line, index) => {
    const letter = String.fromCodePoint(0x61 + index)
    const cells = toBraille(letter, language)
    const [end] = ends.splice(0, 1)
    const isWritten = end !== undefined && sheet.write(cells, placesNear(end, cells, labelArea(layout), ends)) !== undefined
    if (end !== undefined) ends.push(end)
    return `${isWritten ? `${letter}${colon[language]}` : ''}${nameOf(line, language)} (${lineKinds[index]?.name[language]}).`
  })
}

/**
 * Draws the line chart of a request; undefined when it has none. The lines are those of the line-charts preprocessor or, without it, those of `highChartsData`,
 * which also gives titles and kinds of axes. Linear in the number of points; the drawing has some hundreds of points at most.
 */
export function drawChart (request: GraphicRequest, language: Language): Drawing | undefined {
  const chart = readChart(request.highChartsData)
  const data = lineChartOf(request)
  const all = data === undefined ? [] : linesOf(data)
  const lines = all.slice(0, mostLines).map((line) => ({ ...line, dataPoints: inOrder(line.dataPoints) }))
  if (lines.length === 0) return undefined

  const axis = (side: 'x' | 'y') => chart?.axes.find((one) => one.axis === side)
  const title = { horizontal: axis('x')?.title ?? '', vertical: axis('y')?.title ?? '' }
  const scales = chartScales(lines.map(({ dataPoints }) => dataPoints), { horizontal: axis('x')?.type, vertical: axis('y')?.type }, language)
  const titleCells = { horizontal: fitBraille(title.horizontal, language, 30), vertical: fitBraille(title.vertical, language, 30) }
  const layout = layoutFor(scales.vertical.ticks.map(({ label }) => fitBraille(label, language, longestValue)), titleCells)
  const plotting: Plotting = { sheet: createSheet(mostColumns, mostRows), layout, scales, language }

  drawAxis(plotting, 'vertical', title.vertical)
  drawAxis(plotting, 'horizontal', title.horizontal)
  for (const [position, line] of lines.entries()) drawLine(plotting, line, position)
  const [first] = lines
  // Dots on several lines would be too many to tell whose they are.
  const writeValues = lines.length === 1 && first !== undefined ? drawExtremes(plotting, first) : []
  writeAxis(plotting, titleCells)
  for (const write of writeValues) write()
  const key = lines.length > 1 ? writeKey(plotting, lines) : []

  const described = describe(request, language)
  const heading = described?.title ?? words.kind[language]
  const description = [...key, lines.length < all.length ? words.omitted[language] : '', clip(described?.text ?? '', 2000)].filter((part) => part !== '').join(' ')
  return {
    svg: plotting.sheet.toSvg({ title: heading, description, language }),
    summary: `${words.kind[language]}. ${sentence(clip(heading, 120))} ${lines.length === 1 ? words.legend[language] : clip(key.join(' '), 120)}`.trim()
  }
}

function inOrder<T extends CurvePoint> (points: T[]): T[] {
  return points.every(({ x }, index) => index === 0 || (points[index - 1]?.x ?? x) <= x) ? points : points.toSorted((a, b) => a.x < b.x ? -1 : a.x > b.x ? 1 : 0)
}
