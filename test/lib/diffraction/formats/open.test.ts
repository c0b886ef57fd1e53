// Which format a file is opened as: what its content says, whatever its name.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { writeCbf } from '../../../diffraction-frames/cbf.ts'
import { writeMarccd } from '../../../diffraction-frames/marccd.ts'
import { opened } from '../../../diffraction-frames/opened.ts'
import { writeSmv } from '../../../diffraction-frames/smv.ts'
import { writeTiff } from '../../../diffraction-frames/tiff.ts'
import { writeEiger } from '../../../../scripts/diffraction-demo/eiger.ts'

const frame = { width: 20, height: 10, counts: Array.from({ length: 200 }, (_, at) => at) }

t.test('a file is what its content says, under every name', async t => {
  const folder = t.testdir({})
  const { master } = await writeEiger(folder, { name: 'x', width: 20, height: 10, frames: 1, framesPerFile: 1, depth: 16 })
  const files = new Map([['cbf', 'a.cbf'], ['marccd', 'a.mccd'], ['tiff', 'a.tif'], ['smv', 'a.img'], ['hdf5', path.basename(master)]])
  writeCbf(path.join(folder, 'a.cbf'), frame)
  writeMarccd(path.join(folder, 'a.mccd'), frame)
  writeTiff(path.join(folder, 'a.tif'), frame)
  writeSmv(path.join(folder, 'a.img'), frame)
  for (const [format, file] of files) {
    for (const name of ['b.cbf', 'b.CBF', 'b.h5', 'b.tif', 'b.TIFF', 'b.mccd', 'b.img', 'b.0001', 'b', 'h5', '.tif']) {
      copyFileSync(path.join(folder, file), path.join(folder, name))
      const { format: found, width, height } = await opened(path.join(folder, name))
      t.same({ found, width, height }, { found: format, width: 20, height: 10 }, `${format} called ${name}`)
    }
  }
})

t.test('what is in no format that is known, or only called so', async t => {
  const folder = t.testdir({})
  const refused = async (name: string, content: string | Buffer, code: string) => {
    writeFileSync(path.join(folder, name), content)
    await t.rejects(opened(path.join(folder, name)), { code }, `${name}: ${content.toString('latin1').slice(0, 20)}`)
  }
  for (const content of ['', 'ab', 'not hdf5 at all', '{ "json": true }', Buffer.alloc(5000)]) {
    await refused('x', content, 'FORMAT_UNKNOWN')
    await refused('x.txt', content, 'FORMAT_UNKNOWN')
    for (const ending of ['h5', 'cbf', 'tif', 'tiff', 'mccd', 'img', 'nxs']) await refused(`x.${ending}`, content, 'FILE_BROKEN')
  }
})

t.test('what is no file is not there', async t => {
  const folder = t.testdir({})
  mkdirSync(path.join(folder, 'folder.cbf'))
  symlinkSync('circle.cbf', path.join(folder, 'circle.cbf'))
  t.equal(spawnSync('mkfifo', [path.join(folder, 'pipe.cbf')]).status, 0)
  for (const name of ['folder.cbf', 'circle.cbf', 'pipe.cbf', 'none.cbf', 'a\0.cbf', `${'x'.repeat(300)}.cbf`]) await t.rejects(opened(path.join(folder, name)), { code: 'FILE_MISSING' }, name.slice(0, 20))
  await t.rejects(opened('/dev/zero'), { code: 'FILE_MISSING' })
})
