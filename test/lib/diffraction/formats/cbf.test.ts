// CBF: pixels of every type, headers of DECTRIS and of imgCIF, and what is wrong with files.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { cbfBytes, pilatusHeader, writeCbf } from '../../../diffraction-frames/cbf.ts'
import type { CbfFrame } from '../../../diffraction-frames/cbf.ts'
import { opened } from '../../../diffraction-frames/opened.ts'

const small: CbfFrame = { width: 3, height: 2, counts: [0, 1, 300, -1, -2, 1_048_574] }

t.test('a frame of a Pilatus: counts, gaps masked, metadata with units under the names of the LS-CAT image server', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  writeCbf(file, small)
  const { format, frames, width, height, counts, masked, values, units, kinds, frame } = await opened(file)
  t.same({ format, frames, width, height }, { format: 'cbf', frames: 1, width: 3, height: 2 })
  t.same(counts, [0, 1, 300, 0, 0, 1_048_574])
  t.same(masked, [0, 0, 0, 1, 1, 0])
  t.type(frame.pixels, Uint32Array)
  t.type(frame.pixels.buffer, SharedArrayBuffer)
  const { photon_energy: energy, ...others } = values
  t.ok(Math.abs(energy as number - 12662.04) < 0.01)
  t.same(others, {
    filename: 'frame.cbf',
    x_pixels_in_detector: 3,
    y_pixels_in_detector: 2,
    image_depth: 4,
    first_frame: 1,
    last_frame: 1,
    detector: 'PILATUS3 6M',
    detector_number: '60-0001',
    data_collection_date: '2026-01-01T00:00:00.000',
    detector_distance: 0.3,
    wavelength: 0.97918,
    beam_center_x: 1231.5,
    beam_center_y: 1263.25,
    x_pixel_size: 172e-6,
    y_pixel_size: 171e-6,
    rotationRange: 0.1,
    startPhi: 10,
    integrationTime: 0.099,
    frame_time: 0.1,
    threshold_energy: 6331,
    saturation_value: 1_048_574,
    number_of_excluded_pixels: 1,
    sensor_material: 'Si',
    sensor_thickness: 0.001,
    phi: 1.5,
    chi: 0,
    kappa: 0,
    two_theta: 0
  })
  t.match(units, { detector_distance: 'm', wavelength: 'Ao', photon_energy: 'eV', beam_center_x: 'px', x_pixel_size: 'm', startPhi: 'deg', integrationTime: 's' })
  t.match(kinds, { detector_distance: 'real', startPhi: 'real', image_depth: 'integer', saturation_value: 'integer', detector: 'string' })
})

t.test('every type of counts', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  const cases: Array<[type: CbfFrame['type'], counts: number[], read: number[], masked: number[] | undefined, bytes: 2 | 4]> = [
    ['signed 32-bit integer', [2_147_483_647, -2_147_483_648, 2_147_483_646, 0, 127, -127], [4_294_967_295, 0, 2_147_483_646, 0, 127, 0], [0, 1, 0, 0, 0, 1], 4],
    ['unsigned 32-bit integer', [4_294_967_295, 0, 4_294_967_294, 128, 0, 32_768], [4_294_967_295, 0, 4_294_967_294, 128, 0, 32_768], undefined, 4],
    ['unsigned 16-bit integer', [65_535, 0, 65_534, 1, 129, 1], [65_535, 0, 65_534, 1, 129, 1], undefined, 2],
    ['signed 16-bit integer', [32_767, -32_768, 32_766, -1, 0, 5], [65_535, 0, 32_766, 0, 0, 5], [0, 1, 0, 1, 0, 0], 2],
    ['unsigned 8-bit integer', [255, 0, 254, 1, 128, 127], [65_535, 0, 254, 1, 128, 127], undefined, 2],
    ['signed 8-bit integer', [127, -128, 126, -1, 0, 5], [65_535, 0, 126, 0, 0, 5], [0, 1, 0, 1, 0, 0], 2]
  ]
  for (const [type, given, counts, masked, bytes] of cases) {
    for (const conversion of ['x-CBF_BYTE_OFFSET', 'x-CBF_NONE'] as const) {
      writeCbf(file, { width: 3, height: 2, counts: given, conversion, ...(type && { type }) })
      const read = await opened(file)
      t.same(read.counts, counts, `${type} ${conversion}`)
      t.same(read.masked, masked)
      t.equal(read.frame.pixels.BYTES_PER_ELEMENT, bytes)
      t.equal(read.values.image_depth, Number(/\d+/.exec(type ?? '')) / 8)
    }
  }
  writeCbf(file, { width: 1, height: 2, counts: [0, 0], conversion: 'x-CBF_NONE', type: 'unsigned 32-bit integer', fields: { 'X-Binary-Element-Byte-Order': 'BIG_ENDIAN' }, bytes: Buffer.from([0, 0, 1, 2, 0, 1, 0, 0]) })
  t.same((await opened(file)).counts, [258, 65_536])
})

t.test('a frame of usual size, into memory that was used before', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  const [width, height] = [487, 619]
  const counts = Int32Array.from({ length: width * height }, (_, at) => at % 487 < 7 ? -1 : (at * 7919) % (at % 1000 === 0 ? 1_000_000 : 60))
  writeCbf(file, { width, height, counts })
  const spare = new SharedArrayBuffer(4 * width * height + 1000)
  new Uint8Array(spare).fill(0xaa)
  const { frame } = await opened(file, { spare })
  t.equal(frame.pixels.buffer, spare)
  t.ok(frame.pixels.length === counts.length && frame.pixels.every((count, at) => count === Math.max(0, counts[at] as number)))
  t.ok(frame.mask?.every((isMasked, at) => isMasked === ((counts[at] as number) < 0 ? 1 : 0)))
})

const categories = `###CBF: VERSION 1.5
data_frame
_diffrn_radiation_wavelength.wavelength 0.97918
_diffrn_detector.type 'PILATUS 6M'
loop_
_diffrn_scan_axis.scan_id
_diffrn_scan_axis.axis_id
_diffrn_scan_axis.angle_start
_diffrn_scan_axis.angle_increment
_diffrn_scan_axis.displacement_start
SCAN1 DETECTOR_Z 0 0 -300.0
SCAN1 OMEGA 10.0 0.1 0.0
loop_
_diffrn_scan_frame.frame_id
_diffrn_scan_frame.integration_time
_diffrn_scan_frame.date
FRAME1 0.099 2026-01-01T00:00:00
loop_
_diffrn_scan_frame_axis.axis_id
_diffrn_scan_frame_axis.angle
_diffrn_scan_frame_axis.displacement
OMEGA 12.5 .
TWOTHETA 0 .
DETECTOR_Z . -250.0
loop_
_axis.id
_axis.type
_axis.equipment
_axis.depends_on
_axis.vector[1] _axis.vector[2] _axis.vector[3]
_axis.offset[1] _axis.offset[2] _axis.offset[3]
OMEGA rotation goniometer . 1 0 0 . . .
SOURCE general source . 0 0 1 . . .
TWOTHETA rotation detector . 1 0 0 0 0 0
DETECTOR_Z translation detector TWOTHETA 0 0 1 0 0 0
ELEMENT_X translation detector DETECTOR_Z 1 0 0 -211.818 217.322 0 # comment
ELEMENT_Y translation detector ELEMENT_X 0 -1 0 0 0 0
loop_
_array_structure_list.array_id
_array_structure_list.index
_array_structure_list.dimension
_array_structure_list.precedence
_array_structure_list.axis_set_id
ARRAY1 1 2463 1 ELEMENT_X
ARRAY1 2 2527 2 ELEMENT_Y
loop_
_array_structure_list_axis.axis_set_id
_array_structure_list_axis.axis_id
_array_structure_list_axis.displacement
_array_structure_list_axis.displacement_increment
ELEMENT_X ELEMENT_X 0.086 0.172
ELEMENT_Y ELEMENT_Y 0.086 0.172
_array_intensities.overload 1048574

loop_
_array_data.array_id
_array_data.binary_id
`.replaceAll('\n', '\r\n')

t.test('categories of imgCIF: beam centre and distance from the axes, angles from the scan', async t => {
  const file = path.join(t.testdir({}), 'full.cbf')
  const close = (value: unknown, wanted: number) => t.ok(typeof value === 'number' && Math.abs(value - wanted) < 1e-9 * Math.abs(wanted), `${String(value)} is ${wanted}`)
  writeCbf(file, { ...small, header: categories })
  const { values } = await opened(file)
  t.match(values, { detector: 'PILATUS 6M', data_collection_date: '2026-01-01T00:00:00', startPhi: 12.5, rotationRange: 0.1, integrationTime: 0.099, wavelength: 0.97918, saturation_value: 1_048_574 })
  close(values.beam_center_x, 1231.5)
  close(values.beam_center_y, 1263.5)
  close(values.detector_distance, 0.25)
  close(values.x_pixel_size, 172e-6)

  writeCbf(file, { ...small, header: categories.replace('TWOTHETA 0 .', 'TWOTHETA 30 .') })
  const turned = (await opened(file)).values
  // The beam then meets the detector farther away, and higher or lower by the tangent of the angle.
  close(turned.detector_distance, 0.25 / Math.cos(Math.PI / 6))
  close(Math.abs(turned.beam_center_y as number - 1263.5), 250 * Math.tan(Math.PI / 6) / 0.172)
  close(turned.beam_center_x, 1231.5)
})

t.test('categories that do not say where the detector stood, or in a circle, cost no more than that', async t => {
  const file = path.join(t.testdir({}), 'full.cbf')
  for (const header of [
    categories.replace('detector TWOTHETA 0 0 1', 'detector ELEMENT_Y 0 0 1'), categories.replace('ELEMENT_X translation', 'OTHER translation'), categories.replace('0.086 0.172', '? .'),
    categories.replace('TWOTHETA 0 .', 'TWOTHETA 90 .'), categories.replace('DETECTOR_Z . -250.0', 'DETECTOR_Z . 250.0')
  ]) {
    t.not(header, categories)
    writeCbf(file, { ...small, header })
    const { values, counts } = await opened(file)
    t.equal(values.beam_center_x, undefined)
    t.equal(values.detector_distance, undefined)
    t.equal(values.startPhi, 12.5)
    t.equal(counts.length, 6)
  }
})

t.test('a header with nothing in it, or with nonsense, still has a frame', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  for (const header of ['', '###CBF: VERSION 1.5\r\n', '\'"'.repeat(50_000), ';\n'.repeat(10_001), 'loop_ '.repeat(10_000), '_a '.repeat(10_000), pilatusHeader.replace('0.97918', '-1').replace('0.30000', 'far').replace('(1231.50, 1263.25)', '()').replace('172e-6 m x 171e-6 m', 'x x x')]) {
    writeCbf(file, { ...small, header })
    const { values, counts } = await opened(file)
    t.same(counts, [0, 1, 300, 0, 0, 1_048_574])
    t.equal(values.wavelength, undefined)
    t.equal(values.photon_energy, undefined)
    t.equal(values.beam_center_x, undefined)
    t.equal(values.x_pixel_size, undefined)
  }
})

t.test('a header longer than usual', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  writeCbf(file, { ...small, header: `${pilatusHeader}# ${'long '.repeat(10_000)}\r\n` })
  t.same((await opened(file)).masked, [0, 0, 0, 1, 1, 0])
})

t.test('a file that is not what it says is refused with what is wrong', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  const cases: Array<[what: RegExp, code: string, frame: Partial<CbfFrame>]> = [
    [/MD5/, 'FILE_BROKEN', { fields: { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }],
    [/ends before its last pixel/, 'FILE_BROKEN', { bytes: Buffer.from([0, 0, 0, 0, 0x80, 0x01]) }],
    [/ends before its last pixel/, 'FILE_BROKEN', { bytes: Buffer.from([0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0x80, 0, 0]) }],
    [/3 bytes more/, 'FILE_BROKEN', { bytes: Buffer.alloc(9) }],
    [/Count 2 .* 32 bits/, 'FILE_BROKEN', { bytes: Buffer.from([0, 0x80, 0, 0x80, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]) }],
    [/Count 1 .* 16 bits/, 'FILE_BROKEN', { type: 'unsigned 16-bit integer' as const, bytes: Buffer.from([0xff, 0, 0, 0, 0, 0]) }],
    [/cannot have no bytes/, 'FILE_BROKEN', { fields: { 'X-Binary-Size': undefined } }],
    [/cannot have 5 bytes/, 'FILE_BROKEN', { fields: { 'X-Binary-Size': '5' } }],
    [/cannot have 91 bytes/, 'FILE_BROKEN', { fields: { 'X-Binary-Size': '91' } }],
    [/cannot have -1 bytes/, 'FILE_BROKEN', { fields: { 'X-Binary-Size': '-1' } }],
    [/another number of pixels/, 'FILE_BROKEN', { fields: { 'X-Binary-Number-of-Elements': '7' } }],
    [/how many pixels/, 'FILE_BROKEN', { fields: { 'X-Binary-Size-Fastest-Dimension': '0' } }],
    [/how many pixels/, 'FILE_BROKEN', { fields: { 'X-Binary-Size-Second-Dimension': undefined } }],
    [/several frames/, 'FORMAT_UNKNOWN', { fields: { 'X-Binary-Size-Third-Dimension': '2' } }],
    [/whole numbers/, 'FORMAT_UNKNOWN', { fields: { 'X-Binary-Element-Type': '"signed 32-bit real IEEE"' } }],
    [/compressed in a way/, 'FORMAT_UNKNOWN', { conversion: 'x-CBF_PACKED' as const }],
    [/written as text/, 'FORMAT_UNKNOWN', { fields: { 'Content-Transfer-Encoding': 'BASE64' } }]
  ]
  for (const [message, code, frame] of cases) {
    writeCbf(file, { ...small, ...frame })
    await t.rejects(opened(file), { code, message })
  }
})

t.test('a file that was cut off anywhere is refused', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  const bytes = cbfBytes(small)
  const end = bytes.indexOf('\x0c\x1a\x04\xd5', 0, 'latin1') + 4 + 13
  for (let length = 0; length < end; length += 7) {
    writeFileSync(file, bytes.subarray(0, length))
    await t.rejects(opened(file), { code: 'FILE_BROKEN' })
  }
  writeFileSync(file, bytes.subarray(0, end + 20))
  await t.resolves(opened(file))
})

t.test('there is one frame', async t => {
  const file = path.join(t.testdir({}), 'frame.cbf')
  writeCbf(file, small)
  for (const frame of [0, 2, -1, NaN]) await t.rejects(opened(file, { frame }), { code: 'FRAME_MISSING' })
})
