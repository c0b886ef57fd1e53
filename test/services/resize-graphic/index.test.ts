// The resize-graphic service: what it makes smaller, and what it leaves alone.
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import t from 'tap'
import type { Test } from 'tap'
import { createResizeGraphic, resizeGraphic } from '../../../services/resize-graphic/index.ts'
import { build, dataUrl, fixture, graphicRequest } from '../kit/build.ts'
import { pngHeader } from '../kit/hostile.ts'

const blank = (width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } })

async function ask (t: Test, graphic: string, limits?: Parameters<typeof createResizeGraphic>[0]) {
  const app = build(t, limits === undefined ? resizeGraphic : createResizeGraphic(limits))
  const response = await app.inject({ method: 'POST', url: '/preprocessor', payload: graphicRequest({ graphic, dimensions: [300, 200] }) })
  return { status: response.statusCode, reply: response.statusCode === 200 ? response.json() : undefined }
}

/** Format, width and height of a graphic, as a decoder sees them. */
async function look (graphic: string): Promise<{ mediaType: string, format: string, width: number, height: number }> {
  const [, mediaType = '', base64 = ''] = /^data:([^;]+);base64,(.*)$/.exec(graphic) ?? []
  const { format, width, height } = await sharp(Buffer.from(base64, 'base64')).metadata()
  return { mediaType, format, width, height }
}

t.test('a large photograph becomes 1600 pixels long and stays a JPEG', async t => {
  const large = await sharp(fixture('coffee.jpg')).resize(3000, 2000).jpeg().toBuffer()
  const { status, reply } = await ask(t, dataUrl(large, 'image/jpeg'))
  t.equal(status, 200)
  t.equal(reply.name, 'ca.mcgill.a11y.image.request')
  t.strictSame(Object.keys(reply.data), ['graphic', 'dimensions'])
  t.strictSame(reply.data.dimensions, [1600, 1067], 'dimensions are those of the new picture, not those on the page')
  t.strictSame(await look(reply.data.graphic), { mediaType: 'image/jpeg', format: 'jpeg', width: 1600, height: 1067 })
})

t.test('each format becomes one that suits it', async t => {
  const cases = [
    ['png', 3, 'png'], ['png', 4, 'png'], ['gif', 3, 'png'], ['tiff', 3, 'png'], ['webp', 3, 'jpeg'], ['webp', 4, 'png'], ['avif', 3, 'jpeg']
  ] as const
  for (const [format, channels, expected] of cases) {
    const bytes = await blank(60, 120, channels).toFormat(format).toBuffer()
    const { reply } = await ask(t, dataUrl(bytes, `image/${format}`), { maxDimension: 50 })
    t.match(await look(reply.data.graphic), { mediaType: `image/${expected}`, format: expected, width: 25, height: 50 }, `${format} with ${channels} channels`)
  }
})

t.test('transparency is kept', async t => {
  const { reply } = await ask(t, dataUrl(await blank(60, 60, 4).png().toBuffer(), 'image/png'), { maxDimension: 50 })
  const { hasAlpha } = await sharp(Buffer.from(reply.data.graphic.split(',')[1], 'base64')).metadata()
  t.equal(hasAlpha, true)
})

t.test('a picture that lies on its side is put upright', async t => {
  const { reply } = await ask(t, dataUrl(await blank(120, 60).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 'image/jpeg'), { maxDimension: 50 })
  t.strictSame(reply.data.dimensions, [25, 50])
})

t.test('what the camera wrote into the picture, such as the place, is left out', async t => {
  const bytes = await blank(120, 60).withExif({ IFD0: { Copyright: 'secret' } }).jpeg().toBuffer()
  t.ok(bytes.includes('secret'))
  const { reply } = await ask(t, dataUrl(bytes, 'image/jpeg'), { maxDimension: 50 })
  t.notOk(Buffer.from(reply.data.graphic.split(',')[1], 'base64').includes('secret'))
})

t.test('what is small enough is left alone', async t => {
  t.equal((await ask(t, dataUrl(fixture('coffee.jpg'), 'image/jpeg'))).status, 204)
  t.equal((await ask(t, dataUrl(await blank(1600, 10).png().toBuffer(), 'image/png'))).status, 204)
  t.equal((await ask(t, dataUrl(await blank(1601, 10).png().toBuffer(), 'image/png'))).status, 200)
})

t.test('a request without a graphic is not applicable', async t => {
  const { graphic, dimensions, context, ...rest } = graphicRequest()
  t.ok([graphic, dimensions, context].every(member => member !== undefined))
  const response = await build(t, resizeGraphic).inject({ method: 'POST', url: '/preprocessor', payload: { ...rest, highChartsData: {} } })
  t.equal(response.statusCode, 204)
})

t.test('hostile graphics are left alone', async t => {
  const photograph = await sharp(fixture('coffee.jpg')).resize(3000, 2000).jpeg().toBuffer()
  const cases: Array<[string, string]> = [
    ['a truncated JPEG', dataUrl(photograph.subarray(0, photograph.length / 2), 'image/jpeg')],
    ['a JPEG of a header only', dataUrl(photograph.subarray(0, 400), 'image/jpeg')],
    ['text called a PNG', dataUrl(Buffer.from('hello'), 'image/png')],
    ['noise called a JPEG', dataUrl(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(5000)]), 'image/jpeg')],
    ['a header of 60000 by 60000 pixels', dataUrl(pngHeader(60_000, 60_000), 'image/png')],
    ['a header that promises more than there is', dataUrl(pngHeader(5000, 5000), 'image/png')],
    ['an SVG', dataUrl(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000"/>'), 'image/svg+xml')]
  ]
  for (const [title, graphic] of cases) t.equal((await ask(t, graphic)).status, 204, title)
  t.equal((await ask(t, dataUrl(await blank(100, 100).png().toBuffer(), 'image/png'), { maxDimension: 50, maxPixels: 9999 })).status, 204, 'more pixels than are decoded')
})
