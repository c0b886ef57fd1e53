// One example of each message of the tracking module, by the name that it has in schemas/tracking/messages.ts.
import type { Static } from '@sinclair/typebox'
import type {
  clientReceives, clientReceivesBesides, clientSends, clientSendsBesides, peerReceivesBesides, processorReceives, processorSends
} from './messages.ts'

type All = typeof clientSends & typeof clientSendsBesides & typeof processorSends & typeof clientReceives & typeof processorReceives & typeof peerReceivesBesides & typeof clientReceivesBesides

/** Start of a PNG as a data URL: enough for an example. */
const image = 'data:image/png;base64,iVBORw0KGgo='

const box = { boxId: 3, rect: [0.25, 0.1, 0.5, 0.9], objectType: 'person', certainty: 0.93, objectId: 1 }

const featureMap = [0.125, -0.75, 0.5]

const epoch = 'c1a7e9d2'

/** Examples by name. */
export const examples = {
  authenticate: { type: 'authenticate', jwt: 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ0dXR0aSJ9.c2lnbmF0dXJl' },
  setUsesImages: { type: 'setUsesImages', usesImages: true },
  startOrder: { type: 'start', cameraId: 'north', frameId: 12.5, boxId: 3, image, requestId: 'r1' },
  stopOrder: { type: 'stop', objectId: 1, requestId: 'r2' },
  subscribe: { type: 'subscribe', cameras: ['north'], objects: [1], presence: true, requestId: 'r3' },
  resume: { type: 'resume', epoch, offset: 41, requestId: 'r4' },
  identifier: { type: 'identifier', id: 'north' },
  detection: { type: 'boundingBoxes', frameId: 12.5, boxes: [box] },
  featureMapReport: { type: 'featureMap', objectId: 1, featureMap },
  boundingBoxes: { type: 'boundingBoxes', cameraId: 'north', frameId: 12.5, boxes: [box] },
  newObject: { type: 'newObject', objectId: 1, image },
  start: { type: 'start', objectId: 1, frameId: 12.5, boxId: 3, image },
  stop: { type: 'stop', objectId: 1 },
  featureMap: { type: 'featureMap', objectId: 1, featureMap },
  welcome: { type: 'welcome', epoch, offset: 41 },
  ack: { type: 'ack', requestId: 'r1', objectId: 1 },
  failure: { type: 'error', code: 'TUTTI_TRACKING_UNKNOWN_CAMERA', message: 'No processor is registered for this camera. Try again when one is.', requestId: 'r1' },
  resumed: { type: 'resumed', recovered: true, offset: 44 },
  presenceList: { type: 'presence', processors: [{ cameraId: 'north', since: '2026-11-22T12:00:00.000Z' }] },
  presence: { type: 'presence', cameraId: 'north', online: false, offset: 45 }
} satisfies { [Name in keyof All]: Static<All[Name]> }
