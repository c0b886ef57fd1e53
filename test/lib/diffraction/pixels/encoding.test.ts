// Pictures as files.
import t from 'tap'
import sharp from 'sharp'
import type { Canvas } from '../../../../lib/diffraction/pixels/canvas.ts'
import { encode } from '../../../../lib/diffraction/pixels/encoding.ts'
import type { Encoding } from '../../../../lib/diffraction/pixels/encoding.ts'
import { numbers } from './frames.ts'

const legacy: Encoding = { format: 'jpeg', quality: 100, chroma: '4:2:0' }

/** Red, green and blue as a viewer sees them. */
const decoded = async (bytes: Uint8Array) => [...await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer()]

const canvasOf = (width: number, height: number, channels: 1 | 3, value: (at: number) => number): Canvas => ({ width, height, channels, pixels: Uint8Array.from({ length: width * height * channels }, (_, at) => value(at)) })

const noise = (width: number, height: number) => {
  const next = numbers(width)
  return canvasOf(width, height, 1, () => next() % 256)
}

const inColour = ({ width, height, pixels }: Canvas) => canvasOf(width, height, 3, at => pixels[Math.trunc(at / 3)]!)

t.test('a JPEG without colour, and one written in one pass, decode to the same pixels as the one of the LS-CAT image server', async t => {
  const grey = noise(97, 61)
  const { bytes, mediaType, width, height } = await encode(grey, legacy)
  const theirs = await sharp(inColour(grey).pixels, { raw: { width: 97, height: 61, channels: 3 } }).jpeg({ quality: 100, chromaSubsampling: '4:2:0' }).toBuffer()
  t.same({ mediaType, width, height }, { mediaType: 'image/jpeg', width: 97, height: 61 })
  t.equal((await sharp(bytes).metadata()).channels, 1)
  t.same(await decoded(bytes), await decoded(theirs))
  t.same(await decoded((await encode(inColour(grey), legacy)).bytes), await decoded(theirs))
})

t.test('colours are smeared by 4:2:0, and are not by 4:4:4', async t => {
  const dot = canvasOf(16, 16, 3, at => at >= 408 && at < 411 ? (at === 408 ? 255 : 0) : 255)
  const red = (pixels: number[]) => pixels.slice(408, 411)
  const [redSmeared = 0] = red(await decoded((await encode(dot, legacy)).bytes))
  t.ok(redSmeared < 200, 'a red pixel becomes brown')
  const [clearRed = 0, clearGreen = 255] = red(await decoded((await encode(dot, { ...legacy, chroma: '4:4:4' })).bytes))
  t.ok(clearRed > 250 && clearGreen < 5, 'a red pixel stays red')
})

t.test('PNG keeps every pixel, WebP is a WebP', async t => {
  const grey = noise(40, 30)
  const png = await encode(grey, { ...legacy, format: 'png' })
  t.equal(png.mediaType, 'image/png')
  t.same(await decoded(png.bytes), [...inColour(grey).pixels])
  const webp = await encode(grey, { ...legacy, format: 'webp', quality: 80 })
  t.equal(webp.mediaType, 'image/webp')
  t.equal((await sharp(webp.bytes).metadata()).format, 'webp')
})

t.test('a picture is mirrored first, then turned clockwise', async t => {
  const corners = canvasOf(2, 3, 1, at => at * 10)
  const turned = async (mirror: boolean, rotation: 0 | 90 | 180 | 270) => {
    const { bytes, width, height } = await encode(corners, { ...legacy, format: 'png', turn: { mirror, rotation } })
    return { width, height, pixels: [...await sharp(bytes).toColourspace('b-w').raw().toBuffer()] }
  }
  t.same(await turned(false, 0), { width: 2, height: 3, pixels: [0, 10, 20, 30, 40, 50] })
  t.same(await turned(true, 0), { width: 2, height: 3, pixels: [10, 0, 30, 20, 50, 40] })
  t.same(await turned(false, 90), { width: 3, height: 2, pixels: [40, 20, 0, 50, 30, 10] })
  t.same(await turned(true, 90), { width: 3, height: 2, pixels: [50, 30, 10, 40, 20, 0] })
  t.same(await turned(false, 180), { width: 2, height: 3, pixels: [50, 40, 30, 20, 10, 0] })
  t.same(await turned(false, 270), { width: 3, height: 2, pixels: [10, 30, 50, 0, 20, 40] })
})

t.test('a picture can lose its colours, or all but black and white', async t => {
  const colours = canvasOf(3, 1, 3, at => [255, 0, 0, 0, 255, 0, 255, 255, 255][at]!)
  const grey = await encode(colours, { ...legacy, format: 'png', tone: 'grey' })
  t.equal((await sharp(grey.bytes).metadata()).channels, 1)
  const bitonal = await decoded((await encode(noise(20, 20), { ...legacy, format: 'png', tone: 'bitonal' })).bytes)
  t.same(new Set(bitonal), new Set([0, 255]))
})

t.test('a picture that its format cannot hold is refused in words that say what can be done', async t => {
  const wide = canvasOf(16384, 1, 1, () => 0)
  await t.rejects(encode(wide, { ...legacy, format: 'webp' }), { code: 'TOO_LARGE', message: /16383 pixels/ })
  t.equal((await encode(wide, legacy)).width, 16384)
  await t.rejects(encode(canvasOf(65501, 1, 1, () => 0), legacy), { code: 'TOO_LARGE' })
})
