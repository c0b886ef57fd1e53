// The example of the kit's README: it has to work as it stands there.
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import t from 'tap'
import { brightness } from '../../../services/kit/example.ts'
import { build, dataUrl, graphicRequest } from './build.ts'

t.test('the example says how bright a graphic is', async t => {
  const app = build(t, brightness)
  for (const [background, expected] of [['#000', 0], ['#fff', 1], ['#808080', 0.5]] as const) {
    const graphic = dataUrl(await sharp({ create: { width: 30, height: 20, channels: 3, background } }).png().toBuffer(), 'image/png')
    const response = await app.inject({ method: 'POST', url: '/preprocessor', payload: graphicRequest({ graphic }) })
    t.equal(response.statusCode, 200)
    t.ok(Math.abs(response.json().data.brightness - expected) < 0.01, `${background} is ${expected}`)
  }
})

t.test('the example is not applicable to a chart', async t => {
  const { graphic, dimensions, context, ...rest } = graphicRequest()
  t.ok([graphic, dimensions, context].every(member => member !== undefined))
  const response = await build(t, brightness).inject({ method: 'POST', url: '/preprocessor', payload: { ...rest, highChartsData: {} } })
  t.equal(response.statusCode, 204)
})

t.test('the README shows the example as it is', async t => {
  const folder = new URL('../../../services/kit/', import.meta.url)
  const source = await readFile(new URL('example.ts', folder), 'utf8')
  t.ok((await readFile(new URL('README.md', folder), 'utf8')).includes(source.trim()))
})
