// The describe service as the orchestrator meets it.
import t from 'tap'
import { describe } from '../../../services/describe/index.ts'
import { build, graphicRequest } from '../kit/build.ts'

const objectDetection = 'ca.mcgill.a11y.image.preprocessor.objectDetection'
const ocr = 'ca.mcgill.a11y.image.preprocessor.ocrClouds'
const cup = { ID: 0, type: 'cup', dimensions: [0.4, 0.4, 0.6, 0.6], confidence: 0.9 }
const exit = { text: 'EXIT', bounding_box: [0.1, 0.05, 0.2, 0.1] }

interface Reply { renderings: Array<{ type_id: string, description: string, data: { text: string } }> }

t.test('what was seen and read becomes one text, in the language of the request', async (t) => {
  const app = build(t, describe)
  const ask = async (language: string) => (await app.inject({ method: 'POST', url: '/handler', payload: graphicRequest({ language, preprocessors: { [objectDetection]: { objects: [cup] }, [ocr]: { lines: [exit] } } }) })).json<Reply>().renderings
  t.same(await ask('en'), [{ type_id: 'ca.mcgill.a11y.image.renderer.Text', description: 'Description in words: A cup', data: { text: 'A cup in the centre.\nText at the top left: “EXIT”' } }])
  t.same(await ask('fr'), [{ type_id: 'ca.mcgill.a11y.image.renderer.Text', description: 'Description en mots : Une tasse', data: { text: 'Une tasse au centre.\nTexte en haut à gauche : « EXIT »' } }])
})

t.test('the description of a rendering never passes three hundred characters', async (t) => {
  const objects = Array.from({ length: 4 }, (_, index) => ({ ...cup, type: `${'long '.repeat(20)}${index}`, dimensions: [index / 4, 0, index / 4 + 0.2, 1] }))
  const app = build(t, describe)
  const { renderings } = (await app.inject({ method: 'POST', url: '/handler', payload: graphicRequest({ preprocessors: { [objectDetection]: { objects } } }) })).json<Reply>()
  t.ok((renderings[0]?.description.length ?? 999) <= 300)
})

t.test('a request that there is nothing to say about, or that wants no text, is not applicable', async (t) => {
  const app = build(t, describe)
  for (const changes of [
    {},
    { preprocessors: { [objectDetection]: { objects: [] }, [ocr]: { lines: [] } } },
    { preprocessors: { [objectDetection]: { objects: 'none' }, [ocr]: 5 } },
    { preprocessors: { [objectDetection]: { objects: [{ ...cup, dimensions: [0, 0, 5, 5] }] } } },
    { renderers: ['ca.mcgill.a11y.image.renderer.SimpleAudio'], preprocessors: { [objectDetection]: { objects: [cup] } } }
  ]) t.equal((await app.inject({ method: 'POST', url: '/handler', payload: graphicRequest(changes) })).statusCode, 204, JSON.stringify(changes))
})
