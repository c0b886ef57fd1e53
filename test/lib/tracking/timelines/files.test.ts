// Timelines in files: the format of TrackTech both ways, the buffer, pages, what is removed, and what breaks.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { openTimelineFiles } from '../../../../lib/tracking/timelines/files.ts'
import type { TimelineFiles, TimelineFilesOptions } from '../../../../lib/tracking/timelines/files.ts'
import type { Excerpt, Sighting } from '../../../../lib/tracking/timelines/timelines.ts'
import { mountHung } from '../../../faults/hung-folder.ts'

const day = 24 * 60 * 60 * 1000
const noon = new Date(2026, 0, 15, 12, 0, 0).getTime()
const sighting = (at: number, processor = '"hall"'): Sighting => ({ at, processor })
const oldLine = (stamp: string, processor = '"hall"') => `{"timeStamp": "${stamp}", "processorId": ${processor}},\n`

/** Opens a folder, and closes it with the test. */
async function openIn (t: Test, folder: string, options: Partial<TimelineFilesOptions> = {}): Promise<TimelineFiles> {
  const files = await openTimelineFiles({ folder, days: 0, bytes: 1e9, ...options })
  t.teardown(async () => { await files.close() })
  return files
}

const place = (folder: string, objectId: number) => path.join(folder, `tracking_logs_${objectId}.txt`)
const textOf = (folder: string, objectId: number) => readFileSync(place(folder, objectId), 'utf8')

/** The sightings of a timeline; undefined where there is none. */
const all = async (files: TimelineFiles, objectId = 1, excerpt: Excerpt = {}) => (await files.read(objectId, excerpt))?.sightings

/** All pages of a timeline, one behind the other. @param between - done after each page */
async function paged (files: TimelineFiles, limit: number, between: () => Promise<void> = async () => {}, excerpt: Excerpt = {}): Promise<Sighting[]> {
  const sightings: Sighting[] = []
  for (let cursor: string | undefined; ;) {
    const page = await files.read(1, { ...excerpt, limit, ...cursor === undefined ? {} : { cursor } })
    if (page === undefined) throw new Error('there is no page')
    sightings.push(...page.sightings)
    if (page.next === undefined) return sightings
    if (page.sightings.length !== limit) throw new Error('a page that is not the last is full')
    cursor = page.next
    await between()
  }
}

t.test('what was recorded is read at once, and the same when it is written', async t => {
  const folder = path.join(t.testdir(), 'made', 'when', 'missing')
  const files = await openIn(t, folder)
  t.equal(await files.read(1), undefined, 'never seen')
  files.record([1, 2, 1], sighting(noon))
  files.record([1], sighting(noon + 5, 'null'))
  files.record([], sighting(noon + 6))
  const seen = [sighting(noon), sighting(noon), sighting(noon + 5, 'null')]
  t.notOk(existsSync(place(folder, 1)))
  t.strictSame(await files.read(1), { sightings: seen })
  t.strictSame(await all(files, 2), [sighting(noon)])
  t.ok(files.waiting > 0)
  await files.flush()
  t.equal(files.waiting, 0)
  t.ok(existsSync(place(folder, 1)))
  t.strictSame(await files.read(1), { sightings: seen })
  files.record([1], sighting(noon + 7))
  t.strictSame(await all(files), [...seen, sighting(noon + 7)])
  t.equal(await files.highestId(), 2)
  files.record([7], sighting(noon))
  t.equal(await files.highestId(), 7, 'written or not')
  await files.close()
  files.record([1], sighting(noon + 8))
  t.equal(files.lost, 1)
  const again = await openIn(t, folder)
  t.strictSame(await all(again), [...seen, sighting(noon + 7)], 'and after the end')
  t.strictSame(await all(again, 7), [sighting(noon)])
  t.equal(files.trouble, undefined)
})

t.test('sightings are written without being asked to', async t => {
  const folder = t.testdir()
  const files = await openIn(t, folder)
  const changes = watch(folder)
  t.teardown(() => changes.close())
  files.record([1], sighting(noon))
  while (!existsSync(place(folder, 1)) || textOf(folder, 1) === '') await once(changes, 'change')
  t.match(textOf(folder, 1), /^\{"timeStamp": /)
})

t.test('TrackTech can read what is written', async t => {
  const folder = t.testdir()
  const files = await openIn(t, folder)
  files.record([1], sighting(noon + 7, '"Kamera Süd \u{1F4F7}"'))
  files.record([1], sighting(noon + 61_000, '{"a":\n["\\n", 7.0]}'))
  await files.flush()
  const text = textOf(folder, 1)
  t.equal(text, '{"timeStamp": "2026/01/15 | 12:00:00", "processorId": "Kamera S\\u00fcd \\ud83d\\udcf7", "at": ' + (noon + 7) + '},\n' +
    '{"timeStamp": "2026/01/15 | 12:01:01", "processorId": {"a": ["\\n", 7.0]}, "at": ' + (noon + 61_000) + '},\n')
  // It puts brackets around the lines and leaves out the last comma.
  t.match(JSON.parse(`[${text.trimEnd().slice(0, -1)}]`), [{ processorId: 'Kamera Süd \u{1F4F7}' }, { processorId: { a: ['\n', 7] } }])
})

t.test('a folder of TrackTech is taken over as it is; what is no line is left out', async t => {
  const folder = t.testdir({
    'tracking_logs_3.txt': oldLine('2021/06/20 | 12:00:00') + oldLine('2021/06/20 | 12:00:00', 'null') + oldLine('2021/12/31 | 23:59:59', '7.0') + oldLine('2022/01/01 | 00:00:00', '"\\"}, \\"at\\": 5}"'),
    'tracking_logs_4.txt': '',
    'tracking_logs_12.txt': [
      '', 'nonsense', '{"timeStamp": "2021/06/20 | 12:00:00"},', oldLine('2021/13/20 | 12:00:00'), oldLine('2021/06/20 | 24:00:00'), oldLine('2021/06/20 | 12:00:00', '"open'), oldLine('2021/06/20 | 12:00:00', '{'),
      `{"timeStamp": "2021/06/20 | 12:00:00", "processorId": "${'x'.repeat(10_000)}"},`, 'x'.repeat(200_000), `\u0000\u0001${oldLine('2021/06/20 | 12:00:00')}`,
      oldLine('2021/06/20 | 12:00:01').replace('\n', '\r\n'), '{"timeStamp": "2021/06/20 | 12:00:02", "processorId": "other", "at": 99999999999999999},', oldLine('2021/06/20 | 12:00:03', '"gut\u00fc"').trimEnd()
    ].join('\n'),
    'tracking_logs_05.txt': oldLine('2021/06/20 | 12:00:00'),
    'tracking_logs_-1.txt': oldLine('2021/06/20 | 12:00:00'),
    'tracking_logs_99999999999999999.txt': oldLine('2021/06/20 | 12:00:00'),
    'notes.txt': 'mine',
    'tracking_logs_20.txt.bak': 'mine'
  })
  mkdirSync(place(folder, 13))
  const files = await openIn(t, folder)
  t.strictSame(await all(files, 3), [sighting(new Date(2021, 5, 20, 12).getTime()), sighting(new Date(2021, 5, 20, 12).getTime(), 'null'), sighting(new Date(2021, 11, 31, 23, 59, 59).getTime(), '7.0'), sighting(new Date(2022, 0, 1).getTime(), '"\\"}, \\"at\\": 5}"')])
  t.equal(await files.read(4), undefined)
  t.strictSame(await all(files, 12), [sighting(new Date(2021, 5, 20, 12, 0, 1).getTime()), sighting(new Date(2021, 5, 20, 12, 0, 3).getTime(), '"gut\u00fc"')])
  for (const none of [5, 20, 13]) t.equal(await files.read(none), undefined)
  t.equal(await files.highestId(), 13)
  await files.sweep()
  files.record([3, 12], sighting(noon))
  await files.flush()
  t.equal((await all(files, 3))?.length, 5)
  t.strictSame((await all(files, 12))?.at(-1), sighting(noon), 'behind a last line that has no end')
  t.equal(readFileSync(path.join(folder, 'notes.txt'), 'utf8'), 'mine')
})

t.test('F21: a file that was cut at any byte has all whole lines, and takes new ones', async t => {
  const folder = t.testdir()
  const first = await openIn(t, folder)
  first.record([1], sighting(noon + 1))
  first.record([1], sighting(noon + 2, '{"in":{"in":"}"}}'))
  await first.close()
  const text = oldLine('2021/06/20 | 12:00:00') + textOf(folder, 1)
  const lines = text.split('\n').slice(0, -1)
  // The comma is not needed to know that a line is whole.
  const ends = lines.map((line, index) => lines.slice(0, index).join('\n').length + (index === 0 ? 0 : 1) + line.length - 1)
  for (let length = 0; length <= text.length; length++) writeFileSync(place(folder, length + 1), text.slice(0, length))
  const files = await openIn(t, folder)
  const expected = [sighting(new Date(2021, 5, 20, 12).getTime()), sighting(noon + 1), sighting(noon + 2, '{"in":{"in":"}"}}')]
  const wrong: number[] = []
  for (let length = 0; length <= text.length; length++) {
    const whole = expected.slice(0, ends.filter(end => end <= length).length)
    const before = await all(files, length + 1) ?? []
    files.record([length + 1], sighting(noon + 3))
    const waiting = await all(files, length + 1) ?? []
    await files.flush()
    const after = await all(files, length + 1) ?? []
    if (JSON.stringify([before, waiting, after]) !== JSON.stringify([whole, [...whole, sighting(noon + 3)], [...whole, sighting(noon + 3)]])) wrong.push(length)
  }
  t.strictSame(wrong, [])
  t.ok(text.length > 200)
})

t.test('pages follow each other without a gap or a repetition', async t => {
  const folder = t.testdir()
  const files = await openIn(t, folder)
  const seen = Array.from({ length: 3000 }, (_, index) => sighting(noon + Math.floor(index / 40) * 1000, `"camera ${index}"`))
  for (const each of seen.slice(0, 2000)) files.record([1], each)
  await files.flush()
  for (const each of seen.slice(2000)) files.record([1], each)
  t.strictSame(await all(files), seen)
  for (const limit of [1000, 700, 13]) t.strictSame(await paged(files, limit), seen, `${limit} a page`)
  t.strictSame(await paged(files, 3000), seen, 'the last page says that it is')
  t.strictSame(await paged(files, 997, files.flush), seen, 'although they are written meanwhile')
  const [from, to] = [noon + 10_000, noon + 60_000]
  t.strictSame(await paged(files, 100, undefined, { from, to }), seen.filter(({ at }) => at >= from && at <= to), 'within a time')
  t.strictSame(await all(files, 1, { limit: 1 }), seen.slice(0, 1))

  let isCut = false
  const rest = await paged(files, 1500, async () => {
    if (isCut) return
    isCut = true
    const size = statSync(place(folder, 1)).size
    const other = await openTimelineFiles({ folder, days: 0, bytes: size * 0.8 })
    await other.sweep()
    await other.close()
    t.ok(statSync(place(folder, 1)).size < size)
  })
  t.strictSame(rest, seen, 'although the head of the file is removed meanwhile')
})

t.test('pages go on within one millisecond, also where the head is cut off between them', async t => {
  const folder = t.testdir()
  const files = await openIn(t, folder)
  const seen = Array.from({ length: 400 }, (_, index) => sighting(noon + (index < 200 ? 0 : 1), String(index)))
  for (const each of seen) files.record([1], each)
  await files.flush()
  let pages = 0
  t.strictSame(await paged(files, 60, async () => {
    pages += 1
    // By then within the second half, on a page that has begun there.
    if (pages === 5) writeFileSync(place(folder, 1), textOf(folder, 1).split('\n').slice(100).join('\n'))
  }), seen)
})

t.test('a cursor that no page has given is refused', async t => {
  const files = await openIn(t, t.testdir())
  files.record([1], sighting(noon))
  for (const cursor of ['', 'x', '1', '1.2', '-1.2.3', '1.2.3.4', '1e3.2.3', '1.2.3 ', `${'9'.repeat(16)}.1.1`, '../../etc/passwd']) await t.rejects(files.read(1, { cursor }), RangeError, cursor)
  for (const cursor of ['0.0.0', '999999999999999.0.0', '5.9999999999999999.999999999999999']) await t.resolves(files.read(1, { cursor }), cursor)
})

t.test('parts by time are found in large files, whatever they begin and end with', async t => {
  const folder = t.testdir()
  const lines = Array.from({ length: 40_000 }, (_, index) => `{"timeStamp": "2026/01/01 | 00:00:00", "processorId": "c", "at": ${noon + index * 60_000}},\n`)
  lines.splice(20_000, 0, `${'x'.repeat(150_000)}\n`)
  writeFileSync(place(folder, 1), lines.join(''))
  const files = await openIn(t, folder)
  const last = noon + 39_999 * 60_000
  const table: Array<[from: number, to: number, count: number]> = [
    [noon, last, 40_000], [0, Infinity, 40_000], [noon + 1, last, 39_999], [last, last, 1], [last + 1, Infinity, 0], [0, noon - 1, 0], [0, noon, 1],
    [noon + 20_000 * 60_000, noon + 20_009 * 60_000, 10], [noon + 19_999 * 60_000 + 1, noon + 20_000 * 60_000 - 1, 0], [last, noon, 0]
  ]
  for (const [from, to, count] of table) {
    const page = await files.read(1, { from, to })
    t.equal(page?.sightings.length, count, `${from - noon} to ${to - noon}`)
    t.ok(page?.sightings.every(({ at }) => at >= from && at <= to))
  }
})

t.test('a long timeline is read bit by bit, while other work goes on', async t => {
  const folder = t.testdir()
  const line = oldLine('2026/01/01 | 00:00:00')
  writeFileSync(place(folder, 1), line.repeat(100_000))
  const files = await openIn(t, folder)
  for (let index = 0; index < 20_000; index++) files.record([1], sighting(noon))
  let turns = 0
  let isRead = false
  const count = () => {
    turns += 1
    if (!isRead) setImmediate(count)
  }
  count()
  t.equal((await all(files))?.length, 120_000)
  isRead = true
  t.ok(turns > 120_000 / 1500, `${turns} turns of the event loop`)
})

t.test('what is too old is not read, and removed', async t => {
  const folder = t.testdir()
  const ours = (at: number) => `{"timeStamp": "2026/01/01 | 00:00:00", "processorId": "c", "at": ${at}},\n`
  const now = noon + 100 * day
  writeFileSync(place(folder, 1), ours(now - 50 * day))
  utimesSync(place(folder, 1), (now - 50 * day) / 1000, (now - 50 * day) / 1000)
  writeFileSync(place(folder, 2), ours(now - 40 * day) + ours(now - 30 * day - 1) + ours(now - 30 * day) + ours(now - day))
  writeFileSync(place(folder, 3), ours(now - 30.5 * day) + ours(now - day))
  writeFileSync(place(folder, 4), oldLine('2020/01/01 | 00:00:00'))
  utimesSync(place(folder, 4), (now - 31 * day) / 1000, (now - 31 * day) / 1000)
  for (const objectId of [2, 3]) utimesSync(place(folder, objectId), (now - day) / 1000, (now - day) / 1000)
  const files = await openIn(t, folder, { days: 30, now: () => now })
  const expected = [undefined, [sighting(now - 30 * day, '"c"'), sighting(now - day, '"c"')], [sighting(now - day, '"c"')], undefined]
  const read = () => Promise.all([1, 2, 3, 4].map(async objectId => await all(files, objectId)))
  t.strictSame(await read(), expected)
  await files.sweep()
  t.strictSame(await read(), expected)
  t.strictSame(readdirSync(folder).toSorted(), [2, 3, 4].map(objectId => path.basename(place(folder, objectId))))
  t.equal(textOf(folder, 2), ours(now - 30 * day) + ours(now - day), 'a head is cut off')
  t.equal(textOf(folder, 3), ours(now - 30.5 * day) + ours(now - day), 'when it is a day too old')
  t.equal(textOf(folder, 4), '', 'what has the highest number stays, and says that it was used')
  t.equal(await files.highestId(), 4)
  t.equal(Math.round(statSync(place(folder, 2)).mtimeMs), now - day, 'a file is as old as its last sighting')
  files.record([1, 4], sighting(now))
  await files.flush()
  t.strictSame(await all(files, 1), [sighting(now)])
  t.strictSame(await all(files, 4), [sighting(now)])
  t.equal(files.trouble, undefined)
})

t.test('a large file is cut at the first sighting that is kept', async t => {
  const folder = t.testdir()
  const now = noon + 100 * day
  const lines = Array.from({ length: 10_000 }, (_, index) => `{"timeStamp": "2026/01/01 | 00:00:00", "processorId": "c", "at": ${now - 60 * day + index * 600_000}},\n`)
  writeFileSync(place(folder, 1), lines.join(''))
  const files = await openIn(t, folder, { days: 30, now: () => now })
  await files.sweep()
  t.equal(textOf(folder, 1), lines.slice(30 * 144).join(''))
})

t.test('what is too much is removed: objects that have gone, then the heads of the largest files', async t => {
  const folder = t.testdir()
  const lineOf = (index: number) => `{"timeStamp": "2026/01/01 | 00:00:00", "processorId": "c", "at": ${noon + index}},\n`
  const text = Array.from({ length: 1000 }, (_, index) => lineOf(index)).join('')
  const now = Date.now()
  for (const objectId of [1, 2, 3, 4]) {
    writeFileSync(place(folder, objectId), objectId === 4 ? text.repeat(3) : text)
    const time = (now - (objectId <= 2 ? (3 - objectId) * day : 0)) / 1000
    utimesSync(place(folder, objectId), time, time)
  }
  const sizes = () => Object.fromEntries(readdirSync(folder).map(name => [name.replace(/\D/g, ''), statSync(path.join(folder, name)).size]))
  const sweep = async (bytes: number) => {
    const files = await openTimelineFiles({ folder, days: 0, bytes })
    await files.sweep()
    await files.close()
  }
  await sweep(6 * text.length)
  t.strictSame(sizes(), { 1: text.length, 2: text.length, 3: text.length, 4: 3 * text.length }, 'nothing where there is room')
  await sweep(5.9 * text.length)
  t.strictSame(sizes(), { 2: text.length, 3: text.length, 4: 3 * text.length }, 'the oldest first')
  await sweep(3 * text.length)
  const { 3: third = 0, 4: fourth = 0, ...others } = sizes()
  t.strictSame(others, {})
  t.equal(third, text.length)
  t.ok(third + fourth <= 2.7 * text.length && fourth > text.length)
  t.ok(text.repeat(3).endsWith(textOf(folder, 4)))
  t.match(textOf(folder, 4), /^\{/)
  await sweep(100)
  t.ok(Object.values(sizes()).every(size => size < 4096))
  t.strictSame(readdirSync(folder).length, 2, 'objects that may still be seen keep their ends')
})

t.test('the bytes are bounded while sightings come', async t => {
  const folder = t.testdir()
  const bytes = 100_000
  const files = await openIn(t, folder, { bytes })
  for (let round = 0; round < 20; round++) {
    for (let index = 0; index < 200; index++) files.record([1, 2, 3], sighting(noon + round * 200 + index))
    await Promise.all([files.flush(), files.sweep()])
    const read = await all(files) ?? []
    t.strictSame(read, read.map((_, index) => sighting(noon + (round + 1) * 200 - read.length + index)), 'what is left has no gap')
  }
  await files.sweep()
  t.ok(readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0) <= bytes)
})

t.test('F21: a process that is killed while it writes and removes leaves whole lines without a gap', async t => {
  const folder = t.testdir()
  for (let round = 0; round < 4; round++) {
    const child = fork(fileURLToPath(new URL('../timeline-process.ts', import.meta.url)), [folder, '50000'])
    t.teardown(() => { child.kill('SIGKILL') })
    const progress = { written: 0 }
    child.on('message', (count: number) => { progress.written = count })
    const enough = (round + 1) * 2000
    while (progress.written < enough) await once(child, 'message')
    for (let turn = 0; turn < Math.random() * 200; turn++) await new Promise(resolve => setImmediate(resolve))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const files = await openTimelineFiles({ folder, days: 0, bytes: 1e9 })
    const read = await all(files) ?? []
    const last = read.at(-1)?.at ?? 0
    t.ok(last >= progress.written, `${last} of ${progress.written} that were said to be written`)
    t.strictSame(read, read.map((_, index) => sighting(last - read.length + 1 + index, `"camera ${last - read.length + 1 + index}"`)))
    await files.sweep()
    t.strictSame(readdirSync(folder), [path.basename(place(folder, 1))], 'and nothing beside the file stays')
    await files.close()
  }
})

t.test('F18: a folder that cannot be used is told, kept in mind, and used when it can be', async t => {
  const folder = path.join(t.testdir(), 'timelines')
  writeFileSync(folder, 'no folder')
  const told: Array<string | undefined> = []
  const files = await openIn(t, folder, { onTrouble: trouble => told.push(trouble) })
  files.record([1], sighting(noon))
  await files.flush()
  t.match(files.trouble, /^sightings are not \w+, something in DATA_DIR that should be a folder is none/)
  t.notMatch(files.trouble, folder)
  t.strictSame(await all(files), [sighting(noon)], 'sightings are read all the same')
  rmSync(folder)
  await files.sweep()
  await files.flush()
  await files.sweep()
  await all(files)
  t.equal(files.trouble, undefined)
  t.equal(told.at(-1), undefined)
  t.match(textOf(folder, 1), /^\{/)
  rmSync(folder, { recursive: true })
  files.record([1], sighting(noon + 1))
  await files.flush()
  t.strictSame(await all(files), [sighting(noon + 1)], 'and made again when somebody removes it')
})

t.test('F18: a full disk is told, what waits is bounded, what is lost is counted, and nothing is there twice', async t => {
  const folder = t.testdir()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status !== 0) return t.comment('needs the right to mount')
  try {
    const files = await openTimelineFiles({ folder, days: 0, bytes: 1e9 })
    let number = 0
    const record = (count: number, objectId: number) => {
      for (let index = 0; index < count; index++) files.record([objectId], sighting(noon, String(number++)))
    }
    record(1000, 1)
    await files.flush()
    t.equal(files.trouble, undefined)
    record(10_000, 1)
    await files.flush()
    t.match(files.trouble, /^sightings are not written, the disk of DATA_DIR is full: /)
    t.equal(files.lost, 0)
    t.ok(textOf(folder, 1).endsWith('},\n'), 'no line is half written')
    const numbers = async () => (await all(files))?.map(({ processor }) => Number(processor))
    t.strictSame(await numbers(), Array.from({ length: 11_000 }, (_, index) => index), 'what is not written is read all the same')
    record(100_000, 1)
    t.ok(files.lost > 0)
    t.ok(files.waiting < 5 * 1024 * 1024)
    t.match(files.trouble, `(${files.lost} sightings are lost)`)
    const kept = 111_000 - files.lost
    const { status } = spawnSync('mount', ['-o', 'remount,size=64m', folder])
    t.equal(status, 0)
    await files.flush()
    t.equal(files.trouble, undefined)
    t.equal(files.waiting, 0)
    t.strictSame(await numbers(), Array.from({ length: kept }, (_, index) => index))
    await files.close()
  } finally {
    spawnSync('umount', ['-l', folder])
  }
})

t.test('links are not followed, and what is no file holds up nobody', async t => {
  const root = t.testdir({ outside: { secret: '' }, timelines: {} })
  const folder = path.join(root, 'timelines')
  writeFileSync(path.join(root, 'outside', 'secret'), oldLine('2021/06/20 | 12:00:00'))
  symlinkSync(path.join(root, 'outside', 'secret'), place(folder, 1))
  spawnSync('mkfifo', [place(folder, 2)])
  const files = await openIn(t, folder)
  for (const objectId of [1, 2]) t.equal(await files.read(objectId), undefined)
  files.record([1, 2, 3], sighting(noon))
  await files.flush()
  t.match(files.trouble, /is a link that should be none/)
  for (const objectId of [1, 2, 3]) t.strictSame(await all(files, objectId), [sighting(noon)])
  t.match(textOf(folder, 3), /^\{/, 'other files are written')
  await files.sweep()
  t.equal(readFileSync(path.join(root, 'outside', 'secret'), 'utf8'), oldLine('2021/06/20 | 12:00:00'))
  for (const objectId of [1, 2]) rmSync(place(folder, objectId))
})

t.test('F18: a disk that hangs is told, holds up nobody for long, and what is new is read all the same', async t => {
  const hung = mountHung(t)
  if (hung === undefined) return t.comment('needs root and /dev/fuse')
  const told: Array<string | undefined> = []
  const files = await openIn(t, path.join(hung, 'timelines'), { patience: 100, onTrouble: trouble => told.push(trouble) })
  t.match(files.trouble, /does not answer/)
  t.equal(await files.highestId(), 0)
  files.record([1, 1, 2], sighting(noon))
  for (let turn = 0; turn < 20; turn++) t.strictSame(await all(files), [sighting(noon), sighting(noon)])
  t.strictSame(await paged(files, 1), [sighting(noon), sighting(noon)])
  t.equal(await files.read(3), undefined)
  const flushed = files.flush()
  await files.close()
  t.equal(await Promise.race([flushed, 'not yet']), 'not yet')
  t.ok(files.waiting > 0)
  t.ok(told.length > 0 && told.every(trouble => trouble?.includes('does not answer')))
})

t.test('a line that somebody else has written half is not gone on with', async t => {
  const folder = t.testdir()
  const files = await openIn(t, folder)
  files.record([1], sighting(noon))
  await files.flush()
  await files.close()
  appendFileSync(place(folder, 1), '{"timeStamp": "20')
  const again = await openIn(t, folder)
  again.record([1], sighting(noon + 1))
  await again.flush()
  t.strictSame(await all(again), [sighting(noon), sighting(noon + 1)])
})
