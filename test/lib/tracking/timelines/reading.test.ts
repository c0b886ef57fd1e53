// Reading of timelines: whatever lies between the lines, and wherever the bounds of chunks and pages fall.
import { open, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { createLineReader, createLineWriter } from '../../../../lib/tracking/timelines/lines.ts'
import { readPage } from '../../../../lib/tracking/timelines/reading.ts'
import type { Snapshot } from '../../../../lib/tracking/timelines/reading.ts'
import type { Excerpt, Sighting } from '../../../../lib/tracking/timelines/timelines.ts'

const base = 1_700_000_000_000

/** What may be between lines: nothing that could be one. */
const garbage = fc.oneof(
  fc.constantFrom('', '{', '},', '{"timeStamp": "2026/01/01 | 00:00:00", "processorId": "half', 'x'.repeat(8193), 'y'.repeat(70_000), 'z'.repeat(140_000), '\u0000\u00ff\u{1F4F7}'),
  fc.string({ unit: 'binary', maxLength: 200 }).map(text => text.replaceAll('\n', ' '))
)

/** A timeline: steps of time in milliseconds, and garbage; most steps are short, so that times repeat. */
const timeline = fc.array(fc.oneof({ weight: 30, arbitrary: fc.tuple(fc.constantFrom(0, 0, 1, 5, 1000, 3_600_000), fc.nat({ max: 200 })) }, { weight: 1, arbitrary: garbage }), { minLength: 1, maxLength: 4000, size: 'max' })

t.test('pages have what a filter of all has, also where heads are cut off meanwhile', async t => {
  const file = path.join(t.testdir(), 'timeline')
  const writeLine = createLineWriter()
  await fc.assert(fc.asyncProperty(timeline, fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1000 }), fc.nat(), fc.infiniteStream(fc.nat({ max: 3 })), async (parts, some, one, other, limit, old, cuts) => {
    const sightings: Sighting[] = []
    /** The line of each time that comes for the first time. */
    const firsts = new Map<number, number>()
    let at = base
    const lines = parts.map((part, index) => {
      if (typeof part === 'string') return `${part}\n`
      at += part[0]
      if (!firsts.has(at)) firsts.set(at, index)
      const sighting = { at, processor: JSON.stringify('c'.repeat(part[1])) }
      sightings.push(sighting)
      return writeLine(sighting)
    })
    // The last lines are ours, since only they wait.
    const waiting = lines.slice(lines.length - some % 50).every(line => line.startsWith('{"timeStamp') && line.endsWith('},\n')) ? lines.slice(lines.length - some % 50) : []
    let begin = 0
    const snapshot = async (): Promise<Snapshot & { source: FileHandle }> => {
      const stored = Buffer.from(lines.slice(begin, lines.length - waiting.length).join(''))
      await writeFile(file, stored)
      return { source: await open(file), size: stored.length, waiting }
    }
    let taken = await snapshot()
    try {
      const span = at - base + 2
      const [from, to] = [base - 1 + one % span, base - 1 + other % span]
      const oldest = old % 3 === 0 ? base + old % span : 0
      const kept = sightings.filter(each => each.at >= oldest)
      const expected = kept.filter(each => each.at >= from && each.at <= to)
      const got: Sighting[] = []
      const excerpt: Excerpt = { from, to, limit: Math.max(limit, Math.ceil(expected.length / 20)) }
      for (let page = await readPage(taken, excerpt, oldest); ;) {
        if (page === undefined) return kept.length === 0
        got.push(...page.sightings)
        if (page.next === undefined) break
        const reached = firsts.get(Number(page.next.split('.')[1])) ?? 0
        const { value: cut = 0 } = cuts.next()
        if (cut > 0 && begin < reached && reached <= lines.length - waiting.length) {
          begin += Math.ceil((reached - begin) / cut)
          await taken.source.close()
          taken = await snapshot()
        }
        page = await readPage(taken, { ...excerpt, cursor: page.next }, oldest)
      }
      return kept.length > 0 && JSON.stringify(got) === JSON.stringify(expected)
    } finally {
      await taken.source.close()
    }
  }), { numRuns: 40 })
})

t.test('a line is read as it was written, whatever the identifier', async () => {
  const [readLine, writeLine] = [createLineReader(), createLineWriter()]
  fc.assert(fc.property(fc.nat({ max: 4e12 }), fc.oneof(fc.json(), fc.string({ unit: 'binary' }).map(text => JSON.stringify(text)), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)), (at, processor) => {
    const line = writeLine({ at, processor })
    const read = readLine(line.slice(0, -1))
    return /^[ -~\t]*\n$/.test(line) && read?.at === at && JSON.stringify(JSON.parse(read.processor)) === JSON.stringify(JSON.parse(processor))
  }), { numRuns: 2000 })
})

t.test('an identifier that is too long is not written', async t => {
  const line = createLineWriter()({ at: base, processor: JSON.stringify('x'.repeat(5000)) })
  t.match(createLineReader()(line.trimEnd()), { at: base, processor: 'null' })
})

t.test('any line is read in linear time', async t => {
  const readLine = createLineReader()
  const head = '{"timeStamp": "2026/01/01 | 00:00:00", "processorId": '
  const time = (line: string) => {
    const begin = performance.now()
    for (let turn = 0; turn < 20; turn++) readLine(line)
    return performance.now() - begin
  }
  for (const part of ['}', '},', '"at": 1', ', "at": 1', ', "at": 1111111111111111}', '\r', '} ']) {
    const most = (length: number) => Math.min(...[1, 2, 3].map(() => time(head + part.repeat(length / part.length) + 'x')))
    most(8000)
    t.ok(most(64_000) < 100 * (most(8000) + 1), part)
  }
})
