// What holds for every place of the console in French, where words are longer: no barriers, room enough on narrow screens, no complaints of the browser.
import t from 'tap'
import { openInhabited, operatorToken } from './inhabited.ts'
import { checkPlaces, findPlaces } from './places.ts'

t.setTimeout(290_000)

t.test('every place of the console in French', async t => {
  const inhabited = await openInhabited(t, field => `Some ${field}`)
  const { page } = await inhabited.open('/', { language: 'fr', token: operatorToken, reducedMotion: 'reduce' })
  const places = await findPlaces(page, inhabited.origin)
  await page.context().close()
  await checkPlaces(t, inhabited, places, 'fr')
})
