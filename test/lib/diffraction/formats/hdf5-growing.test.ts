// HDF5 files that are being written: what is there already is read, what is not yet is missing, and the next time all is read anew.
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { File, ready } from 'h5wasm/node'
import t from 'tap'
import { openHdf5 } from '../../../../lib/diffraction/formats/hdf5.ts'

// Made by h5py, compressed by gzip: (2, 3, 5) 'u2' of 0 to 29, copied while the program that writes had it open as one that others may read (libver latest, swmr_mode).
const beingWritten = [
  'H4sIAAAAAAACA+v0cHHj5ZLiYubgYGWAgv9QYMMB4RtAxd/NuX7T38MliElBsZE5GxlXMAkha4QBLiYGRgYGNgEGIMWamldSVHkYZocLA1XAKSf1neQ4iR/kJJaUxJLEMEaoUa7UcRHD8W7fhZQ56S',
  'XVndR68wrYSYwMjIwmDAxMzIyMTFA5ZijNihb56OLMPAyMwIhkgOgTYGAFupqZmUOcgYGFiYGFkZGZlYlFgYVFgOsrzOTJDIMRTGcScXV19ACmPw4FFgEWLkLqYb5hgdK20ICx3Z24ydXR04mBAe5h',
  'aHaR40ANyZEOMje9CGAYBaNgFAxGwAgs4piBxRsrAxsDO7AM42TgYuBm4GHgZeBj4AcW9IIMQgzCDCIMogxiDOIMEgySDFIM0gwyDLIMAINTuLo8CAAA'
].join('')

const options = { mayOpen: () => true, maxPixels: 1000 }

t.test('a file that is open for writing and reading at one time is read', async t => {
  const path = join(t.testdir(), 'swmr.h5')
  writeFileSync(path, gunzipSync(Buffer.from(beingWritten, 'base64')))
  const file = await openHdf5(path, options)
  t.teardown(() => { file.close() })
  t.match(file, { frames: 2, width: 5, height: 3 })
  t.equal(file.read(2).pixels[14], 29)
})

t.test('a file of which nothing is there yet is said to be incomplete; when it is complete it is read', async t => {
  await ready
  const path = join(t.testdir(), 'x.h5')
  const writer = new File(path, 'w')
  writer.create_group('entry')
  writer.create_group('entry/data')
  await t.rejects(openHdf5(path, options), { code: 'FILE_BROKEN', message: /still being written/ })
  writer.create_dataset({ name: 'entry/data/data', data: new Uint16Array([1, 2, 3, 4]), shape: [1, 2, 2], dtype: '<H' })
  writer.close()
  const file = await openHdf5(path, options)
  t.equal(file.read(1).pixels[3], 4)
  file.close()
})

t.test('frames that a data file is to have and has not yet are missing until they come', async t => {
  await ready
  const folder = t.testdir()
  const master = new File(join(folder, 'x_master.h5'), 'w')
  for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/detectorSpecific']) master.create_group(group)
  master.create_dataset({ name: 'entry/instrument/detector/detectorSpecific/nimages', data: [4], shape: [], dtype: '<I' })
  master.create_external_link('x_data_000001.h5', '/entry/data/data', 'entry/data/data_000001')
  master.close()
  const path = join(folder, 'x_data_000001.h5')
  const data = new File(path, 'w')
  data.create_group('entry')
  data.create_group('entry/data')
  const frames = data.create_dataset({ name: 'entry/data/data', data: new Uint16Array(2 * 600).fill(7), shape: [2, 30, 20], maxshape: [4, 30, 20], chunks: [1, 30, 20], dtype: '<H' })
  frames.create_attribute('image_nr_low', 1, [], '<i')
  frames.create_attribute('image_nr_high', 4, [], '<i')
  data.flush()
  const early = await openHdf5(join(folder, 'x_master.h5'), options)
  t.equal(early.frames, 4)
  t.equal(early.read(2).pixels[0], 7)
  t.throws(() => early.read(3), { code: 'FRAME_MISSING', message: 'Frame 3 is missing. There are frames 1–2.' })
  early.close()

  frames.resize([4, 30, 20])
  frames.write_slice([[2, 4], [], []], new Uint16Array(2 * 600).fill(9))
  data.close()
  const late = await openHdf5(join(folder, 'x_master.h5'), options)
  t.equal(late.read(4).pixels[599], 9)
  late.close()

  // A copy under another name in the same folder finds them too.
  copyFileSync(join(folder, 'x_master.h5'), join(folder, 'other_master.h5'))
  const copied = await openHdf5(join(folder, 'other_master.h5'), options)
  t.equal(copied.read(4).pixels[0], 9)
  copied.close()
})
