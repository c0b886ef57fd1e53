// The home page at its edges: a camera that nobody watches any more, what is pasted while a field has the focus, a part of a sound that is left, and what there is no better form for.
import t from 'tap'
import type { Test } from 'tap'
import type { Page } from 'playwright-core'
import { build, handler, made, mockService, names, rendering } from '../helper.ts'
import { browseConsole, findBarriersInAllThemes, openConsole } from './console.ts'
import type { ConsolePage } from './console.ts'
import { silence } from './silence.ts'

t.setTimeout(240_000)

const said = (page: Page, words: string | RegExp) => page.locator('#announcements', { hasText: words }).waitFor()
const cameraButton = (page: Page) => page.getByRole('button', { name: 'Use the camera of this machine' })

/** What the page of a camera test knows of the browser's camera. */
interface Watched { streams: MediaStream[], asked: number, allow?: () => void }

/** Opens the home page with a camera whose streams are watched. @param isHeld - whether it waits for `allow`, as for somebody who is asked */
async function openCamera (t: Test, { isHeld = false } = {}): Promise<ConsolePage> {
  const server = await build(t, { services: {} })
  const { open } = await browseConsole(t, server.origin, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  const opened = await open('/', { reducedMotion: 'reduce' })
  await opened.page.evaluate(isHeld => {
    const watched: Watched = { streams: [], asked: 0 }
    Object.assign(globalThis, { watched })
    const { mediaDevices } = navigator
    const real = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = async wanted => {
      watched.asked++
      if (isHeld) await new Promise<void>(resolve => { watched.allow = resolve })
      const stream = await real(wanted)
      watched.streams.push(stream)
      return stream
    }
  }, isHeld)
  return opened
}

/** Waits until so many streams were given and all of them have ended. */
async function allEnded (page: Page, count: number): Promise<void> {
  await page.waitForFunction(count => {
    const { streams } = (globalThis as unknown as { watched: Watched }).watched
    return streams.length === count && streams.every(stream => stream.getTracks().every(({ readyState }) => readyState === 'ended'))
  }, count)
}

/** Goes to another page of the console, by keyboard. */
async function leave (page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings and health' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Settings and health' }).waitFor()
}

t.test('a camera is off when one has left the page', async t => {
  const { page, complaints } = await openCamera(t)
  await cameraButton(page).press('Enter')
  await said(page, 'The camera is on.')
  await leave(page)
  await allEnded(page, 1)
  t.strictSame(complaints, [])
})

t.test('a camera that is allowed only after one has left is not left on, nor is one asked twice', async t => {
  const { page, complaints } = await openCamera(t, { isHeld: true })
  await cameraButton(page).press('Enter')
  await cameraButton(page).press('Enter')
  await page.waitForFunction(() => (globalThis as unknown as { watched: Watched }).watched.asked > 0)
  t.equal(await page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.asked), 1, 'the browser is asked once')
  await leave(page)
  await page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.allow?.())
  await allEnded(page, 1)
  t.strictSame(complaints, [])
})

t.test('a camera that is turned off, and one that is pulled out, are said to be', async t => {
  const { page, complaints } = await openCamera(t)
  await cameraButton(page).press('Enter')
  await page.getByRole('button', { name: 'Turn the camera off' }).press('Enter')
  await said(page, 'The camera is off.')
  await allEnded(page, 1)
  await cameraButton(page).press('Enter')
  await page.getByRole('button', { name: 'Take the picture' }).waitFor()
  // Nobody can pull out a camera that is not there: this is what the browser tells when it is.
  const pull = () => page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.streams.at(-1)?.getTracks()[0]?.dispatchEvent(new Event('ended')))
  await pull()
  await page.locator('[role=alert]', { hasText: 'The camera has stopped.' }).waitFor({ state: 'attached' })
  await page.waitForFunction(() => document.activeElement?.textContent === 'Use the camera of this machine')
  t.match(await cameraButton(page).evaluate(button => document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent), /The camera has stopped\. /, 'the button is described by what went wrong')
  t.strictSame(await findBarriersInAllThemes(page), {})
  await cameraButton(page).press('Enter')
  await page.waitForFunction(() => document.activeElement?.textContent === 'Take the picture')
  await page.getByLabel('Chart or place as text').focus()
  await pull()
  await cameraButton(page).waitFor()
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  t.equal(await page.evaluate(() => document.activeElement?.localName), 'textarea', 'who writes meanwhile is left there')
  await allEnded(page, 3)
  t.strictSame(complaints, [])
})

t.test('a picture is pasted wherever the focus is; words go into the field that has it', async t => {
  const { open } = await openConsole(t, { services: {} })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  // All that was chosen, one after the other.
  await page.evaluate(() => {
    const chosen: string[] = []
    Object.assign(globalThis, { chosen })
    new MutationObserver(() => {
      const words = document.querySelector('figcaption')?.textContent
      if (typeof words === 'string' && words !== chosen.at(-1)) chosen.push(words)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  /** Pastes into what has the focus. */
  const paste = async (what: { picture?: string, text?: string }) => await page.evaluate(async ({ picture, text }) => {
    const data = new DataTransfer()
    if (text !== undefined) data.setData('text', text)
    if (picture !== undefined) {
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 20
      const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve))
      data.items.add(new File([blob ?? ''], picture, { type: 'image/png' }))
    }
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))
  }, what)
  const field = page.getByLabel('Chart or place as text')
  await field.focus()
  await paste({ picture: 'field.png' })
  await said(page, /Chosen: Picture field\.png/)
  await page.getByLabel('Picture, or file with a chart').focus()
  await paste({ text: '45.5, -73.6' })
  await said(page, 'Chosen: Place at 45.5, -73.6')
  await field.focus()
  // As a spreadsheet copies: its cells as words and as a picture of them.
  await paste({ text: '1, 2', picture: 'cells.png' })
  await page.getByRole('button', { name: 'A notice' }).focus()
  await paste({ picture: 'last.png' })
  await said(page, /Chosen: Picture last\.png/)
  t.match(await page.evaluate(() => (globalThis as unknown as { chosen: string[] }).chosen), [/field\.png/, /^Place at 45\.5, -73\.6$/, /last\.png/], 'words stay with the field')
  t.strictSame(complaints, [])
})

t.test('who leaves a part of a sound hears the rest of it', async t => {
  const audio = rendering('Spoken', { type_id: names.renderer('SegmentAudio'), data: { audioFile: silence(4), audioInfo: [{ name: 'Sky', offset: 0, duration: 1.5 }, { name: 'Road', offset: 1.5, duration: 0.5 }] } })
  const { open } = await openConsole(t, { services: { maker: handler(await mockService(t, made(audio))) } })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await said(page, '1 result')
  for (const [words, go] of [
    ['paused in it', (player: HTMLAudioElement) => { player.pause() }],
    ['gone to before it', (player: HTMLAudioElement) => { player.currentTime = 0.5 }]
  ] as const) {
    await page.getByRole('button', { name: 'Road (500 ms)' }).press('Enter')
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) >= 1.5)
    await page.locator('audio').evaluate(go)
    await page.locator('audio').evaluate(async (player: HTMLAudioElement) => { if (player.paused) await player.play() })
    await page.waitForFunction(() => document.querySelector('audio')?.ended === true)
    t.pass(`${words}, it is heard to the end`)
  }
  t.strictSame(complaints, [])
})

t.test('what there is no better form for is shown as it came, and saved', async t => {
  const odd = rendering('Odd', { data: { smell: 'of coffee' } })
  const { open } = await openConsole(t, { services: { maker: handler(await mockService(t, made(odd))) } })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await said(page, '1 result')
  t.match(await page.locator('main').ariaSnapshot(), /heading "Odd"[^]*This page has no better form[^]*region "Odd"[^]*smell/)
  t.strictSame(await findBarriersInAllThemes(page), {})
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as JSON' }).press('Enter')])
  t.strictSame(JSON.parse(Buffer.concat(await (await saved.createReadStream()).toArray()).toString()), { smell: 'of coffee' })
  t.strictSame(complaints, [])
})
