// Settings and health: appearance that is remembered, readiness with reasons, the configuration without its secrets, numbers, keys.
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(180_000)

const token = 'the-token-of-an-operator'

t.test('settings and health', async t => {
  const { app, open } = await openConsole(t, { services: {}, env: { OPERATOR_TOKEN: token, MAX_BODY: '20mb', REDIS_URL: 'redis://user:swordfish@127.0.0.1:1', OPERATOR_RATE_LIMIT: '0' } })

  t.test('appearance is chosen by keyboard and remembered', async t => {
    const { page, complaints } = await open('/settings')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByLabel('Set of colours').selectOption('contrast')
    t.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'contrast')
    await tabTo(page, 'main input[type=checkbox]')
    await page.keyboard.press('Space')
    await page.reload()
    await page.getByLabel('Short sounds').waitFor()
    t.ok(await page.getByLabel('Short sounds').isChecked())
    t.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'contrast')
    t.strictSame(complaints, [])
  })

  t.test('sub-pages have their own headings, which take the focus', async t => {
    const { page } = await open('/settings')
    for (const name of ['Health', 'Configuration', 'Numbers', 'Keys']) {
      await page.getByRole('navigation', { name: 'Parts of settings' }).getByRole('link', { name }).press('Enter')
      await page.getByRole('heading', { level: 1, name }).waitFor()
      t.equal(await page.evaluate(() => document.activeElement?.textContent), name)
      t.match(await page.title(), new RegExp(`^${name}`))
      t.equal(await page.locator('.tabs [aria-current=page]').textContent(), name)
    }
  })

  t.test('whoever has not signed in is told so, and can', async t => {
    const { page } = await open('/settings/configuration')
    await page.getByText('This needs the token of an operator').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.locator('main').getByRole('button', { name: 'Sign in' }).press('Enter')
    await page.waitForFunction(() => document.activeElement?.matches('input[type=password]'))
    await page.keyboard.type(token)
    await page.keyboard.press('Enter')
    await page.getByRole('rowheader', { name: 'MAX_BODY' }).waitFor()
  })

  t.test('the configuration is found by typing, and keeps its secrets', async t => {
    const { page, complaints } = await open('/settings/configuration', { token })
    const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
    await row('MAX_BODY').waitFor()
    t.match(await row('MAX_BODY').innerText(), /20mb[^]*set[^]*100kb/)
    t.match(await row('REDIS_URL').innerText(), /secret, not shown/)
    t.match(await row('DATABASE_URL').count(), 0, 'variables of modules that are off are left out')
    t.notMatch(await page.content(), /swordfish|the-token-of/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await tabTo(page, 'main input[type=search]')
    await page.keyboard.type('least severe')
    await page.locator('#announcements', { hasText: '1 variable' }).waitFor()
    t.equal(await page.locator('main tbody tr').count(), 1)
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.press('Delete')
    await page.getByLabel('Only those that are set').check()
    t.equal(await row('LOG_LEVEL').count(), 0)
    t.equal(await row('MAX_BODY').count(), 1)
    t.notOk(await scrollsSideways(page))
    t.strictSame(complaints, [])
  })

  t.test('numbers are there with their meaning', async t => {
    const { page, complaints } = await open('/settings/metrics', { token })
    await page.getByRole('rowheader', { name: 'tutti_requests_total' }).waitFor()
    await page.getByLabel('Find a number').fill('tutti_ready')
    const row = page.getByRole('row').filter({ hasText: 'tutti_ready' })
    t.match(await row.innerText(), /1[^]*at this moment/)
    await page.getByLabel('Find a number').fill('')
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    t.strictSame(complaints, [])
  })

  t.test('readiness is shown with its reasons, and what changes is said', async t => {
    const { page } = await open('/settings/health', { token })
    await page.getByText('Ready: requests are answered').waitFor()
    await page.getByText('Node.js').waitFor()
    t.match(await page.locator('main').ariaSnapshot(), /heading "Readiness" \[level=2\][^]*Ready: requests are answered[^]*heading "Versions" \[level=2\][^]*term: Tutti[^]*heading "What the server can be asked"/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    const file = app.config.SERVICES_FILE ?? ''
    const before = await readFile(file, 'utf8')
    await writeFile(file, 'services: [')
    await page.locator('#announcements', { hasText: 'Ready, but something needs you' }).waitFor({ timeout: 30_000 })
    t.match(await page.locator('main').innerText(), /Ready, but something needs you[^]*discovery[^]*What to do:/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await writeFile(file, before)
    await page.context().setOffline(true)
    await page.getByText('Not up to date').waitFor({ timeout: 30_000 })
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.context().setOffline(false)
    await page.getByText('Not up to date').getByRole('button').press('Enter')
    await page.getByText('Ready: requests are answered').waitFor()
  })

  t.test('all of it speaks French', async t => {
    for (const [hash, title] of [['/settings', 'Réglages et état'], ['/settings/health', 'État'], ['/settings/configuration', 'Paramètres'], ['/settings/metrics', 'Mesures'], ['/settings/keys', 'Touches']] as const) {
      const { page, complaints } = await open(hash, { language: 'fr', token })
      t.equal(await page.locator('h1').textContent(), title)
      t.strictSame(complaints, [], hash)
      await page.context().close()
    }
  })
})
