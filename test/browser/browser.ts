// A real browser for tests of pages: one for all, a page for each test, and what is asked of every page.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import { launch } from 'puppeteer-core'
import type { Browser, Page } from 'puppeteer-core'
import type { Test } from 'tap'
import { findProgram } from '../../scripts/debian.ts'

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Starts the browser; it ends with the test. */
export async function openBrowser (t: Test): Promise<Browser> {
  const browser = await launch({ executablePath: findProgram('chromium') ?? 'chromium', headless: true, args: ['--no-sandbox', '--disable-dev-shm-usage', '--lang=en'] })
  t.teardown(() => browser.close())
  return browser
}

/** A page, and what it complains of: errors of scripts, what its policy forbids, files that are not there. */
export interface OpenPage { page: Page, complaints: readonly string[] }

/** Opens a page and waits until it is quiet. */
export async function openPage (browser: Browser, address: string): Promise<OpenPage> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', error => { complaints.push(String(error)) })
  await page.goto(address, { waitUntil: 'networkidle0' })
  return { page, complaints }
}

/** What axe finds wrong with a page as it stands, in a few words each: WCAG 2.2 at AA, and best practices. */
export async function findBarriers (page: Page): Promise<string[]> {
  await page.evaluate(source)
  const { violations } = await page.evaluate(async () => await (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.slice(0, 3).map(node => node.target.join(' ')).join('; ')})`)
}
