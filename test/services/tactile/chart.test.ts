// Drawings of line charts, looked at as the pins that a tactile display raises.
import t from 'tap'
import fc from 'fast-check'
import type { GraphicRequest } from '../../../schemas/graphics/request.ts'
import { toBraille } from '../../../services/tactile/braille.ts'
import { drawChart } from '../../../services/tactile/chart.ts'
import { attributesOf, brailleOf, pinsOf } from './pins.ts'
import type { Pins } from './pins.ts'

type Values = Array<number | null>

interface ChartOptions {
  title?: string
  axes?: unknown
  series?: unknown
  language?: 'en' | 'fr'
}

const points = (values: Values) => values.map((y, x) => ({ x, y }))

function request ({ title = '', axes = [], series = [], language = 'en' }: ChartOptions): GraphicRequest {
  return {
    request_uuid: '6f5b2a50-2c1c-4d3f-9d0e-0c7f8e3a9b11',
    timestamp: 1700000000,
    language,
    capabilities: [],
    renderers: [],
    highChartsData: { title, axes, series }
  }
}

function draw (options: ChartOptions): { svg: string, summary: string } {
  const drawing = drawChart(request(options), options.language ?? 'en')
  if (drawing === undefined) throw new Error('nothing was drawn')
  return drawing
}

const line = (values: Values, name = '') => ({ name, type: 'line', data: points(values) })

/** Gives only the part of a drawing that has this label, as pins. */
async function partOf (svg: string, label: string): Promise<Pins> {
  const [part] = new RegExp(`<(?:path|circle)[^>]* aria-label="${label}"[^>]*/>`).exec(svg) ?? []
  if (part === undefined) throw new Error(`the drawing has no ${label}`)
  return await pinsOf(`${svg.slice(0, svg.indexOf('<title>'))}${part}</svg>`)
}

/** Gives the highest raised row of each column, undefined where there is none. */
function course ({ columns, rows, isRaised }: Pins): Array<number | undefined> {
  return Array.from({ length: columns }, (_, column) => Array.from({ length: rows }, (_, row) => row).find((row) => isRaised(column, row)))
}

t.test('a rising line rises from pin to pin', async (t) => {
  const { svg } = draw({ series: [line([0, 1, 2, 3])] })
  const rows = course(await partOf(svg, 'line 1')).filter((row) => row !== undefined)
  t.ok(rows.length > 70, `it takes most of the width: ${rows.length} pins`)
  t.ok(rows.every((row, index) => index === 0 || row <= (rows[index - 1] ?? 0)))
  t.ok((rows[0] ?? 0) - (rows.at(-1) ?? 0) >= 25, 'and most of the height')
})

t.test('the axes stand at the left and the bottom, apart from the line', async (t) => {
  const { svg } = draw({ series: [line([5, 1, 9, 3])] })
  const [vertical, horizontal, curve] = [await partOf(svg, 'vertical axis'), await partOf(svg, 'horizontal axis'), await partOf(svg, 'line 1')]
  const axisColumn = Array.from({ length: 96 }, (_, column) => column).find((column) => vertical.count(column, 0, column, 39) > 25) ?? 0
  const axisRow = Array.from({ length: 40 }, (_, row) => row).find((row) => horizontal.count(0, row, 95, row) > 60) ?? 0
  t.ok(axisColumn > 0 && axisColumn < 20, `column ${axisColumn}`)
  t.ok(axisRow > 30 && axisRow < 39, `row ${axisRow}`)
  t.ok(vertical.isRaised(axisColumn, axisRow) && horizontal.isRaised(axisColumn, axisRow), 'they meet')
  t.equal(curve.count(0, 0, axisColumn + 1, 39), 0)
  t.equal(curve.count(0, axisRow - 1, 95, 39), 0)
})

t.test('the axes have a few round marks, each a pin beside the axis, with its value in braille', async (t) => {
  const { svg } = draw({ series: [line([3, 48, 97])] })
  t.match(svg, 'aria-label="vertical axis" aria-description="50."')
  const { svg: other } = draw({ series: [line([0, 48, 100])] })
  t.match(other, 'aria-label="vertical axis" aria-description="0, 50, 100."')
  for (const value of ['0', '50', '100']) t.ok(brailleOf(other).includes(toBraille(value, 'en')), value)
  const vertical = await partOf(other, 'vertical axis')
  const axisColumn = Array.from({ length: 96 }, (_, column) => column).find((column) => vertical.count(column, 0, column, 39) > 25) ?? 0
  t.equal(vertical.count(axisColumn - 1, 0, axisColumn - 1, 39), 3)
})

t.test('titles of the axes stand in braille and are heard', async (t) => {
  const { svg } = draw({ axes: [{ axis: 'xAxis', title: 'Month' }, { axis: 'yAxis', title: 'Rain (mm)' }], series: [line([1, 2, 3])] })
  t.ok(brailleOf(svg).includes(toBraille('Month', 'en')))
  t.ok(brailleOf(svg).includes(toBraille('Rain (mm)', 'en')))
  t.match(svg, 'aria-label="horizontal axis: Month"')
  t.match(svg, 'aria-label="vertical axis: Rain (mm)"')
})

t.test('the highest and the lowest point are dots with their values', async (t) => {
  const { svg } = draw({ series: [line([20, 35, 71, 4, 18])] })
  const [highest, lowest, curve] = [await partOf(svg, 'highest: 71'), await partOf(svg, 'lowest: 4'), await partOf(svg, 'line 1')]
  for (const dot of [highest, lowest]) t.equal(dot.count(0, 0, 95, 39), 9)
  const columnOf = (pins: Pins) => course(pins).findIndex((row) => row !== undefined)
  t.ok(columnOf(highest) < columnOf(lowest))
  const top = Math.min(...course(curve).map((row) => row ?? 99))
  t.ok(Math.abs((course(highest)[columnOf(highest) + 1] ?? 99) - top) <= 1, 'the first at the top of the line')
  t.ok(brailleOf(svg).includes(toBraille('71', 'en')) && brailleOf(svg).includes(toBraille('4', 'en')))
})

t.test('missing values are a gap in the line', async (t) => {
  const { svg } = draw({ series: [line([1, 2, 3, null, null, 6, 7])] })
  const columns = course(await partOf(svg, 'line 1'))
  const first = columns.findIndex((row) => row !== undefined)
  const last = columns.findLastIndex((row) => row !== undefined)
  const missing = columns.slice(first, last).filter((row) => row === undefined).length
  t.ok(missing >= (last - first) / 2 - 3 && missing <= (last - first) / 2 + 1, `half of the width is empty: ${missing} of ${last - first}`)
})

t.test('a value alone between gaps is a dot', async (t) => {
  const pins = await partOf(draw({ series: [line([1, null, 5, null, 3])] }).svg, 'line 1')
  t.equal(course(pins).filter((row) => row !== undefined).length, 3)
})

t.test('of very many points no peak is lost, and the drawing stays small', async (t) => {
  const values = Array.from({ length: 30_000 }, (_, x) => x === 12_345 ? 50 : Math.sin(x / 3000))
  const { svg } = draw({ series: [line(values)] })
  t.ok(svg.length < 20_000, `${svg.length} characters`)
  const curve = await partOf(svg, 'line 1')
  const rows = course(curve)
  const peak = rows.indexOf(Math.min(...rows.map((row) => row ?? 99)))
  const first = rows.findIndex((row) => row !== undefined)
  const last = rows.findLastIndex((row) => row !== undefined)
  t.ok(Math.abs((peak - first) / (last - first) - 12_345 / 30_000) < 0.02, 'the peak is where it was')
  t.match(svg, 'aria-label="highest: 50"')
})

t.test('noise with gaps everywhere stays small too', async (t) => {
  const values = Array.from({ length: 30_000 }, (_, x) => x % 2 === 0 ? (x * 7919) % 1000 : null)
  t.ok(draw({ series: [line(values)] }).svg.length < 30_000)
})

t.test('dates are marked as dates and categories by their names', async (t) => {
  const data = [31, 28, 35, 40, 38, 33].map((y, month) => ({ x: Date.UTC(2024, month, 1), y }))
  t.match(draw({ axes: [{ axis: 'xAxis', title: '', type: 'datetime' }], series: [{ type: 'line', data }] }).svg, 'aria-label="horizontal axis" aria-description="Jan 24, Apr 24."')
  const years = Array.from({ length: 41 }, (_, year) => ({ x: Date.UTC(1980 + year, 0, 1), y: year }))
  const decades = draw({ axes: [{ axis: 'xAxis', title: '', type: 'datetime' }], series: [{ type: 'line', data: years }] }).svg
  t.match(decades, 'aria-label="horizontal axis" aria-description="1980, 1990, 2000, 2010, 2020."')
  t.match(decades, 'aria-label="highest: 40" aria-description="January 1, 2020."')
  const named = ['Mon', 'Tue', 'Wed'].map((name, x) => ({ x, y: x + 1, name }))
  const { svg } = draw({ axes: [{ axis: 'xAxis', title: 'Day', type: 'category' }], series: [{ type: 'line', data: named }] })
  t.match(svg, 'aria-description="Mon, Tue, Wed."')
  t.match(svg, 'aria-label="highest: 3" aria-description="Wed."')
})

t.test('a logarithmic axis is drawn as one', async (t) => {
  const { svg } = draw({ axes: [{ axis: 'yAxis', title: '', type: 'logarithmic' }], series: [line([1, 10, 100, 1000])] })
  t.match(svg, 'aria-label="vertical axis" aria-description="1, 10, 100, 1000."')
  const d = /aria-label="line 1" d="([^"]*)"/.exec(svg)?.[1]
  t.equal(d?.match(/[ML]/g)?.length, 2, 'powers of ten lie on a straight line')
})

t.test('several lines differ in kind and have letters that the description explains', async (t) => {
  const { svg, summary } = draw({ series: [line([1, 2, 9], 'North'), line([9, 8, 1], 'South'), line([5, 5, 5], 'East'), line([3, 3, 3], 'West')] })
  t.same(attributesOf(svg, 'aria-label').slice(-3), ['North', 'South', 'East'])
  t.same(attributesOf(svg, 'stroke-dasharray'), ['3 2.5', '0 2.2'])
  for (const letter of ['a', 'b', 'c']) t.ok(brailleOf(svg).includes(toBraille(letter, 'en')), letter)
  t.match(svg, '<desc>a: North (solid). b: South (dashed). c: East (dotted). Further lines are not drawn.')
  t.match(summary, 'a: North (solid)')
})

t.test('French is French', async (t) => {
  const { svg, summary } = draw({ language: 'fr', title: 'Ventes', axes: [{ axis: 'yAxis', title: 'Milliers' }], series: [line([0, 0.5, 1], 'Nord')] })
  t.match(svg, 'aria-label="axe vertical : Milliers" aria-description="0 ; 0,5 ; 1."')
  t.match(svg, 'aria-label="maximum : 1"')
  t.ok(brailleOf(svg).includes(toBraille('0,5', 'fr')))
  t.match(summary, /^Graphique tactile en courbes\. .*Ventes.*/)
})

t.test('points of another preprocessor are drawn without highChartsData too, in order', async (t) => {
  const runs = { lowerPointsOnLeft: 0, higherPointsOnLeft: 0, lowerPointsOnRight: 0, higherPointsOnRight: 0 }
  const dataPoints = [{ x: 3, y: 9, ...runs }, { x: 1, y: 1, ...runs }, { x: 2, y: 5, ...runs }]
  const { highChartsData: _, ...rest } = request({})
  const drawing = drawChart({ ...rest, preprocessors: { 'ca.mcgill.a11y.image.preprocessor.lineChart': { dataPoints } } }, 'en')
  const rows = course(await partOf(drawing?.svg ?? '', 'line 1')).filter((row) => row !== undefined)
  t.ok(rows.every((row, index) => index === 0 || row <= (rows[index - 1] ?? 0)))
})

t.test('what is no line chart is not drawn', async (t) => {
  t.equal(drawChart(request({}), 'en'), undefined)
  t.equal(drawChart(request({ series: [{ type: 'pie', data: points([1, 2]) }] }), 'en'), undefined)
  t.equal(drawChart(request({ series: 'many' }), 'en'), undefined)
  t.equal(drawChart({ ...request({}), highChartsData: undefined }, 'en'), undefined)
})

t.test('charts at the edges of what numbers can be are drawn', async (t) => {
  const edges: Record<string, Values> = {
    'one point': [7],
    'all equal': [3, 3, 3],
    zero: [0, 0],
    huge: [-1.7e308, 1.7e308],
    tiny: [0, 5e-324],
    'a narrow range far from zero': [1e15, 1e15 + 1],
    mixed: [1e300, -1e-300, 0]
  }
  for (const [name, values] of Object.entries(edges)) {
    for (const type of ['linear', 'logarithmic', 'datetime']) {
      const { svg } = draw({ axes: [{ axis: 'xAxis', title: '', type }, { axis: 'yAxis', title: '', type }], series: [line(values)] })
      t.notMatch(svg, /NaN|Infinity|undefined/, name)
      await t.resolves(pinsOf(svg), name)
    }
  }
})

t.test('any chart gives a drawing or none, never an error', async () => {
  const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -100, max: 100 }), fc.constant(null))
  const point = fc.record({ x: value, y: value, name: fc.string({ unit: 'binary', maxLength: 20 }) }, { requiredKeys: [] })
  const axis = fc.record({ axis: fc.constantFrom('xAxis', 'yAxis'), title: fc.string({ unit: 'binary', maxLength: 80 }), type: fc.constantFrom('linear', 'logarithmic', 'datetime', 'category', undefined) })
  const series = fc.array(fc.record({ name: fc.string({ unit: 'binary', maxLength: 300 }), type: fc.constant('line'), data: fc.array(point, { maxLength: 30 }) }), { maxLength: 5 })
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.array(axis, { maxLength: 3 }), series, fc.constantFrom('en' as const, 'fr' as const), (title, axes, some, language) => {
    const drawing = drawChart(request({ title, axes, series: some, language }), language)
    return drawing === undefined || (drawing.summary.length <= 300 && !/NaN|Infinity/.test(drawing.svg.replace(/<desc>.*<\/desc>|aria-[a-z]+="[^"]*"|<title>.*<\/title>/gs, '')))
  }), { numRuns: 150 })
})
