// The frame of the console: menu, languages, colours, signing in, what is said, and pages that there are not.
import t from 'tap'
import { findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(120_000)

const token = 'the-token-of-an-operator'

t.test('the frame', async t => {
  const { open } = await openConsole(t, { services: {}, env: { OPERATOR_TOKEN: token } })

  t.test('has no barriers, in any colours, and needs 320 pixels', async t => {
    const { page, complaints } = await open()
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    t.strictSame(complaints, [])
  })

  t.test('leads from page to page by keyboard, and the heading takes the focus', async t => {
    const { page } = await open()
    await tabTo(page, 'a[href="#/settings"]')
    await page.keyboard.press('Enter')
    await page.locator('h1', { hasText: 'Settings and health' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    t.match(await page.title(), /^Settings and health/)
    t.equal(await page.locator('nav a[aria-current=page]').first().textContent(), 'Settings and health')
  })

  t.test('skips to the content', async t => {
    const { page } = await open('/settings')
    await tabTo(page, '.skip')
    await page.keyboard.press('Enter')
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
  })

  t.test('speaks French to who wants it, and remembers it', async t => {
    const { page } = await open('/', { language: 'fr' })
    t.equal(await page.evaluate(() => document.documentElement.lang), 'fr')
    await page.getByRole('link', { name: 'Essayer' }).waitFor()
    await page.getByLabel('Langue', { exact: true }).selectOption('en')
    await page.getByRole('link', { name: 'Try it' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'Try it' }).waitFor()
    t.equal(await page.evaluate(() => document.documentElement.lang), 'en')
  })

  t.test('signs an operator in and out, and says so', async t => {
    const { page } = await open()
    const signIn = page.getByRole('button', { name: 'Sign in' })
    await signIn.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByText('Enter the token.').waitFor()
    await page.keyboard.type('not-the-token')
    await page.keyboard.press('Enter')
    await page.getByText('The server does not accept this token.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement?.textContent === 'Sign in')
    await signIn.press('Enter')
    await page.keyboard.type(token)
    await page.keyboard.press('Enter')
    await page.locator('#announcements', { hasText: 'You are signed in.' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).press('Enter')
    await page.locator('#announcements', { hasText: 'You are signed out.' }).waitFor()
  })

  t.test('keeps the focus near, whatever goes away by itself', async t => {
    const { page } = await open('/settings')
    const lose = (selector: string) => page.evaluate(selector => {
      const element = document.querySelector<HTMLElement>(selector)
      element?.focus()
      const had = document.activeElement === element
      element?.remove()
      return had
    }, selector)
    t.ok(await lose('main select, main input'))
    await page.waitForFunction(() => /^H[1-4]$/.test(document.activeElement?.tagName ?? ''))
    t.ok(await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement)))
    t.ok(await lose('nav a'))
    await page.waitForFunction(() => document.activeElement?.tagName !== 'BODY')
  })

  t.test('says where there is no such page', async t => {
    const { page } = await open('/nowhere')
    t.equal(await page.locator('h1').textContent(), 'No such page')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})
