// The home page: the whole way from choosing to results by keyboard, what a screen reader finds, and all that may go wrong.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { describe } from '../../services/describe/index.ts'
import { lineCharts } from '../../services/line-charts/index.ts'
import { sonify } from '../../services/sonify/index.ts'
import { tactile } from '../../services/tactile/index.ts'
import { answer, found, handler, hang, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import { build as buildService } from '../services/kit/build.ts'
import { findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(240_000)

const coffee = path.join(import.meta.dirname, '../fixtures/graphics/coffee.jpg')
const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g><title>Cup</title><circle cx="50" cy="50" r="40"/></g><g><title>Handle</title><path d="M90 50h9"/></g></svg>'
const wave = `data:audio/wav;base64,${Buffer.concat([Buffer.from('RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0', 'latin1')]).toString('base64')}`
const all = [
  rendering('A cup', { data: { text: 'A cup in the <b>centre</b>.' } }),
  rendering('A cup, spoken', { type_id: names.renderer('SimpleAudio'), data: { audio: wave } }),
  rendering('A cup, to be felt', { type_id: names.renderer('TactileSVG'), data: { graphic: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` } })
]

t.test('the way from a picture to its results', async t => {
  const ocr = await mockService(t, found(names.preprocessor('ocr'), { lines: [] }))
  const maker = await mockService(t, made(...all))
  const broken = await mockService(t, answer(500))
  const { open } = await openConsole(t, { services: { ocr: preprocessor(ocr), maker: handler(maker), broken: handler(broken) }, env: { MAX_BODY: '20mb', PARALLEL_PREPROCESSORS: 'ON' } })

  t.test('is gone by keyboard alone, and said', async t => {
    const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
    t.strictSame(await findBarriersInAllThemes(page), {}, 'no barriers before')
    await tabTo(page, '[aria-labelledby=try-examples] button')
    await page.keyboard.press('Enter')
    await page.locator('#announcements', { hasText: 'Chosen: Picture Library' }).waitFor()
    await tabTo(page, 'button.main')
    await page.keyboard.press('Enter')
    await page.locator('#announcements', { hasText: '3 results after' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Send', 'the focus stays')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Results')
    t.match(await page.locator('main').ariaSnapshot(), new RegExp([
      'heading "Try it" \\[level=1\\]', 'heading "Choose what to send" \\[level=2\\]', 'img "The picture that you have chosen"', 'heading "Send it"', 'heading "Services at work"', 'heading "Results" \\[level=2\\]',
      'Something may be missing[^]*broken', 'heading "A cup" \\[level=3\\]', 'A cup in the centre\\.', 'heading "A cup, spoken"', 'heading "A cup, to be felt"', 'img "Tactile drawing: A cup, to be felt"', 'listitem: Cup', 'listitem: Handle', 'heading "Afterwards"'
    ].join('[^]*')), 'in this order')
    t.strictSame(await findBarriersInAllThemes(page), {}, 'no barriers after')
    t.notOk(await scrollsSideways(page))
    t.strictSame(complaints, [])
    t.match(maker.received.at(-1)?.json, { language: 'en', dimensions: [600, 400], graphic: /^data:image\/png/ })
  })

  t.test('begins with a file, a chart or a place, and says what cannot be used', async t => {
    const { page } = await open('/', { reducedMotion: 'reduce' })
    await page.getByLabel('Picture, or file with a chart').setInputFiles(coffee)
    await page.getByText(/Picture coffee\.jpg, 600 × 400 pixels/).first().waitFor()
    await page.getByLabel('Picture, or file with a chart').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
    await page.getByText('This file cannot be read as a picture.').first().waitFor()
    const text = page.getByLabel('Chart or place as text')
    const use = page.getByRole('button', { name: 'Use this text' })
    for (const [given, said] of [['', 'Enter a chart or a place first.'], ['{', 'This is neither JSON nor latitude'], ['{}', 'has no series'], ['95, 1', 'Latitude goes from'], ['45.5, -73.6', 'Place at 45.5, -73.6']] as const) {
      await text.fill(given)
      await use.press('Enter')
      await page.locator('main').getByText(said).first().waitFor()
    }
    t.strictSame(await findBarriersInAllThemes(page), {})
    await text.fill(await readFile(path.join(import.meta.dirname, '../fixtures/graphics/temperature.json'), 'utf8'))
    await use.press('Enter')
    await page.getByText('Chart Mean temperature in Montreal, 12 points').first().waitFor()
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.locator('#announcements', { hasText: '3 results' }).waitFor()
    t.match(maker.received.at(-1)?.json, { highChartsData: { title: 'Mean temperature in Montreal' } })
    await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.getByRole('button', { name: 'Show request 1' }).press('Enter')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Results', 'earlier ones can be had again')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  t.test('drawings are saved in their true size, requests as JSON', async t => {
    const { page } = await open('/', { reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'A notice' }).press('Enter')
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.getByRole('button', { name: 'Go to the results' }).waitFor()
    const [drawing] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save for paper A4' }).press('Enter')])
    t.match(await readFile(await drawing.path(), 'utf8'), /width="190mm"[^>]*height="277mm"/)
    const [request] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the request' }).press('Enter')])
    t.match(JSON.parse(await readFile(await request.path(), 'utf8')), { request_uuid: /^[0-9a-f-]{36}$/, graphic: /^data:/ })
    await page.getByRole('button', { name: 'Keep this for debugging' }).press('Enter')
    await page.getByText('This server stores no requests').first().waitFor()
  })

  t.test('speaks French, in a narrow window', async t => {
    const { page } = await open('/', { language: 'fr', reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Un avis' }).press('Enter')
    await page.getByRole('button', { name: 'Envoyer' }).press('Enter')
    await page.locator('#announcements', { hasText: '3 résultats' }).waitFor()
    t.equal(maker.received.at(-1)?.json.language, 'fr')
    t.notOk(await scrollsSideways(page))
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})

t.test('what may go wrong', async t => {
  const slow = await mockService(t, hang)
  const { open } = await openConsole(t, { services: { slow: handler(slow) }, env: { STORE_IMAGE_DATA: 'ON', STORAGE_DIR: t.testdir() } })

  t.test('a request is cancelled, and the focus is not lost', async t => {
    const { page } = await open('/', { reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.getByRole('row').filter({ hasText: 'slow' }).getByText('working').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Cancel the request' }).press('Enter')
    await page.locator('#announcements', { hasText: 'Cancelled' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Send')
    await (await slow.request(1)).closed
  })

  t.test('the server cannot be reached', async t => {
    const { page } = await open('/', { reducedMotion: 'reduce' })
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.getByText('The server cannot be reached').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  t.test('a picture that is too large for the server is made smaller', async t => {
    slow.behaviour = made(...all)
    const { page } = await open('/', { reducedMotion: 'reduce' })
    // Noise, which no format makes small.
    await page.evaluate(() => {
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 700
      const context = canvas.getContext('2d')
      const image = context?.createImageData(700, 700)
      image?.data.forEach((_, index) => { image.data[index] = index % 4 === 3 ? 255 : (index * 7919) % 251 })
      if (image !== undefined) context?.putImageData(image, 0, 0)
      return new Promise(resolve => canvas.toBlob(blob => {
        const transfer = new DataTransfer()
        transfer.items.add(new File([blob ?? ''], 'noise.png', { type: 'image/png' }))
        document.querySelector('.drop')?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
        resolve(true)
      }))
    })
    await page.getByText(/Picture noise\.png/).first().waitFor()
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.getByRole('button', { name: 'Go to the results' }).waitFor()
    await page.getByText('was made smaller').first().waitFor()
    await page.getByRole('button', { name: 'Keep this for debugging' }).press('Enter')
    await page.getByText('It is kept.').first().waitFor()
    t.ok(String(slow.received.at(-1)?.json.graphic).length < 100_000)
  })
})

t.test('a chart goes through the real services that need no models', async t => {
  const listen = async (service: Parameters<typeof buildService>[1]) => await buildService(t, service).listen({ host: '127.0.0.1', port: 0 })
  const seen = { optional_dependencies: 'line-charts' }
  const { open } = await openConsole(t, {
    services: { 'line-charts': preprocessor(await listen(lineCharts)), describe: handler(await listen(describe), seen), sonify: handler(await listen(sonify), seen), tactile: handler(await listen(tactile), seen) },
    env: { MAX_BODY: '20mb', PARALLEL_PREPROCESSORS: 'ON' }
  })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  await page.getByRole('button', { name: 'A chart of temperatures' }).press('Enter')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await page.locator('#announcements', { hasText: '3 results' }).waitFor()
  t.match(await page.locator('p.said').innerText(), /July/, 'words')
  const player = page.locator('audio')
  t.match(await player.getAttribute('aria-label'), /Mean temperature/)
  await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 1)
  t.pass('a sound that can be played')
  await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('.result img')?.naturalWidth ?? 0) > 0)
  await page.getByRole('button', { name: 'Save for paper Letter' }).waitFor()
  await page.locator('summary', { hasText: 'Points of the chart' }).press('Enter')
  await page.getByRole('row', { name: /January.*-9\.7/ }).waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
  t.notOk(await scrollsSideways(page))
  t.strictSame(complaints, [])
})
