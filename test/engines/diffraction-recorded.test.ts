// The pictures that a running LS-CAT image server made of the frames of a seeded generator, which needs Debian's Python: the same frames, read by our readers, give the same
// pixels, statistics and counts.
import path from 'node:path'
import t from 'tap'
import { openImageFile } from '../../lib/diffraction/formats/open.ts'
import type { Frame } from '../../lib/diffraction/frame.ts'
import { labelText } from '../../lib/diffraction/pixels/label.ts'
import { drawPicture } from '../../lib/diffraction/pixels/picture.ts'
import { reduce } from '../../lib/diffraction/pixels/reduction.ts'
import { countSpots } from '../../lib/diffraction/pixels/spots.ts'
import { decodedPicture, recordedCounts, recordedDrawing, recordedPictures } from '../recorded-pictures.ts'
import { recordedFrames } from './diffraction-input.ts'

const folder = await recordedFrames()

async function frameOf (file: string, number: number): Promise<Frame> {
  const image = await openImageFile(path.join(folder, path.basename(file)), { mayOpen: () => true, maxPixels: 100_000_000 })
  const frame = image.read(number, image.mask())
  image.close()
  return frame
}

for (const { name, request, job, meta, size, rgb_sha256: hash } of recordedPictures()) {
  if (meta === null) continue
  t.test(`the picture ${name} is the recorded one`, async t => {
    const { zoom, segcol, segrow, xsize } = request
    const frame = await frameOf(request.fn, request.frame)
    const reduced = reduce(frame, { part: zoom > 1 ? { zoom, column: segcol, row: segrow } : 'whole', width: xsize, height: xsize, mode: 'legacy', frames: 1 })
    const { n, mean, rms, stddev, min, max } = reduced.statistics
    t.match(meta, { n, mean, rms, stddev, min, max })
    t.equal(countSpots(reduced, { x: meta.beam_center_x, y: meta.beam_center_y }), meta.spots)
    const drawing = recordedDrawing(request)
    const label = drawing.label && { height: drawing.label.height, text: labelText(drawing.label.text, request.frame, meta.first_frame, meta.last_frame) }
    const { bytes, levels } = await drawPicture(reduced, label === undefined ? drawing : { ...drawing, label })
    t.same(levels, { black: job.bval_used, white: job.wval_used })
    t.same(await decodedPicture(bytes), { size, rgb_sha256: hash })
  })
}

t.test('the counts that npm test has of them are those of the generator', async t => {
  const { width, pixels } = await frameOf('test.mccd', 1)
  const counts = recordedCounts('mccd-window.br', 2)
  t.ok(counts.every((count, at) => count === pixels[(1536 + Math.trunc(at / 768)) * width + 768 + at % 768]))
  const eiger = reduce(await frameOf('eig9_master.h5', 2), { part: 'whole', width: 300, height: 300, mode: 'legacy', frames: 1 })
  t.same(eiger.pixels, recordedCounts('eiger-reduced.br', 4))
})
