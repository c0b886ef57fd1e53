// The page of tracking in a browser: cameras that come, what they see, following by keyboard, timelines, and what is said where there is nothing.
import t from 'tap'
import type { WebSocketRoute } from 'playwright-core'
import type { Test } from 'tap'
import { good, pem, rsa, sign } from '../lib/tracking/identity-provider.ts'
import { buildTracking } from '../tracking-peers.ts'
import type { TestPeer } from '../tracking-peers.ts'
import { browseConsole, findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(240_000)

const person = { boxId: 1, rect: [0.7, 0.1, 0.9, 0.5], objectType: 'person', certainty: 0.93 }

/** A camera sees a person, again and again until the test ends, and what it is told to follow. */
function film (t: Test, camera: TestPeer): void {
  let frame = 0
  const followed: number[] = []
  const timer = setInterval(() => {
    frame += 1
    camera.send(`{"type":"boundingBoxes","frameId":${frame}.0,"boxes":${JSON.stringify([{ ...person, ...followed[0] === undefined ? {} : { objectId: followed[0] } }])}}`)
  }, 100)
  t.teardown(() => clearInterval(timer))
  const listen = async () => {
    for (;;) {
      const message = await camera.nextJson()
      if (message.type === 'start') followed.push(message.objectId as number)
      if (message.type === 'stop') followed.splice(0)
    }
  }
  listen().catch(() => {})
}

t.test('cameras, boxes, objects and timelines', async t => {
  const server = await buildTracking(t, { env: { MODULES: 'tracking' } })
  const { open } = await browseConsole(t, server.origin)
  const { page, complaints } = await open('/tracking')

  await t.test('nobody is here yet', async t => {
    await page.getByText('No processor of a camera is here yet.').waitFor()
    await page.getByText('Nothing is followed.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  const camera = await server.processor('hall')
  film(t, camera)

  await t.test('a camera comes and is looked at by keyboard', async t => {
    const show = page.getByRole('button', { name: 'Show hall' })
    await show.waitFor()
    await show.press('Enter')
    await page.waitForFunction(() => document.activeElement?.id === 'camera')
    await page.getByRole('button', { name: 'Follow box 1' }).waitFor()
    const region = page.locator('section.camera')
    t.match(await region.ariaSnapshot(), /img "Boxes that camera hall sees now: 1[^"]*"[^]*rowheader "1"[^]*person[^]*top right, 8 % of the frame[^]*93 %[^]*not followed/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    // Some of the picture is not its ground.
    t.ok(await page.evaluate(() => {
      const canvas = document.querySelector('canvas')
      const { data } = canvas?.getContext('2d')?.getImageData(0, 0, 640, 360) ?? { data: [] }
      return new Set(Array.from({ length: data.length / 4 }, (_, pixel) => data[4 * pixel])).size > 1
    }), 'boxes are drawn')
  })

  await t.test('a box is followed, and followed no longer', async t => {
    await page.getByRole('button', { name: 'Follow box 1' }).press('Enter')
    await page.locator('#announcements', { hasText: 'Object 1 is followed.' }).waitFor()
    await page.getByRole('button', { name: 'Timeline of object 1' }).press('Enter')
    await page.waitForFunction(() => document.activeElement?.id === 'timelines')
    await page.getByRole('img', { name: /Object 1: .* by 1 camera\./ }).waitFor()
    t.match(await page.locator('section.timelines').ariaSnapshot(), /table "Where object 1 was"[^]*rowheader "hall"/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Follow object 1 no longer' }).first().press('Enter')
    await page.locator('#announcements', { hasText: 'Object 1 is followed no longer.' }).waitFor()
    await page.waitForFunction(() => ['camera', 'objects'].includes(document.activeElement?.id ?? ''))
    await page.getByText('Nothing is followed.').waitFor()
  })

  await t.test('it can be held still', async () => {
    await tabTo(page, 'main input[type=checkbox]')
    await page.keyboard.press('Space')
    const frames = page.locator('section.cameras td.numeric').first()
    const before = await frames.textContent()
    // Frames go on meanwhile; a look after several of them finds the page as it was.
    await server.client().then(async client => { for (let i = 0; i < 10; i++) await client.next() })
    t.equal(await frames.textContent(), before)
    await page.keyboard.press('Space')
    await page.waitForFunction(before => document.querySelector('section.cameras td.numeric')?.textContent !== before, before)
  })

  await t.test('in French, and 320 pixels wide', async t => {
    const french = await open('/tracking', { language: 'fr' })
    await french.page.getByRole('button', { name: 'Montrer hall' }).press('Enter')
    await french.page.getByText('en haut à droite, 8 % de l’image').waitFor()
    t.notOk(await scrollsSideways(french.page))
    t.strictSame(await findBarriersInAllThemes(french.page), {})
    await french.page.close()
  })

  await t.test('the server goes', async t => {
    t.strictSame(complaints, [], 'until then nothing has gone wrong')
    await server.app.close()
    await page.getByText('The connection is lost; it is tried again').first().waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})

t.test('operators see who is connected', async t => {
  const token = 'the-token-of-an-operator'
  const server = await buildTracking(t, { env: { MODULES: 'tracking', OPERATOR_TOKEN: token } })
  const { open } = await browseConsole(t, server.origin)
  const { page } = await open('/tracking')
  const part = page.locator('section.connections')

  await t.test('somebody else is asked to sign in, and is asked by keyboard', async t => {
    const button = part.getByRole('button', { name: 'Sign in' })
    await button.waitFor()
    t.equal(await part.getByRole('table').count(), 0)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await button.press('Enter')
    await page.getByLabel('Operator token or JWT').fill(token)
    await page.keyboard.press('Enter')
    await part.getByRole('heading', { name: /^Clients: 1$/ }).waitFor()
    await page.waitForFunction(() => document.activeElement !== document.body)
  })

  await t.test('nobody but the console is there', async t => {
    t.match(await part.ariaSnapshot(), /heading "Who is connected"[^]*Coming in: [\d.]+ messages and 0 boxes a second[^]*heading "Processors: 0"[^]*No processor is connected\.[^]*heading "Clients: 1"[^]*table "Clients"/)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('a camera, what it sends, and who follows it', async t => {
    const camera = await server.processor('hall')
    film(t, camera)
    const client = await server.client({ protocols: ['tutti.v1'] })
    client.send({ type: 'subscribe', cameras: ['hall', 'yard'], objects: [7] })
    await client.settled()
    await part.getByRole('heading', { name: 'Clients: 2' }).waitFor()
    await part.getByText(/^Coming in: [1-9]/).waitFor()
    const said = await part.ariaSnapshot()
    t.match(said, /table "Processors"[^]*rowheader "hall"[^]*cell "Yes"/)
    t.match(said, /table "Clients"[^]*cell "all"[^]*cell "Yes"[^]*cell "hall, yard"[^]*cell "7"[^]*cell "No"/)
    const rate = part.locator('table').first().locator('tbody td.numeric').first()
    await page.waitForFunction(rate => Number(rate?.textContent) > 0, await rate.elementHandle())
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    await page.setViewportSize({ width: 1280, height: 900 })

    // It is live: the camera goes, which is shown once the page is not held still any more.
    const hold = page.getByRole('checkbox', { name: 'Hold the page still' })
    await hold.press('Space')
    await camera.close()
    for (let seconds = 0; seconds < 2; seconds++) t.match((await server.send('/tracking/state', { headers: { authorization: `Bearer ${token}` } })).json, { processors: [] })
    t.ok(await part.getByRole('rowheader', { name: 'hall' }).isVisible())
    await hold.press('Space')
    await part.getByText('No processor is connected.').waitFor()
  })

  await t.test('in French', async t => {
    const french = await open('/tracking', { language: 'fr', token })
    await french.page.getByRole('heading', { name: /^Clients : / }).waitFor()
    t.match(await french.page.locator('section.connections').ariaSnapshot(), /heading "Qui est connecté"[^]*En entrée : [^]*Aucun processeur n’est connecté\./)
    await french.page.close()
  })

  await t.test('what cannot be had any more is said to be old', async () => {
    await server.app.close()
    await part.getByText('Not up to date: The server cannot be reached.').waitFor()
    await part.getByRole('table', { name: 'Clients' }).waitFor()
  })
})

t.test('who brings the token of a client is connected, and goes on from the list of cameras', async t => {
  const { publicKey, privateKey } = rsa()
  const server = await buildTracking(t, { env: { MODULES: 'tracking', PUBLIC_KEY: pem(publicKey), AUDIENCE: 'tracking', CLIENT_ROLE: 'watch', TRACKING_AUTH_TIMEOUT: '3000' } })
  const { open } = await browseConsole(t, server.origin)
  const { page } = await open('/tracking')
  const field = page.getByLabel('Token of a client')
  await field.waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
  await field.fill(await sign(privateKey, good()))
  await page.keyboard.press('Enter')
  film(t, await server.processor('hall'))
  await page.locator('.state', { hasText: /Connected$/ }).waitFor()
  await page.getByRole('button', { name: 'Show hall' }).waitFor()
  t.equal(await page.evaluate(() => document.activeElement?.id), 'cameras')
})

t.test('the picture is drawn 25 times a second at most, and only while it can be seen', async t => {
  const server = await buildTracking(t, { env: { MODULES: 'tracking' } })
  const camera = await server.processor('hall')
  const { open } = await browseConsole(t, server.origin)
  const { page } = await open('/tracking')
  // Each picture begins with its ground.
  await page.evaluate(() => {
    const times: number[] = []
    Object.assign(globalThis, { times })
    const { fillRect } = CanvasRenderingContext2D.prototype
    CanvasRenderingContext2D.prototype.fillRect = function (...place) {
      times.push(performance.now())
      fillRect.apply(this, place)
    }
  })
  const drawn = () => page.evaluate(() => (globalThis as unknown as { times: number[] }).times.length)
  const waitForDrawn = (number: number) => page.waitForFunction(number => (globalThis as unknown as { times: number[] }).times.length >= number, number)
  let frame = 0
  const filming = setInterval(() => camera.send({ type: 'boundingBoxes', frameId: ++frame, boxes: [person] }), 5)
  t.teardown(() => clearInterval(filming))
  const frames = () => page.locator('section.cameras td.numeric').first().textContent().then(Number)
  /** Until the page has taken over so many frames more. */
  const further = async (more: number) => {
    const goal = await frames() + more
    await page.waitForFunction(goal => Number(document.querySelector('section.cameras td.numeric')?.textContent) >= goal, goal)
  }
  /** Pictures while frames come, once it has had the time to notice. */
  const drawnMeanwhile = async () => {
    await further(40)
    const before = await drawn()
    await further(80)
    return await drawn() - before
  }
  await page.getByRole('button', { name: 'Show hall' }).press('Enter')

  await t.test('in view', async t => {
    await waitForDrawn(80)
    const times = await page.evaluate(() => (globalThis as unknown as { times: number[] }).times)
    // In whatever second one looks; a picture may come late by one of the screen, and the next in time.
    const most = Math.max(...times.map((from, first) => times.slice(first).filter(time => time < from + 1000).length))
    t.ok(most <= 26, `${most} pictures in a second`)
  })

  await t.test('scrolled away', async t => {
    await page.setViewportSize({ width: 1280, height: 200 })
    await page.locator('h1').scrollIntoViewIfNeeded()
    await page.evaluate(() => scrollTo(0, 0))
    t.equal(await drawnMeanwhile(), 0)
    await page.locator('canvas').scrollIntoViewIfNeeded()
    await waitForDrawn(await drawn() + 10)
  })

  await t.test('in a tab that nobody sees', async t => {
    const hide = (isHidden: boolean) => page.evaluate(isHidden => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)
    await hide(true)
    t.equal(await drawnMeanwhile(), 0)
    await hide(false)
    await waitForDrawn(await drawn() + 10)
  })
})

t.test('the focus stays where one was, although rows go', async t => {
  const server = await buildTracking(t, { env: { MODULES: 'tracking' } })
  const camera = await server.processor('hall')
  const { open } = await browseConsole(t, server.origin)
  const { page } = await open('/tracking')
  let frame = 0
  let seen: number[] = []
  /** The camera sees boxes of these numbers from now on. */
  const see = (...numbers: number[]) => { seen = numbers }
  const filming = setInterval(() => camera.send({ type: 'boundingBoxes', frameId: ++frame, boxes: seen.map(boxId => ({ ...person, boxId })) }), 100)
  t.teardown(() => clearInterval(filming))
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  see(1, 2, 3)
  await page.getByRole('button', { name: 'Show hall' }).press('Enter')
  const follow = (box: number) => page.getByRole('button', { name: `Follow box ${box}`, exact: true })
  await follow(3).waitFor()
  await tabTo(page, 'section.camera tbody tr:nth-child(2) button')
  t.equal(await focused(), 'Follow box 2')

  await t.test('its own row stays', async t => {
    see(2, 3)
    await follow(1).waitFor({ state: 'detached' })
    t.equal(await focused(), 'Follow box 2')
    see(1, 2, 3)
    await follow(1).waitFor()
    t.equal(await focused(), 'Follow box 2')
    for (const order of [[3, 2, 1], [2, 1, 3], [1, 3, 2], [3, 1, 2], [2, 3, 1], [1, 2, 3]]) {
      see(...order)
      await page.waitForFunction(order => [...document.querySelectorAll('section.camera tbody th')].map(({ textContent }) => textContent).join() === order, order.join())
      t.equal(await focused(), 'Follow box 2', `although rows change places: ${order.join()}`)
    }
  })

  await t.test('its row goes: the one after it', async t => {
    see(1, 3)
    await follow(2).waitFor({ state: 'detached' })
    t.equal(await focused(), 'Follow box 3')
    await page.locator('#announcements', { hasText: '“Follow box 2” is not there any more.' }).waitFor()
  })

  await t.test('the last row goes: the one before it', async t => {
    see(1)
    await follow(3).waitFor({ state: 'detached' })
    t.equal(await focused(), 'Follow box 1')
  })

  await t.test('all rows go: the heading', async t => {
    see()
    await follow(1).waitFor({ state: 'detached' })
    t.equal(await page.evaluate(() => document.activeElement?.id), 'camera')
    await page.keyboard.press('Shift+Tab')
    t.equal(await focused(), 'Show hall', 'one goes on from there')
  })

  await t.test('an object that is followed no longer: the next one', async t => {
    const client = await server.client()
    for (const boxId of [1, 2]) client.send({ type: 'start', cameraId: 'hall', frameId: 1, boxId, image: `picture ${boxId}` })
    await page.getByRole('button', { name: 'Timeline of object 2' }).waitFor()
    await tabTo(page, 'section.objects tbody tr:first-child button')
    t.equal(await focused(), 'Timeline of object 1')
    client.send({ type: 'stop', objectId: 1 })
    await page.getByRole('button', { name: 'Timeline of object 1' }).waitFor({ state: 'detached' })
    t.equal(await focused(), 'Timeline of object 2')
    client.send({ type: 'stop', objectId: 2 })
    await page.getByText('Nothing is followed.').waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.id), 'objects')
  })

  await t.test('the camera goes with all of its part: the heading of the list', async t => {
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket(/\/client$/, socket => {
      socket.connectToServer()
      sockets.push(socket)
    })
    await page.reload()
    see(1)
    await page.getByRole('button', { name: 'Show hall' }).press('Enter')
    await follow(1).waitFor()
    await tabTo(page, 'section.camera tbody button')
    clearInterval(filming)
    await camera.close()
    await page.getByText('Away').waitFor()
    t.equal(await focused(), 'Follow box 1')
    // Who connects anew hears of those who are there now.
    await sockets.at(-1)?.close()
    await page.getByText('No processor of a camera is here yet.').waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.id), 'cameras')
  })
})

t.test('a server that does not track says so', async t => {
  const { open } = await openConsole(t, { services: {} })
  const { page } = await open('/tracking')
  await page.getByText('This server does not track.').waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
})
