// The messages of the tracking module, in both directions: what clients and camera processors send, and what they are sent. One source of types, of
// validation (lib/tracking/messages/reading.ts) and of the AsyncAPI document. Unknown members are allowed everywhere, ignored, and not passed on.
import { Type } from '@sinclair/typebox'
import type { Static, TLiteral, TSchema } from '@sinclair/typebox'

/** Most characters of an identifier. */
export const longestIdentifier = 256

/** Most boxes of one frame. Real ones have some dozens. */
export const mostBoxes = 10_000

/** Most cameras, and most objects, of one subscription. */
export const mostSubscribed = 1000

/** Most characters of a token. */
export const longestToken = 65_536

const tutti = 'Only with the subprotocol `tutti.v1`.'

const text = (description: string) => Type.String({ minLength: 1, maxLength: longestIdentifier, description })

const camera = (description: string) => Type.Union([Type.String({ minLength: 1, maxLength: longestIdentifier }), Type.Number()], { description })

// What is chosen most often stands first: that is the order in which it is tried.
const scalar = (description: string) => Type.Union([Type.Number(), Type.String({ maxLength: longestIdentifier }), Type.Null(), Type.Boolean()], { description })

const objectId = (description: string) => Type.Number({ description })

const requestId = Type.Optional(Type.Union([Type.String({ maxLength: longestIdentifier }), Type.Number()], {
  description: `Any text or number by which the sender knows this message again: an \`ack\` or \`error\` names it. ${tutti}`
}))

const offset = Type.Optional(Type.Integer({
  minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: `Number of what has happened, for \`resume\`: grows with everything that does. ${tutti}`
}))

const position = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })

/** A token, as first message, where the side asks for one. */
export const Authenticate = Type.Object({
  type: Type.Literal('authenticate'),
  jwt: Type.String({ maxLength: longestToken, description: 'JSON Web Token (RFC 7519, RS256), without a word such as Bearer before it.' }),
  requestId
}, { description: 'Who is at the other end. Not answered; it does no harm where no token is asked for.' })

/** A token, as first message. */
export type Authenticate = Static<typeof Authenticate>

/** Whether a client wants pictures of objects. */
export const SetUsesImages = Type.Object({
  type: Type.Literal('setUsesImages'),
  usesImages: Type.Unknown({
    description: '`true`: a `newObject` for each object that is tracked now and has a picture, then one for each that is started, and a `stop` for each that is stopped. ' +
      'Anything else that is not false, null, 0 or empty: only a `newObject` for each that is started. Otherwise neither.'
  }),
  requestId
}, { description: 'Whether this client wants to be told of objects that are started and stopped.' })

/** Whether a client wants pictures of objects. */
export type SetUsesImages = Static<typeof SetUsesImages>

/** A client asks to track something. */
export const StartOrder = Type.Object({
  type: Type.Literal('start'),
  cameraId: camera('Identifier of the processor that is to track it, as in its `identifier`.'),
  frameId: Type.Optional(scalar('Frame that it was seen in, as in `boundingBoxes`: seconds since the recording began, where the processor is that of TrackTech. `null` counts as absent.')),
  boxId: Type.Optional(scalar('Box of that frame that it was seen in. `null` counts as absent.')),
  image: Type.Optional(Type.Unknown({ description: 'Picture of it, for TrackTech a PNG as a data URL. Needed where frameId or boxId is absent. `null` counts as absent.' })),
  requestId
}, { description: 'Track this, by a box of a frame, by a picture, or both. Values are passed on as they are spelled.' })

/** A client asks to track something. */
export type StartOrder = Static<typeof StartOrder>

/** A client asks to track an object no longer. */
export const StopOrder = Type.Object({
  type: Type.Literal('stop'),
  objectId: objectId('Number of the object.'),
  requestId
}, { description: 'Track this object no longer. Of no effect where it is not tracked.' })

/** A client asks to track an object no longer. */
export type StopOrder = Static<typeof StopOrder>

/** A client says what it wants to be told of. */
export const Subscribe = Type.Object({
  type: Type.Literal('subscribe'),
  cameras: Type.Optional(Type.Array(camera('Identifier of a processor.'), { maxItems: mostSubscribed, description: 'Boxes of these cameras only. Without it those of all.' })),
  objects: Type.Optional(Type.Array(objectId('Number of an object.'), { maxItems: mostSubscribed, description: '`newObject` and `stop` of these objects only. Without it those of all.' })),
  presence: Type.Optional(Type.Boolean({ description: '`true`: tells which processors are there, at once, and then as they come and go.', default: false })),
  requestId
}, { description: `What this client wants to be told of, instead of what it has said before. ${tutti}` })

/** A client says what it wants to be told of. */
export type Subscribe = Static<typeof Subscribe>

/** A client that has been away asks for what it has missed. */
export const Resume = Type.Object({
  type: Type.Literal('resume'),
  epoch: text('The `epoch` of the `welcome` of the connection before.'),
  offset: position('The highest `offset` that was received there.'),
  requestId
}, { description: `Tell what has happened since. ${tutti}` })

/** A client that has been away asks for what it has missed. */
export type Resume = Static<typeof Resume>

/** A processor says which camera it answers for. */
export const Identifier = Type.Object({
  type: Type.Literal('identifier'),
  id: camera('Identifier of the camera. A processor that registers under one takes the place of another that has.'),
  requestId
}, { description: 'The camera that this processor answers for. Answered with the `featureMap` of every object that is tracked.' })

/** A processor says which camera it answers for. */
export type Identifier = Static<typeof Identifier>

/** Where something is in a frame. */
export const Box = Type.Object({
  boxId: Type.Optional(scalar('Number of the box, unique within its frame.')),
  rect: Type.Optional(Type.Union([
    Type.Array(Type.Number(), { minItems: 4, maxItems: 4 }),
    Type.Array(Type.Number(), { maxItems: 0 }),
    Type.Null()
  ], { description: 'Left, top, right and bottom, as parts of the width and height of the frame, 0 to 1; empty or null where they are not known.' })),
  objectType: Type.Optional(scalar('What it is, such as `person`.')),
  certainty: Type.Optional(Type.Union([Type.Number(), Type.Null()], { description: 'How certain that is, 0 to 1.' })),
  objectId: Type.Optional(scalar('Number of the object that it is; absent where it is none that is tracked. Counts as a sighting where it is a number.'))
}, { description: 'Where something is in a frame. Other members are passed on too.' })

/** Where something is in a frame. */
export type Box = Static<typeof Box>

const boxes = Type.Array(Box, { maxItems: mostBoxes, description: 'All boxes of the frame.' })

/** A processor says what it sees in a frame. */
export const Detection = Type.Object({
  type: Type.Literal('boundingBoxes'),
  frameId: scalar('The frame: seconds since the recording began, where the processor is that of TrackTech.'),
  boxes,
  requestId
}, { description: 'What is seen in a frame. Passed on to clients, as it is spelled.' })

/** A processor says what it sees in a frame. */
export type Detection = Static<typeof Detection>

/** By what an object is known again, from the processor that has found out. */
export const FeatureMapReport = Type.Object({
  type: Type.Literal('featureMap'),
  objectId: objectId('Number of the object.'),
  featureMap: Type.Unknown({ description: 'By what it is known again, in the terms of the processors: for those of TrackTech a list of numbers.' }),
  requestId
}, { description: 'By what an object is known again. Passed on to all processors, this one too, as it is spelled; dropped where the object is not tracked.' })

/** By what an object is known again, from the processor that has found out. */
export type FeatureMapReport = Static<typeof FeatureMapReport>

/** Boxes of a camera, for clients. */
export const BoundingBoxes = Type.Object({
  type: Type.Literal('boundingBoxes'),
  cameraId: Type.Union([...camera('').anyOf, Type.Null()], { description: 'Identifier of the camera; null where its processor has given none.' }),
  frameId: scalar('The frame, as its processor has spelled it.'),
  boxes
}, { description: 'What a camera sees in a frame. Where a client is behind, only the latest of each camera.' })

/** Boxes of a camera, for clients. */
export type BoundingBoxes = Static<typeof BoundingBoxes>

/** A client is told of an object. */
export const NewObject = Type.Object({
  type: Type.Literal('newObject'),
  objectId: Type.Integer({ minimum: 1, description: 'Number of the object; never used again.' }),
  image: Type.Optional(Type.Unknown({ description: 'Picture that it was started with.' })),
  offset
}, { description: 'An object is tracked. To clients that have said so by `setUsesImages`.' })

/** A client is told of an object. */
export type NewObject = Static<typeof NewObject>

/** A client or processor is told that an object is tracked no longer. */
export const Stop = Type.Object({
  type: Type.Literal('stop'),
  objectId: objectId('Number of the object.'),
  offset
}, { description: 'An object is tracked no longer: a client has said so, or its time is over. To processors that hold the object, and clients that have said so by `setUsesImages`.' })

/** A client or processor is told that an object is tracked no longer. */
export type Stop = Static<typeof Stop>

/** A processor is told to track something. */
export const Start = Type.Object({
  type: Type.Literal('start'),
  objectId: Type.Integer({ minimum: 1, description: 'Number of the object.' }),
  frameId: Type.Optional(scalar('Frame that it was seen in, as the client has spelled it.')),
  boxId: Type.Optional(scalar('Box of that frame that it was seen in.')),
  image: Type.Optional(Type.Unknown({ description: 'Picture of it.' })),
  offset
}, { description: 'Track this. To the processor of the camera that the client has named.' })

/** A processor is told to track something. */
export type Start = Static<typeof Start>

/** By what an object is known again, for processors. */
export const FeatureMap = Type.Object({
  type: Type.Literal('featureMap'),
  objectId: Type.Integer({ minimum: 1, description: 'Number of the object.' }),
  featureMap: Type.Unknown({ description: 'By what it is known again, as a processor has spelled it; `{}` where none has told yet.' }),
  offset
}, { description: 'By what an object is known again. To all processors, and for every object to one that registers.' })

/** By what an object is known again, for processors. */
export type FeatureMap = Static<typeof FeatureMap>

/** A message has been carried out. */
export const Ack = Type.Object({
  type: Type.Literal('ack'),
  requestId: Type.Union([Type.String(), Type.Number()], { description: 'That of the message.' }),
  objectId: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of the object that was started.' }))
}, { description: `A message with a \`requestId\` has been carried out. ${tutti}` })

/** A message has been carried out. */
export type Ack = Static<typeof Ack>

/** A message has not been carried out. */
export const Failure = Type.Object({
  type: Type.Literal('error'),
  code: Type.String({ description: 'What is wrong, as a word: `TUTTI_TRACKING_…`.' }),
  message: Type.String({ description: 'What is wrong, and what to do about it, for people.' }),
  requestId: Type.Optional(Type.Union([Type.String(), Type.Number()], { description: 'That of the message, where it had one.' }))
}, { description: `A message has not been carried out. ${tutti}` })

/** A message has not been carried out. */
export type Failure = Static<typeof Failure>

/** The first message of the server. */
export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  epoch: text('Names the history that offsets belong to: another one after that was lost.'),
  offset: position('Number of what has happened last.')
}, { description: `The peer is told things from now on. ${tutti}` })

/** The first message of the server. */
export type Welcome = Static<typeof Welcome>

/** What was missed has been told. */
export const Resumed = Type.Object({
  type: Type.Literal('resumed'),
  recovered: Type.Boolean({ description: '`true`: everything that was missed, boxes left out, has been told before this. `false`: it is not known any more; begin anew.' }),
  offset: position('Number of what has happened last.')
}, { description: `Ends the answer to \`resume\`. ${tutti}` })

/** What was missed has been told. */
export type Resumed = Static<typeof Resumed>

/** Which processors are there. */
export const PresenceList = Type.Object({
  type: Type.Literal('presence'),
  processors: Type.Array(Type.Object({
    cameraId: camera('Identifier of the camera.'),
    since: Type.String({ description: 'When its processor has registered, as in ISO 8601, in UTC, to the millisecond.' })
  }), { description: 'Those that are there now.' })
}, { description: `Which processors are there, after \`subscribe\` with \`presence\`. ${tutti}` })

/** Which processors are there. */
export type PresenceList = Static<typeof PresenceList>

/** A processor comes or goes. */
export const Presence = Type.Object({
  type: Type.Literal('presence'),
  cameraId: camera('Identifier of the camera.'),
  online: Type.Boolean({ description: 'Whether it has a processor now.' }),
  offset
}, { description: `A processor has come or gone, after \`subscribe\` with \`presence\`. ${tutti}` })

/** A processor comes or goes. */
export type Presence = Static<typeof Presence>

/** Messages by name. Names are unique within the module; `type` on the wire is that of the schema. */
export type Messages = Readonly<Record<string, TSchema & { properties: { type: TLiteral } }>>

/** What clients send. */
export const clientSends = { authenticate: Authenticate, setUsesImages: SetUsesImages, startOrder: StartOrder, stopOrder: StopOrder } as const satisfies Messages

/** What clients of `tutti.v1` send besides. */
export const clientSendsBesides = { subscribe: Subscribe, resume: Resume } as const satisfies Messages

/** What processors send, those of `tutti.v1` too. */
export const processorSends = { authenticate: Authenticate, identifier: Identifier, detection: Detection, featureMapReport: FeatureMapReport } as const satisfies Messages

/** What clients are sent. */
export const clientReceives = { boundingBoxes: BoundingBoxes, newObject: NewObject, stop: Stop } as const satisfies Messages

/** What processors are sent. */
export const processorReceives = { start: Start, stop: Stop, featureMap: FeatureMap } as const satisfies Messages

/** What clients and processors of `tutti.v1` are sent besides. */
export const peerReceivesBesides = { welcome: Welcome, ack: Ack, failure: Failure } as const satisfies Messages

/** What clients of `tutti.v1` are sent besides that. */
export const clientReceivesBesides = { resumed: Resumed, presenceList: PresenceList, presence: Presence } as const satisfies Messages
