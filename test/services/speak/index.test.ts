// The speak service as the orchestrator meets it: the words of describe, spoken.
import t from 'tap'
import { readWavDuration } from '../../../services/kit/wav.ts'
import { speak } from '../../../services/speak/index.ts'
import { build, graphicRequest } from '../kit/build.ts'

const simpleAudio = 'ca.mcgill.a11y.image.renderer.SimpleAudio'
const cup = { ID: 0, type: 'cup', dimensions: [0.4, 0.4, 0.6, 0.6], confidence: 0.9 }

interface Reply { renderings: Array<{ type_id: string, description: string, data: { audio: string } }> }

t.test('a picture and a chart are answered with a recording of their description', async (t) => {
  const app = build(t, speak)
  const picture = graphicRequest({ renderers: [simpleAudio], preprocessors: { 'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects: [cup] } } })
  const chart = { ...graphicRequest({ language: 'fr', renderers: [simpleAudio], highChartsData: { series: [{ data: [1, 2] }] } }), graphic: undefined, dimensions: undefined, context: undefined }
  for (const [payload, description] of [[picture, 'Spoken description: A cup'], [chart, 'Description parlée : Graphique linéaire']] as const) {
    const reply = await app.inject({ method: 'POST', url: '/handler', payload })
    t.equal(reply.statusCode, 200)
    const [rendering] = reply.json<Reply>().renderings
    t.equal(rendering?.type_id, simpleAudio)
    t.equal(rendering?.description, description)
    const [head, body = ''] = rendering?.data.audio.split(',') ?? []
    t.equal(head, 'data:audio/wav;base64')
    t.ok(readWavDuration(Buffer.from(body, 'base64')) > 0.5)
  }
})

t.test('a request that there is nothing to say about, or that wants no sound, is not applicable', async (t) => {
  const app = build(t, speak)
  for (const payload of [graphicRequest({ renderers: [simpleAudio] }), graphicRequest({ preprocessors: { 'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects: [cup] } } })]) {
    t.equal((await app.inject({ method: 'POST', url: '/handler', payload })).statusCode, 204)
  }
})
