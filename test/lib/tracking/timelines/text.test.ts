// What is asked of a timeline in words, and the text of the answer.
import { rmSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openTimelineFiles } from '../../../../lib/tracking/timelines/files.ts'
import { openTimelineText, readMoment, readObjectId } from '../../../../lib/tracking/timelines/text.ts'

t.test('numbers of objects are written in one way', async t => {
  for (const [text, number] of [['1', 1], ['42', 42], ['9007199254740991', 9007199254740991]] as const) t.equal(readObjectId(text), number)
  for (const text of ['', '0', '03', '-1', '+1', '3.0', '3e0', '0x3', '3 ', '\0', '3\0', '../x', 'NaN', '９', '9007199254740992', '1'.repeat(400)]) t.equal(readObjectId(text), undefined, text)
})

t.test('times are ISO 8601 or milliseconds', async t => {
  const table: Array<[text: string, moment: number | undefined]> = [
    ['0', 0],
    ['1700000000000', 1700000000000],
    ['8640000000000000', 8.64e15],
    ['8640000000000001', undefined],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['2026-11-22T10:30Z', Date.UTC(2026, 10, 22, 10, 30)],
    ['2026-11-22T10:30:05.123Z', Date.UTC(2026, 10, 22, 10, 30, 5, 123)],
    ['2026-11-22T10:30:05+02:00', Date.UTC(2026, 10, 22, 8, 30, 5)],
    ['2026-11-22T10:30:05 02:00', Date.UTC(2026, 10, 22, 8, 30, 5)],
    ['2026-11-22T10:30:05', new Date(2026, 10, 22, 10, 30, 5).getTime()],
    ['2026-13-22', undefined],
    ['2026-11-22T25:00Z', undefined],
    ['yesterday', undefined]
  ]
  for (const [text, moment] of table) t.equal(readMoment(text), moment, text)
})

t.test('a text whose rest cannot be read does not end as if it were whole', async t => {
  const folder = t.testdir()
  const files = await openTimelineFiles({ folder, days: 0, bytes: 1e9 })
  t.teardown(async () => { await files.close() })
  for (let index = 0; index < 5000; index++) files.record([1], { at: index, processor: '1' })
  await files.flush()
  const parts = await openTimelineText({ timelines: files, objectId: 1, excerpt: {}, iso: true })
  t.match((await parts?.next())?.value, /^\{"data":\[\{"timeStamp": "1970-01-01T00:00:00.000Z", "processorId": 1\},/)
  rmSync(path.join(folder, 'tracking_logs_1.txt'))
  await t.rejects(async () => { await parts?.next() }, { message: 'the rest of a timeline cannot be read' })
})
