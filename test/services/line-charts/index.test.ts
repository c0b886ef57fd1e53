// The line-charts service as the orchestrator meets it.
import t from 'tap'
import { Ajv } from 'ajv'
import { LineCharts } from '../../../schemas/graphics/preprocessors/line-charts.ts'
import { lineCharts } from '../../../services/line-charts/index.ts'
import { lineChartName, lineChartOf } from '../../../services/line-charts/line-chart.ts'
import type { LineChart } from '../../../services/line-charts/line-chart.ts'
import { build, graphicRequest } from '../kit/build.ts'

const request = (highChartsData: unknown, more: Record<string, unknown> = {}) => {
  const { graphic: _graphic, dimensions: _dimensions, context: _context, ...rest } = graphicRequest({ highChartsData, ...more })
  return rest
}

async function ask (t: Parameters<typeof build>[0], highChartsData: unknown) {
  return await build(t, lineCharts).inject({ method: 'POST', url: '/preprocessor', payload: request(highChartsData) })
}

t.test('the points of a line come back with how they stand among their neighbours', async (t) => {
  const reply = await ask(t, { series: [{ name: 'A', type: 'line', data: [{ x: 0, y: 1, name: 'Jan' }, { x: 1, y: 3 }, { x: 2, y: 2 }] }] })
  t.equal(reply.statusCode, 200)
  const { name, data } = reply.json<{ name: string, data: LineChart }>()
  t.equal(name, 'ca.mcgill.a11y.image.preprocessor.lineChart')
  t.ok(new Ajv().validate(LineCharts, data), 'the published schema holds')
  t.same(data, {
    index: 0,
    name: 'A',
    dataPoints: [
      { x: 0, y: 1, name: 'Jan', lowerPointsOnLeft: 0, higherPointsOnLeft: 0, lowerPointsOnRight: 0, higherPointsOnRight: 2 },
      { x: 1, y: 3, lowerPointsOnLeft: 1, higherPointsOnLeft: 0, lowerPointsOnRight: 1, higherPointsOnRight: 0 },
      { x: 2, y: 2, lowerPointsOnLeft: 0, higherPointsOnLeft: 1, lowerPointsOnRight: 0, higherPointsOnRight: 0 }
    ],
    otherSeries: []
  })
})

t.test('a gap ends the runs and is marked on the point after it', async (t) => {
  const { data } = (await ask(t, { series: [{ data: [null, { x: 1, y: 1, afterGap: true }, 2, null, null, 3, 1, null] }] })).json<{ data: LineChart }>()
  t.same(data.dataPoints.map(({ x, y, afterGap, lowerPointsOnLeft, higherPointsOnLeft }) => [x, y, afterGap, lowerPointsOnLeft, higherPointsOnLeft]), [
    [1, 1, undefined, 0, 0],
    [2, 2, undefined, 1, 0],
    [5, 3, true, 0, 0],
    [6, 1, undefined, 0, 1]
  ])
})

t.test('the further lines of a chart are there too, and only lines', async (t) => {
  const { data } = (await ask(t, { series: [{ type: 'column', data: [1] }, { name: 'B', type: 'spline', data: [1, 2] }, { name: 'C', type: 'areaspline', data: [2] }, { type: 'pie', data: [1] }] })).json<{ data: LineChart }>()
  t.same([data.index, data.name, data.dataPoints.length], [1, 'B', 2])
  t.same(data.otherSeries.map(({ index, name, dataPoints }) => [index, name, dataPoints.length]), [[2, 'C', 1]])
})

t.test('what is no line chart is not applicable', async (t) => {
  const hostile = [{}, { series: 'x' }, { series: [{ type: 'pie', data: [1] }] }, { series: [{ data: [null] }] }, { series: [[[[]]]] }, { series: [{ data: { length: 1e9 } }] }]
  for (const chart of hostile) t.equal((await ask(t, chart)).statusCode, 204, JSON.stringify(chart))
  const picture = await build(t, lineCharts).inject({ method: 'POST', url: '/preprocessor', payload: graphicRequest() })
  t.equal(picture.statusCode, 204)
})

t.test('a hundred thousand points are answered', async (t) => {
  const reply = await ask(t, { series: [{ data: Array.from({ length: 100_000 }, (_, x) => ({ x, y: x })) }] })
  t.equal(reply.statusCode, 200)
  t.equal(reply.json<{ data: LineChart }>().data.dataPoints.at(-1)?.lowerPointsOnLeft, 99_999)
})

t.test('later services read the data of this one, of another of its name, or the page itself', async (t) => {
  const { data } = (await ask(t, { series: [{ name: 'A', data: [1, 2] }] })).json<{ data: LineChart }>()
  const page = { series: [{ name: 'page', data: [7] }] }
  const read = (preprocessors: Record<string, unknown>, highChartsData?: unknown) => lineChartOf(graphicRequest({ preprocessors, ...(highChartsData ? { highChartsData } : {}) }))
  t.same(read({ [lineChartName]: data }, page), data)
  const published = { dataPoints: data.dataPoints }
  t.equal(read({ [lineChartName]: published })?.dataPoints.length, 2)
  t.equal(read({ [lineChartName]: published }, page)?.name, 'page', 'the page knows all lines')
  t.equal(read({ [lineChartName]: { dataPoints: [{ x: 'a' }] } }), undefined)
  t.equal(read({}), undefined)
})
