// A JPEG joined of shares has the pixels of one that was written in one go.
import sharp from 'sharp'
import t from 'tap'
import { drawPicture } from '../../../../lib/diffraction/pixels/picture.ts'
import { joinJpegs, rowsOfShares } from '../../../../lib/diffraction/pixels/jpeg-shares.ts'
import { reduce } from '../../../../lib/diffraction/pixels/reduction.ts'
import type { Drawing } from '../../../../lib/diffraction/view.ts'
import { recordedDrawing, recordedPicture } from '../../../recorded-pictures.ts'
import { frameOf } from './frames.ts'

const { label, ...drawing } = recordedDrawing(recordedPicture('blank_label').request)

/** A frame of noise, with overloads and pixels that do not count. */
function noise (width: number, height: number, overloads = true) {
  let state = width * 31 + height
  const counts = Array.from({ length: width * height }, () => {
    state = Math.imul(state, 1103515245) + 12345 & 0x7fffffff
    return overloads && state % 97 === 0 ? 0xffffffff : state >> 16 & 0xff
  })
  return reduce(frameOf(width, counts, 32), { part: 'whole', width, height, mode: 'max', frames: 1 })
}

const pixelsOf = async (jpeg: Uint8Array) => await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })

for (const [width, height] of [[64, 48], [33, 47], [200, 131], [16, 33], [1, 100]] as const) {
  for (const more of [{}, { chroma: '4:4:4' }, { quality: 60 }, { palette: 'grey', overloadColour: [0, 0, 0] }] as const satisfies Partial<Drawing>[]) {
    for (const shares of [2, 3, 11]) {
      t.test(`${width} x ${height} pixels, ${JSON.stringify(more)}, ${shares} shares`, async t => {
        const reduced = noise(width, height)
        const wanted = { ...drawing, format: 'jpeg', ...more } as const
        const rows = rowsOfShares(reduced, wanted, shares)
        t.ok(rows.length > 1)
        const parts = await Promise.all(rows.map(async rows => await drawPicture(reduced, wanted, { rows })))
        const joined = await pixelsOf(joinJpegs(parts.map(({ bytes }) => bytes)))
        const whole = await pixelsOf((await drawPicture(reduced, wanted)).bytes)
        t.strictSame(joined.info, whole.info)
        t.ok(joined.data.equals(whole.data), 'the same pixels')
      })
    }
  }
}

t.test('more than eight shares: markers begin from the first again', async t => {
  const reduced = noise(40, 16 * 20)
  const rows = rowsOfShares(reduced, { format: 'jpeg' }, 20)
  t.equal(rows.length, 20)
  const parts = await Promise.all(rows.map(async rows => (await drawPicture(reduced, { ...drawing, format: 'jpeg' }, { rows })).bytes))
  const joined = await pixelsOf(joinJpegs(parts))
  t.ok(joined.data.equals((await pixelsOf((await drawPicture(reduced, { ...drawing, format: 'jpeg' })).bytes)).data))
})

t.test('rows of shares', async t => {
  const size = { width: 1024, height: 1024 }
  t.strictSame(rowsOfShares(size, { format: 'jpeg' }, 2), [[0, 512], [512, 1024]])
  t.strictSame(rowsOfShares({ width: 1024, height: 1000 }, { format: 'jpeg' }, 3), [[0, 336], [336, 672], [672, 1000]], 'whole units, and what is left')
  t.strictSame(rowsOfShares(size, { format: 'jpeg' }, 1), [[0, 1024]])
  t.strictSame(rowsOfShares({ width: 1024, height: 16 }, { format: 'jpeg' }, 4), [[0, 16]], 'too low for two')
  for (const whole of [
    { format: 'png' }, { format: 'raw' }, { format: 'jpeg', label }, { format: 'jpeg', overlays: { beam: true } }, { format: 'jpeg', tone: 'grey' },
    { format: 'jpeg', turn: { mirror: true, rotation: 0 } }, { format: 'jpeg', turn: { mirror: false, rotation: 90 } }
  ] as const) t.strictSame(rowsOfShares(size, { ...whole }, 2), [[0, 1024]], JSON.stringify(whole))
  t.equal(rowsOfShares(size, { format: 'jpeg', tone: 'colour', turn: { mirror: false, rotation: 0 } }, 2).length, 2)
  t.equal(rowsOfShares({ width: 16000, height: 8000 }, { format: 'jpeg' }, 2).length, 1, 'more units than fit between two markers')
})

t.test('what is no baseline JPEG cannot be joined', async t => {
  for (const bytes of [[], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xd9], [0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9]]) t.throws(() => joinJpegs([Uint8Array.from(bytes)]), RangeError)
  t.throws(() => joinJpegs([]), RangeError)
})
