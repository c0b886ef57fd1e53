// The answers to invalid requests, to the byte as existing clients know them.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { build, graphicRequest, names, onePixel, uuid } from '../helper.ts'

interface Recorded { name: string, method: string, path: string, headers: Record<string, string>, body: string, status: number, contentType: string, response: unknown }

const recorded: Recorded[] = JSON.parse(readFileSync(new URL('../fixtures/graphics/invalid-requests.json', import.meta.url), 'utf8'))

t.test('invalid requests', async t => {
  const server = await build(t)
  for (const { name, method, path, headers, body, status, contentType, response } of recorded) {
    t.test(`${name} is answered as recorded`, async t => {
      const reply = await server.send(path, { method, headers, body })
      t.equal(reply.status, status)
      t.equal(reply.headers.get('content-type'), contentType)
      t.equal(reply.text, JSON.stringify(response), 'with the errors themselves, unwrapped')
    })
  }

  t.test('both endpoints validate alike', async t => {
    const request = graphicRequest({ timestamp: 'now' })
    const [render, preprocess] = [await server.post('/render', request), await server.post('/render/preprocess', request)]
    t.equal(render.status, 400)
    t.equal(preprocess.status, 400)
    t.equal(render.text, preprocess.text)
  })

  const { graphic: _, dimensions: __, ...bare } = graphicRequest()
  const valid: Array<[what: string, request: Record<string, unknown>]> = [
    ['a graphic', graphicRequest()],
    ['coordinates', { ...bare, coordinates: { latitude: 45.5, longitude: -73.6 } }],
    ['a place', { ...bare, placeID: 'ChIJ' }],
    ['a chart', { ...bare, highChartsData: { series: [] } }],
    ['a chart with a graphic but without its dimensions', { ...bare, context: undefined, graphic: onePixel, highChartsData: {} }],
    ['a follow-up', graphicRequest({ followup: { query: 'Why?', focus: [0, 0, 1, 0.5], previous: [['What?', 'That.'], ['How?', {}]] } })],
    ['unknown members', graphicRequest({ zoom: { level: 3 }, route: 7 })],
    ['the results of earlier preprocessors', graphicRequest({ preprocessors: { [names.preprocessor('x')]: [1] } })]
  ]
  for (const [what, request] of valid) {
    t.test(`${what} is valid and comes back unchanged`, async t => {
      const { status, json } = await server.post('/render/preprocess', request)
      t.equal(status, 200)
      t.strictSame(json, JSON.parse(JSON.stringify({ preprocessors: {}, ...request })))
    })
  }

  const invalid: Array<[what: string, request: Record<string, unknown>, instancePath: string, keyword: string]> = [
    ['a graphic with a line break', graphicRequest({ graphic: `${onePixel}\n` }), '/graphic', 'pattern'],
    ['a graphic with a charset', graphicRequest({ graphic: 'data:image/png;charset=x;base64,AAAA' }), '/graphic', 'pattern'],
    ['three dimensions', graphicRequest({ dimensions: [1, 1, 1] }), '/dimensions', 'additionalItems'],
    ['a null focus', graphicRequest({ followup: { query: '', focus: null } }), '/followup/focus', 'type'],
    ['a follow-up without query', graphicRequest({ followup: {} }), '/followup', 'required'],
    ['a latitude of 91', { ...bare, coordinates: { latitude: 91, longitude: 0 } }, '/coordinates/latitude', 'maximum'],
    ['coordinates without members, as one tablet may send', { ...bare, placeID: 'x', coordinates: {} }, '', 'required'],
    ['a URL on localhost', graphicRequest({ URL: 'http://localhost/' }), '/URL', 'pattern'],
    ['a numeral as timestamp', graphicRequest({ timestamp: '1700000000' }), '/timestamp', 'type'],
    ['a uuid that is not of version 4', graphicRequest({ request_uuid: uuid.replace('-4e', '-1e') }), '/request_uuid', 'pattern'],
    ['renderers twice', graphicRequest({ renderers: ['a.b', 'a.b'].map(name => `ca.${name}`) }), '/renderers', 'uniqueItems'],
    ['preprocessors as a list', graphicRequest({ preprocessors: [] }), '/preprocessors', 'type']
  ]
  for (const [what, request, instancePath, keyword] of invalid) {
    t.test(`${what} is refused`, async t => {
      const { status, json } = await server.render(request)
      t.equal(status, 400)
      t.match(json, [{ instancePath, keyword }])
    })
  }
})
