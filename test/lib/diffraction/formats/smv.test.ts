// SMV: metadata of its header, pixels, and what is wrong with files.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { opened } from '../../../diffraction-frames/opened.ts'
import { smvBytes, writeSmv } from '../../../diffraction-frames/smv.ts'
import type { SmvFrame } from '../../../diffraction-frames/smv.ts'

const counts = Array.from({ length: 64 * 48 }, (_, at) => at === 100 ? 65_535 : at % 3000)
const frame: SmvFrame = { width: 64, height: 48, counts }

t.test('a frame: counts and metadata, in either byte order', async t => {
  const file = path.join(t.testdir({}), 'test_1_001.img')
  for (const isBigEndian of [false, true]) {
    writeSmv(file, { ...frame, isBigEndian })
    const { format, values, units, counts: read, masked } = await opened(file)
    t.equal(format, 'smv')
    t.same(read, counts)
    t.equal(masked, undefined)
    const { beam_center_x: x, beam_center_y: y, photon_energy: energy, ...others } = values
    // In millimetres, X down the columns as in MOSFLM.
    t.ok(Math.abs(x as number - 1500) < 1e-9 && Math.abs(y as number - 1536.0846849657673) < 1e-9)
    t.ok(Math.abs(energy as number - 12658.4233) < 0.001)
    t.same(others, {
      filename: 'test_1_001.img',
      detector: 'ADSC 926',
      detector_number: '926',
      data_collection_date: 'Thu Jan  1 00:00:00 2026',
      detector_distance: 0.2,
      rotationRange: 0.25,
      startPhi: 12.5,
      two_theta: 0,
      wavelength: 0.97946,
      x_pixel_size: 0.102592 / 1000,
      y_pixel_size: 0.102592 / 1000,
      integrationTime: 0.5,
      saturation: 65_535,
      x_pixels_in_detector: 64,
      y_pixels_in_detector: 48,
      image_depth: 2,
      first_frame: 1,
      last_frame: 1
    })
    t.match(units, { detector_distance: 'm', startPhi: 'deg', wavelength: 'Ao', beam_center_x: 'px', integrationTime: 's' })
  }
})

t.test('the origin of XDS is taken before the beam centre', async t => {
  const file = path.join(t.testdir({}), 'test.img')
  writeSmv(file, { ...frame, fields: { XDS_ORGX: '30.5', XDS_ORGY: '20.25' } })
  t.match((await opened(file)).values, { beam_center_x: 30.5, beam_center_y: 20.25 })
})

t.test('longer headers, other types of counts', async t => {
  const file = path.join(t.testdir({}), 'test.img')
  writeSmv(file, { ...frame, fields: { HEADER_BYTES: ' 1024', COMMENT: 'x'.repeat(400) } })
  t.same((await opened(file)).counts, counts)
  writeSmv(file, { width: 3, height: 1, counts: [-1, 5, 70_000], fields: { TYPE: 'long_integer' } })
  await t.rejects(opened(file), { code: 'FORMAT_UNKNOWN' })
  writeSmv(file, { width: 3, height: 1, counts: [-1, 5, 70_000], fields: { TYPE: 'long' } })
  t.match(await opened(file), { counts: [0, 5, 70_000], masked: [1, 0, 0] })
  writeSmv(file, { width: 3, height: 1, counts: [0, 5, 65_535], fields: { TYPE: undefined } })
  t.match(await opened(file), { counts: [0, 5, 65_535], masked: undefined })
})

t.test('a file that is not what it says is refused with what is wrong', async t => {
  const file = path.join(t.testdir({}), 'test.img')
  const cases: Array<[message: RegExp, code: string, fields: SmvFrame['fields']]> = [
    [/how many pixels/, 'FILE_BROKEN', { SIZE1: undefined }],
    [/how many pixels/, 'FILE_BROKEN', { SIZE2: '1.5' }],
    [/how many pixels/, 'FILE_BROKEN', { SIZE2: '-5' }],
    [/ends 128 bytes before/, 'FILE_BROKEN', { SIZE2: '49' }],
    [/begin with a header/, 'FILE_BROKEN', { HEADER_BYTES: '100' }],
    [/begin with a header/, 'FILE_BROKEN', { HEADER_BYTES: '99999999' }],
    [/ends before/, 'FILE_BROKEN', { HEADER_BYTES: '65536', SIZE1: '1', SIZE2: '1' }],
    [/whole numbers/, 'FORMAT_UNKNOWN', { TYPE: 'float' }],
    [/compressed/, 'FORMAT_UNKNOWN', { COMPRESSION: 'RAXIS' }]
  ]
  for (const [message, code, fields] of cases) {
    const bytes = smvBytes({ ...frame, ...(fields && { fields }) })
    writeFileSync(file, message.source === 'ends before' ? bytes.subarray(0, 2000) : bytes)
    await t.rejects(opened(file), { code, message }, JSON.stringify(fields))
  }
})
