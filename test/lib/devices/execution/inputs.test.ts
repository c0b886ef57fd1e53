// Files that come with executions, on disk.
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { openInputs } from '../../../../lib/devices/execution/inputs.ts'

const file = (name: string, text: string) => ({ name, mediaType: 'text/plain', stream: Readable.from([Buffer.from(text)]) })

t.test('files are kept under numbers, whatever they are called, until they are removed', async t => {
  const folder = path.join(t.testdir({}), 'inputs')
  const spooled = (await openInputs({ folder, maxFile: 100 })).begin()
  await spooled.add(file('../../up', 'one'))
  await spooled.add(file('__proto__', 'two'))
  await spooled.add(file('../../up', 'three'))
  t.strictSame(spooled.files.map(({ name, size }) => [name, size]), [['../../up', 5], ['__proto__', 3]], 'a later one takes the place of an earlier one')
  t.equal(String(await buffer(spooled.files[0]!.open())), 'three')
  const [own = ''] = await readdir(folder)
  t.strictSame(await readdir(path.join(folder, own)), ['0', '1', '2'])
  await spooled.remove()
  await spooled.remove()
  t.strictSame(await readdir(folder), [])
  await t.rejects(spooled.add(file('late', 'x')), { code: 'CANCELLED' })
  t.strictSame(await readdir(folder), [])
})

t.test('S8: what is too large or too much is refused', async t => {
  const spooled = (await openInputs({ folder: t.testdir({}), maxFile: 10, mostFiles: 2 })).begin()
  await t.rejects(spooled.add(file('a', 'x'.repeat(11))), { code: 'TOO_LARGE' })
  const cut = Object.assign(Readable.from([Buffer.from('x')]), { truncated: true })
  await t.rejects(spooled.add({ name: 'b', mediaType: '', stream: cut }), { code: 'TOO_LARGE' })
  await t.rejects(spooled.add(file('c', 'x')), { code: 'TOO_LARGE' })
  t.strictSame(spooled.files, [])
  await spooled.remove()
})

t.test('what killed processes have left goes at the next start, and nothing else', async t => {
  const folder = t.testdir({})
  const random = 'a'.repeat(24)
  const names = { gone: `${hostname()}.4194305.${random}`, before: `${hostname()}.${process.pid}.${random}`, elsewhere: `another.machine.1.${random}`, old: `another.machine.2.${random}`, other: 'something else' }
  for (const name of Object.values(names)) {
    await mkdir(path.join(folder, name))
    await writeFile(path.join(folder, name, '0'), 'x')
  }
  await utimes(path.join(folder, names.before), 1, 1)
  await utimes(path.join(folder, names.old), 1, 1)
  await openInputs({ folder, maxFile: 10 })
  t.strictSame((await readdir(folder)).sort(), [names.elsewhere, names.other].sort())
})

t.test('a folder that cannot be one is told of without its path', async t => {
  const folder = path.join(t.testdir({ file: '' }), 'file')
  await t.rejects(openInputs({ folder, maxFile: 10 }), { code: 'UNAVAILABLE', message: /^(?!.*\/).*$/ })
})
