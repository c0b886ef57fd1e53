// The viewer of diffraction frames in a real browser, by keyboard alone, and looked at by axe.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { Page } from 'puppeteer-core'
import type { Test } from 'tap'
import { writeEiger } from '../../scripts/diffraction-demo/eiger.ts'
import { startProcess } from '../faults/server-process.ts'
import { findBarriers, openBrowser, openPage } from './browser.ts'

t.setTimeout(240_000)

/** A server with one master of three frames. @returns the address of the viewer */
async function startViewer (t: Test): Promise<string> {
  const folder = t.testdir({})
  const root = path.join(folder, 'frames')
  await mkdir(root)
  await writeEiger(root, { name: 'run', version: '1.8.0', width: 1030, height: 1065, frames: 3, framesPerFile: 2, depth: 32 })
  await writeFile(path.join(folder, 'sessions.json'), JSON.stringify({ secret: { uid: 'anna', pid: 'secret', role: 'user', allowedESAFs: [42] } }))
  const server = startProcess(t, {
    MODULES: 'diffraction', DIFFRACTION_ROOT: root, DIFFRACTION_IDENTITY: 'single', DIFFRACTION_SESSIONS: path.join(folder, 'sessions.json'), DATA_DIR: path.join(folder, 'data')
  })
  return `http://127.0.0.1:${await server.port}/diffraction/viewer`
}

const textOf = async (page: Page, selector: string) => await page.$eval(selector, element => element.textContent)

/** Waits until something on the page says what is expected. */
async function says (page: Page, selector: string, words: string): Promise<void> {
  await page.waitForFunction((selector: string, words: string) => document.querySelector(selector)?.textContent?.includes(words), { timeout: 30_000 }, selector, words)
}

/** Presses Tab until the element has the focus. */
async function tabTo (page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((selector: string) => document.activeElement?.matches(selector), selector)) return
  }
  throw new Error(`Tab does not lead to ${selector}`)
}

/** Whether the picture shows anything: more than one colour. */
async function hasPicture (page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('#picture canvas')
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
    if (pixels === undefined) return false
    const seen = new Set<number>()
    for (let place = 0; place < pixels.length && seen.size < 8; place += 4) if ((pixels[place + 3] ?? 0) > 0) seen.add(pixels[place] ?? 0)
    return seen.size >= 8
  }, { timeout: 30_000 })
}

t.test('the viewer', async t => {
  const address = await startViewer(t)
  const browser = await openBrowser(t)

  t.test('is used by keyboard alone, and says in words what it shows', async t => {
    const { page, complaints } = await openPage(browser, address)
    t.strictSame(await findBarriers(page), [], 'no barriers before anything is open')
    await tabTo(page, '#token')
    await page.keyboard.type('secret')
    await tabTo(page, '#esaf')
    await page.keyboard.type('42')
    await page.keyboard.press('Enter')
    await says(page, '#folder', 'entries')
    await tabTo(page, '#files button')
    while (!(await page.evaluate(() => document.activeElement?.textContent))?.includes('run_master.h5')) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await says(page, '#status', 'Frame 1 of 3')
    await hasPicture(page)
    t.match(await textOf(page, '#headers'), /wavelength/)
    t.strictSame(await findBarriers(page), [], 'no barriers with a frame')

    await tabTo(page, '#next')
    await page.keyboard.press('Enter')
    await says(page, '#status', 'Frame 2 of 3')
    t.equal(await page.evaluate(() => document.activeElement?.id), 'next', 'the focus stays')
    await tabTo(page, '#picture [role=application]')
    await page.keyboard.press('Enter')
    await says(page, '#status', 'Pixel ')
    await tabTo(page, '#x')
    await page.keyboard.press('Enter')
    await says(page, '#value', 'Pixel ')
    await tabTo(page, '#find')
    await page.keyboard.press('Enter')
    await says(page, '#found', 'spots were found')
    t.ok((await page.$$('#spots tbody tr')).length > 5, 'and lists them')
    t.strictSame(await findBarriers(page), [], 'no barriers with spots')
    t.strictSame(complaints, [], 'the page complains of nothing')
  })

  t.test('draws with other levels, colours and rings', async t => {
    const { page, complaints } = await openPage(browser, `${address}#esaf=42&file=run_master.h5&frame=3`)
    await page.type('#token', 'secret')
    await page.type('#esaf', '42')
    await page.keyboard.press('Enter')
    await says(page, '#status', 'Frame 3 of 3')
    // Tiles that came too late for one setting are asked for again with the next.
    const drawn = page.waitForResponse(response => response.ok() && /palette=viridis&white=\d+&black=\d+&rings=on/.test(response.url()), { timeout: 60_000 })
    await page.select('#levels', 'manual')
    await page.select('#palette', 'viridis')
    await page.click('#rings')
    t.ok(await drawn, 'tiles are asked for so, and come')
    await hasPicture(page)
    t.strictSame(complaints, [], 'the page complains of nothing')
  })

  t.test('says what is wrong', async t => {
    const { page } = await openPage(browser, address)
    await page.type('#token', 'wrong')
    await page.type('#esaf', '42')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => (document.querySelector('#status')?.textContent ?? '').length > 30)
    t.match(await textOf(page, '#status'), /session|authori[sz]ed/i)
  })

  t.test('fits on a narrow screen, in the dark, without motion', async t => {
    const { page, complaints } = await openPage(browser, address)
    await page.setViewport({ width: 320, height: 640 })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }, { name: 'prefers-reduced-motion', value: 'reduce' }])
    t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), 'nothing sticks out')
    t.strictSame(await findBarriers(page), [])
    t.strictSame(complaints, [], 'the page complains of nothing')
  })
})
