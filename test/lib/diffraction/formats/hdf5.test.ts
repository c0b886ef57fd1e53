// HDF5 files as detectors write them: counts, masks and metadata are those that were written.
import { join } from 'node:path'
import { File, ready } from 'h5wasm/node'
import t from 'tap'
import type { Test } from 'tap'
import { openHdf5 } from '../../../../lib/diffraction/formats/hdf5.ts'
import type { ImageFile } from '../../../../lib/diffraction/formats/image-file.ts'
import { createCounts, writeEiger, writeNxmx } from '../../../../scripts/diffraction-demo/eiger.ts'
import type { Series } from '../../../../scripts/diffraction-demo/eiger.ts'
import { gapsOf } from '../../../../scripts/diffraction-demo/frame.ts'

const size = { width: 130, height: 97 }

/** Opens a file, and closes it when the test is over. */
async function open (t: Test, path: string, mayOpen: (path: string) => boolean = () => true): Promise<ImageFile> {
  const file = await openHdf5(path, { mayOpen, maxPixels: 1e6 })
  t.teardown(() => { file.close() })
  return file
}

/** Values of metadata by name. */
function valuesOf (file: ImageFile): Record<string, unknown> {
  return Object.fromEntries(Object.entries(file.metadata(1)).map(([name, { value }]) => [name, value]))
}

/** Whether two arrays of counts are the same; saying all that differ would take minutes. */
function sameCounts (t: Test, found: ArrayLike<number>, wanted: ArrayLike<number>, name: string): void {
  let wrong = found.length === wanted.length ? 0 : 1
  for (let i = 0; i < wanted.length; i++) if (found[i] !== wanted[i]) wrong += 1
  t.equal(wrong, 0, name)
}

/** Counts as they should be read. */
function wanted (series: Series, frame: number): Uint32Array {
  const largest = 2 ** ((series.depth ?? 32) - (series.signed === true ? 1 : 0)) - 1
  const overload = series.depth === 32 || series.depth === undefined ? 0xffffffff : 0xffff
  return Uint32Array.from(createCounts(series)(frame) as ArrayLike<number>, count => count < 0 ? 0 : count === largest ? overload : count)
}

for (const depth of [8, 16, 32] as const) {
  for (const compression of ['bitshuffle', 'lz4', 'gzip', 'none'] as const) {
    for (const signed of [false, true]) {
      t.test(`counts of ${depth} bits, ${signed ? 'signed' : 'unsigned'}, compressed by ${compression}, are read`, async t => {
        const series = { ...size, name: 'x', frames: 3, framesPerFile: 2, depth, compression, signed }
        const { master } = await writeEiger(t.testdir(), series)
        const file = await open(t, master)
        t.match(file, { format: 'hdf5', frames: 3, ...size })
        const given = file.mask()
        for (const number of [1, 2, 3]) {
          const { pixels, mask, ...rest } = file.read(number, given)
          t.same(rest, size)
          t.equal(pixels.BYTES_PER_ELEMENT, depth === 32 ? 4 : 2)
          t.ok(pixels.buffer instanceof SharedArrayBuffer)
          sameCounts(t, pixels, wanted(series, number), `frame ${number}`)
          sameCounts(t, mask ?? [], gapsOf(size.width, size.height).map(each => each === 0 ? 0 : 1), 'mask')
        }
        if (signed) t.ok(file.read(1).mask, 'negative counts do not count')
        else t.equal(file.read(1).mask, undefined)
      })
    }
  }
}

t.test('frames go into memory that was used before', async t => {
  const series = { ...size, name: 'x', frames: 1, framesPerFile: 1 }
  const { master } = await writeEiger(t.testdir(), series)
  const file = await open(t, master)
  const spare = new SharedArrayBuffer(4 * size.width * size.height + 100)
  new Uint8Array(spare).fill(0xaa)
  const { pixels } = file.read(1, undefined, spare)
  t.equal(pixels.buffer, spare)
  sameCounts(t, pixels, wanted(series, 1), 'counts')
})

t.test('a frame of many blocks and one of fewer counts than a byte has bits', async t => {
  for (const [width, height] of [[1030, 514], [3, 1], [5, 5], [64, 64]] as const) {
    const series = { width, height, name: `x${width}`, frames: 1, framesPerFile: 1, picture: () => Uint32Array.from({ length: width * height }, (_, i) => Math.imul(i, 2654435761) >>> (i % 29)) }
    const { master } = await writeNxmx(t.testdir(), { ...series, depth: 32 })
    sameCounts(t, (await open(t, master)).read(1).pixels, wanted(series, 1), `${width} × ${height}`)
  }
})

t.test('frames in several chunks, and in one piece, are read by the library', async t => {
  const folder = t.testdir()
  const counts = Uint32Array.from({ length: 2 * 64 * 40 }, (_, i) => i * i)
  const ways = { pieces: { chunks: [1, 32, 40], compression: 32008, compression_opts: [0, 2] }, lz4: { chunks: [1, 64, 20], compression: 32004, compression_opts: [0] }, whole: {} }
  for (const [name, way] of Object.entries(ways)) {
    const path = await write(t, folder, `${name}.h5`, file => {
      file.create_group('entry')
      file.create_group('entry/data')
      file.create_dataset({ name: 'entry/data/data', data: counts, shape: [2, 64, 40], dtype: '<I', ...way })
    })
    sameCounts(t, (await open(t, path)).read(2).pixels, counts.subarray(64 * 40), name)
  }
})

t.test('metadata of software 1.6.0 and 1.8.0 have the names and values that they should', async t => {
  const folder = t.testdir()
  const series = { ...size, frames: 4, framesPerFile: 3, depth: 16 } as const
  const [old, now] = [await open(t, (await writeEiger(folder, { ...series, name: 'old', version: '1.6.0' })).master), await open(t, (await writeEiger(folder, { ...series, name: 'now' })).master)]
  const common = {
    auto_summation: 1,
    beam_center_x: 76.5,
    beam_center_y: 41.25,
    bit_depth_image: 16,
    bit_depth_readout: 12,
    count_time: Math.fround(0.0099),
    data_collection_date: '2026-01-01T00:00:00.000',
    description: 'Dectris Eiger 16M',
    detector_distance: 0.25,
    detector_number: 'E-32-0100',
    detector_orientation: [-1, 0, 0, 0, -1, 0],
    detector_translation: [0.15, -0.16, -0.25].map(Math.fround),
    frame_time: Math.fround(0.01),
    image_depth: 2,
    nimages: 4,
    ntrigger: 1,
    photon_energy: 12662,
    sensor_material: 'Si',
    sensor_thickness: Math.fround(4.5e-4),
    threshold_energy: 6331,
    trigger_mode: 'exts',
    wavelength: Math.fround(0.97919),
    x_pixel_size: Math.fround(7.5e-5),
    x_pixels_in_detector: 130,
    y_pixel_size: Math.fround(7.5e-5),
    y_pixels_in_detector: 97
  }
  t.strictSame(valuesOf(old), { ...common, software_version: '1.6.0', omega_start: 0, omega_increment: Math.fround(0.1) })
  t.strictSame(valuesOf(now), { ...common, software_version: '1.8.0', saturation_value: 65000, omega: [0, 0.1, 0.2, 0.1 * 3].map(Math.fround), omega_range_average: Math.fround(0.1) })
  const { wavelength, detector_distance: distance, beam_center_x: beam, omega, photon_energy: energy, frame_time: time, nimages, description } = now.metadata(1)
  t.strictSame([wavelength?.unit, distance?.unit, beam?.unit, omega?.unit, energy?.unit, time?.unit, nimages?.unit, description?.unit], ['Ao', 'm', 'px', 'deg', 'eV', 's', undefined, undefined])
  t.strictSame([wavelength?.kind, nimages?.kind, description?.kind], ['real', 'integer', 'string'])
  t.equal(Object.getPrototypeOf(now.metadata(1)), null)
})

t.test('a file that follows NXmx is read, its distance and wavelength from where NXmx has them, in other units too', async t => {
  const folder = t.testdir()
  const series = { ...size, name: 'one', frames: 3, depth: 16 } as const
  const { master } = await writeNxmx(folder, series)
  const file = await open(t, master)
  t.match(file, { frames: 3, ...size })
  t.strictSame(file.companions(2), [])
  sameCounts(t, file.read(3).pixels, wanted(series, 3), 'counts')
  sameCounts(t, file.mask() ?? [], gapsOf(size.width, size.height).map(each => each === 0 ? 0 : 1), 'mask')
  t.match(valuesOf(file), { definition: 'NXmx', detector_distance: 0.25, wavelength: Math.fround(0.97919), omega: [0, Math.fround(0.1), Math.fround(0.2)], image_depth: 2, x_pixels_in_detector: 130 })

  const other = await write(t, folder, 'other.nxs', file => {
    for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/transformations', 'entry/sample', 'entry/sample/beam']) file.create_group(group)
    file.create_dataset({ name: 'entry/data/data', data: new Uint16Array(12), shape: [2, 3, 2], dtype: '<H' })
    const item = (name: string, value: number, units: string) => file.create_dataset({ name, data: [value], shape: [1], dtype: '<d' }).create_attribute('units', units)
    item('entry/instrument/detector/transformations/det_z', 250, 'mm')
    item('entry/instrument/detector/x_pixel_size', 75, 'um')
    item('entry/sample/beam/incident_wavelength', 0.1, 'nm')
    item('entry/instrument/detector/count_time', 10, 'ms')
  })
  const values = valuesOf(await open(t, other))
  t.strictSame([values.detector_distance, values.x_pixel_size, values.wavelength, values.count_time], [0.25, 75 * 1e-6, 1, 0.01])
})

t.test('texts of every kind come out whole', async t => {
  const master = await write(t, t.testdir(), 'texts.h5', file => {
    for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/detectorSpecific']) file.create_group(group)
    file.create_dataset({ name: 'entry/data/data', data: new Uint16Array(6), shape: [1, 3, 2], dtype: '<H' })
    const detector = 'entry/instrument/detector'
    file.create_dataset({ name: `${detector}/detectorSpecific/software_version`, data: ['1.8.0'], shape: [], dtype: 'S5' })
    file.create_dataset({ name: `${detector}/description`, data: ['Détecteur Eiger'], shape: [], dtype: 'S' })
    file.create_dataset({ name: `${detector}/sensor_material`, data: ['CdTe  '], shape: [1], dtype: 'S6' })
    file.create_dataset({ name: `${detector}/type`, data: ['HPC', 'other'], shape: [2], dtype: 'S' })
  })
  t.match(valuesOf(await open(t, master)), { software_version: '1.8.0', description: 'Détecteur Eiger', sensor_material: 'CdTe', type: ['HPC', 'other'] })
})

t.test('tables come out as lists of lists', async t => {
  const master = await write(t, t.testdir(), 'tables.h5', file => {
    for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/detectorSpecific']) file.create_group(group)
    file.create_dataset({ name: 'entry/data/data', data: new Uint16Array(6), shape: [1, 3, 2], dtype: '<H' })
    file.create_dataset({ name: 'entry/instrument/detector/detectorSpecific/countrate_correction_lookup_table', data: new Int32Array([1, -2, 3, 4, 5, 6]), shape: [3, 2], dtype: '<i' })
    file.create_dataset({ name: 'entry/instrument/detector/saturation_value', data: new BigInt64Array([-7n]), shape: [1, 1], dtype: '<q' })
  })
  t.match(valuesOf(await open(t, master)), { countrate_correction_lookuptable: [[1, -2], [3, 4], [5, 6]], saturation_value: -7 })
})

t.test('triggers are counted, and without a number of images the frames themselves are', async t => {
  const folder = t.testdir()
  await writeEiger(folder, { ...size, name: 'x', frames: 6, framesPerFile: 3 })
  for (const [name, items, frames] of [['two', { nimages: 3, ntrigger: 2 }, 6], ['none', {}, 6], ['zero', { nimages: 0 }, 6]] as const) {
    const master = await write(t, folder, `${name}_master.h5`, file => {
      for (const group of ['entry', 'entry/data', 'entry/instrument', 'entry/instrument/detector', 'entry/instrument/detector/detectorSpecific']) file.create_group(group)
      for (const part of [1, 2]) file.create_external_link(`x_data_00000${part}.h5`, '/entry/data/data', `entry/data/data_00000${part}`)
      for (const [item, value] of Object.entries(items)) file.create_dataset({ name: `entry/instrument/detector/detectorSpecific/${item}`, data: [value], shape: [], dtype: '<I' })
    })
    t.equal((await open(t, master)).frames, frames, name)
  }
})

t.test('what cannot be read is said in clear words', async t => {
  const folder = t.testdir()
  const withData = (name: string, data: Parameters<File['create_dataset']>[0]) => write(t, folder, name, file => {
    file.create_group('entry')
    file.create_group('entry/data')
    file.create_dataset(data)
  })
  const floats = await open(t, await withData('floats.h5', { name: 'entry/data/data', data: new Float32Array(6), shape: [1, 3, 2] }))
  t.throws(() => floats.read(1), { code: 'FILE_BROKEN', message: /floating-point numbers of 32 bits/ })
  await t.rejects(openHdf5(await withData('line.h5', { name: 'entry/data/data', data: new Uint16Array(6) }), { mayOpen: () => true, maxPixels: 100 }), { code: 'FILE_BROKEN', message: /no frames/ })

  const large = await openHdf5(await withData('large.h5', { name: 'entry/data/data', data: new Uint16Array(600), shape: [1, 30, 20] }), { mayOpen: () => true, maxPixels: 100 })
  t.teardown(() => { large.close() })
  t.throws(() => large.read(1), { code: 'TOO_LARGE', message: /20 × 30/ })
  t.throws(() => large.mask(), { code: 'TOO_LARGE' })

  // Filter 307 is bzip2, which the library that writes has been given and the one that reads has not.
  const unknown = await open(t, await withData('unknown.h5', { name: 'entry/data/data', data: new Uint16Array(600), shape: [1, 30, 20], chunks: [1, 30, 20], compression: 307, compression_opts: [9] }))
  t.throws(() => unknown.read(1), { code: 'FILE_BROKEN', message: /filter 307/ })
})

t.test('two files can be open at one time', async t => {
  const folder = t.testdir()
  const [a, b] = [{ ...size, name: 'a', frames: 1, framesPerFile: 1, seed: 1 }, { ...size, name: 'b', frames: 1, framesPerFile: 1, seed: 2 }]
  const [first, second] = [await open(t, (await writeEiger(folder, a)).master), await open(t, (await writeEiger(folder, b)).master)]
  sameCounts(t, first.read(1).pixels, wanted(a, 1), 'first')
  sameCounts(t, second.read(1).pixels, wanted(b, 1), 'second')
  sameCounts(t, first.read(1).pixels, wanted(a, 1), 'first again')
})

/** Writes a file. */
async function write (t: Test, folder: string, name: string, work: (file: File) => void): Promise<string> {
  await ready
  const path = join(folder, name)
  const file = new File(path, 'w')
  t.not(file.file_id, -1n)
  work(file)
  file.close()
  return path
}
