// The object-detection service as the orchestrator meets it, with its real model and real photographs.
import t from 'tap'
import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { ObjectDetection } from '../../../schemas/graphics/preprocessors/object-detection.ts'
import type { ObjectDetection as ObjectDetectionData } from '../../../schemas/graphics/preprocessors/object-detection.ts'
import { buildService, readEnvironment } from '../../../services/kit/index.ts'
import { ObjectDetectionEnvironment, objectDetection } from '../../../services/object-detection/index.ts'
import { loadDetector } from '../../../services/object-detection/model.ts'
import { letterbox } from '../../../services/object-detection/picture.ts'

async function photograph (name: string): Promise<string> {
  return `data:image/jpeg;base64,${await readFile(new URL(`../../fixtures/graphics/${name}`, import.meta.url), 'base64')}`
}

const request = (graphic?: string) => ({
  request_uuid: '6f5b2a50-2c1c-4d3f-9d0e-0c7f8e3a9b11',
  timestamp: 1700000000,
  language: 'en',
  capabilities: [],
  renderers: [],
  ...(graphic === undefined ? { highChartsData: {} } : { graphic, dimensions: [640, 480], context: '' })
})

const isObjectDetection = new Ajv().compile<ObjectDetectionData>(ObjectDetection)

// First, because the backend starts once in a process.
t.test('looking leaves nothing behind', async (t) => {
  const listeners = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection')
  const detector = await loadDetector()
  t.teardown(() => detector.close())
  t.equal(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'), listeners, 'the process keeps its own answer to errors')
  const picture = await letterbox(await photograph('chelsea.jpg'))
  if (picture === undefined) throw new Error('the photograph cannot be decoded')
  const tensors = detector.tensors()
  const looks = [await detector.detect(picture.pixels), await detector.detect(picture.pixels), await detector.detect(picture.pixels)]
  t.equal(detector.tensors(), tensors)
  t.same(looks[1], looks[0], 'and the same picture gives the same answer')
  t.same(looks[2], looks[0])
  await t.rejects(detector.detect(new Uint8Array(3)), RangeError)
  t.equal(detector.tensors(), tensors)
})

t.test('the service names what is in photographs', async (t) => {
  const app = buildService(objectDetection)
  t.teardown(async () => await app.close())
  const ask = async (graphic?: string) => await app.inject({ method: 'POST', url: '/preprocessor', payload: request(graphic) })

  const expected = [['astronaut.jpg', 'person', [0.02, 0.02, 0.72, 1]], ['coffee.jpg', 'cup', [0.28, 0.04, 0.69, 0.66]], ['chelsea.jpg', 'cat', [0, 0, 0.92, 1]]] as const
  for (const [name, type, box] of expected) {
    const reply = await ask(await photograph(name))
    t.equal(reply.statusCode, 200)
    const { request_uuid: uuid, name: key, data } = reply.json<{ request_uuid: string, name: string, data: unknown }>()
    t.equal(uuid, request().request_uuid)
    t.equal(key, 'ca.mcgill.a11y.image.preprocessor.objectDetection')
    if (!isObjectDetection(data)) throw new Error(`the data for ${name} do not fit the schema`)
    const [surest] = data.objects
    t.equal(surest?.type, type, `${name} shows a ${type}`)
    t.ok((surest?.confidence ?? 0) > 0.5, `and it is rather sure: ${surest?.confidence}`)
    t.ok(surest?.dimensions.every((edge, side) => Math.abs(edge - (box[side] ?? NaN)) < 0.05), `and knows where: ${surest?.dimensions.join(' ')}`)
  }

  t.equal((await ask()).statusCode, 204, 'a chart is not for it')
  t.equal((await ask('data:image/jpeg;base64,bm90IGEgcGljdHVyZQ==')).statusCode, 204, 'neither is a broken picture')

  const blank = await ask('data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
  t.equal(blank.statusCode, 200)
  t.same(blank.json<{ data: unknown }>().data, { objects: [] }, 'in an empty picture it sees nothing')
})

t.test('the threshold is read from the environment and must be a probability', async (t) => {
  t.same(readEnvironment(ObjectDetectionEnvironment, {}), { CONF_THRESHOLD: 0.3 })
  t.same(readEnvironment(ObjectDetectionEnvironment, { CONF_THRESHOLD: '0.55' }), { CONF_THRESHOLD: 0.55 })
  t.throws(() => readEnvironment(ObjectDetectionEnvironment, { CONF_THRESHOLD: '2' }), /CONF_THRESHOLD/)
})
