// The tactile service as the orchestrator meets it.
import t from 'tap'
import { buildService } from '../../../services/kit/index.ts'
import { lineCharts } from '../../../services/line-charts/index.ts'
import { tactile, tactileRenderer } from '../../../services/tactile/index.ts'
import { pinsOf } from './pins.ts'

interface Reply {
  request_uuid: string
  renderings: Array<{ type_id: string, description: string, data: { graphic: string } }>
}

const base = {
  request_uuid: '6f5b2a50-2c1c-4d3f-9d0e-0c7f8e3a9b11',
  timestamp: 1700000000,
  language: 'en',
  capabilities: [],
  renderers: [tactileRenderer]
}

const picture = {
  ...base,
  graphic: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  dimensions: [640, 480],
  context: '',
  preprocessors: {
    'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects: [{ ID: 0, type: 'cat', dimensions: [0.1, 0.1, 0.6, 0.9], confidence: 0.9 }] },
    'ca.mcgill.a11y.image.preprocessor.ocrClouds': { lines: [{ text: 'Exit', bounding_box: [0.65, 0.1, 0.3, 0.2] }] }
  }
}

const chart = { ...base, highChartsData: { title: 'Rain', axes: [], series: [{ name: 'Rain', type: 'line', data: [{ x: 0, y: 1 }, { x: 1, y: 4 }, { x: 2, y: 2 }] }] } }

t.test('the tactile service', async (t) => {
  const app = buildService(tactile)
  t.teardown(async () => await app.close())
  const ask = async (payload: object) => await app.inject({ method: 'POST', url: '/handler', payload })

  async function svgOf (payload: object): Promise<string> {
    const reply = await ask(payload)
    t.equal(reply.statusCode, 200)
    const { request_uuid: uuid, renderings: [rendering] } = reply.json<Reply>()
    t.equal(uuid, base.request_uuid)
    t.equal(rendering?.type_id, tactileRenderer)
    t.ok((rendering?.description.length ?? 999) <= 300)
    const url = rendering?.data.graphic ?? ''
    t.ok(url.startsWith('data:image/svg+xml;base64,'))
    const svg = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString()
    const pins = await pinsOf(svg)
    t.ok(pins.count(0, 0, pins.columns - 1, pins.rows - 1) > 100, 'there is something to feel')
    return svg
  }

  await t.test('draws what was seen and read in a picture', async (t) => {
    const svg = await svgOf(picture)
    t.match(svg, 'aria-label="cat"')
    t.match(svg, 'aria-label="text: “Exit”"')
  })

  await t.test('draws a chart that the line-charts service has read', async (t) => {
    const reader = buildService(lineCharts)
    t.teardown(async () => await reader.close())
    const { name, data } = (await reader.inject({ method: 'POST', url: '/preprocessor', payload: chart })).json<{ name: string, data: unknown }>()
    t.match(await svgOf({ ...chart, preprocessors: { [name]: data } }), 'aria-label="highest: 4"')
  })

  await t.test('speaks French to those who ask in French', async (t) => {
    t.match(await svgOf({ ...picture, language: 'fr' }), 'aria-label="chat"')
  })

  await t.test('has nothing to draw without findings, and draws nothing that nobody can show', async (t) => {
    t.equal((await ask({ ...picture, preprocessors: {} })).statusCode, 204)
    t.equal((await ask({ ...chart, highChartsData: {} })).statusCode, 204)
    t.equal((await ask({ ...picture, renderers: ['ca.mcgill.a11y.image.renderer.Text'] })).statusCode, 204)
  })
})
