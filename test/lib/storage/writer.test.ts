// One request on its way to the disk: whole or not at all, under its own name and nowhere else.
import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { writeExchange } from '../../../lib/storage/writer.ts'
import { filesIn, numbered } from './files.ts'

const requestUuid = numbered(1)
const exchange = (request: string, response: string) => ({ requestUuid, request: Buffer.from(request), response: Buffer.from(response) })

t.test('a request and its answer are two files in a folder of their name, for nobody else to read', async t => {
  const folder = path.join(t.testdir(), 'made', 'when', 'missing')
  await writeExchange(folder, exchange('{ "a": "ä" }', '{"b":1}'))
  t.strictSame(filesIn(folder), { [`${requestUuid}/request.json`]: '{ "a": "ä" }', [`${requestUuid}/response.json`]: '{"b":1}' }, 'byte by byte as they came')
  t.strictSame(readdirSync(folder), [requestUuid], 'and nothing else is left')
  t.equal(statSync(path.join(folder, requestUuid)).mode & 0o077, 0)
  t.equal(statSync(path.join(folder, requestUuid, 'request.json')).mode & 0o077, 0)
})

t.test('a later request of the same identity replaces the files; the marker stays, and so does what others put there', async t => {
  const folder = t.testdir()
  await writeExchange(folder, exchange('{"a":1}', '{"b":1}'))
  writeFileSync(path.join(folder, requestUuid, 'auth'), '')
  writeFileSync(path.join(folder, requestUuid, 'note.txt'), 'mine')
  await writeExchange(folder, exchange('{"a":2}', '{"b":2}'))
  t.strictSame(filesIn(folder), {
    [`${requestUuid}/auth`]: '', [`${requestUuid}/note.txt`]: 'mine', [`${requestUuid}/request.json`]: '{"a":2}', [`${requestUuid}/response.json`]: '{"b":2}'
  })
  t.strictSame(readdirSync(folder), [requestUuid])
})

t.test('a link in place of the folder is not followed, nor is a file replaced', async t => {
  for (const put of [(place: string, outside: string) => symlinkSync(outside, place), (place: string) => writeFileSync(place, 'a file')]) {
    const root = t.testdir({ outside: { 'request.json': 'theirs' }, store: {} })
    const folder = path.join(root, 'store')
    const place = path.join(folder, requestUuid)
    put(place, path.join(root, 'outside'))
    const before = lstatSync(place).ino
    await t.rejects(writeExchange(folder, exchange('{}', '{}')), { code: 'ENOTDIR' })
    t.equal(lstatSync(place).ino, before)
    t.strictSame(filesIn(path.join(root, 'outside')), { 'request.json': 'theirs' })
    t.strictSame(readdirSync(folder), [requestUuid], 'nothing is left behind')
  }
})

t.test('links in place of the files are replaced, and what they lead to stays as it is', async t => {
  const root = t.testdir({ outside: 'theirs', store: {} })
  const folder = path.join(root, 'store')
  mkdirSync(path.join(folder, requestUuid))
  symlinkSync(path.join(root, 'outside'), path.join(folder, requestUuid, 'request.json'))
  await writeExchange(folder, exchange('{"a":1}', '{}'))
  t.match(filesIn(root), { outside: 'theirs', [`store/${requestUuid}/request.json`]: '{"a":1}' })
})

t.test('F18: a disk that cannot write down what it was given leaves a whole request or none, and no trace of the trouble', async t => {
  const handle = await open(import.meta.filename)
  const handles: typeof handle = Object.getPrototypeOf(handle)
  await handle.close()
  const { sync } = handles
  t.teardown(() => { handles.sync = sync })
  // Both files, their folder, and the folder of all.
  for (const broken of [1, 2, 3, 4]) {
    const folder = t.testdir()
    let count = 0
    handles.sync = async function () {
      count += 1
      if (count === broken) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
      await sync.call(this)
    }
    await t.rejects(writeExchange(folder, exchange('{"a":1}', '{}')), { code: 'EIO' })
    t.strictSame(Object.keys(filesIn(folder)), broken < 4 ? [] : [`${requestUuid}/request.json`, `${requestUuid}/response.json`])
    t.strictSame(readdirSync(folder), broken < 4 ? [] : [requestUuid])
    await writeExchange(folder, exchange('{"a":2}', '{}'))
    t.match(filesIn(folder), { [`${requestUuid}/request.json`]: '{"a":2}' })
  }
})
