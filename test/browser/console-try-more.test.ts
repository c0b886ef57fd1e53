// The home page, further: a camera, what is pasted, places by name, routes, questions afterwards, sounds, parts, layers, the command for a terminal, and a server that dies amid an answer.
import t from 'tap'
import type { Page } from 'playwright-core'
import { answer, build, handler, hang, made, mockService, names, rendering } from '../helper.ts'
import { browseConsole, findBarriersInAllThemes, openConsole, scrollsSideways } from './console.ts'
import { silence } from './silence.ts'

t.setTimeout(240_000)

const token = 'the-token-of-an-operator'
const svg = (name: string) => `data:image/svg+xml;base64,${Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g aria-label="${name}"><circle r="4"/></g></svg>`).toString('base64')}`

const said = (page: Page, words: string | RegExp) => page.locator('#announcements', { hasText: words }).waitFor()
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

/** Sends the example of a place. */
async function sendPlace (page: Page): Promise<void> {
  await page.getByRole('button', { name: 'A place in Montreal' }).press('Enter')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
}

t.test('a photograph is taken with the camera, by keyboard', async t => {
  const maker = await mockService(t, made(rendering('A cup', { data: { text: 'A cup.' } })))
  const server = await build(t, { services: { maker: handler(maker) } })
  const { open } = await browseConsole(t, server.origin, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  const use = page.getByRole('button', { name: 'Use the camera of this machine' })
  await use.press('Enter')
  await said(page, 'The camera is on.')
  t.equal(await focused(page), 'Take the picture')
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0)
  t.strictSame(await findBarriersInAllThemes(page), {})
  t.notOk(await scrollsSideways(page))
  await page.keyboard.press('Enter')
  await said(page, /Chosen: Picture photograph\.jpg/)
  await page.waitForFunction(() => document.activeElement?.textContent === 'Use the camera of this machine')
  t.equal(await page.locator('video').count(), 0)
  await use.press('Enter')
  await page.getByRole('button', { name: 'Turn the camera off' }).press('Enter')
  await page.waitForFunction(() => document.activeElement?.textContent === 'Use the camera of this machine')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await said(page, '1 result')
  t.match(maker.received.at(-1)?.json, { graphic: /^data:image\/jpeg;base64,/ })
  t.strictSame(complaints, [])
})

t.test('where there is no camera, or it is not allowed, that is said', async t => {
  const server = await build(t, { services: {} })
  const { open } = await browseConsole(t, server.origin, ['--deny-permission-prompts'])
  const { page } = await open('/', { reducedMotion: 'reduce' })
  for (const [name, words] of [['NotFoundError', 'There is no camera.'], ['NotAllowedError', 'The browser may not use the camera.'], ['NotReadableError', 'Another program uses the camera.']] as const) {
    await page.evaluate(name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', name) } }, name)
    await page.getByRole('button', { name: 'Use the camera of this machine' }).press('Enter')
    await page.locator('.error', { hasText: words }).waitFor()
  }
  t.strictSame(await findBarriersInAllThemes(page), {})
})

t.test('what is pasted, places by name, and routes', async t => {
  const [usual, other] = [await mockService(t, made(rendering('usual', { data: { text: 'Usual.' } }))), await mockService(t, made(rendering('other', { data: { text: 'Of the other route.' } })))]
  const { open } = await openConsole(t, { services: { usual: handler(usual), other: handler(other, { route: 'other' }) } })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  const paste = async (type: 'text' | 'picture') => {
    await page.evaluate(async type => {
      const data = new DataTransfer()
      if (type === 'text') data.setData('text', '45.5, -73.6')
      else {
        const canvas = document.createElement('canvas')
        canvas.width = canvas.height = 20
        const picture = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve))
        data.items.add(new File([picture ?? ''], 'clip.png', { type: 'image/png' }))
      }
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))
    }, type)
  }
  await paste('picture')
  await said(page, /Chosen: Picture clip\.png, 20 × 20 pixels/)
  await paste('text')
  await said(page, 'Chosen: Place at 45.5, -73.6')
  await page.getByRole('button', { name: 'Use this place' }).press('Enter')
  await page.locator('.error', { hasText: 'Enter a place first.' }).waitFor()
  await page.getByLabel('Place, as a map calls it').fill('ChIJDbdkHFQayUwR7-8fITgxTmU')
  await page.getByRole('button', { name: 'Use this place' }).press('Enter')
  await said(page, 'Chosen: Place at ChIJDbdkHFQayUwR7-8fITgxTmU')
  await page.getByText('More choices').press('Enter')
  await page.getByLabel('Route').fill('not a route')
  await page.locator('.error', { hasText: 'letters, digits and low lines only' }).waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('other')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await page.getByText('Of the other route.').waitFor()
  t.match(other.received.at(-1)?.json, { route: 'other', placeID: 'ChIJDbdkHFQayUwR7-8fITgxTmU' })
  t.notOk('coordinates' in (other.received.at(-1)?.json ?? {}))
  t.equal(usual.received.length, 0, 'the usual ones are not asked')
  t.strictSame(complaints, [])
})

t.test('a question is asked afterwards, where there are services for it, and only the last of a request is kept', async t => {
  const [maker, answerer] = [await mockService(t, made(rendering('A cup', { data: { text: 'A cup.' } }))), await mockService(t, made(rendering('Answer', { data: { text: 'It is blue.' } })))]
  const { open } = await openConsole(t, { services: { maker: handler(maker), answerer: handler(answerer, { route: 'followup' }) }, env: { OPERATOR_TOKEN: token, STORE_IMAGE_DATA: 'ON', STORAGE_DIR: t.testdir() } })
  const stranger = await open('/', { reducedMotion: 'reduce' })
  await sendPlace(stranger.page)
  await stranger.page.getByText('A cup.').waitFor()
  t.equal(await stranger.page.getByRole('heading', { name: 'Ask about it' }).count(), 0, 'only operators can know whether there are')
  const { page } = await open('/', { reducedMotion: 'reduce', token })
  await sendPlace(page)
  await page.getByRole('heading', { name: 'Ask about it' }).waitFor()
  await page.getByRole('button', { name: 'Ask', exact: true }).press('Enter')
  await page.locator('[role=alert]', { hasText: 'Enter a question first.' }).waitFor({ state: 'attached' })
  await page.getByLabel('Your question').fill('What colour?')
  t.strictSame(await findBarriersInAllThemes(page), {})
  await page.getByLabel('Your question').press('Enter')
  await page.getByText('It is blue.').waitFor()
  const [asked, first] = [answerer.received.at(-1)?.json, maker.received.at(-1)?.json]
  t.match(asked, { route: 'followup', request_uuid: first?.request_uuid, followup: { query: 'What colour?', previous: [] } })
  await page.getByLabel('Your question').fill('And how large?')
  await page.getByLabel('Your question').press('Enter')
  await answerer.request(2)
  t.match(answerer.received.at(-1)?.json, { followup: { query: 'And how large?', previous: [['What colour?', 'It is blue.']] } })
  await page.getByRole('button', { name: 'Keep this for debugging' }).press('Enter')
  await page.getByText('It is kept.').first().waitFor()
  await page.getByRole('button', { name: 'Show request 1' }).press('Enter')
  await page.getByText('A cup.').waitFor()
  t.equal(await page.getByRole('button', { name: 'Keep this for debugging' }).count(), 0, 'the server has it no more')
})

t.test('sounds are played where they are switched on, and not otherwise', async t => {
  const { open } = await openConsole(t, { services: { maker: handler(await mockService(t, made(rendering('A cup', { data: { text: 'A cup.' } })))) } })
  const { page } = await open('/', { reducedMotion: 'reduce' })
  await page.evaluate(() => {
    const notes: number[] = []
    Object.assign(globalThis, { notes })
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (when) {
      notes.push(this.frequency.value)
      start.call(this, when)
    }
  })
  const heard = () => page.evaluate(() => (globalThis as unknown as { notes: number[] }).notes)
  await sendPlace(page)
  await said(page, '1 result')
  t.strictSame(await heard(), [])
  await page.getByRole('link', { name: 'Settings and health' }).press('Enter')
  await page.getByLabel('Short sounds beside the words').press('Space')
  await page.getByRole('link', { name: 'Try it' }).press('Enter')
  await sendPlace(page)
  await page.waitForFunction(() => (globalThis as unknown as { notes: number[] }).notes.length >= 4)
  const notes = await heard()
  t.strictSame([notes[0], ...notes.slice(-2)], [440, 660, 880], 'for sent, and for done')
  t.ok(notes.slice(1, -2).every(note => note === 660), 'for progress between')
})

t.test('parts of a sound, and layers of a drawing', async t => {
  const audio = rendering('Spoken', { type_id: names.renderer('SegmentAudio'), data: { audioFile: silence(), audioInfo: [{ name: 'Sky', offset: 0, duration: 0.25 }, { name: 'Road', offset: 0.25, duration: 0.5 }] } })
  const layers = rendering('Layered', { type_id: names.renderer('SVGLayers'), data: { layers: [{ label: 'Houses', svg: svg('House') }, { label: 'Trees', svg: svg('Tree') }] } })
  const { open } = await openConsole(t, { services: { maker: handler(await mockService(t, made(audio, layers))) } })
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  await sendPlace(page)
  await said(page, '2 results')
  await page.getByRole('button', { name: 'Road (500 ms)' }).press('Enter')
  await page.waitForFunction(() => {
    const player = document.querySelector('audio')
    return player !== null && player.paused && player.currentTime >= 0.7
  })
  t.pass('the part is played, and ends')
  t.match(await page.locator('main').ariaSnapshot(), /heading "Houses"[^]*img "Tactile drawing: Houses"[^]*listitem: House[^]*heading "Trees"[^]*listitem: Tree/)
  t.strictSame(await findBarriersInAllThemes(page), {})
  t.strictSame(complaints, [])
})

t.test('the command for a terminal sends the same', async t => {
  const { open, origin } = await openConsole(t, { services: { maker: handler(await mockService(t, made(rendering('A cup', { data: { text: 'A cup.' } })))) } })
  const { page } = await open('/', { reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  await sendPlace(page)
  await said(page, '1 result')
  await page.getByRole('button', { name: 'Copy as a curl command' }).press('Enter')
  await said(page, /copied/i)
  const command = await page.evaluate(() => navigator.clipboard.readText())
  const [, address = ''] = /^curl --fail-with-body --header 'content-type: application\/json' --header 'accept: application\/json' --data-binary @request\.json '([^']+)'$/.exec(command) ?? []
  t.equal(address, `${origin}/render`)
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the request' }).press('Enter')])
  t.equal(saved.suggestedFilename(), 'request.json')
  const stream = await saved.createReadStream()
  const body = Buffer.concat(await stream.toArray())
  const reply = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body })
  t.equal(reply.status, 200)
  t.match(await reply.json(), { renderings: [{ data: { text: 'A cup.' } }] })
})

t.test('a server that dies amid an answer is named, and one can try again', async t => {
  const slow = await mockService(t, hang)
  const { open, app } = await openConsole(t, { services: { slow: handler(slow), broken: handler(await mockService(t, answer(500))) } })
  const { page } = await open('/', { reducedMotion: 'reduce' })
  await sendPlace(page)
  await slow.request(1)
  await page.getByRole('row').filter({ hasText: 'slow' }).getByText('working').waitFor()
  app.server.closeAllConnections()
  await page.getByText('The server cannot be reached').waitFor()
  await page.locator('[role=alert]', { hasText: 'It has failed.' }).waitFor({ state: 'attached' })
  t.strictSame(await findBarriersInAllThemes(page), {})
  slow.behaviour = made(rendering('A cup', { data: { text: 'A cup.' } }))
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await page.getByText('A cup.').waitFor()
})
