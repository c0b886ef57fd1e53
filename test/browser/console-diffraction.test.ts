// The page of diffraction frames in a real browser: by keyboard alone, in words, in all colours, and when things go wrong.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { writeEiger } from '../../scripts/diffraction-demo/eiger.ts'
import { buildDiffraction } from '../diffraction-server.ts'
import { browseConsole, findBarriers, findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(280_000)

const place = '/diffraction/42/3/run_master.h5'

/** A file that somebody has called so. */
const stranger = '<img src=x onerror=alert(1)>.cbf'

/** A server with one master of three frames, and a browser. */
async function startConsole (t: Test, env: Record<string, string> = { DIFFRACTION_LINK_SECRET: 'a secret of forty characters at the least' }) {
  const server = await buildDiffraction(t, {
    env,
    sessions: { secret: { uid: 'anna', pid: 'secret', role: 'user', allowedESAFs: [42] } }
  })
  mkdirSync(path.join(server.folder, 'older'))
  writeFileSync(path.join(server.folder, 'older', stranger), '')
  await writeEiger(server.folder, { name: 'run', version: '1.8.0', width: 1030, height: 1065, frames: 3, framesPerFile: 2, depth: 32 })
  const { open } = await browseConsole(t, server.origin)
  return {
    ...server,
    async open (...[hash, options]: Parameters<typeof open>) {
      const opened = await open(hash, { reducedMotion: 'reduce', ...options })
      await opened.page.addInitScript(listen)
      await opened.page.evaluate(listen)
      return opened
    }
  }
}

/** Has the page remember what its live region says, one announcement after the other. */
function listen () {
  const heard: string[] = []
  Object.assign(globalThis, { heard, heardOf: {} })
  new MutationObserver(() => {
    const text = document.querySelector('#announcements')?.textContent ?? ''
    if (text !== heard.at(-1)) heard.push(text)
  }).observe(document, { subtree: true, childList: true, characterData: true })
}

/** Signs in by keyboard. */
async function enter (page: Page, token = 'secret', esaf = '42'): Promise<void> {
  await page.getByLabel('Session token (pid)').fill(token)
  await page.getByLabel('ESAF number').fill(esaf)
  await page.keyboard.press('Enter')
}

/** Waits until the live region says something, and again when the same is waited for again; what is said together may be waited for one by one. */
async function hears (page: Page, words: string): Promise<void> {
  await page.waitForFunction(words => {
    const { heard, heardOf } = globalThis as unknown as { heard: string[], heardOf: Record<string, number> }
    const index = heard.findIndex((text, index) => index >= (heardOf[words] ?? 0) && text.includes(words))
    if (index === -1) return false
    heardOf[words] = index + 1
    return true
  }, words, { polling: 100 })
}

/** Waits until the picture shows anything: more than one colour. */
async function hasPicture (page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.diffraction-picture canvas')
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
    if (pixels === undefined) return false
    const seen = new Set<number>()
    for (let place = 0; place < pixels.length && seen.size < 8; place += 4) if ((pixels[place + 3] ?? 0) > 0) seen.add(pixels[place] ?? 0)
    return seen.size >= 8
  }, undefined, { timeout: 30_000 })
}

t.test('the page of diffraction', async t => {
  const { open, origin, signIn } = await startConsole(t)

  t.test('is used by keyboard alone, and says in words what it shows', async t => {
    const { page, complaints } = await open('/diffraction')
    await page.getByLabel('Session token (pid)').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {}, 'no barriers before anything is open')
    await tabTo(page, 'main input[type=password]')
    await page.keyboard.type('secret')
    await page.keyboard.press('Tab')
    await page.keyboard.type('42')
    await page.keyboard.press('Enter')
    await page.getByText('4 entries in the folder of the ESAF.').waitFor()
    await hears(page, 'You look at ESAF 42.')
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the focus is not lost with the form')
    await tabTo(page, '.files li button')
    while (!(await page.evaluate(() => document.activeElement?.textContent))?.includes('run_master.h5')) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await hears(page, 'Frame 1 of 3')
    t.equal(await page.evaluate(() => document.activeElement?.id), 'frame-title', 'the focus goes on to the frame')
    await hasPicture(page)
    t.match(await page.locator('.headers').textContent(), /wavelength0\.979\d+ Å/, 'with what the file says')
    await hears(page, 'spots were found')
    t.strictSame(await findBarriers(page), [], 'no barriers with a frame')

    await page.getByRole('button', { name: 'Next frame' }).focus()
    await page.keyboard.press('Enter')
    await hears(page, 'Frame 2 of 3')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Next frame', 'the focus stays')
    await tabTo(page, '.diffraction-picture [role=application]')
    await page.keyboard.press('Enter')
    await hears(page, 'Pixel ')
    await page.keyboard.press('PageDown')
    await hears(page, 'Frame 3 of 3')
    await page.keyboard.press('PageDown')
    await page.locator('[role=alert]', { hasText: 'There are frames 1 to 3.' }).waitFor({ state: 'attached' })
    await page.keyboard.press('Home')
    await hears(page, 'Frame 1 of 3')
    t.match(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'application', 'the focus stays on the picture')
    await tabTo(page, '.pixel input')
    await page.keyboard.press('Enter')
    await page.locator('.pixel-value', { hasText: /Pixel \d+, \d+: .+, d = [\d.]+ Å\./ }).waitFor()
    await page.locator('table', { hasText: 'Strongest spots' }).locator('tbody tr').nth(6).waitFor()
    t.match(page.url(), /#\/diffraction\/42\/1\/run_master\.h5$/, 'the address names the frame')
    t.strictSame(complaints, [], 'the page complains of nothing')
  })

  t.test('tells a screen reader what is in the frame, and shows charts as tables too', async t => {
    const { page, complaints } = await open(place)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    const found = page.getByRole('region', { name: 'What is in the frame' })
    await found.getByText('Strongest spot', { exact: true }).waitFor()
    const heard = await found.ariaSnapshot()
    t.match(heard, /term: Size\s+- definition: 1,030 by 1,065 pixels/)
    t.match(heard, /term: Masked pixels\s+- definition: [\d,]+/)
    t.match(heard, /definition: \d+ spots were found\./)
    t.match(heard, /definition: middle, at \d+, \d+, d = [\d.]+ Å/)
    t.match(heard, /Mean count by distance from the beam\. It is highest, [\d.,]+, at \d+ pixels, d = [\d.,]+ Å\./)
    for (const [name, column] of [['Radial profile as a table', 'Mean count'], ['Histogram as a table', 'Pixels']] as const) {
      await found.getByText(name).focus()
      await page.keyboard.press('Enter')
      const table = found.getByRole('table', { name: name.replace(' as a table', '') })
      await table.getByRole('columnheader', { name: column, exact: true }).waitFor()
      t.equal(await table.locator('tbody tr').count(), 64)
    }
    t.strictSame(await findBarriersInAllThemes(page), {}, 'no barriers with all tables open')
    t.strictSame(complaints, [])
  })

  t.test('draws with other levels, colours, rings and spots', async t => {
    const { page, complaints } = await open()
    // The old address leads here.
    await page.goto(`${origin}/diffraction/viewer?esaf=42&file=run_master.h5&frame=3`)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    const drawn = page.waitForResponse(response => response.ok() && /palette=viridis&white=\d+&black=\d+&rings=on&beam=on&mask=1f6feb/.test(response.url()), { timeout: 60_000 })
    await page.getByLabel('Levels').selectOption('manual')
    await page.getByLabel('Black at (counts)').fill('70')
    await page.getByLabel('Palette').selectOption('viridis')
    await page.getByLabel('Resolution rings').check()
    await page.getByLabel('Beam centre').check()
    await page.getByLabel('Masked pixels').selectOption('blue')
    t.match((await drawn).url(), /black=70/, 'tiles are asked for so, and come')
    await hasPicture(page)
    await page.getByLabel('Spots', { exact: true }).check()
    await page.locator('.spot-marks circle').first().waitFor({ state: 'attached' })
    t.equal(await page.locator('.spot-marks circle').count(), 50, 'the strongest are marked')
    t.match(page.url(), /console\/#\/diffraction\/42\/3\/run_master\.h5$/)
    t.strictSame(complaints, [], 'the page complains of nothing')
  })

  t.test('reads the pixel under the pointer, and zooms by buttons', async t => {
    const { page, complaints } = await open(place)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    await hasPicture(page)
    await page.getByRole('button', { name: 'Zoom in' }).press('Enter')
    await page.locator('.diffraction-picture').hover()
    await page.locator('.pixel-value', { hasText: /Pixel \d+, \d+: (masked|overloaded|[\d,]+ counts)/ }).waitFor()
    await page.getByRole('button', { name: 'Whole frame' }).press('Enter')
    t.strictSame(complaints, [])
  })

  t.test('plays one frame after the other, and ends at the last', async t => {
    const { page, complaints } = await open('/diffraction/42/1/run_master.h5')
    await enter(page)
    await hears(page, 'Frame 1 of 3')
    await page.getByLabel('Play one after the other').press('Space')
    await page.locator('.frame-status', { hasText: 'Frame 3 of 3' }).waitFor()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('.toggle input[aria-describedby], fieldset .toggle input')?.checked === false)
    await hears(page, 'Frame 3 of 3')
    t.strictSame(complaints, [])
  })

  t.test('gives links and files', async t => {
    const { page, complaints } = await open(place)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    await page.getByRole('button', { name: 'Make a link' }).press('Enter')
    await hears(page, 'The link is made.')
    const link = await page.getByLabel('Link to the picture', { exact: true }).inputValue()
    const answer = await fetch(link)
    t.equal(answer.status, 200, 'the link needs no session')
    t.equal(answer.headers.get('content-type'), 'image/jpeg')
    for (const [format, name] of [['jpg', 'run_master-3.jpg'], ['png', 'run_master-3.png'], ['raw', 'run_master-3-1030x1065-32.raw']] as const) {
      await page.getByLabel('Format').selectOption(format)
      const downloaded = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Download' }).press('Enter')
      t.equal((await downloaded).suggestedFilename(), name)
    }
    await hears(page, 'The file is there.')
    t.strictSame(await findBarriers(page), [])
    t.strictSame(complaints, [])
  })

  t.test('says what is wrong', async t => {
    const { page } = await open('/diffraction')
    await page.getByLabel('ESAF number').waitFor()
    await page.getByRole('button', { name: 'Show my files' }).press('Enter')
    await page.locator('.error', { hasText: 'Enter the token of your session.' }).waitFor()
    await enter(page, 'wrong')
    await page.locator('.problem', { hasText: 'The session is not known, or has ended. Sign in again.' }).waitFor()
    await page.locator('[role=alert]', { hasText: 'The session is not known' }).waitFor({ state: 'attached' })
    t.strictSame(await findBarriersInAllThemes(page), {})
    await enter(page, 'secret', '7')
    await page.locator('.problem', { hasText: 'Your session may not see this ESAF or file.' }).waitFor()
    await enter(page, 'secret', '42')
    await page.getByText('No frame is open. Choose a file.').waitFor()
    await page.getByLabel('Path of a file').fill('nothing.h5')
    await page.keyboard.press('Enter')
    await page.locator('.problem', { hasText: 'There is no such file or frame.' }).waitFor()
    t.strictSame(await findBarriers(page), [])
  })

  t.test('goes into folders and out, takes names as text, and keeps the focus', async t => {
    const { page, complaints } = await open('/diffraction')
    await page.getByLabel('ESAF number').waitFor()
    await enter(page)
    await page.getByRole('button', { name: 'older, folder' }).press('Enter')
    await hears(page, '1 entry in older.')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Files')
    await page.getByRole('button', { name: stranger }).waitFor()
    t.equal(await page.locator('main img').count(), 0, 'names are text')
    await page.getByRole('button', { name: 'Folder above' }).press('Enter')
    await hears(page, '4 entries')
    await page.reload()
    await page.getByText('You look at ESAF 42.').waitFor()
    await page.getByRole('button', { name: 'Leave the session' }).press('Enter')
    await hears(page, 'You have left the session.')
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    t.strictSame(complaints, [])
  })

  t.test('says where the server cannot be reached, and goes on when it can', async t => {
    const { page } = await open(place)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Previous frame' }).press('Enter')
    await page.locator('.problem', { hasText: 'The server cannot be reached.' }).waitFor()
    t.strictSame(await findBarriers(page), [])
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).press('Enter')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Frame', 'the focus is not lost with the button')
    await hears(page, 'Frame 2 of 3')
  })

  t.test('says that a session has ended meanwhile', async t => {
    const { page } = await open(place)
    await enter(page)
    await hears(page, 'Frame 3 of 3')
    signIn({})
    t.teardown(() => signIn({ secret: { uid: 'anna', pid: 'secret', role: 'user', allowedESAFs: [42] } }))
    await page.getByRole('button', { name: 'Previous frame' }).press('Enter')
    await page.getByRole('button', { name: 'Use another session' }).first().press('Enter')
    await page.getByLabel('Session token (pid)').waitFor()
  })

  t.test('fits on a narrow screen, in the dark, without motion, and speaks French', async t => {
    const { page, complaints } = await open(place, { language: 'fr', colorScheme: 'dark' })
    await page.getByLabel('Jeton de session (pid)').waitFor()
    t.notOk(await scrollsSideways(page), 'nothing sticks out')
    await page.getByLabel('Jeton de session (pid)').fill('secret')
    await page.keyboard.press('Enter')
    await hears(page, 'Cliché 3 sur 3')
    await page.getByText('Tache la plus forte', { exact: true }).waitFor()
    t.notOk(await scrollsSideways(page), 'nothing sticks out with a frame')
    t.strictSame(await findBarriers(page), [])
    t.strictSame(complaints, [], 'the page complains of nothing')
  })
})

t.test('the page says where there can be no links', async t => {
  const { open } = await startConsole(t, {})
  const { page } = await open(place)
  await enter(page)
  await hears(page, 'Frame 3 of 3')
  await page.getByRole('button', { name: 'Make a link' }).press('Enter')
  await page.locator('.problem', { hasText: 'DIFFRACTION_LINK_SECRET' }).waitFor()
  t.equal(await page.locator('.problem-title').textContent(), 'The server cannot do this, or not now.')
})

t.test('the page says where diffraction is switched off', async t => {
  const { open } = await openConsole(t, { services: {} })
  const { page } = await open('/diffraction', { reducedMotion: 'reduce' })
  await page.getByText('Diffraction is switched off here.').waitFor()
  t.strictSame(await findBarriersInAllThemes(page), {})
})
