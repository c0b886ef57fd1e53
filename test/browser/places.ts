// Finds every place of the console by following its links, as somebody would who opens them all, and looks at each.
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { findBarriersInAllThemes } from './console.ts'
import { operatorToken } from './inhabited.ts'
import type { Inhabited } from './inhabited.ts'

/** Most places that are looked for: more would mean that links lead on and on. */
const most = 80

/** Goes to a place of the console and waits until it has loaded. */
export async function goTo (page: Page, origin: string, place: string): Promise<void> {
  // With a query of its own: otherwise only the part after the # would change, and nobody could tell when it has.
  await page.goto(`${origin}/console/?${encodeURIComponent(place)}#${place}`)
  await settle(page)
}

/** Waits until a page has loaded what it shows. */
export async function settle (page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => document.querySelector('main .waiting') === null)
  await page.evaluate(async () => { await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))) })
}

/** One place of each kind that links lead to, from the home page on; places that differ by an id only are of one kind. */
export async function findPlaces (page: Page, origin: string): Promise<string[]> {
  const kinds = new Map([[kindOf('/'), '/']])
  const waiting = ['/']
  for (let place = waiting.shift(); place !== undefined && kinds.size < most; place = waiting.shift()) {
    await goTo(page, origin, place)
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href^="#/"]')].map(link => link.getAttribute('href')?.slice(1) ?? ''))
    for (const link of links) {
      const kind = kindOf(link)
      if (kinds.has(kind)) continue
      kinds.set(kind, link)
      waiting.push(link)
    }
  }
  return [...kinds.values()]
}

/** A place without what names one thing among many. */
function kindOf (place: string): string {
  const [path = '', query = ''] = place.split('?')
  const names = [...new URLSearchParams(query).keys()].join()
  return `${path.split('/').map((part, index, parts) => parts[index - 1] === 'services' || /^\d+$|^[0-9a-f]{24}$|%|[0-9a-f-]{36}/.test(part) ? '*' : part).join('/').replace(/(.)\/$/, '$1')}?${names}`
}

/** Looks at every place in one language: headings, barriers in all colours, width, complaints. */
export async function checkPlaces (t: Test, { origin, open }: Inhabited, places: readonly string[], language: 'en' | 'fr'): Promise<void> {
  const { page, complaints } = await open('/', { language, token: operatorToken, reducedMotion: 'reduce' })
  t.teardown(() => page.context().close())
  const names = new Set<string>()
  for (const place of places) {
    await t.test(`${place} in ${language}`, async t => {
      await page.setViewportSize({ width: 1280, height: 900 })
      await goTo(page, origin, place)
      t.equal(await page.locator('h1').count(), 1, 'one heading of the first level')
      names.add(await page.title())
      t.equal(await page.evaluate(() => document.documentElement.lang), language)
      t.match(await page.title(), /.+ – Tutti/)
      t.strictSame(await findBarriersInAllThemes(page), {}, 'no barriers')
      for (const [width, words] of [[640, 'zoomed to 200 %'], [320, 'at 320 pixels']] as const) {
        await page.setViewportSize({ width, height: 640 })
        t.strictSame(await whatSticksOut(page), [], `nothing sticks out ${words}`)
      }
      t.strictSame(complaints.splice(0), [], 'the browser complains of nothing')
    })
  }
  t.ok(names.size > places.length / 2, 'most places have a name of their own')
}

/** What is wider than the page, in a few words each; things that scroll by themselves may be. */
async function whatSticksOut (page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > clientWidth + 1 && element.closest('.table-frame, pre') === null)
    return [`${scrollWidth} pixels`, ...wide.slice(-3).map(element => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}: ${element.textContent?.slice(0, 40) ?? ''}`)]
  })
}
