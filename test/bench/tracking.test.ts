// The benchmark of module `tracking`: crowd and relay count rightly, and bars and tables say what was measured.
import t from 'tap'
import { boxesText } from '../../bench/boxes.ts'
import { createCrowd } from '../../bench/crowd.ts'
import { thisMachine } from '../../bench/machine.ts'
import { createRelay } from '../../bench/relay.ts'
import { fanOutTable, growthOf, judgeEndurance, judgeTracking, writeEndurance, writeTracking } from '../../bench/tracking-report.ts'
import type { Endurance, FanOut } from '../../bench/tracking-measures.ts'

t.test('boxes have the length that is asked for, and show the objects that are named', t => {
  for (const bytes of [180, 3300, 100_000]) {
    const text = boxesText({ bytes, objects: [7] })
    t.ok(text.length >= bytes && text.length < bytes + 200, `${text.length} bytes`)
    t.match(JSON.parse(text), { type: 'boundingBoxes', boxes: [{ boxId: 0, objectId: 7 }] })
  }
  t.end()
})

t.test('everything that is sent is counted by all clients', async t => {
  const relay = createRelay()
  const crowd = createCrowd()
  const port = await relay.start(undefined)
  t.teardown(() => relay.end())
  await crowd.gather({ port, clients: 3 })
  const flood = await crowd.flood({ port, form: { bytes: 3300 }, messages: 500, window: 8 })
  t.match(flood, { sent: 500, delivered: 1500 })
  const pace = await crowd.pace({ port, form: { bytes: 180 }, messages: 2, pause: 1 })
  t.equal(pace.deliveries, 6)
  t.ok(pace.p50 > 0 && pace.p50 <= pace.p99 && pace.p99 <= pace.most)
  const again = await crowd.flood({ port, form: { bytes: 70_000 }, milliseconds: 50, window: 4 })
  t.ok(again.sent >= 4)
  t.equal(again.delivered, again.sent * 3)
  await crowd.scatter(port)
  await t.rejects(crowd.flood({ port, form: { bytes: 1 }, messages: 1, window: 1 }), { message: 'nobody is connected there' })
})

t.test('a crowd says when a hub closes a connection', async t => {
  const relay = createRelay()
  const crowd = createCrowd()
  const port = await relay.start(undefined)
  await crowd.gather({ port, clients: 2 })
  const flood = crowd.flood({ port, form: { bytes: 3300 }, window: 8 })
  await Promise.all([t.rejects(flood, { message: /^(?:a connection to )?\/(?:client|processor) (?:was closed with|has ended)/ }), relay.end()])
  await crowd.scatter(port)
})

const turn = (throughput: number, processor: number) => ({ throughput, processor })
const fanOut: FanOut = { clients: 20, isTracked: false, ours: [turn(700, 2), turn(800, 2)], relay: [turn(1000, 1), turn(1000, 1)] }

t.test('bars are judged, and tables written', t => {
  const side = { before: 60 * 2 ** 20, connected: 160 * 2 ** 20, peak: 251 * 2 ** 20, p50: [10], p99: [299] }
  const results = {
    fanOut: [fanOut, { ...fanOut, clients: 1, ours: [turn(600, 2)], relay: [turn(1000, 1)] }, { ...fanOut, isTracked: true, ours: [turn(1, 1)] }],
    multitude: { clients: 10240, ours: side, relay: side },
    deaf: { boxes: { reading: 5 * 2 ** 20, deaf: 10 * 2 ** 20, sent: 100 }, pictures: { reading: 0, deaf: 17 * 2 ** 20, sent: 100 }, end: '/client was closed with 4413' },
    expiry: { objects: 100_000, starting: { p99: 20, most: 30 }, expiring: { p99: 9, most: 40 }, memory: 1 }
  }
  t.strictSame(judgeTracking(results).map(({ measured, holds }) => [measured, holds]), [
    ['0.75 ×', true], ['0.60 ×', false], ['251 MB', false], ['299 ms', true], ['17 MB', false], ['40 ms', false]
  ])
  t.match(fanOutTable([fanOut]), '| 20 clients | 750 / 1000 | 0.75 (0.70–0.80) | 2000 / 1000 | 2.00 (2.00–2.00) |')
  const section = writeTracking(results, thisMachine(), { rounds: 2, turn: 1000, warmUp: 1 })
  for (const part of ['10240 clients', '| server | 60 | 160 | 251 | 10 | 10 | 299 |', 'closed with 4413', '100000 objects']) t.match(section, part)
  t.strictSame(judgeTracking({ fanOut: [] }), [])
  t.end()
})

t.test('memory that grows is told from memory that goes up and down', t => {
  const run = (memoryAt: (minute: number) => number): Endurance => ({
    minutes: 30, rate: 100, clients: 20, sent: 180_000, objects: 900, samples: Array.from({ length: 360 }, (_, index): [number, number] => [index / 12, memoryAt(index / 12) * 2 ** 20])
  })
  const flat = run(minute => 100 + 20 * (minute * 7 % 1))
  t.match(judgeEndurance(flat), { holds: true })
  const growing = run(minute => 100 + 20 * (minute * 7 % 1) + minute)
  t.match(judgeEndurance(growing), { holds: false })
  t.ok(Math.abs((growthOf(growing) ?? 0) / 2 ** 20 - 1) < 0.05)
  t.match(judgeEndurance({ ...flat, samples: flat.samples.slice(0, 12) }), { holds: undefined, measured: undefined })
  t.match(writeEndurance(flat, thisMachine()), '180000 in all')
  t.end()
})
