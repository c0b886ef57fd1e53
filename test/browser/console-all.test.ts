// What holds for every place of the console: no barriers, in any colours; room enough on narrow screens; all of it by keyboard; no complaints of the browser; a first load that is small. French is in console-french.test.ts.
import t from 'tap'
import type { CDPSession, Page } from 'playwright-core'
import { gzipSync } from 'node:zlib'
import { findBarriersInAllThemes } from './console.ts'
import { openInhabited, operatorToken } from './inhabited.ts'
import type { Field } from './inhabited.ts'
import { checkPlaces, findPlaces, goTo, settle } from './places.ts'

t.setTimeout(290_000)

/** Most presses of Tab on one page. */
const mostPresses = 150

const say = (field: Field) => `Some ${field}`

t.test('every place of the console', async t => {
  const inhabited = await openInhabited(t, say)
  const { origin, open } = inhabited
  const { page } = await open('/', { token: operatorToken, reducedMotion: 'reduce' })
  const places = await findPlaces(page, origin)
  await page.context().close()
  t.comment(places.join(' '))
  t.ok(places.length >= 10, 'links lead to many')

  await checkPlaces(t, inhabited, places, 'en')

  t.test('all of it can be reached by keyboard, is seen there, and has a name', async t => {
    const { page } = await open('/', { token: operatorToken, reducedMotion: 'reduce' })
    const session = await page.context().newCDPSession(page)
    for (const place of places) {
      await goTo(page, origin, place)
      t.strictSame(await walk(page, session), [], place)
    }
    await page.context().close()
  })

  t.test('who has not signed in is told so everywhere, without barriers', async t => {
    const { page } = await open('/', { reducedMotion: 'reduce' })
    for (const place of ['/', '/graph', '/tracking', '/diffraction', '/devices', '/settings/configuration']) {
      await goTo(page, origin, place)
      t.strictSame(await findBarriersInAllThemes(page), {}, place)
    }
    await page.context().close()
  })
})

t.test('the first load', async t => {
  const { origin, open } = await openInhabited(t, say)
  // Another visitor of the same browser, which has started by then and has nothing of the console in its cache for this one.
  const { page: other } = await open('/settings/keys')
  const context = await other.context().browser()?.newContext()
  if (context === undefined) throw new Error('no browser')
  t.teardown(() => context.close())
  await context.addInitScript(() => {
    new MutationObserver((_changes, observer) => {
      if (document.querySelector('main h1') === null) return
      observer.disconnect()
      document.documentElement.dataset.interactive = String(performance.now())
    }).observe(document, { childList: true, subtree: true })
  })
  const home = await context.newPage()
  const loaded: Array<Promise<{ url: string, bytes: number }>> = []
  home.on('response', response => {
    loaded.push(response.body().then(body => ({ url: response.url(), bytes: gzipSync(body, { level: 9 }).length }), () => ({ url: response.url(), bytes: 0 })))
  })
  await home.goto(`${origin}/console/`)
  await settle(home)
  await home.waitForLoadState('networkidle')
  const all = await Promise.all(loaded)
  const bytes = all.reduce((sum, each) => sum + each.bytes, 0)
  t.comment(`${all.length} files, ${bytes} bytes gzipped`)
  t.ok(all.length >= 3, 'page, script and style at least')
  t.ok(all.every(({ url }) => url.startsWith(origin)), 'all of it comes from the server itself')
  t.ok(bytes <= 200_000, `${bytes} bytes gzipped are no more than 200 kB`)
  const interactive = Number(await home.evaluate(() => document.documentElement.dataset.interactive))
  t.comment(`interactive after ${interactive.toFixed(0)} ms`)
  // The bar is one second; on a machine that has much else to do at the time of a test it may take longer.
  t.ok(interactive > 0 && interactive < 5000, `it can be used after ${interactive.toFixed(0)} ms`)
  await home.keyboard.press('Tab')
  t.equal(await home.evaluate(() => document.activeElement?.className), 'skip', 'and can be used then')
})

/** Presses Tab from the beginning to the end of a page. @returns what is wrong: a focus that is not seen, has no name, or cannot go on */
async function walk (page: Page, session: CDPSession): Promise<string[]> {
  const wrong: string[] = []
  await page.evaluate(() => {
    document.querySelectorAll('[data-walked]').forEach(each => each.removeAttribute('data-walked'))
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  })
  for (let presses = 1; presses <= mostPresses; presses++) {
    await page.keyboard.press('Tab')
    const seen = await page.evaluate(() => {
      const element = document.activeElement
      if (element === null || element === document.body) return undefined
      const before = element.getAttribute('data-walked')
      const index = document.querySelectorAll('[data-walked]').length + 1
      element.setAttribute('data-walked', before ?? String(index))
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      const { width, height, top, bottom, left, right } = element.getBoundingClientRect()
      return {
        what: `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}">${element.textContent?.slice(0, 30) ?? ''}`,
        before,
        isMarked: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
        isInSight: width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth
      }
    })
    if (seen === undefined) return wrong
    // The first one again: Tab has come round.
    if (seen.before === '1') return wrong
    if (seen.before !== null) return [...wrong, `${seen.what} has the focus again before everything else has had it`]
    if (!seen.isMarked) wrong.push(`${seen.what} does not show its focus`)
    if (!seen.isInSight) wrong.push(`${seen.what} has the focus out of sight`)
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' })
    const { nodes } = await session.send('Accessibility.getPartialAXTree', { fetchRelatives: false, ...result.objectId === undefined ? {} : { objectId: result.objectId } })
    const [node] = nodes
    const name: unknown = node?.name?.value
    if (typeof name !== 'string' || name.trim() === '') wrong.push(`${seen.what} has no name`)
  }
  return wrong
}
