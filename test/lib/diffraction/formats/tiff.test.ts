// TIFF: pixels of every type, in strips and tiles, and what is wrong with files.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { opened } from '../../../diffraction-frames/opened.ts'
import { tiffBytes, writeTiff } from '../../../diffraction-frames/tiff.ts'
import type { TiffFrame } from '../../../diffraction-frames/tiff.ts'

const width = 70
const height = 45
const ramp = Array.from({ length: width * height }, (_, at) => at * 13 % 60_000)

t.test('a frame in strips or tiles, in either byte order, as it is or deflated', async t => {
  const file = path.join(t.testdir({}), 'frame.tif')
  const ways: Array<Partial<TiffFrame>> = [{}, { rowsPerStrip: 1 }, { rowsPerStrip: 7 }, { rowsPerStrip: 1000 }, { tile: { width: 16, height: 16 } }, { tile: { width: 128, height: 64 } }, { tile: { width: 64, height: 16 } }]
  for (const way of ways) {
    for (const isBigEndian of [false, true]) {
      for (const isDeflated of [false, true]) {
        for (const bits of [16, 32] as const) {
          writeTiff(file, { width, height, counts: ramp, bits, isBigEndian, isDeflated, ...way })
          const { counts, masked, format, values, ...read } = await opened(file)
          t.same({ format, width: read.width, height: read.height, masked }, { format: 'tiff', width, height, masked: undefined })
          t.same(values, { x_pixels_in_detector: width, y_pixels_in_detector: height, image_depth: bits / 8, first_frame: 1, last_frame: 1 })
          t.ok(counts.every((count, at) => count === ramp[at]), JSON.stringify({ ...way, isBigEndian, isDeflated, bits }))
        }
      }
    }
  }
})

t.test('every type of counts', async t => {
  const file = path.join(t.testdir({}), 'frame.tiff')
  const cases: Array<[frame: Pick<TiffFrame, 'bits' | 'isSigned' | 'counts'>, counts: number[], masked: number[] | undefined]> = [
    [{ bits: 8, counts: [0, 254, 255] }, [0, 254, 65_535], undefined],
    [{ bits: 8, isSigned: true, counts: [-1, 126, 127] }, [0, 126, 65_535], [1, 0, 0]],
    [{ bits: 16, counts: [0, 65_534, 65_535] }, [0, 65_534, 65_535], undefined],
    [{ bits: 16, isSigned: true, counts: [-2, 32_766, 32_767] }, [0, 32_766, 65_535], [1, 0, 0]],
    [{ bits: 32, counts: [0, 70_000, 4_294_967_295] }, [0, 70_000, 4_294_967_295], undefined],
    [{ bits: 32, isSigned: true, counts: [-1, 70_000, 2_147_483_647] }, [0, 70_000, 4_294_967_295], [1, 0, 0]],
    [{ bits: 32, isSigned: true, counts: [1, 2, 3] }, [1, 2, 3], undefined]
  ]
  for (const [frame, counts, masked] of cases) {
    writeTiff(file, { width: 3, height: 1, ...frame })
    const read = await opened(file)
    t.same(read.counts, counts)
    t.same(read.masked, masked)
  }
})

t.test('what a Pilatus writes into the description', async t => {
  const file = path.join(t.testdir({}), 'frame.tif')
  writeTiff(file, { width: 2, height: 1, counts: [1, 2], description: '# Pixel_size 172e-6 m x 172e-6 m\n# Wavelength 1.0 A\n# Detector_distance 0.2 m\n# Beam_xy (10.5, 20.5) pixels\n' })
  t.match((await opened(file)).values, { x_pixel_size: 172e-6, wavelength: 1, photon_energy: 12398.4193, detector_distance: 0.2, beam_center_x: 10.5, beam_center_y: 20.5 })
  writeTiff(file, { width: 2, height: 1, counts: [1, 2], description: 'Wavelength 1.0 A' })
  t.equal((await opened(file)).values.wavelength, undefined)
})

t.test('what another program writes', async t => {
  const file = path.join(t.testdir({}), 'frame.tif')
  const picture = sharp(Uint16Array.from(ramp), { raw: { width, height, channels: 1 } }).toColourspace('grey16')
  writeFileSync(file, await picture.tiff({ compression: 'none' }).toBuffer())
  t.same((await opened(file)).counts, ramp)
})

t.test('a file that is not what it says is refused with what is wrong', async t => {
  const file = path.join(t.testdir({}), 'frame.tif')
  const cases: Array<[message: RegExp, code: string, fields: TiffFrame['fields']]> = [
    [/fractions/, 'FORMAT_UNKNOWN', { 339: [3] }],
    [/whole numbers/, 'FORMAT_UNKNOWN', { 258: [12] }],
    [/colours/, 'FORMAT_UNKNOWN', { 277: [3] }],
    [/compressed/, 'FORMAT_UNKNOWN', { 259: [5] }],
    [/compressed/, 'FORMAT_UNKNOWN', { 259: [8], 317: [2] }],
    [/how many pixels/, 'FILE_BROKEN', { 256: [0] }],
    [/without pixels/, 'FILE_BROKEN', { 278: [0] }],
    [/without pixels/, 'FILE_BROKEN', { 322: [16], 323: [0] }],
    [/does not say where/, 'FILE_BROKEN', { 322: [70], 323: [45] }],
    [/the 45 numbers/, 'FILE_BROKEN', { 278: [1] }],
    [/ends before/, 'FILE_BROKEN', { 273: [4_000_000_000] }],
    [/too short/, 'FILE_BROKEN', { 279: [100] }],
    [/ends before/, 'FILE_BROKEN', { 257: [46], 278: [46] }],
    [/inflated|more bytes/, 'FILE_BROKEN', { 259: [8] }],
    [/are allowed/, 'TOO_LARGE', { 322: [4_000_000_000], 323: [16] }]
  ]
  for (const [message, code, fields] of cases) {
    writeTiff(file, { width, height, counts: ramp, ...(fields && { fields }) })
    await t.rejects(opened(file), { code, message }, JSON.stringify(fields))
  }
  const deflated = tiffBytes({ width, height, counts: ramp, isDeflated: true, fields: { 257: [90], 278: [90] } })
  writeFileSync(file, deflated)
  await t.rejects(opened(file), { code: 'FILE_BROKEN', message: /fewer pixels/ })
  writeFileSync(file, tiffBytes({ width, height, counts: ramp, isDeflated: true, fields: { 257: [20], 278: [20] } }))
  await t.rejects(opened(file), { code: 'FILE_BROKEN', message: /cannot be inflated/ })
})

t.test('a file that was cut off anywhere is refused', async t => {
  const file = path.join(t.testdir({}), 'frame.tif')
  const bytes = tiffBytes({ width, height, counts: ramp, rowsPerStrip: 9 })
  for (let length = 0; length < bytes.length; length += 1 + length) {
    writeFileSync(file, bytes.subarray(0, length))
    await t.rejects(opened(file), { code: 'FILE_BROKEN' })
  }
})
