// The sonify service as the orchestrator meets it.
import t from 'tap'
import { readWavDuration } from '../../../services/kit/wav.ts'
import { sonify } from '../../../services/sonify/index.ts'
import { build, graphicRequest } from '../kit/build.ts'

const simpleAudio = 'ca.mcgill.a11y.image.renderer.SimpleAudio'

interface Reply { renderings: Array<{ type_id: string, description: string, data: { audio: string } }> }

const chart = (changes: Record<string, unknown>) => ({ ...graphicRequest({ renderers: [simpleAudio], ...changes }), graphic: undefined, dimensions: undefined, context: undefined })

t.test('a line chart is answered with a recording', async (t) => {
  const reply = await build(t, sonify).inject({ method: 'POST', url: '/handler', payload: chart({ language: 'fr', highChartsData: { title: 'Pluie', series: [{ data: [1, 2, 3] }] } }) })
  t.equal(reply.statusCode, 200)
  const [rendering] = reply.json<Reply>().renderings
  t.equal(rendering?.type_id, simpleAudio)
  t.equal(rendering?.description, 'Graphique en son « Pluie » : plus la valeur est grande, plus le son est aigu ; une cloche marque le maximum.')
  const [head, body = ''] = rendering?.data.audio.split(',') ?? []
  t.equal(head, 'data:audio/wav;base64')
  t.equal(readWavDuration(Buffer.from(body, 'base64')), 2)
})

t.test('the data of the line-charts preprocessor are enough', async (t) => {
  const point = { x: 0, y: 1, lowerPointsOnLeft: 0, higherPointsOnLeft: 0, lowerPointsOnRight: 0, higherPointsOnRight: 0 }
  const reply = await build(t, sonify).inject({ method: 'POST', url: '/handler', payload: chart({ highChartsData: {}, preprocessors: { 'ca.mcgill.a11y.image.preprocessor.lineChart': { dataPoints: [point, { ...point, x: 1 }] } } }) })
  t.equal(reply.json<Reply>().renderings.length, 1)
})

t.test('what is no line chart, or wants no sound, is not applicable', async (t) => {
  const app = build(t, sonify)
  const line = { series: [{ data: [1, 2] }] }
  for (const payload of [
    graphicRequest({ renderers: [simpleAudio] }),
    chart({ highChartsData: { series: [{ type: 'pie', data: [1] }] } }),
    chart({ highChartsData: { series: 'none' } }),
    chart({ highChartsData: line, renderers: ['ca.mcgill.a11y.image.renderer.Text'] })
  ]) t.equal((await app.inject({ method: 'POST', url: '/handler', payload })).statusCode, 204)
})
