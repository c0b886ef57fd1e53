import t from 'tap'
import { toChartData } from '../../console/src/lib/highcharts.ts'

t.test('chart data passes through as it is', async t => {
  const chart = { title: 'x', axes: [], series: [{ data: [] }], extra: 1 }
  t.equal(toChartData(chart), chart)
})

t.test('a configuration becomes chart data', async t => {
  t.strictSame(toChartData({
    title: { text: 'Rain' },
    subtitle: { text: 'by month' },
    xAxis: { title: { text: 'Month' }, categories: ['May', 'June'] },
    yAxis: [{ title: { text: 'mm' } }],
    series: [{ name: 'A', data: [3, null] }]
  }), {
    containerID: '',
    title: 'Rain',
    subtitle: 'by month',
    axes: [
      { axis: 'xAxis', title: 'Month', type: 'category', dataMin: 0, dataMax: 1 },
      { axis: 'yAxis', title: 'mm', type: 'linear', dataMin: 3, dataMax: 3 }
    ],
    series: [{ name: 'A', type: 'line', numPoints: 2, data: [{ x: 0, y: 3, name: 'May' }, { x: 1, y: null, name: 'June' }] }]
  })
})

t.test('points may be numbers, pairs or objects, and start where the series says', async t => {
  const points = (series: Record<string, unknown>) => (toChartData({ series: [series] }).series as Array<{ data: unknown }>)[0]?.data
  t.strictSame(points({ data: [1, 2], pointStart: 10, pointInterval: 5 }), [{ x: 10, y: 1 }, { x: 15, y: 2 }])
  t.strictSame(points({ data: [[7, 1], ['June', 2]] }), [{ x: 7, y: 1 }, { x: 1, y: 2, name: 'June' }])
  t.strictSame(points({ data: [{ x: 3, y: 4, name: 'n' }, { y: 5 }] }), [{ x: 3, y: 4, name: 'n' }, { x: 1, y: 5 }])
  t.strictSame(points({ data: 'nonsense' }), [])
})

t.test('what has no series is no chart', async t => {
  for (const content of [null, 5, [], {}, { series: 'x' }]) t.throws(() => toChartData(content), TypeError)
})
