// Modules are looked at where nothing that they are can hold up the server, and nothing of them is run.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createAnalyser } from '../../../../lib/devices/modules/analyser.ts'
import type { AnalyserOptions } from '../../../../lib/devices/modules/analyser.ts'
import { assembled, leb, moduleOf, primitive, section } from './wat.ts'

function fileOf (t: { testdir (): string }, bytes: Buffer): string {
  const file = path.join(t.testdir(), 'module')
  writeFileSync(file, bytes)
  return file
}

function open (t: { teardown (end: () => unknown): void }, options: Partial<AnalyserOptions> = {}) {
  const analyser = createAnalyser({ largest: 1e6, ...options })
  t.teardown(analyser.close)
  return analyser
}

/** Functions of 50,000 locals each: engines make room for all of them, however short the function is. */
function manyLocals (functions: number): Buffer {
  const body = [1, ...leb(50_000), 0x7f, 0x0b]
  return assembled(section(1, 1, 0x60, 0, 0), section(3, leb(functions), Array<number>(functions).fill(0)), section(10, leb(functions), Array.from({ length: functions }, () => [...leb(body.length), ...body]).flat()))
}

/** A function of blocks in blocks: engines keep something of each. */
function deepBlocks (depth: number): Buffer {
  const code = Buffer.concat([Buffer.from([0]), Buffer.alloc(2 * depth, Buffer.from([2, 0x40])), Buffer.alloc(depth + 1, 0x0b)])
  const content = Buffer.concat([Buffer.from([1, ...leb(code.length)]), code])
  return Buffer.concat([assembled(section(1, 1, 0x60, 0, 0), section(3, 1, 0)), Buffer.from([10, ...leb(content.length)]), content])
}

const usual = open(t)

t.test('a module is read and checked', async t => {
  const { exports } = await usual.analyse(fileOf(t, await moduleOf(primitive)))
  t.strictSame(exports.map(({ name }) => name), ['add1', 'half', 'pair'])
})

t.test('F29: a start function without end is told and never run', async t => {
  const analysis = await usual.analyse(fileOf(t, await moduleOf('(module (func $s (loop br 0)) (start $s) (func (export "f")))')))
  t.equal(analysis.hasStart, true)
})

t.test('F29: what engines would not take is refused, although its outside can be read', async t => {
  const bytes = assembled(section(1, 1, 0x60, 0, 1, 0x7f), section(3, 1, 0), section(7, 1, 1, 0x66, 0, 0), section(10, 1, 2, 0, 0x0b))
  await t.rejects(usual.analyse(fileOf(t, bytes)), { code: 'MODULE_BROKEN', message: /not valid/ })
})

t.test('F29: what is no module, and what is larger than allowed, is refused by its code', async t => {
  await t.rejects(usual.analyse(fileOf(t, Buffer.from('GIF89a'))), { code: 'MODULE_BROKEN' })
  await t.rejects(usual.analyse(fileOf(t, Buffer.alloc(1e6 + 1))), { code: 'TOO_LARGE' })
})

t.test('F29: a module that keeps the engine busy is given up, its process is ended, and the server goes on meanwhile', async t => {
  const analyser = open(t, { timeout: 300, processes: 1 })
  const file = fileOf(t, manyLocals(30_000))
  let turns = 0
  const turning = setInterval(() => { turns += 1 }, 1)
  await t.rejects(analyser.analyse(file), { code: 'TIMEOUT' })
  clearInterval(turning)
  t.ok(turns > 30, `the event loop turned ${turns} times`)
  t.equal((await analyser.analyse(fileOf(t, await moduleOf(primitive)))).exports.length, 3, 'the next one is looked at')
})

t.test('F29: a module that takes the engine more memory than allowed is refused', async t => {
  await t.rejects(open(t, { largest: 1e8, memory: 64, timeout: 20_000 }).analyse(fileOf(t, deepBlocks(2_400_000))), { code: 'MODULE_BROKEN', message: /memory/ })
})

t.test('those that are too many are told to come again, and those that wait have their turn', async t => {
  const analyser = open(t, { processes: 1, queue: 1 })
  const file = fileOf(t, await moduleOf(primitive))
  const [first, second, third] = await Promise.allSettled([analyser.analyse(file), analyser.analyse(file), analyser.analyse(file)])
  t.strictSame([first.status, second.status], ['fulfilled', 'fulfilled'])
  t.match(third, { reason: { code: 'BUSY' } })
  t.ok(await analyser.analyse(file))
})

t.test('whoever gives up, running or waiting, gets its reason', async t => {
  const analyser = open(t, { processes: 1, timeout: 60_000 })
  const controller = new AbortController()
  const both = Promise.allSettled([1, 2].map(async () => await analyser.analyse(fileOf(t, manyLocals(30_000)), controller.signal)))
  setTimeout(() => controller.abort(new Error('gone')), 200)
  for (const outcome of await both) t.match(outcome, { status: 'rejected', reason: { message: 'gone' } })
})

t.test('when it closes, what runs is ended and nothing begins any more', async t => {
  const analyser = open(t, { timeout: 60_000 })
  const file = fileOf(t, manyLocals(30_000))
  const running = t.rejects(analyser.analyse(file), { code: 'BUSY' })
  await analyser.close()
  await running
  await t.rejects(analyser.analyse(file), { code: 'BUSY' })
})
