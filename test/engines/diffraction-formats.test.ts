// fabio, h5py and CBFlib, which laboratories read frames with, find the same counts as our readers, pixel by pixel, in every format: in files that they write, in those of the
// generator of the recorded pictures, and in those that our tests write.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { openImageFile } from '../../lib/diffraction/formats/open.ts'
import { writeEiger, writeNxmx } from '../../scripts/diffraction-demo/eiger.ts'
import { synthesise } from '../../scripts/diffraction-demo/frame.ts'
import { writeCbf } from '../diffraction-frames/cbf.ts'
import { writeMarccd } from '../diffraction-frames/marccd.ts'
import { opened } from '../diffraction-frames/opened.ts'
import { writeSmv } from '../diffraction-frames/smv.ts'
import { writeTiff } from '../diffraction-frames/tiff.ts'
import { recordedFrames, runPython } from './diffraction-input.ts'

const peer = path.join(import.meta.dirname, 'frame-peer.py')

/** What a reader finds in a frame. */
interface Found { name: string, frame: number, width: number, height: number, sum: number, digest: string, header: Record<string, string> }

async function peersRead (folder: string, names: readonly string[]): Promise<Found[]> {
  const lines = (await runPython(peer, 'read', folder, ...names)).trim().split('\n')
  return lines.map(line => JSON.parse(line) as Found)
}

async function weRead (folder: string, { name, frame: number }: Found): Promise<Omit<Found, 'header'>> {
  const image = await openImageFile(path.join(folder, name), { mayOpen: () => true, maxPixels: 100_000_000 })
  const { width, height, pixels, mask } = image.read(number, image.mask())
  image.close()
  const counts = Float64Array.from(pixels)
  if (mask !== undefined) for (let at = 0; at < counts.length; at++) if (mask[at] === 1) counts[at] = -1
  return { name, frame: number, width, height, sum: counts.reduce((sum, count) => sum + count, 0), digest: createHash('sha256').update(counts).digest('hex') }
}

/** Asserts that all read the same in files. Gives what the peers found. */
async function agree (t: Test, folder: string, names: readonly string[], frames: number): Promise<Found[]> {
  const found = await peersRead(folder, names)
  t.equal(found.length, frames, 'frames')
  for (const { header, ...theirs } of found) t.strictSame(await weRead(folder, { ...theirs, header }), theirs, `${theirs.name}, frame ${theirs.frame}`)
  return found
}

t.test('the frames of the recorded pictures', async t => {
  const folder = await recordedFrames()
  const [pilatus] = await agree(t, folder, ['pil6m.cbf', 'pil300k.cbf', 'gen16.tif', 'gen32.tiff'], 4)
  // fabio does not find frames below categories; this one has the counts of the other one.
  t.match(await weRead(folder, { ...pilatus as Found, name: 'pil6mfull.cbf' }), { width: 2463, height: 2527, digest: pilatus?.digest })
  await agree(t, folder, ['eig32_master.h5', 'eig16_master.h5', 'eig9_master.h5', 'eig8_master.h5'], 4 + 3 + 2 + 1)
  await agree(t, folder, ['test.mccd', 'noext.0001'], 2)
  t.match((await opened(path.join(folder, 'pil6m.cbf'))).values, { beam_center_x: 1231.5, beam_center_y: 1263.5, detector_distance: 0.3, startPhi: 10, rotationRange: 0.1, x_pixel_size: 172e-6 })
  const full = (await opened(path.join(folder, 'pil6mfull.cbf'))).values
  const axes = JSON.parse(await runPython(peer, 'detector', path.join(folder, 'pil6mfull.cbf'))) as { x: number, y: number, distance: number }
  // CBFlib counts from the middle of the first pixel.
  t.ok(Math.abs(full.beam_center_x as number - axes.x - 0.5) < 1e-6 && Math.abs(full.beam_center_y as number - axes.y - 0.5) < 1e-6 && Math.abs((full.detector_distance as number) * 1000 - axes.distance) < 1e-6)
  t.match(full, { detector: 'PILATUS 6M', detector_distance: 0.3, startPhi: 10, rotationRange: 0.1, x_pixel_size: 172e-6, integrationTime: 0.099, wavelength: 0.97918 })
  for (const name of ['junk.h5', 'tiny.cbf']) await t.rejects(opened(path.join(folder, name)), { code: 'FILE_BROKEN' })
})

t.test('files that fabio writes', async t => {
  const folder = t.testdir({})
  await runPython(peer, 'write', folder)
  await agree(t, folder, ['fabio.img', 'fabio.cbf', 'fabio16.tif', 'fabio32.tif'], 4)
  t.match((await opened(path.join(folder, 'fabio.img'))).values, { detector_distance: 0.15, x_pixel_size: 1e-4, beam_center_x: 100, beam_center_y: 150, startPhi: 1.5, rotationRange: 0.5, integrationTime: 2, wavelength: 0.98 })
})

t.test('files that our tests write', async t => {
  const folder = t.testdir({})
  const [width, height] = [487, 619]
  const counts = synthesise({ width, height, seed: 3 })
  const signed = Int32Array.from(counts, (count, at) => at % 97 < 3 ? -1 : at % 5003 === 0 ? 1 << 30 : count)
  const short = counts.map(count => Math.min(count, 65_535))
  const file = (name: string) => path.join(folder, name)
  writeCbf(file('signed.cbf'), { width, height, counts: signed })
  writeCbf(file('short.cbf'), { width, height, counts: short, type: 'unsigned 16-bit integer' })
  writeMarccd(file('little.mccd'), { width, height, counts: short })
  writeMarccd(file('big.mccd'), { width, height, counts: short, isBigEndian: true })
  writeTiff(file('strips.tif'), { width, height, counts: short, rowsPerStrip: 1 })
  writeTiff(file('signed.tif'), { width, height, counts: signed, bits: 32, isSigned: true, rowsPerStrip: 10 })
  writeTiff(file('big.tif'), { width, height, counts: short, isBigEndian: true })
  writeSmv(file('little.img'), { width, height, counts: short })
  writeSmv(file('big.img'), { width, height, counts: short, isBigEndian: true })
  await agree(t, folder, ['signed.cbf', 'short.cbf', 'little.mccd', 'big.mccd', 'strips.tif', 'signed.tif', 'big.tif', 'little.img', 'big.img'], 9)

  // fabio knows the places of the header of MarCCD from elsewhere than we do.
  const header = JSON.parse(await runPython(peer, 'marccd', file('little.mccd'))) as Record<string, number>
  const { values } = await opened(file('little.mccd'))
  const inHeader = {
    xtal_to_detector: ['detector_distance', 1e6],
    beam_x: ['beam_center_x', 1000],
    beam_y: ['beam_center_y', 1000],
    integration_time: ['integrationTime', 1000],
    exposure_time: ['exposureTime', 1000],
    readout_time: ['readoutTime', 1000],
    start_phi: ['startPhi', 1000],
    rotation_range: ['rotationRange', 1000],
    pixelsize_x: ['x_pixel_size', 1e9],
    pixelsize_y: ['y_pixel_size', 1e9],
    source_wavelength: ['wavelength', 1e5],
    mean: ['meanValue', 1000],
    rms: ['rmsValue', 1000],
    min: ['minValue', 1],
    max: ['maxValue', 1]
  } as const
  for (const [name, [ours, factor]] of Object.entries(inHeader)) t.equal(Math.round((values[ours] as number) * factor), header[name], name)

  for (const depth of [8, 16, 32] as const) {
    for (const compression of ['bitshuffle', 'gzip', 'none'] as const) {
      const series = { name: `${compression}${depth}`, width: 1030, height: 514, frames: 3, depth, compression }
      await writeEiger(folder, { ...series, framesPerFile: 2 })
      await writeNxmx(folder, series)
    }
  }
  const names = [8, 16, 32].flatMap(depth => ['bitshuffle', 'gzip', 'none'].map(compression => `${compression}${depth}`))
  await agree(t, folder, names.flatMap(name => [`${name}_master.h5`, `${name}.nxs`]), 2 * 3 * names.length)
})

t.test('a file that fabio cannot read is refused', async t => {
  const file = path.join(t.testdir({}), 'broken.cbf')
  writeFileSync(file, 'not a frame at all')
  await t.rejects(runPython(peer, 'read', path.dirname(file), 'broken.cbf'))
  await t.rejects(opened(file), { code: 'FILE_BROKEN' })
})
