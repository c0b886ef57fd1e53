// Reading what pages say of their charts, friendly and hostile.
import t from 'tap'
import fc from 'fast-check'
import { readChart } from '../../../services/line-charts/highcharts.ts'
import { plainText, withoutTags } from '../../../services/line-charts/plain-text.ts'

t.test('a chart is read with its titles, axes and series', async (t) => {
  const chart = readChart({
    containerID: 'c',
    title: 'Rain <b>and</b>\n snow',
    subtitle: '',
    altText: 'A chart',
    axes: [{ axis: 'xAxis', title: 'Month', type: 'category' }, { axis: 'yAxis', title: 'mm', type: 'odd' }, { axis: 'colorAxis' }, null],
    series: [
      { name: 'Rain', type: 'line', data: [{ x: 0, y: 5, name: 'Jan' }, { x: 1, y: null, name: 'Feb' }] },
      { name: 'Empty', type: 'line', data: [{ x: 0, y: null }] },
      { name: 'Pie', type: 'pie', data: [{ y: 1, percentage: 100 }] }
    ]
  })
  t.equal(chart?.title, 'Rain and snow')
  t.same(chart?.axes, [{ axis: 'x', title: 'Month', type: 'category' }, { axis: 'y', title: 'mm', type: undefined }])
  t.same(chart?.series.map(({ index, name, type }) => [index, name, type]), [[0, 'Rain', 'line'], [2, 'Pie', 'pie']], 'a series without a value is left out')
  t.same(chart?.series[0]?.points.map(({ x, y, name }) => [x, y, name]), [[0, 5, 'Jan'], [1, null, 'Feb']])
  t.equal(chart?.series[1]?.points[0]?.percentage, 100)
})

t.test('points in short form, without x or out of order are put in their place', async (t) => {
  const points = (data: unknown[]) => readChart({ series: [{ data }] })?.series[0]?.points.map(({ x, y }) => [x, y])
  t.same(points([4, null, 6]), [[0, 4], [1, null], [2, 6]])
  t.same(points([[10, 1], [20, 2]]), [[10, 1], [20, 2]])
  t.same(points([{ x: 3, y: 1 }, { x: 1, y: 2 }, { x: 2, y: 3 }]), [[1, 2], [2, 3], [3, 1]])
  t.same(points([{ y: '5' }, { y: 6 }]), [[0, null], [1, 6]], 'a value that is no number is a gap')
})

t.test('a series without a type is a line', async (t) => {
  t.same(readChart({ series: [{ data: [1] }, { type: '', data: [1] }, { type: 7, data: [1] }] })?.series.map(({ type }) => type), ['line', 'line', 'line'])
})

t.test('no shape of a hostile page makes the reader throw', async (t) => {
  for (const value of [undefined, null, 5, 'chart', [], {}, { series: null }, { series: {} }, { series: [] }, { series: [null, 5, [], {}, { data: 'x' }, { data: [null, {}, [], ['a', 'b']] }] }]) {
    t.equal(readChart(value), undefined, JSON.stringify(value))
  }
  const one = fc.oneof(fc.anything(), fc.record({ axis: fc.anything(), title: fc.anything(), data: fc.array(fc.oneof(fc.anything(), fc.record({ x: fc.anything(), y: fc.anything(), name: fc.anything() }))), type: fc.anything() }))
  fc.assert(fc.property(fc.record({ title: fc.anything(), axes: fc.oneof(fc.anything(), fc.array(one)), series: fc.oneof(fc.anything(), fc.array(one)) }), (data) => {
    readChart(data)
  }), { numRuns: 500 })
})

t.test('the text of a stranger becomes one harmless line', async (t) => {
  t.equal(plainText(' a\u0000\n\t b\u202ec \u200b'), 'a b c')
  t.equal(plainText(5), '')
  t.equal(plainText('x'.repeat(600)).length, 500)
  t.equal(plainText('😀'.repeat(10), 4), '😀…', 'no character is cut in two')
  t.ok(plainText('a\ud800b').isWellFormed())
  t.equal(withoutTags('a<br/>b <i>c</i> 1 < 2'), 'a b  c  1 < 2')
  t.equal(withoutTags(null), '')
})
