// The page of tracking in a browser: cameras that come, what they see, following by keyboard, timelines, and what is said where there is nothing.
import t from 'tap'
import type { Test } from 'tap'
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

t.test('a server that does not track says so', async t => {
  const { open } = await openConsole(t, { services: {} })
  const { page } = await open('/tracking')
  await page.getByText('This server does not track.').waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
})
