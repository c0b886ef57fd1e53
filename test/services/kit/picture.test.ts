// Graphics as pictures: what is opened and what is left alone.
import sharp from 'sharp'
import t from 'tap'
import { openPicture } from '../../../services/kit/picture.ts'
import { dataUrl, fixture } from './build.ts'
import { pngHeader } from './hostile.ts'

const plain = sharp({ create: { width: 40, height: 20, channels: 3, background: '#c00' } })

t.test('the usual raster formats are opened, whatever the data URL calls them', async t => {
  for (const format of ['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif'] as const) {
    const bytes = await plain.clone().toFormat(format).toBuffer()
    const picture = await openPicture(dataUrl(bytes, 'image/x-unknown'))
    t.match(picture, { format, width: 40, height: 20 }, format)
    t.equal((await picture?.decode().raw().toBuffer({ resolveWithObject: true }))?.info.width, 40)
  }
})

t.test('width and height are those of the upright picture', async t => {
  const bytes = await plain.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer()
  const picture = await openPicture(dataUrl(bytes, 'image/jpeg'))
  t.match(picture, { width: 20, height: 40 })
  t.match((await picture?.decode().png().toBuffer({ resolveWithObject: true }))?.info, { width: 20, height: 40 })
})

t.test('of an animation the first frame is taken', async t => {
  const frames = Buffer.concat([Buffer.alloc(300, 0), Buffer.alloc(300, 255)])
  const bytes = await sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } }).gif().toBuffer()
  t.equal((await sharp(bytes).metadata()).pages, 2)
  const picture = await openPicture(dataUrl(bytes, 'image/gif'))
  t.match(picture, { width: 10, height: 10 })
  const pixels = await picture?.decode().removeAlpha().raw().toBuffer()
  t.equal(pixels?.[0], 0)
})

t.test('what is no raster picture is not opened', async t => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  t.equal(await openPicture(undefined), undefined)
  t.equal(await openPicture(dataUrl(svg, 'image/svg+xml')), undefined)
  t.equal(await openPicture(dataUrl(svg, 'image/png')), undefined)
  t.equal(await openPicture(dataUrl(Buffer.from('%PDF-1.7'), 'image/png')), undefined)
  t.equal(await openPicture('data:image/png;base64,===='), undefined)
  t.equal(await openPicture(dataUrl(fixture('coffee.jpg').subarray(0, 10), 'image/jpeg')), undefined)
})

t.test('a picture over the pixel limit is judged by its header', async t => {
  t.equal(await openPicture(dataUrl(pngHeader(60_000, 60_000), 'image/png')), undefined)
  const bytes = dataUrl(await plain.clone().png().toBuffer(), 'image/png')
  t.equal(await openPicture(bytes, 799), undefined)
  t.match(await openPicture(bytes, 800), { width: 40 })
})
