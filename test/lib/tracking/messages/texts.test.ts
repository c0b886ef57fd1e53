// The texts of outgoing messages, byte for byte, and against their schemas.
import { Ajv } from 'ajv'
import t from 'tap'
import { cameraOf } from '../../../../lib/tracking/messages/camera.ts'
import * as texts from '../../../../lib/tracking/messages/texts.ts'
import { Ack, BoundingBoxes, Failure, FeatureMap, NewObject, Presence, PresenceList, Resumed, Start, Stop, Welcome } from '../../../../schemas/tracking/messages.ts'

const bytes = (text: string) => Buffer.from(text)
const camera = cameraOf(bytes('"caf\\u00e9 é"'))
const seven = cameraOf(bytes('7.0'))
const order = { frameId: bytes('12.0'), boxId: bytes('0'), image: bytes('"data:image/png;base64,AA=="') }
const nothing = { frameId: undefined, boxId: undefined, image: undefined }
const since = Date.UTC(2026, 1, 3, 4, 5, 6, 7)

const table = [
  [texts.boundingBoxesText(camera, bytes('0.0'), bytes('[{"rect":[0.0,1e400,0,1]}]')), BoundingBoxes, '{"type":"boundingBoxes","cameraId":"caf\\u00e9 é","frameId":0.0,"boxes":[{"rect":[0.0,1e400,0,1]}]}'],
  [texts.boundingBoxesText(undefined, bytes('1'), bytes('[]')), BoundingBoxes, '{"type":"boundingBoxes","cameraId":null,"frameId":1,"boxes":[]}'],
  [texts.newObjectText(1, order.image), NewObject, '{"type":"newObject","objectId":1,"image":"data:image/png;base64,AA=="}'],
  [texts.newObjectText(1, undefined), NewObject, '{"type":"newObject","objectId":1}'],
  [texts.newObjectText(1, bytes('[1.0]'), 9), NewObject, '{"type":"newObject","objectId":1,"image":[1.0],"offset":9}'],
  [texts.startText(2, order), Start, '{"type":"start","objectId":2,"frameId":12.0,"boxId":0,"image":"data:image/png;base64,AA=="}'],
  [texts.startText(2, { ...nothing, image: order.image }), Start, '{"type":"start","objectId":2,"image":"data:image/png;base64,AA=="}'],
  [texts.startText(2, { ...order, image: undefined }, 10), Start, '{"type":"start","objectId":2,"frameId":12.0,"boxId":0,"offset":10}'],
  [texts.stopText(3), Stop, '{"type":"stop","objectId":3}'],
  [texts.stopText(bytes('3.0')), Stop, '{"type":"stop","objectId":3.0}'],
  [texts.stopText(3, 11), Stop, '{"type":"stop","objectId":3,"offset":11}'],
  [texts.featureMapText(4, bytes('{}')), FeatureMap, '{"type":"featureMap","objectId":4,"featureMap":{}}'],
  [texts.featureMapText(4, bytes('[0.0,-1.5e-05]'), 12), FeatureMap, '{"type":"featureMap","objectId":4,"featureMap":[0.0,-1.5e-05],"offset":12}'],
  [texts.ackText(bytes('"a\\"b"')), Ack, '{"type":"ack","requestId":"a\\"b"}'],
  [texts.ackText(bytes('1.0'), 5), Ack, '{"type":"ack","requestId":1.0,"objectId":5}'],
  [texts.errorText({ code: 'TUTTI_TRACKING_X', message: 'Say "é".' }), Failure, '{"type":"error","code":"TUTTI_TRACKING_X","message":"Say \\"é\\"."}'],
  [texts.errorText({ code: 'TUTTI_TRACKING_X', message: 'No.' }, bytes('7')), Failure, '{"type":"error","code":"TUTTI_TRACKING_X","message":"No.","requestId":7}'],
  [texts.welcomeText('e"1', 0), Welcome, '{"type":"welcome","epoch":"e\\"1","offset":0}'],
  [texts.resumedText(true, 13), Resumed, '{"type":"resumed","recovered":true,"offset":13}'],
  [texts.resumedText(false, 0), Resumed, '{"type":"resumed","recovered":false,"offset":0}'],
  [texts.presenceListText([]), PresenceList, '{"type":"presence","processors":[]}'],
  [texts.presenceListText([{ camera, since }, { camera: seven, since: 0 }]), PresenceList,
    '{"type":"presence","processors":[{"cameraId":"caf\\u00e9 é","since":"2026-02-03T04:05:06.007Z"},{"cameraId":7.0,"since":"1970-01-01T00:00:00.000Z"}]}'],
  [texts.presenceText(seven, true, 14), Presence, '{"type":"presence","cameraId":7.0,"online":true,"offset":14}'],
  [texts.presenceText(camera, false), Presence, '{"type":"presence","cameraId":"caf\\u00e9 é","online":false}']
] as const

t.test('each text is what it must be, byte for byte', async t => {
  for (const [text, , expected] of table) t.equal(text.toString(), expected)
})

t.test('each text is as its schema says', async t => {
  const ajv = new Ajv({ strictNumbers: false })
  for (const [text, schema] of table) {
    const value = JSON.parse(text.toString()) as Record<string, unknown>
    t.ok(ajv.validate(schema, value), `${text.toString()} ${ajv.errorsText()}`)
    t.strictSame(Object.keys(value).filter(name => !Object.hasOwn(schema.properties, name)), [], 'no member that the schema does not have')
  }
})

t.test('a text is a copy: what it was made of may be overwritten', async t => {
  const boxes = bytes('[{"objectId":1}]')
  const text = texts.boundingBoxesText(camera, bytes('1'), boxes)
  boxes.fill('x')
  t.match(text.toString(), '[{"objectId":1}]')
})

t.test('a list of 20,000 processors is no trouble', async t => {
  const list = JSON.parse(texts.presenceListText(Array.from({ length: 20_000 }, () => ({ camera, since }))).toString()) as { processors: unknown[] }
  t.equal(list.processors.length, 20_000)
})
