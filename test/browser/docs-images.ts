// npm run docs:images: pictures of the console for README.md and docs/console.md, of a server in which always the same has happened. tap only ends what the test helpers start.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import t from 'tap'
import { openInhabited, operatorToken, sessionToken } from './inhabited.ts'
import type { Field } from './inhabited.ts'
import { goTo } from './places.ts'

t.setTimeout(240_000)

const folder = path.join(import.meta.dirname, '../../docs/images')

/** Most bytes of a picture. */
const largest = 100_000

/** What others say on the pictures. */
const words: Record<Field, string> = {
  'label of a service': 'describe',
  'route of a service': 'map',
  'name of a preprocessor': 'ca.mcgill.a11y.image.preprocessor.ocr',
  'description of a rendering': 'A cup',
  'text of a rendering': 'A cup in the centre, taking up about a quarter of the picture.',
  drawing: 'A cup',
  processor: 'hall',
  'type of an object': 'person',
  'name of a device': 'greenhouse',
  'label of a device': 'north',
  'reason of a blacklist': 'It is being moved.',
  'name of a token': 'greenhouse',
  'name of a module': 'thermometer',
  parameter: 'degrees',
  'name of a deployment': 'warm-enough',
  'log line': 'The module has been loaded.',
  'function of a log line': 'load',
  'device of a log line': 'greenhouse',
  result: '22',
  zone: 'garden',
  'kind of a card': 'low',
  'name of a file': 'lysozyme'
}

/** A picture: which place, and what is done there before. */
interface Picture { name: string, place: string, prepare?: (page: Page, see: () => void) => Promise<void> }

const pictures: Picture[] = [
  {
    name: 'try',
    place: '/',
    async prepare (page) {
      await page.getByLabel('Picture, or file with a chart').setInputFiles(path.join(import.meta.dirname, '../fixtures/graphics/coffee.jpg'))
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      await page.getByRole('button', { name: 'Go to the results' }).press('Enter')
      await page.locator('#try-results').evaluate(heading => heading.scrollIntoView())
    }
  },
  { name: 'graph', place: '/graph' },
  {
    name: 'tracking',
    place: '/tracking',
    async prepare (page, see) {
      await page.getByRole('button', { name: `Show ${words.processor}` }).press('Enter')
      see()
      await page.locator('#camera').evaluate(heading => heading.scrollIntoView())
      await page.locator('main').getByText(words['type of an object']).first().waitFor()
    }
  },
  {
    name: 'diffraction',
    place: '/diffraction',
    async prepare (page) {
      await page.getByLabel('Session token (pid)').fill(sessionToken)
      await page.getByLabel('ESAF number').fill('1')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: /_master\.h5/ }).first().press('Enter')
      await page.getByText('Strongest spot', { exact: true }).waitFor()
      await page.locator('.diffraction-picture').scrollIntoViewIfNeeded()
    }
  },
  {
    name: 'devices',
    place: '/devices/deployments',
    async prepare (page) {
      await page.getByRole('link', { name: words['name of a deployment'] }).first().press('Enter')
      await page.getByRole('heading', { name: words['name of a deployment'] }).evaluate(heading => heading.scrollIntoView())
    }
  },
  { name: 'settings', place: '/settings/health' }
]

t.test('pictures of the console', async t => {
  const { origin, open, see } = await openInhabited(t, field => words[field])
  const { page } = await open('/', { token: operatorToken, reducedMotion: 'reduce', colorScheme: 'light', viewport: { width: 1080, height: 720 } })
  await mkdir(folder, { recursive: true })
  for (const { name, place, prepare } of pictures) {
    await goTo(page, origin, place)
    see()
    await prepare?.(page, see)
    // Times would make another picture of the same every day.
    await page.evaluate(() => {
      document.querySelectorAll('dd:has(time), time').forEach(time => { time.textContent = '10:00:00' })
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    })
    const picture = await sharp(await page.screenshot()).png({ palette: true, colours: 64, effort: 10 }).toBuffer()
    t.ok(picture.length <= largest, `${name}: ${picture.length} bytes`)
    await writeFile(path.join(folder, `${name}.png`), picture)
  }
})
