// What tests of the console need: a real server with the built console, a browser, and what is asked of every page.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import { chromium } from 'playwright-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { findProgram } from '../../scripts/debian.ts'
import { build } from '../helper.ts'
import type { Built, BuildOptions } from '../helper.ts'

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** The sets of colours that every page is looked at in. */
export const themes = ['light', 'dark', 'contrast'] as const

/** A page of the console in a browser. */
export interface ConsolePage {
  readonly page: Page
  /** What the page complains of: errors of scripts, what its policy forbids. Answers of 4xx and 5xx that a test is about may be taken out. */
  readonly complaints: string[]
}

/** A browser with the console of a server. */
export interface ConsoleBrowser {
  /** Opens a page. @param hash - its location, such as `/graph` */
  open (hash?: string, options?: BrowserContextOptions & { language?: 'en' | 'fr', token?: string }): Promise<ConsolePage>
}

/** Starts a browser for the console at an origin; it ends with the test. @param args - more that Chromium is told */
export async function browseConsole (t: Test, origin: string, args: readonly string[] = []): Promise<ConsoleBrowser> {
  const browser = await chromium.launch({ executablePath: findProgram('chromium') ?? 'chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] })
  t.teardown(() => browser.close())
  return {
    async open (hash = '/', { language = 'en', token, ...options } = {}) {
      const context = await browser.newContext({ locale: language === 'fr' ? 'fr-CA' : 'en-GB', viewport: { width: 1280, height: 900 }, ...options })
      if (token !== undefined) await context.addInitScript(token => sessionStorage.setItem('tutti.operator', token), token)
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
      page.on('pageerror', error => { complaints.push(String(error)) })
      await page.goto(`${origin}/console/#${hash}`)
      await page.locator('h1').waitFor()
      return { page, complaints }
    }
  }
}

/** A server with the console, and a browser for it. */
export async function openConsole (t: Test, options?: BuildOptions): Promise<Built & ConsoleBrowser> {
  const server = await build(t, options)
  return { ...server, ...await browseConsole(t, server.origin) }
}

/** What axe finds wrong with a page as it stands, in a few words each: WCAG 2.2 at A and AA, and best practices. */
export async function findBarriers (page: Page): Promise<string[]> {
  await page.evaluate(source)
  // What is still on its way from one colour to the next has no contrast yet.
  await page.evaluate(async () => { await Promise.allSettled(document.getAnimations().map(({ finished }) => finished)) })
  const { violations } = await page.evaluate(async () => await (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }))
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.slice(0, 3).map(node => [node.target.join(' '), ...node.any.slice(0, 1).map(({ message }) => message)].join(': ')).join('; ')})`)
}

/** What axe finds wrong in each set of colours; nothing where all is well. */
export async function findBarriersInAllThemes (page: Page): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const theme of themes) {
    await page.evaluate(theme => { document.documentElement.dataset.theme = theme }, theme)
    const barriers = await findBarriers(page)
    if (barriers.length > 0) found[theme] = barriers
  }
  return found
}

/** Whether a page must be scrolled sideways at a width in CSS pixels. */
export async function scrollsSideways (page: Page, width = 320): Promise<boolean> {
  await page.setViewportSize({ width, height: 640 })
  return await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
}

/** Presses Tab until what has the focus matches a selector. @throws Error where it does not come to it */
export async function tabTo (page: Page, selector: string, most = 120): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(selector => document.activeElement?.matches(selector) === true, selector)) return
  }
  throw new Error(`Tab does not lead to ${selector}`)
}
