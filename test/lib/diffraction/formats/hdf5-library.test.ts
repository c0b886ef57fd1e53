// The HDF5 library of a thread: thrown away where it stumbles, and where it has grown too large; it never takes the thread with it.
import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openHdf5File } from '../../../../lib/diffraction/formats/hdf5-library.ts'
import { writeEiger } from '../../../../scripts/diffraction-demo/eiger.ts'

t.test('after the library has stumbled all that it had open is closed, and the next file has a new one', async t => {
  const folder = realpathSync(t.testdir())
  const { master } = await writeEiger(folder, { name: 'x', width: 40, height: 30, frames: 1, framesPerFile: 1 })
  const file = await openHdf5File(master, () => true)
  const other = await openHdf5File(join(folder, 'x_data_000001.h5'), () => true)
  t.equal(file.kindOf('/entry/data/data_000001'), 'dataset')
  // Nothing in a file is known to make it stumble; what is no path does.
  t.throws(() => file.kindOf(7 as unknown as string), { code: 'FILE_BROKEN' })
  t.throws(() => file.kindOf('/entry'), { code: 'FILE_BROKEN' }, 'it is not asked again')
  t.throws(() => other.kindOf('/entry'), { code: 'FILE_BROKEN' }, 'nor for other files')
  file.close()
  other.close()
  t.strictSame(readdirSync('/proc/self/fd').filter(number => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(folder)
    } catch {
      return false
    }
  }), [])
  const again = await openHdf5File(master, () => true)
  t.equal(again.kindOf('/entry/data/data_000001'), 'dataset')
  t.strictSame(again.namesIn('/entry'), ['data', 'instrument', 'sample'])
  again.close()
})

t.test('what is not there is missing, not an error', async t => {
  const { master } = await writeEiger(t.testdir(), { name: 'x', width: 40, height: 30, frames: 1, framesPerFile: 1 })
  const file = await openHdf5File(master, () => false)
  t.teardown(() => { file.close() })
  t.equal(file.kindOf('/entry/nothing/at/all'), 'missing')
  t.equal(file.kindOf('/entry/data/data_000001'), 'missing', 'what may not be opened')
  t.equal(file.filesBehind('/entry/data/data_000001'), undefined)
  t.equal(file.attributeOf('/entry/data', 'nothing'), undefined)
  t.throws(() => file.namesIn('/entry/nothing'), { code: 'FILE_BROKEN' })
  t.equal(file.valuesOf('/entry/instrument/detector/detectorSpecific/pixel_mask', 1199), undefined, 'more than is asked for')
})
