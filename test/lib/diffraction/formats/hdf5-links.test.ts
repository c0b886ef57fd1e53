// HDF5 files name other files. What they name is opened where that is allowed, and nowhere else; what is missing costs only its frames.
import { mkdirSync, readFileSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { File, ready } from 'h5wasm/node'
import t from 'tap'
import type { Test } from 'tap'
import { openHdf5 } from '../../../../lib/diffraction/formats/hdf5.ts'
import type { ImageFile } from '../../../../lib/diffraction/formats/image-file.ts'
import { writeEiger } from '../../../../scripts/diffraction-demo/eiger.ts'

const size = { width: 40, height: 30 }

// Made by h5py, compressed by gzip: f.create_dataset('entry/data/data', (1, 5, 6), 'u2', external=[('/etc/passwd', 0, 60)])
const externalStorage = [
  'H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoO8KLyYfIJUJoRSndA6RVMMHFGsJwEVFwQaj66upAgV1eQ6v9oAGbPA1YIzcEwCkYi8HB1DADREVA+LJWeYEJVl5pXUlSJlB49KLQXV/r1YI',
  'bwM1iJS78vOEfT72j6xUy/Hayo6lISSxIZqJh+g/38XUApGJbuFJhRy2v0dDwKSCsHAtgh/AJO4sqBCp7RcmC0HMAsByZw0rcc0GBHLQfQ0/EowFUOsEHCjBHGt4DQzIwo4QkrTtnQ2sfo4szAFMAI',
  'TQdMSCmCFRhTIHEmJiawVnYGDTCfEVoWOeAoR2wYYOKQkoqZEVYC2aCpdKBqepZA82cCD6o6/dSSZP2CxOLi8hSs6dGAezRtkQMAGdQbZcANAAA='
].join('')

// Made by h5py, compressed by gzip: a layout of (4, 3, 5) 'u2' over entry/data/data of one.h5 and two.h5, which have two frames each.
const virtualDataset = [
  'H4sIAAAAAAACA+v0cHHj5ZLiYubgYICB/1DAIAHhG0DFHTs72f09XIKYFObVM2cj4womIWSNMMDFxMDIwMAmwACkWFPzSooqD8PscGGgCqg69JKLHCfxg5zEkpJYkhjGCDXKlTouYmi27NajzEkvqe',
  '0kjk3becBOUkR3EgMjowkDAxMzIyMLVC0zlGaF0rjEmXkYGIERy8AE5gkwsHIwMDJrQXgcfEB9zAzQFAX2zTSGQQqExRxmMIyCUTAKRsHIA+7O/j6MkBIcUVgDwW6YAiYonZ+XqpdhygCuxfVBtRSY',
  'AFcLjEjmMSHxFaDVBiOanYxQdaCqpaQ8nxJjmZDUMCMZu8HBQRLFTgX+0bgeBaNgFIyCUTAKRsEoGAWjYBSMglEwcgEADJwaAAAYAAA='
].join('')

/** The bytes of a file above. */
const unpacked = (text: string) => gunzipSync(Buffer.from(text, 'base64'))

/** A picture whose counts are all the number of the frame. */
const picture = (frame: number) => new Uint32Array(size.width * size.height).fill(frame)

/** Opens a file that may open those in its own folder, and closes it when the test is over. */
async function open (t: Test, path: string, root = realpathSync(dirname(path))): Promise<ImageFile> {
  const file = await openHdf5(path, { mayOpen: other => other.startsWith(`${root}/`), maxPixels: 1e6 })
  t.teardown(() => { file.close() })
  return file
}

/** Files below a folder that this process has open. */
function openFiles (folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap(number => {
    try {
      const path = readlinkSync(`/proc/self/fd/${number}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}

/** Writes a master with links only. */
async function writeLinks (path: string, links: readonly (readonly [file: string, object: string, name: string])[], images?: number): Promise<string> {
  await ready
  const file = new File(path, 'w')
  for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/detectorSpecific']) file.create_group(group)
  if (images !== undefined) file.create_dataset({ name: 'entry/instrument/detector/detectorSpecific/nimages', data: [images], shape: [], dtype: '<I' })
  for (const [other, object, name] of links) file.create_external_link(other, object, `entry/data/${name}`)
  file.close()
  return path
}

t.test('each frame comes from the file that has it, which is the only one that it depends on', async t => {
  const { master, data } = await writeEiger(t.testdir(), { ...size, name: 'x', frames: 7, framesPerFile: 3, picture })
  const file = await open(t, master)
  t.equal(file.frames, 7)
  for (let frame = 1; frame <= 7; frame++) {
    t.equal(file.read(frame).pixels[0], frame)
    t.strictSame(file.companions(frame), [realpathSync(data[Math.floor((frame - 1) / 3)] ?? '')])
  }
  t.strictSame(file.companions(8), [])
  t.throws(() => file.read(8), { code: 'FRAME_MISSING', message: 'Frame 8 is missing. There are frames 1–7.' })
  t.throws(() => file.read(0), { code: 'FRAME_MISSING' })
})

t.test('a data file that is missing costs only its frames, and those that there are are named', async t => {
  for (const numbered of [true, false]) {
    const { master, data } = await writeEiger(t.testdir(), { ...size, name: 'x', frames: 10, framesPerFile: 3, numbered, picture })
    rmSync(data[1] ?? '')
    const file = await open(t, master)
    t.equal(file.frames, 10)
    t.equal(file.read(3).pixels[0], 3)
    t.equal(file.read(7).pixels[0], 7)
    t.equal(file.read(10).pixels[0], 10)
    t.strictSame(file.companions(5), [])
    t.throws(() => file.read(5), { code: 'FRAME_MISSING', message: 'Frame 5 is missing. There are frames 1–3, frames 7–10.' })
  }
})

t.test('without any data file there are metadata still', async t => {
  const { master, data } = await writeEiger(t.testdir(), { ...size, name: 'x', frames: 2, framesPerFile: 1, picture })
  for (const each of data) rmSync(each)
  const file = await open(t, master)
  t.match(file, { frames: 2, ...size })
  t.equal(file.metadata(1).detector_distance?.value, 0.25)
  t.ok(file.mask())
  t.throws(() => file.read(1), { code: 'FRAME_MISSING', message: /none of the data files/ })
})

t.test('a file is read as it is now: data files that come later are found, and rewritten ones read anew', async t => {
  const folder = t.testdir()
  const { master, data } = await writeEiger(folder, { ...size, name: 'x', frames: 2, framesPerFile: 1, picture })
  const [, second = ''] = data
  renameSync(second, join(folder, 'aside'))
  const before = await open(t, master)
  t.throws(() => before.read(2), { code: 'FRAME_MISSING' })
  before.close()
  renameSync(join(folder, 'aside'), second)
  const after = await open(t, master)
  t.equal(after.read(2).pixels[0], 2)
  after.close()
  await writeEiger(folder, { ...size, name: 'x', frames: 2, framesPerFile: 1, picture: frame => picture(frame + 10) })
  t.equal((await open(t, master)).read(2).pixels[0], 12)
})

t.test('links lead nowhere outside of the folders allowed, by no way of writing them', async t => {
  const folder = t.testdir({ inside: {}, outside: {} })
  const { data } = await writeEiger(join(folder, 'outside'), { ...size, name: 'x', frames: 1, framesPerFile: 1, picture })
  const [secret = ''] = data
  symlinkSync(secret, join(folder, 'inside/link.h5'))
  for (const path of [secret, '../outside/x_data_000001.h5', 'link.h5', './../inside/../outside/x_data_000001.h5', '/etc/passwd', '/proc/self/environ']) {
    const file = await open(t, await writeLinks(join(folder, 'inside/master.h5'), [[path, '/entry/data/data', 'data_000001']], 1).then(async master => {
      // Without a size of its own a file that has nothing is refused.
      const own = new File(master, 'a')
      for (const [name, value] of [['x', 40], ['y', 30]] as const) own.create_dataset({ name: `entry/instrument/detector/detectorSpecific/${name}_pixels_in_detector`, data: [value], shape: [], dtype: '<I' })
      own.close()
      return master
    }))
    t.strictSame(file.companions(1), [], path)
    t.throws(() => file.read(1), { code: 'FRAME_MISSING' }, path)
    file.close()
  }
  t.equal((await open(t, await writeLinks(join(folder, 'inside/master.h5'), [[secret, '/entry/data/data', 'data_000001']]), folder)).read(1).pixels[0], 1, 'where it is allowed it is read')
})

t.test('chains of links are followed, loops come to an end', async t => {
  const folder = t.testdir()
  const { data } = await writeEiger(folder, { ...size, name: 'x', frames: 1, framesPerFile: 1, picture })
  await writeLinks(join(folder, 'b.h5'), [['x_data_000001.h5', '/entry/data/data', 'data_000001']])
  const chain = await open(t, await writeLinks(join(folder, 'a.h5'), [['b.h5', '/entry/data/data_000001', 'data_000001']]))
  t.equal(chain.read(1).pixels[0], 1)
  t.strictSame(chain.companions(1), [join(realpathSync(folder), 'b.h5'), realpathSync(data[0] ?? '')])

  await writeLinks(join(folder, 'c.h5'), [['d.h5', '/entry/data/data_000001', 'data_000001']])
  await writeLinks(join(folder, 'd.h5'), [['c.h5', '/entry/data/data_000001', 'data_000001']])
  await t.rejects(open(t, join(folder, 'c.h5')), { code: 'FILE_BROKEN' })

  await ready
  const path = join(folder, 'groups.h5')
  const file = new File(path, 'w')
  file.create_group('entry')
  file.create_group('entry/data')
  for (let i = 0; i < 40; i++) file.create_hard_link('/entry/data', `entry/data/again${i}`)
  file.close()
  await t.rejects(open(t, path), { code: 'FILE_BROKEN' })
})

t.test('a dataset whose counts are said to be in another file shows nothing of that file', async t => {
  const master = join(t.testdir(), 'external.h5')
  writeFileSync(master, unpacked(externalStorage))
  const [first = 0, second = 0] = readFileSync('/etc/passwd')
  const anywhere = await openHdf5(master, { mayOpen: () => true, maxPixels: 1000 })
  t.teardown(() => { anywhere.close() })
  t.equal(anywhere.read(1).pixels[0], first + 256 * second, 'were it allowed it would be read')
  const file = await open(t, master)
  t.throws(() => file.read(1), { code: 'FRAME_MISSING' })
})

t.test('frames of a virtual dataset come from the files that it is put together from; one that is missing costs only its frames', async t => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'virtual.h5'), unpacked(virtualDataset))
  for (const [name, first] of [['one.h5', 1], ['two.h5', 3]] as const) {
    const source = new File(join(folder, name), 'w')
    source.create_group('entry')
    source.create_group('entry/data')
    source.create_dataset({ name: 'entry/data/data', data: Uint16Array.from({ length: 30 }, (_, i) => 100 * (first + Math.floor(i / 15)) + i % 15), shape: [2, 3, 5], dtype: '<H' })
    source.close()
  }
  const file = await open(t, join(folder, 'virtual.h5'))
  t.match(file, { frames: 4, width: 5, height: 3 })
  for (let frame = 1; frame <= 4; frame++) t.equal(file.read(frame).pixels[7], frame * 100 + 7)
  t.strictSame(file.companions(1), ['one.h5', 'two.h5'].map(name => join(realpathSync(folder), name)))
  file.close()
  rmSync(join(folder, 'two.h5'))
  const partly = await open(t, join(folder, 'virtual.h5'))
  t.equal(partly.read(2).pixels[7], 207)
  t.throws(() => partly.read(3), { code: 'FRAME_MISSING' })
})

t.test('nothing stays open, nor locked, whatever went wrong', async t => {
  const folder = realpathSync(t.testdir())
  const { master, data } = await writeEiger(folder, { ...size, name: 'x', frames: 4, framesPerFile: 1, picture })
  rmSync(data[3] ?? '')
  writeFileSync(data[2] ?? '', 'not HDF5')
  const file = await openHdf5(master, { mayOpen: () => true, maxPixels: 1e6 })
  for (const frame of [1, 2, 3, 4]) {
    try {
      file.mask()
      file.companions(frame)
      file.read(frame)
    } catch {
      // Two of them are broken.
    }
  }
  t.strictSame(openFiles(folder), [master], 'while it is open')
  t.notMatch(readFileSync('/proc/locks', 'utf8'), `:${statSync(master).ino} `, 'others may write it')
  file.close()
  t.strictSame(openFiles(folder), [])

  mkdirSync(join(folder, 'folder.h5'))
  writeFileSync(join(folder, 'empty.h5'), '')
  writeFileSync(join(folder, 'junk.h5'), 'not hdf5 at all')
  for (const [name, code] of [['folder.h5', 'FILE_BROKEN'], ['empty.h5', 'FILE_BROKEN'], ['junk.h5', 'FILE_BROKEN'], ['none.h5', 'FILE_MISSING']] as const) {
    await t.rejects(openHdf5(join(folder, name), { mayOpen: () => true, maxPixels: 1e6 }), { code }, name)
  }
  t.strictSame(openFiles(folder), [])
})
