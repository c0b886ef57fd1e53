// How graphics of all kinds become the square that the detector looks at.
import t from 'tap'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { letterbox, side } from '../../../services/object-detection/picture.ts'

const plain = (width: number, height: number, background: string) => sharp({ create: { width, height, channels: 4, background } })

async function graphic (picture: Sharp, type = 'png'): Promise<string> {
  return `data:image/${type};base64,${(await picture.toBuffer()).toString('base64')}`
}

const pixel = (pixels: Uint8Array | undefined, x: number, y: number) => [...pixels?.subarray((y * side + x) * 3, (y * side + x) * 3 + 3) ?? []]

t.test('a wide picture fills the width, with black bars above and below', async (t) => {
  const box = await letterbox(await graphic(plain(200, 100, '#c08040').png()))
  t.match(box, { left: 0, top: 128, width: 512, height: 256 })
  t.equal(box?.pixels.length, side * side * 3)
  t.same(pixel(box?.pixels, 256, 256), [0xc0, 0x80, 0x40], 'red, green, blue, in this order')
  t.same(pixel(box?.pixels, 256, 10), [0, 0, 0])
  t.same(pixel(box?.pixels, 256, 500), [0, 0, 0])
})

t.test('a tall picture fills the height', async (t) => {
  t.match(await letterbox(await graphic(plain(100, 200, 'red').png())), { left: 128, top: 0, width: 256, height: 512 })
})

t.test('a picture taken with a turned camera stands upright', async (t) => {
  const lying = plain(200, 100, 'red').jpeg().withMetadata({ orientation: 6 })
  t.match(await letterbox(await graphic(lying, 'jpeg')), { left: 128, top: 0, width: 256, height: 512 })
})

t.test('transparent parts are white and greys have three equal colours', async (t) => {
  t.same(pixel((await letterbox(await graphic(plain(64, 64, 'rgba(0,0,0,0)').png())))?.pixels, 256, 256), [255, 255, 255])
  t.same(pixel((await letterbox(await graphic(plain(64, 64, '#777').removeAlpha().toColourspace('b-w').png())))?.pixels, 256, 256), [0x77, 0x77, 0x77])
  t.same(pixel((await letterbox(await graphic(plain(64, 64, '#777').removeAlpha().toColourspace('rgb16').png())))?.pixels, 256, 256), [0x77, 0x77, 0x77])
})

t.test('a picture of a single row is looked at too', async (t) => {
  t.match(await letterbox(await graphic(plain(3000, 1, 'red').png())), { width: 512, height: 1 })
})

t.test('what is no picture is not looked at', async (t) => {
  const png = await plain(300, 300, 'red').png({ compressionLevel: 0 }).toBuffer()
  const hostile = {
    nothing: undefined,
    text: `data:image/png;base64,${Buffer.from('not a picture').toString('base64')}`,
    'an SVG': `data:image/svg+xml;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').toString('base64')}`,
    'half a picture': `data:image/png;base64,${png.subarray(0, png.length / 2).toString('base64')}`,
    'only a header': `data:image/png;base64,${png.subarray(0, 40).toString('base64')}`
  }
  for (const [name, value] of Object.entries(hostile)) t.equal(await letterbox(value), undefined, name)
})

t.test('a header that promises billions of pixels is refused before decoding', async (t) => {
  const png = await plain(8, 8, 'red').png().toBuffer()
  png.writeUInt32BE(60_000, 16)
  png.writeUInt32BE(60_000, 20)
  t.equal(await letterbox(`data:image/png;base64,${png.toString('base64')}`), undefined)
})
