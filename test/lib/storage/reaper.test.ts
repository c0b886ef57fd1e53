// What is removed when: an hour, 60 days with the marker, and nothing that is not a stored request.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { passageName } from '../../../lib/storage/layout.ts'
import { sweep } from '../../../lib/storage/reaper.ts'
import { writeExchange } from '../../../lib/storage/writer.ts'
import { age, filesIn, numbered } from './files.ts'

const moment = Date.UTC(2026, 10, 22)
const now = () => moment
const hour = 3600
const days60 = 5184000

/** Stores a request that last changed so many seconds ago. @returns its folder */
function store (folder: string, number: number, seconds: number, { agreed = false, name = numbered(number) } = {}): string {
  const place = path.join(folder, name)
  mkdirSync(place)
  for (const file of ['request.json', 'response.json', ...agreed ? ['auth'] : []]) writeFileSync(path.join(place, file), '{}')
  age(place, seconds, moment)
  return place
}

t.test('an hour after its last change a request is removed, after 60 days with the marker', async t => {
  const folder = t.testdir()
  const kept = [store(folder, 1, 0), store(folder, 2, hour), store(folder, 3, hour + 1, { agreed: true }), store(folder, 4, days60, { agreed: true }), store(folder, 5, -hour)]
  const gone = [store(folder, 6, hour + 1), store(folder, 7, days60 + 1, { agreed: true }), store(folder, 8, days60 * 10)]
  t.strictSame(await sweep({ folder, now }), { removed: 3, trouble: undefined })
  t.strictSame(readdirSync(folder).map(name => path.join(folder, name)), kept)
  for (const place of gone) t.notOk(existsSync(place))
  t.strictSame(await sweep({ folder, now: () => moment + 2 * hour * 1000 }), { removed: 3, trouble: undefined }, 'the clock goes on')
})

t.test('the disk\'s own times are understood: what was just written stays, and goes when its hour is over', async t => {
  const folder = t.testdir()
  await writeExchange(folder, { requestUuid: numbered(1), request: Buffer.from('{}'), response: Buffer.from('{}') })
  t.equal((await sweep({ folder })).removed, 0)
  t.equal((await sweep({ folder, now: () => Date.now() + (hour + 60) * 1000 })).removed, 1)
  t.strictSame(readdirSync(folder), [])
})

t.test('what is not a stored request is left alone, however old', async t => {
  const root = t.testdir({ outside: { 'request.json': '{}' }, store: { 'notes.txt': 'x', 'lost+found': {}, '.git': { HEAD: 'x' }, '6f1d2a3b-4c5d-1e6f-8a7b-9c0d1e2f3a4b': { 'request.json': '{}' } } })
  const folder = path.join(root, 'store')
  writeFileSync(path.join(folder, numbered(1)), 'a file with the name of a request')
  symlinkSync(path.join(root, 'outside'), path.join(folder, numbered(2)))
  writeFileSync(path.join(folder, passageName({ direction: 'incoming', requestUuid: numbered(3) })), 'a file')
  const before = readdirSync(folder)
  for (const name of before.filter(name => name !== numbered(2))) age(path.join(folder, name), days60 * 2, moment)
  t.strictSame(await sweep({ folder, now }), { removed: 0, trouble: undefined })
  t.strictSame(readdirSync(folder), before)
})

t.test('a link inside a stored request is removed, not what it leads to', async t => {
  const root = t.testdir({ outside: { precious: 'x' }, store: {} })
  const place = store(path.join(root, 'store'), 1, 0)
  symlinkSync(path.join(root, 'outside'), path.join(place, 'link'))
  age(place, hour + 1, moment)
  t.equal((await sweep({ folder: path.join(root, 'store'), now })).removed, 1)
  t.strictSame(filesIn(root), { 'outside/precious': 'x' })
})

t.test('what a write left behind that broke off is removed after an hour', async t => {
  const folder = t.testdir()
  const name = (number: number) => passageName({ direction: 'incoming', requestUuid: numbered(number) })
  const young = store(folder, 1, hour, { name: name(1) })
  store(folder, 2, hour + 1, { name: name(2) })
  t.equal((await sweep({ folder, now })).removed, 1)
  t.strictSame(readdirSync(folder), [path.basename(young)])
})

t.test('a removal that broke off is ended by the next sweep', async t => {
  const folder = t.testdir()
  const name = (number: number) => passageName({ direction: 'outgoing', requestUuid: numbered(number) })
  store(folder, 1, hour + 1, { name: name(1) })
  const begun = store(folder, 2, hour + 1, { name: name(2) })
  rmSync(path.join(begun, 'request.json'))
  t.equal((await sweep({ folder, now })).removed, 2)
  t.strictSame(readdirSync(folder), [])
})

t.test('a request that was agreed on while it was being removed comes back, unless it is there anew', async t => {
  const folder = t.testdir()
  const name = (number: number) => passageName({ direction: 'outgoing', requestUuid: numbered(number) })
  store(folder, 1, hour + 1, { agreed: true, name: name(1) })
  store(folder, 2, hour + 1, { agreed: true, name: name(2) })
  const anew = store(folder, 2, 0)
  writeFileSync(path.join(anew, 'request.json'), 'new')
  t.equal((await sweep({ folder, now })).removed, 1)
  t.strictSame(filesIn(folder), {
    [`${numbered(1)}/auth`]: '{}',
    [`${numbered(1)}/request.json`]: '{}',
    [`${numbered(1)}/response.json`]: '{}',
    [`${numbered(2)}/request.json`]: 'new',
    [`${numbered(2)}/response.json`]: '{}'
  })
})

t.test('several reapers in one folder remove each request once, and hinder neither each other nor those who write', async t => {
  const folder = t.testdir()
  for (let number = 0; number < 200; number++) store(folder, number, number % 2 === 0 ? hour + 1 : hour, { agreed: number % 8 === 0 })
  const writes = Array.from({ length: 20 }, (_, index) => writeExchange(folder, { requestUuid: numbered(1000 + index), request: Buffer.from('{}'), response: Buffer.from('{}') }))
  const sweeps = await Promise.all(Array.from({ length: 4 }, () => sweep({ folder, now })))
  await Promise.all(writes)
  t.equal(sweeps.reduce((sum, { removed }) => sum + removed, 0), 75)
  for (const { trouble } of sweeps) t.equal(trouble, undefined)
  t.strictSame(readdirSync(folder).length, 125 + 20)
  t.equal(Object.keys(filesIn(folder)).filter(name => name.endsWith('request.json')).length, 125 + 20)
})

t.test('a folder that is not there is swept; one that is a file is trouble', async t => {
  const root = t.testdir({ file: 'x' })
  t.strictSame(await sweep({ folder: path.join(root, 'none'), now }), { removed: 0, trouble: undefined })
  t.match(await sweep({ folder: path.join(root, 'file'), now }), { removed: 0, trouble: { cause: /folder is none/, cure: String } })
})

t.test('a sweep ends when the server does', async t => {
  const folder = t.testdir()
  store(folder, 1, hour + 1)
  t.equal((await sweep({ folder, now, signal: AbortSignal.abort() })).removed, 0)
  renameSync(path.join(folder, numbered(1)), path.join(folder, numbered(2)))
  t.equal((await sweep({ folder, now })).removed, 1, 'a name is no part of its age')
})
