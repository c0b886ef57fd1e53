// The ocr service, with its real models: notices are read, photographs are not.
import sharp from 'sharp'
import t from 'tap'
import type { Test } from 'tap'
import { ocr } from '../../../services/ocr/index.ts'
import type { ServiceServer } from '../../../services/kit/index.ts'
import type { TextLine } from '../../../schemas/graphics/preprocessors/ocr.ts'
import { build, dataUrl, fixture, graphicRequest } from '../kit/build.ts'
import { pngHeader } from '../kit/hostile.ts'

// Models load slowly on a machine that is busy with other tests.
t.setTimeout(120_000)

async function ask (app: ServiceServer, bytes: Buffer, language = 'en') {
  return await app.inject({ method: 'POST', url: '/preprocessor', payload: graphicRequest({ language, graphic: dataUrl(bytes, 'image/png') }) })
}

t.test('the ocr service', async (t: Test) => {
  const app = build(t, ocr)
  await app.ready()
  await app.warm()
  t.equal((await app.inject('/health')).statusCode, 200)

  await t.test('reads an English notice from top to bottom, and says where each line stands', async t => {
    const response = await ask(app, fixture('notice-en.png'))
    t.equal(response.statusCode, 200)
    t.equal(response.json().name, 'ca.mcgill.a11y.image.preprocessor.ocrClouds')
    const lines: TextLine[] = response.json().data.lines
    t.strictSame(lines.map(({ text }) => text), [
      'Library opening hours',
      'Monday to Friday: 9 am to 6 pm',
      'Saturday: 10 am to 4 pm',
      'Closed on Sundays and holidays',
      'Please ring the bell for help.'
    ])
    // The heading was drawn from x 60, with its baseline at y 95 and letters about 36 high, on 760 by 420 pixels.
    const [left = 0, top = 0, width = 0, height = 0] = lines[0]?.bounding_box ?? []
    t.ok(Math.abs(left - 60 / 760) < 0.02 && Math.abs(top - 60 / 420) < 0.03, 'left and top')
    t.ok(width > 0.6 && width < 0.8 && height > 0.05 && height < 0.15, 'width and height')
  })

  await t.test('reads French accents when the request is in French', async t => {
    const lines: TextLine[] = (await ask(app, fixture('notice-fr.png'), 'fr')).json().data.lines
    t.strictSame(lines.map(({ text }) => text.replaceAll('’', "'")), [
      'Bibliothèque fermée',
      'Le musée ouvre à dix heures',
      'Entrée gratuite pour les élèves',
      "Où êtes-vous garés, s'il vous plaît ?",
      'Accès interdit après la tombée de la nuit'
    ])
  })

  await t.test('reads small print, and print on its side once it is put upright', async t => {
    const small = await sharp(fixture('notice-en.png')).resize(300).png().toBuffer()
    t.match((await ask(app, small)).json().data.lines[0], { text: 'Library opening hours' })
    const sideways = await sharp(fixture('notice-en.png')).rotate(-90).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    t.match((await ask(app, sideways)).json().data.lines[0], { text: 'Library opening hours' })
  })

  await t.test('says nothing of photographs without text', async t => {
    for (const name of ['astronaut.jpg', 'coffee.jpg', 'chelsea.jpg']) t.equal((await ask(app, fixture(name))).statusCode, 204, name)
  })

  await t.test('is not applicable to hostile graphics', async t => {
    t.equal((await ask(app, fixture('notice-en.png').subarray(0, 3000))).statusCode, 204, 'truncated')
    t.equal((await ask(app, Buffer.from('hello'))).statusCode, 204, 'no picture')
    t.equal((await ask(app, pngHeader(60_000, 60_000))).statusCode, 204, 'a header of 60000 by 60000 pixels')
    t.equal((await ask(app, pngHeader(5000, 5000))).statusCode, 204, 'a header that promises more than there is')
    t.equal((await ask(app, await sharp({ create: { width: 1, height: 2000, channels: 3, background: 'red' } }).png().toBuffer())).statusCode, 204, 'a hair line')
    t.equal((await app.inject('/health')).statusCode, 200)
  })
})
