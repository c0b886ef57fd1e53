// Which files may be looked at: whatever paths and links say, only regular files inside of the roots.
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { areUnchanged, companionsAt, findFile, isInside } from '../../../../lib/diffraction/frames/files.ts'
import { listFolder } from '../../../../lib/diffraction/frames/listing.ts'
import { writeOld } from './smv-file.ts'

const missing = { name: 'DiffractionError', code: 'FILE_MISSING', message: 'There is no such file, or it may not be seen.' }

t.test('F30: a path that leads out of the roots, or to anything but a file, is missing in the same words', async t => {
  const folder = realpathSync(t.testdir({
    outside: { 'secret.img': 'secret' },
    root: { data: { 'frame.img': 'frame', folder: {} }, 'other.img': 'other' },
    'root-beside': { 'secret.img': 'secret' }
  }))
  const root = path.join(folder, 'root')
  const data = path.join(root, 'data')
  symlinkSync('frame.img', path.join(data, 'link.img'))
  symlinkSync('../../outside/secret.img', path.join(data, 'out.img'))
  symlinkSync('/etc/passwd', path.join(data, 'passwd.img'))
  symlinkSync('../../outside', path.join(data, 'out'))
  symlinkSync('loop-b', path.join(data, 'loop-a'))
  symlinkSync('loop-a', path.join(data, 'loop-b'))
  symlinkSync('nothing', path.join(data, 'dangling'))
  symlinkSync('/dev/zero', path.join(data, 'zero'))
  symlinkSync('/proc/self/environ', path.join(data, 'environment'))
  symlinkSync('out.img', path.join(data, 'link-to-link'))
  execFileSync('mkfifo', [path.join(data, 'pipe')])
  const sound = [
    'data/frame.img', path.join(data, 'frame.img'), 'data/link.img', 'data/../data/frame.img', './data//frame.img', path.join(data, 'folder/../frame.img'), '../root/data/frame.img'
  ]
  for (const file of sound) t.equal((await findFile(file, [root])).path, path.join(data, 'frame.img'), file)
  const unsound = [
    '', '.', '/', 'data', 'data/', root, 'data/nothing.img', 'data/frame.img/', 'data/frame.img/x', 'data/frame.img\0', '\0', 'data/\0/../frame.img',
    '../outside/secret.img', 'data/../../outside/secret.img', path.join(folder, 'outside/secret.img'), path.join(folder, 'root-beside/secret.img'), '../root-beside/secret.img',
    'data/out.img', 'data/out/secret.img', 'data/passwd.img', 'data/link-to-link', 'data/loop-a', 'data/dangling', 'data/zero', 'data/environment', 'data/pipe',
    '/etc/passwd', '/proc/self/environ', '/proc/self/fd/0', '/dev/zero', '../'.repeat(40) + 'etc/passwd', '..\\outside\\secret.img', '%2e%2e/outside/secret.img', '~/x',
    'a'.repeat(300), 'a/'.repeat(3000), 'x'.repeat(100_000), 'data/frame.img ', 'file:///etc/passwd', '\u{1F600}', '\uD800'
  ]
  for (const file of unsound) await t.rejects(findFile(file, [root]), missing, JSON.stringify(file).slice(0, 60))
  await t.rejects(findFile('data/frame.img', []), missing, 'without roots there is nothing')
  for (const file of ['/proc/self/environ', '/proc/cpuinfo', '/sys/kernel/mm/transparent_hugepage/enabled']) await t.rejects(findFile(file, ['/']), missing, `${file} is not there even where everything is allowed`)
  t.equal((await findFile(path.join(data, 'frame.img'), ['/'])).path, path.join(data, 'frame.img'))
  t.equal((await findFile(path.join(folder, 'outside/secret.img'), [root, path.join(folder, 'outside')])).path, path.join(folder, 'outside/secret.img'), 'a second root counts')
})

t.test('another file, and a file that was rewritten, has another key', async t => {
  const root = realpathSync(t.testdir())
  const file = path.join(root, 'a.img')
  const keyOf = async (name = file) => (await findFile(name, [root])).key
  const first = writeOld(file, Buffer.from('one')) && await keyOf()
  t.equal(await keyOf(), first)
  writeOld(file, Buffer.from('two'), 999)
  const second = await keyOf()
  t.not(second, first, 'written in place')
  writeOld(path.join(root, 'b.img'), Buffer.from('two'), 999)
  renameSync(path.join(root, 'b.img'), file)
  t.not(await keyOf(), second, 'replaced by one of the same size and time')
  linkSync(file, path.join(root, 'c.img'))
  t.not(await keyOf(path.join(root, 'c.img')), await keyOf(), 'a second name is another file: what is beside it may be')
  const { identity } = await findFile(file, [root])
  t.match(identity, { device: Number, inode: Number, modified: /^\d{18,20}$/, size: 3 })
})

t.test('companions are unchanged until one is written, comes or goes', async t => {
  const root = realpathSync(t.testdir())
  const [there, gone] = [path.join(root, 'there'), path.join(root, 'gone')]
  writeOld(there, Buffer.from('x'))
  const companions = await companionsAt([there, gone])
  t.ok(await areUnchanged(companions))
  t.ok(await areUnchanged([]))
  writeFileSync(gone, '')
  t.notOk(await areUnchanged(companions))
})

t.test('a root ends where its name does', async t => {
  t.ok(isInside('/data/a', ['/data']))
  t.ok(isInside('/data', ['/data']))
  t.notOk(isInside('/database', ['/data']))
  t.ok(isInside('/anything', ['/']))
  t.notOk(isInside('/proc/1/mem', ['/']))
  t.notOk(isInside('/x', []))
})

t.test('a folder is listed by name, without what may not be seen', async t => {
  const folder = realpathSync(t.testdir({ outside: {}, root: { 'b.img': 'bb', 'a.img': 'a', '.hidden': '', sub: { 'c.img': '' } } }))
  const root = path.join(folder, 'root')
  symlinkSync('../outside', path.join(root, 'out'))
  symlinkSync('sub', path.join(root, 'in'))
  symlinkSync('nothing', path.join(root, 'dangling'))
  execFileSync('mkfifo', [path.join(root, 'pipe')])
  mkdirSync(path.join(root, 'z'))
  const { entries, more } = await listFolder('', 10, [root])
  t.strictSame(entries.map(({ name, kind }) => [name, kind]), [['a.img', 'file'], ['b.img', 'file'], ['in', 'folder'], ['sub', 'folder'], ['z', 'folder']])
  t.match(entries[1], { size: 2, modified: /^\d+$/ })
  t.equal(more, false)
  t.strictSame((await listFolder(root, 2, [root])).entries.map(({ name }) => name), ['a.img', 'b.img'])
  t.equal((await listFolder('.', 2, [root])).more, true)
  t.strictSame((await listFolder('in', 2, [root])).entries.map(({ name }) => name), ['c.img'])
  for (const limit of [0, -1, NaN, 1.5]) await t.rejects(listFolder('', limit, [root]), { code: 'REQUEST' })
  for (const each of ['..', 'out', '/', 'a.img', 'nothing', '\0', folder]) await t.rejects(listFolder(each, 2, [root]), { code: 'FILE_MISSING' }, JSON.stringify(each))
})
