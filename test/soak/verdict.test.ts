// A soak is judged by what it measured: each fault is found, in numbers and on the page.
import { createHistogram } from 'node:perf_hooks'
import t from 'tap'
import { drawSoak, judge, listFindings, writeSection } from './page.ts'
import type { Sample } from './samples.ts'
import { judgeCounts, judgePace } from './verdict.ts'
import type { SoakResult } from './verdict.ts'

const megabyte = 1024 * 1024
const place = { day: '2026-11-22', node: 'Node 24.0.0', cores: 2 }

function sampleAt (minutes: number, changes: Partial<Sample> = {}): Sample {
  return {
    minutes,
    rss: 300 * megabyte,
    heapUsed: 30 * megabyte,
    external: 10 * megabyte,
    arrayBuffers: 5 * megabyte,
    resources: {},
    delay: 12,
    live: { heapUsed: 28 * megabyte, external: 9 * megabyte },
    descriptors: 60,
    gauges: { tutti_requests_in_flight: 0, tutti_body_bytes_in_flight: 0, tutti_calls_in_flight: 0, tutti_storage_queued: 0, tutti_storage_queued_bytes: 0 },
    counters: { saved: 1, dropped: 0, removed: 1, hits: 1, misses: 1, revision: 2 },
    ...changes
  }
}

function resultOf (changes: Partial<SoakResult> = {}, change: (minutes: number) => Partial<Sample> = () => ({})): SoakResult {
  const durations = createHistogram()
  durations.record(1000)
  return {
    seed: 1,
    capacity: 100,
    rate: 70,
    load: { visits: 1000, answered: 950, left: 50, refused: 0, wrong: 0, wrongs: [], skipped: 0, durations, seconds: 1800 },
    kinds: { render: 1000 },
    samples: Array.from({ length: 361 }, (_, index) => sampleAt(index / 12, change(index / 12))),
    before: sampleAt(0, { descriptors: 40 }),
    after: sampleAt(31, { descriptors: 41 }),
    stored: { seen: 100, checked: 10, wrong: 0 },
    earlyWrongs: [],
    exitCode: 0,
    stderr: '',
    errors: {},
    ...changes
  }
}

const failures = (result: SoakResult) => judge(result).filter(({ isRight }) => !isRight).map(({ what }) => what)

t.test('a good soak passes', t => {
  t.strictSame(failures(resultOf()), [])
  t.end()
})

t.test('each fault is found, and nothing else with it', t => {
  const good = resultOf()
  const { load, after } = good
  const faults: Array<[expected: RegExp, result: SoakResult]> = [
    [/^wrong answers/, resultOf({ load: { ...load, wrong: 1 } })],
    [/^wrong answers/, resultOf({ earlyWrongs: ['render: no'] })],
    [/refused/, resultOf({ load: { ...load, refused: 11 } })],
    [/could not be made/, resultOf({ load: { ...load, skipped: 11 } })],
    [/stored/, resultOf({ stored: { seen: 9, checked: 9, wrong: 1 } })],
    [/tutti_calls_in_flight/, resultOf({ after: { ...after, gauges: { ...after.gauges, tutti_calls_in_flight: 1 } } })],
    [/^open files and connections after the load/, resultOf({ after: { ...after, descriptors: 90 } })],
    [/error lines/, resultOf({ errors: { 'request failed': 1 } })],
    [/standard error/, resultOf({ stderr: '(node:1) MaxListenersExceededWarning: …\n' })],
    [/exit code/, resultOf({ exitCode: 1 })],
    [/exit code/, resultOf({ exitCode: null })],
    [/^resident memory/, resultOf({}, minutes => ({ rss: (300 + 2 * minutes) * megabyte }))],
    [/heap/, resultOf({}, minutes => ({ live: { heapUsed: (30 + 1.5 * minutes) * megabyte, external: 0 } }))],
    [/^buffers/, resultOf({}, minutes => ({ live: { heapUsed: 0, external: (30 + 1.5 * minutes) * megabyte } }))],
    [/^open files and connections that stay$/, resultOf({}, minutes => ({ descriptors: 60 + minutes }))]
  ]
  for (const [expected, result] of faults) {
    const found = failures(result)
    t.equal(found.length, 1, String(expected))
    t.match(found[0], expected)
  }
  t.end()
})

t.test('a short load is judged by its counts alone', t => {
  const { load, samples } = resultOf()
  const short = resultOf({ load: { ...load, seconds: 20 }, samples: samples.slice(0, 1) })
  t.strictSame(judge(short), judgeCounts(short))
  t.ok(judgePace(resultOf()).length > 0)
  t.end()
})

t.test('what was found stands in the list, the section and the drawing', t => {
  const result = resultOf({ exitCode: 3 })
  t.match(listFindings(judge(result)), 'NOT OK exit code after SIGTERM: 3 (0)')
  const section = writeSection(result, place, 'soak.svg')
  t.match(section, '| exit code after SIGTERM | 3 | 0 | **✗** |')
  t.match(section, '1000 visits at 70 a second')
  t.match(section, '![Memory and open files over time](soak.svg)')
  const drawing = drawSoak(result)
  t.equal(drawing.match(/<polyline/g)?.length, 3)
  t.notMatch(drawing, 'NaN')
  t.notMatch(drawSoak(resultOf({ samples: [] })), 'NaN', 'also where there is nothing to draw')
  t.end()
})
