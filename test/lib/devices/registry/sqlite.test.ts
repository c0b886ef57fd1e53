// The registry in a file: what every registry does, and what is special about a file.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Test } from 'tap'
import { openRegistry } from '../../../../lib/devices/registry/open.ts'
import { sqliteFile } from '../../../../lib/devices/registry/sqlite.ts'
import { figure, sized } from '../../../long.ts'
import { testRegistry } from './behaviour.ts'
import { exampleDevice } from './examples.ts'

/** Opens a registry in a folder, closed with the test. */
async function open (t: Test, folder = path.join(t.testdir(), 'devices')) {
  const registry = await openRegistry({ folder })
  t.teardown(() => registry.close())
  return registry
}

/** Sets the size in bytes that files of this process may grow to. */
function limitFiles (size: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${size}:`])
}

testRegistry(t, t => open(t))

t.test('a file is for its owner alone, and is there again after a restart', async t => {
  const folder = path.join(t.testdir(), 'data', 'devices')
  const registry = await open(t, folder)
  const device = exampleDevice('camera')
  await registry.devices.insert(device)
  const file = path.join(folder, sqliteFile)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  for (const each of [file, `${file}-wal`]) t.equal(statSync(each).mode & 0o777, 0o600)
  await registry.close()
  await registry.close()
  t.notOk(existsSync(`${file}-wal`), 'nothing is left beside it')
  t.strictSame(await (await open(t, folder)).devices.list(), [device])
})

t.test('a backup is whole while others write, and is put back in place of the file', async t => {
  const folder = path.join(t.testdir(), 'devices')
  const registry = await open(t, folder)
  for (let place = 0; place < 50; place++) await registry.devices.insert(exampleDevice(`before ${place}`))
  const copy = path.join(t.testdirName, 'copy.sqlite')
  const writing = Promise.all(Array.from({ length: 50 }, (_, place) => registry.devices.insert(exampleDevice(`meanwhile ${place}`))))
  await registry.backUp(copy)
  await writing
  t.equal(statSync(copy).mode & 0o777, 0o600)
  await t.rejects(registry.backUp(copy), { code: 'CONFLICT' })
  await t.rejects(registry.backUp(path.join(t.testdirName, 'nowhere', 'copy')), { code: 'UNAVAILABLE' })
  await registry.devices.removeAll()
  await registry.close()
  writeFileSync(path.join(folder, sqliteFile), readFileSync(copy))
  const restored = await open(t, folder)
  t.ok(await restored.devices.count() >= 50)
  t.equal((await restored.devices.list({ name: 'before 49' })).length, 1)
})

t.test('F28: another process that holds the file is waited for, and nothing stands still meanwhile', async t => {
  const folder = path.join(t.testdir(), 'devices')
  const registry = await open(t, folder)
  const other = new DatabaseSync(path.join(folder, sqliteFile))
  t.teardown(() => { other.close() })
  other.exec('begin immediate')
  const inserted = registry.devices.insert(exampleDevice('camera'))
  t.strictSame(await registry.devices.list(), [], 'it is read meanwhile')
  let turns = 0
  const turning = setInterval(() => { if (++turns === 5) other.exec('commit') }, 5)
  await inserted
  clearInterval(turning)
  t.ok(turns >= 5)
  t.equal(await registry.devices.count(), 1)
  t.equal(registry.trouble, undefined)
})

t.test('F28: a full disk refuses what is written, is said, and is forgotten once there is room', async t => {
  const folder = path.join(t.testdir(), 'devices')
  const troubles: Array<string | undefined> = []
  const healed = Promise.withResolvers<undefined>()
  const registry = await openRegistry({
    folder,
    onTrouble (trouble) {
      troubles.push(trouble)
      if (trouble === undefined) healed.resolve(undefined)
    }
  })
  t.teardown(() => registry.close())
  await registry.devices.insert(exampleDevice('camera'))
  // A file that may not grow is as good as a full disk, once the signal that comes with it is heard.
  const ignore = () => {}
  process.on('SIGXFSZ', ignore)
  limitFiles('1000000')
  t.teardown(() => {
    limitFiles('unlimited')
    process.off('SIGXFSZ', ignore)
  })
  await t.rejects(async () => {
    for (let place = 0; place < 200; place++) await registry.devices.insert(exampleDevice(`${place} ${'x'.repeat(5000)}`))
  }, { name: 'DevicesError', code: 'UNAVAILABLE', message: /disk/ })
  t.equal((await registry.devices.list({ name: 'camera' })).length, 1, 'reading goes on')
  t.match(registry.trouble, /disk/)
  limitFiles('unlimited')
  // The registry looks by itself, but keeps no process alive for it.
  const alive = setInterval(() => {}, 1000)
  await healed.promise
  clearInterval(alive)
  t.equal(registry.trouble, undefined)
  await registry.devices.insert(exampleDevice('lamp'))
  t.equal(troubles.length, 2)
})

t.test('what is no database, or cannot be opened, is said without a path', async t => {
  const folder = t.testdir({ [sqliteFile]: 'this is a letter, and no database at all, however long it may be '.repeat(100), file: '' })
  await t.rejects(openRegistry({ folder }), { name: 'DevicesError', code: 'UNAVAILABLE', message: /restore a backup/ })
  const error = await openRegistry({ folder: path.join(folder, 'file') }).catch((error: unknown) => error)
  t.match(error, { name: 'DevicesError', code: 'UNAVAILABLE', message: /see to DATA_DIR/ })
  t.notOk(String(error).includes(folder))
})

t.test('a database of a newer version is left alone', async t => {
  const folder = path.join(t.testdir(), 'devices')
  await (await open(t, folder)).close()
  const other = new DatabaseSync(path.join(folder, sqliteFile))
  other.exec("insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01')")
  other.close()
  await t.rejects(openRegistry({ folder }), { code: 'UNAVAILABLE', message: /newer version/ })
})

t.test('two that open a new file at once make its tables once', async t => {
  const folder = path.join(t.testdir(), 'devices')
  const [first, second] = await Promise.all([open(t, folder), open(t, folder)])
  await first.devices.insert(exampleDevice('camera'))
  t.equal(await second.devices.count(), 1)
})

t.test('a long list, and many changes, let others have their turns', async t => {
  const registry = await open(t)
  const devices = sized(600, 2000)
  let turns = 0
  let longest = 0
  let last = performance.now()
  const turning = () => {
    turns++
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
    next = setImmediate(turning)
  }
  let next = setImmediate(turning)
  await Promise.all(Array.from({ length: devices / 2 }, (_, place) => registry.devices.insert(exampleDevice(`device ${place}`))))
  const atOnce = turns
  t.ok(atOnce > 1, `${atOnce} turns while all are inserted at once`)
  for (let place = devices / 2; place < devices; place++) await registry.devices.insert(exampleDevice(`device ${place}`))
  const inTurn = turns
  t.ok(inTurn > atOnce, `${inTurn - atOnce} while they are inserted one after the other`)
  t.equal((await registry.devices.list()).length, devices)
  clearImmediate(next)
  t.ok(turns - inTurn >= devices / 200 - 1, `${turns - inTurn} while they are listed`)
  figure(t, 'registry', `${devices} devices inserted and listed, the longest turn ${longest.toFixed(1)} ms`)
})
