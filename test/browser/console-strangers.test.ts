// What others can fill in never runs in the console: names, labels, logs, descriptions, results, renderings and drawings that try to.
import t from 'tap'
import type { Page } from 'playwright-core'
import { fields, openInhabited, operatorToken } from './inhabited.ts'
import type { Field } from './inhabited.ts'
import { findPlaces, goTo, settle } from './places.ts'

t.setTimeout(290_000)

/** Texts that run where they are taken for markup, for the end of an attribute, or for an address. All fit into a name: 60 characters at most, no slashes. */
const payloads: Record<string, (field: Field) => string> = {
  markup: field => `${field} "'><img src=x onerror=hacked=1>`,
  address: field => `javascript:hacked=1;'${field}'`
}

/** What the console shows already wherever it is opened; the others come up where somebody asks for them, or not at all. */
const shown: readonly Field[] = [
  'label of a service', 'processor', 'type of an object', 'description of a rendering', 'text of a rendering', 'drawing', 'name of a device', 'label of a device', 'reason of a blacklist', 'name of a token', 'name of a module',
  'parameter', 'name of a deployment', 'log line', 'device of a log line', 'zone', 'kind of a card'
]

/** Sends an example from the home page, which then shows what services have made of it. */
async function send (page: Page): Promise<void> {
  await page.getByRole('button', { name: 'A place in Montreal' }).click()
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('button', { name: 'Go to the results' }).waitFor()
}

/** Shows a camera, and what it sees. */
async function look (page: Page, see: () => void): Promise<void> {
  await page.locator('main tbody button').first().click()
  see()
  await page.locator('#camera').waitFor()
  await page.locator('main tbody td', { hasText: 'type of an object' }).or(page.locator('main tbody th', { hasText: 'type of an object' })).first().waitFor()
}

/** What of a text has become something else than text; nothing where all is well. */
async function whatRan (page: Page): Promise<string[]> {
  const found: string[] = []
  for (const frame of page.frames()) {
    found.push(...await frame.evaluate(() => {
      const marks = ['script:not([src])', 'iframe', 'object', 'embed', 'base', 'img[src="x"]', '[onerror]', '[onload]', '[onclick]', '[srcdoc]', '[href^="javascript:" i]', '[src^="javascript:" i]', '[action]', '[style*="url"]']
      const elements = marks.flatMap(mark => [...document.querySelectorAll(mark)].map(element => `${mark}: ${element.outerHTML.slice(0, 100)}`))
      return 'hacked' in globalThis ? ['it ran', ...elements] : elements
    }))
  }
  return found
}

for (const [kind, say] of Object.entries(payloads)) {
  t.test(`what others say as ${kind}`, async t => {
    const { origin, open, see, ask } = await openInhabited(t, say)
    const { page, complaints } = await open('/', { token: operatorToken, reducedMotion: 'reduce' })
    page.on('dialog', dialog => {
      t.fail(`a dialog: ${dialog.message()}`)
      dialog.dismiss().catch(() => {})
    })
    const seen = new Set<string>()
    for (const place of await findPlaces(page, origin)) {
      await goTo(page, origin, place)
      see()
      await ask()
      if (place === '/') await send(page)
      if (place === '/tracking') await look(page, see)
      await page.evaluate(() => { document.querySelectorAll<HTMLDetailsElement>('main details').forEach(details => { details.open = true }) })
      await settle(page)
      const text = await page.locator('body').innerText()
      for (const field of fields) if (text.includes(say(field))) seen.add(field)
      t.strictSame(await whatRan(page), [], place)
    }
    t.strictSame(complaints, [], 'the browser had nothing to forbid')
    t.comment(`shown as text: ${[...seen].join(', ')}`)
    for (const field of shown) t.ok(seen.has(field), `${field} is shown, as text`)
  })
}

t.test('this would be seen', async t => {
  const { open } = await openInhabited(t, field => field)
  const { page, complaints } = await open('/settings/keys')
  const bad = await page.evaluate(() => {
    const place = document.createElement('div')
    document.querySelector('main')?.append(place)
    place.innerHTML = '<img src=x onerror="globalThis.hacked=1"><a href="javascript:hacked=1">x</a>'
    return place.childElementCount
  })
  t.equal(bad, 2)
  t.match(await whatRan(page), [/^img/, /^\[onerror\]/, /^\[href/])
  await page.waitForFunction(() => document.querySelector('main img')?.getAttribute('src') === 'x')
  t.notOk(await page.evaluate(() => 'hacked' in globalThis), 'and even then the policy lets nothing run')
  t.ok(complaints.length > 0, 'which the browser says')
})
