// Whole pictures: those of a running LS-CAT image server, pixel for pixel, and what it has not.
import t from 'tap'
import { frameOf } from './frames.ts'
import { labelText } from '../../../../lib/diffraction/pixels/label.ts'
import { blankPicture, drawPicture } from '../../../../lib/diffraction/pixels/picture.ts'
import { reduce } from '../../../../lib/diffraction/pixels/reduction.ts'
import { countSpots } from '../../../../lib/diffraction/pixels/spots.ts'
import { statisticsOf } from '../../../../lib/diffraction/pixels/statistics.ts'
import type { Reduced } from '../../../../lib/diffraction/view.ts'
import { decodedPicture, recordedCounts, recordedDrawing, recordedPicture } from '../../../recorded-pictures.ts'

t.test('a picture without a frame is the recorded one', async t => {
  const { request, size, rgb_sha256: hash } = recordedPicture('blank_label')
  const { bytes, width, height } = await blankPicture(request.xsize, recordedDrawing(request))
  t.same([width, height], size)
  t.same(await decodedPicture(bytes), { size, rgb_sha256: hash })
})

t.test('a tile of a MarCCD frame is the recorded one, with its statistics and spots', async t => {
  const { request, job, meta, size, rgb_sha256: hash } = recordedPicture('mccd_zoom4_1_2')
  // The pixels that the tile shows, at their place in a frame of 3072 × 3072.
  const frame = frameOf(3072, new Uint8Array(3072 * 3072), 16)
  const counts = recordedCounts('mccd-window.br', 2)
  for (let row = 0; row < 768; row++) frame.pixels.set(counts.subarray(row * 768, (row + 1) * 768), (1536 + row) * 3072 + 768)
  const reduced = reduce(frame, { part: { zoom: request.zoom, column: request.segcol, row: request.segrow }, width: request.xsize, height: request.xsize, mode: 'legacy', frames: 1 })
  const { n, mean, rms, stddev, min, max } = reduced.statistics
  t.match(meta, { n, mean, rms, stddev, min, max })
  t.equal(countSpots(reduced, { x: meta?.beam_center_x ?? NaN, y: meta?.beam_center_y ?? NaN }), meta?.spots)
  const { bytes, levels } = await drawPicture(reduced, recordedDrawing(request))
  t.same(levels, { black: job.bval_used, white: job.wval_used })
  t.same(await decodedPicture(bytes), { size, rgb_sha256: hash })
})

t.test('an Eiger frame with an overload and a label is the recorded one, with its statistics and spots', async t => {
  const { request, job, meta, size, rgb_sha256: hash } = recordedPicture('eig9_label_frame')
  const pixels = new Uint32Array(new SharedArrayBuffer(300 * 300 * 4))
  pixels.set(recordedCounts('eiger-reduced.br', 4))
  const statistics = statisticsOf(pixels, undefined, 16)
  const reduced: Reduced = { width: 300, height: 300, pixels, mask: undefined, window: { x: 0, y: 0, width: 3110, height: 3269 }, statistics, spots: undefined }
  const { n, mean, rms, stddev, min, max } = statistics
  t.match(meta, { n, mean, rms, stddev, min, max })
  t.equal(countSpots(reduced, { x: meta?.beam_center_x ?? NaN, y: meta?.beam_center_y ?? NaN }), meta?.spots)
  const text = labelText(request.label ?? '', request.frame, meta?.first_frame ?? 0, meta?.last_frame ?? 0)
  const { bytes, levels } = await drawPicture(reduced, { ...recordedDrawing(request), label: { text, height: request.labelHeight ?? 0 } })
  t.same(levels, { black: job.bval_used, white: job.wval_used })
  t.same(await decodedPicture(bytes), { size, rgb_sha256: hash })
})

const small = reduce(frameOf(2, [1, 2, 3, 0xffffffff], 32), { part: 'whole', width: 2, height: 2, mode: 'max', frames: 1 })
const drawing = recordedDrawing({ ...recordedPicture('blank_label').request, label: '' })

t.test('raw pixels are those of the reduced frame', async t => {
  const { bytes, mediaType, depth, width, height } = await drawPicture(small, { ...drawing, format: 'raw' })
  t.same({ mediaType, depth, width, height }, { mediaType: 'application/octet-stream', depth: 32, width: 2, height: 2 })
  t.same([...new Uint32Array(bytes.buffer, bytes.byteOffset, 4)], [1, 2, 3, 0xffffffff])
  t.notOk(bytes.buffer instanceof SharedArrayBuffer)
  t.equal((await drawPicture(reduce(frameOf(1, [1], 16), { part: 'whole', width: 1, height: 1, mode: 'max', frames: 1 }), { ...drawing, format: 'raw' })).bytes.length, 2)
  t.equal((await drawPicture(reduce(frameOf(1, [1], 16), { part: 'whole', width: 1, height: 1, mode: 'mean', frames: 1 }), { ...drawing, format: 'raw' })).depth, -32)
})

t.test('what is drawn on top has three channels to draw in, and no label under it', async t => {
  const grey = reduce(frameOf(2, [1, 2, 3, 4], 32), { part: 'whole', width: 2, height: 2, mode: 'max', frames: 1 })
  const { height } = await drawPicture(grey, { ...drawing, label: { text: 'a', height: 20 } }, {
    overlay (canvas) {
      t.equal(canvas.channels, 3)
      t.equal(canvas.height, 2)
    }
  })
  t.equal(height, 22)
})
