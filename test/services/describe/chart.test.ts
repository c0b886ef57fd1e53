// Charts in words, in English and French.
import t from 'tap'
import { describe } from '../../../services/describe/description.ts'
import { graphicRequest } from '../kit/build.ts'

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const temperatures = [-9.7, -7.7, -2, 6.4, 13.4, 18.6, 21.2, 20.1, 15.5, 8.5, 2.1, -5.4]
const plain = (text: string | undefined) => text?.replace(/[\u00a0\u202f]/g, ' ')

function said (highChartsData: Record<string, unknown>, language: 'en' | 'fr' = 'en') {
  const description = describe(graphicRequest({ graphic: undefined, highChartsData }), language)
  return { title: description?.title, text: plain(description?.text) }
}

const climate = {
  title: 'Mean temperature in Montreal',
  axes: [{ axis: 'xAxis', title: 'Month', type: 'category' }, { axis: 'yAxis', title: 'Temperature (°C)' }],
  series: [{ name: 'Montreal', type: 'line', data: temperatures.map((y, x) => ({ x, y, name: months[x] })) }]
}

t.test('a line is told with its axes, its course and its extremes', async (t) => {
  t.equal(said(climate).title, 'Line chart “Mean temperature in Montreal”')
  t.equal(said(climate).text, 'Line chart “Mean temperature in Montreal”: 12 points. The vertical axis shows Temperature (°C). The horizontal axis shows Month, from January to December. ' +
    'Overall, the line ends about where it began: from -9.7 °C in January it rises to 21.2 °C in July and falls to -5.4 °C in December. Highest: 21.2 °C in July. Lowest: -9.7 °C in January.')
  t.equal(said(climate, 'fr').text, 'Graphique linéaire « Mean temperature in Montreal » : 12 points. Axe vertical : Temperature (°C). Axe horizontal : Month, de January à December. ' +
    'Dans l’ensemble, la courbe finit à peu près où elle a commencé : de -9,7 °C en January, elle monte à 21,2 °C en July et descend à -5,4 °C en December. Maximum : 21,2 °C en July. Minimum : -9,7 °C en January.')
})

t.test('dates are said in the language, with its prepositions and elisions', async (t) => {
  const chart = { axes: [{ axis: 'xAxis', type: 'datetime' }], series: [{ data: [3, 5, 7].map((month, index) => ({ x: Date.UTC(2020, month, 1), y: index })) }] }
  t.match(said(chart).text, /The horizontal axis goes from April 2020 to August 2020\. The line rises from 0 in April 2020 to 2 in August 2020\.$/)
  t.match(said(chart, 'fr').text, /L’axe horizontal va d’avril 2020 à août 2020\. La courbe monte de 0 en avril 2020 à 2 en août 2020\.$/)
  const days = { axes: [{ axis: 'xAxis', type: 'datetime' }], series: [{ data: [1, 2, 3].map((day) => ({ x: Date.UTC(2020, 3, day), y: -day })) }] }
  t.match(said(days).text, /The line falls from -1 on April 1, 2020 to -3 on April 3, 2020\.$/)
  t.match(said(days, 'fr').text, /L’axe horizontal va du 1er avril 2020 au 3 avril 2020\. La courbe descend de -1 le 1er avril 2020 à -3 le 3 avril 2020\.$/)
})

t.test('years are years, other numbers are numbers', async (t) => {
  t.match(said({ series: [{ data: [[1999, 1], [2005, 2]] }] }).text, /rises from 1 in 1999 to 2 in 2005/)
  t.match(said({ axes: [{ axis: 'xAxis', title: 'Altitude' }], series: [{ data: [[1999, 1], [2005, 2]] }] }).text, /rises from 1 at 1,999 to 2 at 2,005/)
})

t.test('every series of a chart is named and told', async (t) => {
  const chart = { title: 'T', series: [{ name: 'A', data: [1, 2] }, { name: 'B', type: 'spline', data: [3, 3] }, { data: [9] }, { name: 'D', data: [4, null, 2] }] }
  t.equal(said(chart).text, 'Line chart “T”: four series: “A”, “B”, series 3 and “D”. The horizontal axis goes from 0 to 1. “A” rises from 1 at 0 to 2 at 1. “B” stays at 3 throughout. ' +
    'Series 3: a single point, 9 at 0. “D” falls from 4 at 0 to 2 at 2. Values are missing in one place.')
  t.match(said(chart, 'fr').text, /quatre séries : « A », « B », série 3 et « D »\..*« B » reste à 3 d’un bout à l’autre\. Série 3 : un seul point, 9 à 0\..*Des valeurs manquent à un endroit\.$/)
  const many = said({ series: Array.from({ length: 60 }, (_, index) => ({ name: `S${index}`, data: [index, index + 1] })) }).text ?? ''
  t.match(many, /“S7” rises/)
  t.match(many, /“S8”: between 8 and 9\./)
  t.match(many, /28 more\.$/, 'those that are not named are counted')
})

t.test('a line that goes up and down many times is told as a whole', async (t) => {
  const waves = { series: [{ data: Array.from({ length: 100 }, (_, x) => Math.round(Math.sin(x / 2) * 100) / 100) }] }
  t.match(said(waves).text, /The line goes up and down between -1 and 1, turning about 15 times; overall, it /)
  t.match(said(waves, 'fr').text, /La courbe monte et descend entre -1 et 1, avec environ 15 retournements ; dans l’ensemble, elle /)
})

t.test('pies are told from the largest slice on, columns in their order', async (t) => {
  const pie = { title: 'Browsers', series: [{ type: 'pie', data: [{ name: 'Edge', y: 10 }, { name: 'Chrome', y: 60 }, { name: 'Firefox', y: 30 }] }] }
  t.equal(said(pie).text, 'Pie chart “Browsers”: 3 slices. Chrome: 60%; Firefox: 30%; Edge: 10%.')
  t.equal(said(pie, 'fr').text, 'Diagramme circulaire « Browsers » : 3 parts. Chrome : 60 % ; Firefox : 30 % ; Edge : 10 %.')
  const columns = { axes: [{ axis: 'yAxis', title: 'Rain in mm' }], series: [{ type: 'column', data: [{ name: 'Jan', y: 5 }, { name: 'Feb', y: 12 }] }] }
  t.equal(said(columns).text, 'Column chart: 2 columns. The vertical axis shows Rain in mm. Jan: 5 mm; Feb: 12 mm. Highest: 12 mm in Feb. Lowest: 5 mm in Jan.')
  t.match(said({ series: [{ type: 'column', data: Array.from({ length: 40 }, (_, x) => x % 7) }] }).text, /Between 0 and 6\. Highest: 6, at five points, first at 6\./)
  t.match(said({ series: [{ type: 'gauge', data: [{ y: 5 }] }] }).text, /^Chart of type “gauge”: 1 point\. Always 5\.$/)
})

t.test('what the author of the page says is passed on, and nothing in it can become markup', async (t) => {
  const { text } = said({ title: 'a</b><img src=x onerror=alert(1)>', subtitle: 'sub', altText: 'x <script', series: [{ data: [1, 2] }] })
  t.match(text, /Subtitle: “sub”\./)
  t.match(text, /Its author says: “x < script”\.$/)
  t.notMatch(text, /<[a-z/!?]/i)
})

t.test('charts of impossible numbers and shapes are told without a crash', async (t) => {
  for (const data of [[1e308, -1e308, 1e308], [5e-324, 0], [[1e308, 1], [-1e308, 2]], [[8.7e15, 1]], Array.from({ length: 5_000 }, (_, x) => x % 2 ? null : x)]) {
    for (const type of ['line', 'pie', 'column', 'x'.repeat(2000)]) {
      for (const axis of ['datetime', 'category', undefined]) t.ok((said({ axes: [{ axis: 'xAxis', type: axis }], series: [{ type, data }] }, 'fr').text ?? '').length < 5000)
    }
  }
  t.equal(said({ series: [] }).text, undefined)
})
