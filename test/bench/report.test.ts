// Bars, tables and drawing say what was measured.
import t from 'tap'
import { judge } from '../../bench/bar.ts'
import { diamond, image, preprocessorsOnly } from '../../bench/graph.ts'
import { growthTable } from '../../bench/growth.ts'
import { thisMachine } from '../../bench/machine.ts'
import { readOptions } from '../../bench/options.ts'
import { drawRatios } from '../../bench/plot.ts'
import { brief, ratioText, writeSection } from '../../bench/report.ts'
import { createScenario } from '../../bench/scenario.ts'
import { resultOf, turn } from './results.ts'

const judged = (results: Parameters<typeof judge>[0], what: string) => judge(results).find(bar => bar.what.includes(what))

t.test('a bar is judged by the scenario that strains it most', async t => {
  const results = [resultOf([turn({ p50: 1.3 })]), resultOf([turn({ p50: 1.5 })], createScenario(image, '5 MB', 1)), resultOf([turn({ p50: 9 })], createScenario(diamond, '1 MB', 8))]
  t.match(judged(results, '1 and 5 MB'), { measured: '1.50 ×', where: 'image, 5 MB, 1 at once', holds: false })
  t.match(judged(results.slice(0, 1), '1 and 5 MB'), { measured: '1.30 ×', holds: true })
  t.match(judged(results, '10 and 100 kB'), { measured: undefined, holds: undefined }, 'nothing was measured')
})

t.test('throughput must not be less than the bar', async t => {
  const at = (throughput: number) => judged([resultOf([turn({ throughput })], createScenario(diamond, '5 MB', 8))], 'throughput beside the lower bound, 8 at once, 1 and 5 MB')
  t.match(at(0.69), { holds: false })
  t.match(at(0.71), { holds: true })
})

t.test('the share of the time that is not the services\' is told', async t => {
  const at = (busy: number) => judged([resultOf([turn({ mean: 200, busy })], createScenario(diamond, '1 MB', 1, { services: '50 ms' }))], 'share')
  t.match(at(193), { measured: '3.5 %', holds: true })
  t.match(at(190), { measured: '5.0 %', holds: false })
})

t.test('a warm cache is judged beside a request for which nobody is called', async t => {
  const result = resultOf([turn({ p50: 5 })], createScenario(preprocessorsOnly, '1 MB', 1, { cache: 'warm' }))
  result.subjects.empty = { turns: [turn({ p50: 2.5 })], peak: undefined, start: undefined }
  t.match(judged([result], 'everything known'), { measured: '2.5 ms of 2.6 ms', holds: true })
})

t.test('memory is judged by what is under way', async t => {
  const result = resultOf([turn()], createScenario(diamond, '5 MB', 8))
  if (result.subjects.ours !== undefined) result.subjects.ours.peak = 500 * 1024 * 1024
  t.match(judged([result], 'most memory'), { measured: '500 MB of 455 MB', holds: false })
})

t.test('numbers are written short', async t => {
  t.same([brief(0.01234), brief(1.5), brief(123.4), brief(12345.6), brief(undefined)], ['0.0123', '1.5', '123', '12346', '–'])
  t.equal(ratioText({ median: 1.234, low: 1, high: 2 }), '1.23 (1.00–2.00)')
})

t.test('the page has a table for each graph, and the other server where there was one', async t => {
  const results = [resultOf([turn({ p50: 1.3 })]), resultOf([turn({ p50: 1.5 })], createScenario(image, '5 MB', 1))]
  const page = writeSection(results, judge(results), thisMachine(), { rounds: 1, turn: 2000, warmUp: 0 }, 'performance.svg')
  t.match(page, '| 5 MB, 1 at once | 1.5 / 1 | 1.50 (1.50–1.50) |')
  t.match(page, '![Latency and processor time beside the lower bound](performance.svg)')
  t.notMatch(page, 'Another server')
  for (const result of results) result.subjects.peer = { turns: [turn({ p50: 6 })], peak: undefined, start: undefined }
  t.match(writeSection(results, [], thisMachine(), { rounds: 1, turn: 2000, warmUp: 0 }, 'x.svg'), /Another server[^]*\| diamond, 1 MB, 1 at once \| 6 \/ 1\.3 \|/)
})

t.test('the drawing says in words what it shows, and nothing in it breaks out', async t => {
  const drawing = drawRatios([resultOf([turn({ p50: 1.3 })], { ...createScenario(diamond, '1 MB', 1), name: 'a <b> & c' })])
  t.match(drawing, /<title id="plot-title">.+<\/title>/)
  t.match(drawing, /aria-labelledby="plot-title plot-desc"/)
  t.match(drawing, 'Latency is between 1.30 times (a &lt;b&gt; &amp; c)')
  t.notMatch(drawing, '<b>')
  t.match(drawRatios([]), 'Nothing was measured.')
})

t.test('a table of growth ends with the exponents', async t => {
  const dimension = { title: 'bytes', setting: 'something', sizes: [1, 10, 100], scenario: () => createScenario(diamond, '1 MB', 1) }
  const rows = dimension.sizes.map(size => ({ size, result: resultOf([turn({ p50: 5 * size, throughput: 1 / size })]) }))
  const text = growthTable({ dimension, rows })
  t.match(text, '| 10 | 50 / 1 |')
  t.match(text, '| **exponent** | 1.00 |')
  t.match(text, /\| \*\*exponent, last two\*\* \| 1\.00 \| 0\.00 \| -1\.00 \|/)
})

t.test('options are read, and what is wrong with them is said', async t => {
  t.match(readOptions([]), { form: 'long', isWhole: true, peer: undefined, port: 0 })
  for (const args of [['--short'], ['--only', 'diamond'], ['--seconds', '1'], ['--env', 'A=1']]) t.equal(readOptions(args).isWhole, false, args.join(' '))
  t.match(readOptions(['--short', '--seconds', '0.5', '--rounds', '7']), { form: 'short', turn: 500, rounds: 7 })
  t.match(readOptions(['--record', '--peer', 'http://127.0.0.1:9000/render', '--peer-pid', '12']), { form: 'record', peer: { url: 'http://127.0.0.1:9000/render', pid: 12 } })
  t.match(readOptions(['--env', 'A=1', '--env', 'B=x=y', '--node=--cpu-prof']), { environment: { A: '1', B: 'x=y' }, nodeArguments: ['--cpu-prof'] })
  for (const wrong of [['--env', 'A'], ['--short', '--record'], ['--rounds', '0'], ['--peer', 'nowhere'], ['--port', 'x'], ['--unknown']]) t.throws(() => readOptions(wrong), wrong.join(' '))
})
