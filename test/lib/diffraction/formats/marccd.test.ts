// MarCCD: metadata of its header, pixels, and what is no MarCCD after all.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { marccdBytes, writeMarccd } from '../../../diffraction-frames/marccd.ts'
import { opened } from '../../../diffraction-frames/opened.ts'

const counts = Array.from({ length: 64 * 48 }, (_, at) => at === 100 ? 65_535 : at % 3000)
const frame = { width: 64, height: 48, counts }

t.test('a frame: counts and metadata, in either byte order, also of the header alone', async t => {
  const file = path.join(t.testdir({}), 'test.mccd')
  for (const isBigEndian of [false, true]) {
    for (const hasForeignHeader of [false, true]) {
      writeMarccd(file, { ...frame, isBigEndian, hasForeignHeader })
      const { format, values, units, counts: read, masked, frame: { pixels } } = await opened(file)
      t.equal(format, 'marccd')
      t.same(read, counts)
      t.equal(masked, undefined)
      t.type(pixels, Uint16Array)
      t.same(values, {
        filename: 'test.mccd',
        filepath: '/data',
        comment: "detector='Rayonix MX-300 s/n 001' LS_CAT_Beamline='21-ID-G' kappa=0.0 omega=235.0",
        detector: 'Rayonix MX-300 s/n 001',
        beamline: '21-ID-G',
        detector_distance: 0.25,
        rotationRange: 0.5,
        startPhi: 235.5,
        wavelength: 0.97919,
        photon_energy: 12661.913724609114,
        beam_center_x: 1527,
        beam_center_y: 1540.25,
        x_pixel_size: 7.3242e-05,
        y_pixel_size: 7.3243e-05,
        integrationTime: 1,
        exposureTime: 1.1,
        readoutTime: 0.1,
        meanValue: 17.66,
        rmsValue: 75.431,
        nSaturated: 9,
        saturation: 64_000,
        minValue: 3,
        maxValue: 5000,
        x_pixels_in_detector: 64,
        y_pixels_in_detector: 48,
        image_depth: 2,
        first_frame: 1,
        last_frame: 1
      })
      t.match(units, { detector_distance: 'm', startPhi: 'deg', wavelength: 'Ao', beam_center_x: 'px', exposureTime: 's' })
    }
  }
})

t.test('what the header leaves open is left out, not made up', async t => {
  const file = path.join(t.testdir({}), 'test.mccd')
  writeMarccd(file, { ...frame, comment: '', numbers: { 640: 0, 772: 0, 908: 0 } })
  const { values } = await opened(file)
  for (const name of ['detector_distance', 'x_pixel_size', 'wavelength', 'photon_energy', 'beamline', 'comment']) t.notOk(name in values, name)
  t.equal(values.detector, 'Unknown')
  writeMarccd(file, { width: 2, height: 1024, counts: Array<number>(2048).fill(1), comment: '' })
  t.equal((await opened(file)).values.detector, 'Rayonix MX-300')
  writeMarccd(file, { width: 2, height: 768, counts: Array<number>(1536).fill(1), comment: '' })
  t.equal((await opened(file)).values.detector, 'Rayonix MX-225')
})

t.test('a header of other pixels is none: the file is TIFF', async t => {
  const file = path.join(t.testdir({}), 'test.mccd')
  for (const [place, wrong] of [[80, 65], [84, 47], [88, 4]] as const) {
    writeMarccd(file, { ...frame, numbers: { [place]: wrong } })
    const { format, values, counts: read } = await opened(file)
    t.equal(format, 'tiff')
    t.same(read, counts)
    t.equal(values.beam_center_x, undefined)
  }
})

t.test('a file that was cut off anywhere is refused', async t => {
  const file = path.join(t.testdir({}), 'test.mccd')
  const bytes = marccdBytes(frame)
  for (const length of [0, 3, 9, 100, 1500, 4095, 4096, 5000, bytes.length - 1]) {
    writeFileSync(file, bytes.subarray(0, length))
    await t.rejects(opened(file), { code: 'FILE_BROKEN' })
  }
})
