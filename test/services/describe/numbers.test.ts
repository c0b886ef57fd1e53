// Numbers, units and dates as they are said.
import t from 'tap'
import { dateFormat, dateGrain, sayShare, unitOf, valueFormat } from '../../../services/describe/numbers.ts'

// Groups of three are parted by a narrow no-break space in French.
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

t.test('values are as exact as the chart can be read', async (t) => {
  const say = (value: number, lowest: number, highest: number, language: 'en' | 'fr' = 'en', unit = '') => plain(valueFormat(lowest, highest, language, unit)(value))
  t.equal(say(21.3, -10, 22), '21.3')
  t.equal(say(21.3333333, -10, 22), '21.33')
  t.equal(say(-0.0001, -10, 10), '-0.0001', 'what is nearly nothing is not nothing')
  t.equal(say(-0, -10, 10), '0')
  t.equal(say(1234.567, 0, 5000), '1,235')
  t.equal(say(1234.567, 0, 5000, 'fr'), '1 235')
  t.equal(say(1000.25, 1000, 1001), '1,000.25', 'a narrow range far from zero keeps its differences')
  t.equal(say(2_500_000, 0, 9_000_000), '2.5 million')
  t.equal(say(2_500_000, 0, 9_000_000, 'fr', '€'), '2,5 millions de €')
  t.equal(say(1e308, -1e308, 1e308), '1 times 10 to the power of 308')
  t.equal(say(3e-9, 0, 4e-9, 'fr'), '3 fois 10 puissance -9')
  t.equal(say(5, 5, 5), '5')
  t.equal(say(0, 0, 0), '0')
  for (const [lowest, highest] of [[-Number.MAX_VALUE, Number.MAX_VALUE], [5e-324, 1e-323], [0, 5e-324]] as const) t.ok(say(highest, lowest, highest).length < 60, `${highest}`)
})

t.test('units are put where the language puts them', async (t) => {
  t.equal(valueFormat(0, 100, 'en', '%')(5), '5%')
  t.equal(valueFormat(0, 100, 'fr', '%')(5), '5 %')
  t.equal(valueFormat(-10, 100, 'en', '$')(-5), '-$5')
  t.equal(valueFormat(0, 100, 'en', '°C')(5), '5 °C')
  t.equal(sayShare(33.333, 'fr'), '33 %')
  t.equal(sayShare(0.0412, 'en'), '0.04%')
})

t.test('a unit is taken from the title of an axis only where it is one', async (t) => {
  const titles = { 'Temperature (°C)': '°C', 'Rain [mm]': 'mm', 'Température en °C': '°C', 'Speed in km/h': 'km/h', 'Population (estimated)': '', 'Sales (2020)': '', 'Share in winter': '', '': '', '(((((((((': '' }
  for (const [title, unit] of Object.entries(titles)) t.equal(unitOf(title), unit, title)
  t.equal(unitOf('('.repeat(1e6)), '')
})

t.test('dates are said no more exactly than they differ', async (t) => {
  t.equal(dateGrain([Date.UTC(2019, 0), Date.UTC(2020, 0)]), 'year')
  t.equal(dateGrain([Date.UTC(2019, 0), Date.UTC(2019, 1)]), 'month')
  t.equal(dateGrain([Date.UTC(2019, 0), Date.UTC(2019, 0, 2)]), 'day')
  t.equal(dateGrain([Date.UTC(2019, 0, 2, 5), Date.UTC(2019, 0, 2, 6)]), 'minute')
  t.equal(dateGrain([Date.UTC(2019, 0, 2, 5), Date.UTC(2019, 5, 2, 5)]), 'day', 'midnight elsewhere')
  t.equal(dateGrain([Date.UTC(2019, 0), 1e300]), undefined, 'no date at all')
  t.equal(dateFormat('month', 'en')(Date.UTC(2020, 3, 1)), 'April 2020')
  t.equal(dateFormat('day', 'fr')(Date.UTC(2020, 3, 1)), '1er avril 2020')
  t.equal(dateFormat('day', 'fr')(Date.UTC(2020, 3, 21)), '21 avril 2020')
  t.equal(dateFormat('year', 'fr')(Date.UTC(2020, 0, 1)), '2020')
  t.match(plain(dateFormat('minute', 'en')(Date.UTC(2020, 3, 1, 14, 5))), /April 1, 2020.* 2:05 PM/)
})
