// How queries become reductions and drawings.
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { readPictureQuery } from '../../../../lib/diffraction/iiif/picture-query.ts'
import type { ImageRequest } from '../../../../lib/diffraction/iiif/request.ts'
import { PictureQuery } from '../../../../schemas/diffraction/requests.ts'

const window = { x: 10, y: 20, width: 100, height: 50 }
const request: ImageRequest = { window, width: 50, height: 25, turn: { mirror: false, rotation: 0 }, quality: 'default', format: 'jpg', canonical: '' }
const read = (query: object, more: Partial<ImageRequest> = {}) => readPictureQuery(Value.Parse(PictureQuery, query), { ...request, ...more })

t.test('an empty query draws as the standard has it, with the colours of overloads in their place', async t => {
  t.strictSame(read({}), {
    reduction: { part: window, width: 50, height: 25, mode: 'max', frames: 1 },
    drawing: { scale: 'linear', invert: false, palette: 'grey', overloadColour: [255, 0, 0], format: 'jpeg', quality: 90, chroma: '4:4:4' }
  })
})

t.test('everything that can be said', async t => {
  t.strictSame(read({
    black: 100, white: 2, percentiles: '1,99.5', scale: 'log', invert: 'on', palette: 'viridis', rings: '3.9,2.5', ice: 'on', beam: 'on', mask: '00ff7F', overload: '0000ff', mode: 'mean', frames: 3, quality: 50
  }, { turn: { mirror: true, rotation: 90 }, quality: 'gray', format: 'webp' }), {
    reduction: { part: window, width: 50, height: 25, mode: 'mean', frames: 3 },
    drawing: {
      black: 100,
      white: 2,
      percentiles: [1, 99.5],
      scale: 'log',
      invert: true,
      palette: 'viridis',
      overloadColour: [0, 0, 255],
      maskColour: [0, 255, 127],
      overlays: { rings: [3.9, 2.5], ice: true, beam: true },
      format: 'webp',
      quality: 50,
      chroma: '4:4:4',
      turn: { mirror: true, rotation: 90 },
      tone: 'grey'
    }
  })
})

t.test('usual rings, no rings, black and white, and larger pictures', async t => {
  t.ok((read({ rings: 'on' }).drawing.overlays?.rings?.length ?? 0) > 3)
  t.equal(read({ rings: 'off' }).drawing.overlays, undefined)
  t.equal(read({}, { quality: 'bitonal' }).drawing.tone, 'bitonal')
  t.equal(read({ mode: 'sum' }, { width: 101 }).reduction.mode, 'nearest')
})

t.test('percentiles that are out of order or of range are refused', async t => {
  for (const percentiles of ['99,1', '5,5', '0,101']) t.throws(() => read({ percentiles }), { code: 'REQUEST' })
})
