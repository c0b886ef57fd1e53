// Reads what clients and processors send: says which message it is, checks it against its schema, and gives its values as slices of the text that came in. One pass over the
// bytes where `type` comes first, as everybody writes it; values that are passed on are never made.
import { Type } from '@sinclair/typebox'
import type { TArray, TObject } from '@sinclair/typebox'
import { createObjectReader, numberAt } from '../../json/checks.ts'
import type { ObjectReader, Watches } from '../../json/checks.ts'
import { asUtf8 } from '../../json/encoding.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, MINUS, NINE, OPEN_ARRAY, OPEN_OBJECT, QUOTE, ZERO, skipSpace, skipText, skipValue } from '../../json/grammar.ts'
import { scanElements } from '../../json/members.ts'
import {
  Authenticate, Detection, FeatureMapReport, Identifier, Resume, SetUsesImages, StartOrder, StopOrder, Subscribe, longestIdentifier, longestToken, mostBoxes
} from '../../../schemas/tracking/messages.ts'
import { cameraOf } from './camera.ts'
import type { ClientMessage, ProcessorMessage, Reading, Refusal, RequestId } from './message.ts'

/** Reads the messages of each side: JSON in UTF-8, UTF-16 or UTF-32. Nothing throws. Time is linear, memory that of the message once more where it is not in UTF-8. */
export interface Readers {
  /** Reads what a client has sent. Needs nothing of the bytes later; what it gives does. */
  client (bytes: Buffer): Reading<ClientMessage>
  /** Reads what a processor has sent. Likewise. */
  processor (bytes: Buffer): Reading<ProcessorMessage>
}

/** Most bytes of a text that identifies something, as JSON: every character may be escaped as two surrogates. */
const mostIdentifierBytes = 12 * longestIdentifier + 2

/** Gives the JSON text of a member of the message, where it is there. */
type Slices = (name: string) => Buffer | undefined

/** A kind of message. */
interface Kind<Message> {
  schema: TObject
  /** Makes the message of its members, which are as the schema says; a text says what is wrong all the same. */
  make (slices: Slices, requestId: RequestId): Message | string
  /** What is looked at while the members are checked. */
  watches?: Watches
}

/**
 * Makes the readers.
 * @param legacy - takes messages as loosely as TrackTech's server does: of most members only that they are there
 */
export function createReaders (legacy: boolean): Readers {
  const loosely = (schema: TObject) => legacy ? loosen(schema) : schema
  return {
    client: createReader<ClientMessage>({
      authenticate: authentication,
      setUsesImages: {
        schema: SetUsesImages,
        make (slices, requestId) {
          const text = slices('usesImages') ?? nothing
          return { requestId, type: 'setUsesImages', uses: isTruthy(text), exactly: text.equals(trueText) }
        }
      },
      start: { schema: loosely(StartOrder), make: makeStart },
      stop: {
        schema: loosely(StopOrder),
        make (slices, requestId) {
          const text = slices('objectId') ?? nothing
          const objectId = objectIdOf(text)
          return objectId === undefined ? wrong('objectId') : { requestId, type: 'stop', objectId, text }
        }
      },
      subscribe: {
        schema: Subscribe,
        make (slices, requestId) {
          const cameras = elementsOf(slices('cameras'))
          const objects = elementsOf(slices('objects'))
          if (cameras?.every(isIdentifier) === false) return wrong('cameras')
          return {
            requestId,
            type: 'subscribe',
            cameras: cameras?.map(each => cameraOf(each).key),
            objects: objects?.map(each => numberAt(each, 0, each.length)),
            presence: slices('presence')?.equals(trueText) ?? false
          }
        }
      },
      resume: {
        schema: Resume,
        make: (slices, requestId) => ({ requestId, type: 'resume', epoch: stringOf(slices('epoch') ?? emptyString), offset: Number(slices('offset')) })
      }
    }),
    processor: createReader<ProcessorMessage>({
      authenticate: authentication,
      identifier: {
        schema: loosely(Identifier),
        make (slices, requestId) {
          const id = slices('id') ?? nothing
          return isIdentifier(id) ? { requestId, type: 'identifier', camera: cameraOf(id) } : wrong('id')
        }
      },
      boundingBoxes: createDetection(legacy),
      featureMap: {
        schema: loosely(FeatureMapReport),
        make (slices, requestId) {
          const objectId = objectIdOf(slices('objectId') ?? nothing)
          return objectId === undefined ? wrong('objectId') : { requestId, type: 'featureMap', objectId, featureMap: slices('featureMap') ?? nothing }
        }
      }
    })
  }
}

function createReader<Message> (kinds: Record<(Message & { type: string })['type'], Kind<Message>>): (bytes: Buffer) => Reading<Message> {
  const known = Object.entries<Kind<Message>>(kinds).map(([type, { schema, make, watches }]) => {
    // Of those who do not know the subprotocol this member may hold anything.
    const { read, place, fault } = createObjectReader(Type.Object({ ...schema.properties, requestId: Type.Optional(Type.Unknown()) }), watches)
    return { type, quoted: Buffer.from(JSON.stringify(type)), read, place, fault, make }
  })
  const envelope = createObjectReader(Type.Object({ type: Type.Optional(Type.Unknown()), requestId: Type.Optional(Type.Unknown()) }))

  /** What the message calls itself at its beginning, where there may be another `type` at its end. */
  const guess = (text: Buffer, start: number) => {
    const keyEnd = text[start] === OPEN_OBJECT ? skipText(text, skipSpace(text, start + 1), typeKey) : -1
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd)
    if (text[colon] !== COLON) return undefined
    const at = skipSpace(text, colon + 1)
    for (const kind of known) {
      if (skipText(text, at, kind.quoted) !== -1) return kind
    }
    return undefined
  }

  const finish = (text: Buffer, { type, place, fault, make }: typeof known[number]): Reading<Message> => {
    const slices: Slices = name => sliceOf(text, place(name))
    const requestId = requestIdOf(slices('requestId'))
    const missing = fault()
    const message = missing === undefined ? make(slices, requestId) : wrong(missing)
    return typeof message === 'string' ? { refusal: 'invalid', requestId, type, detail: message } : { message }
  }

  return bytes => {
    const text = asUtf8(bytes)
    if (text === undefined) return refuse('not-json')
    const start = skipSpace(text, 0)
    const kind = guess(text, start)
    if (kind !== undefined) {
      if (!isWhole(text, kind.read(text, start, 0))) return refuse('not-json')
      if (kind.fault() !== 'type') return finish(text, kind)
    }
    if (text[start] !== OPEN_OBJECT) return refuse(isWhole(text, skipValue(text, start, 0)) ? 'no-object' : 'not-json')
    if (!isWhole(text, envelope.read(text, start, 0))) return refuse('not-json')
    const requestId = requestIdOf(sliceOf(text, envelope.place('requestId')))
    const type = sliceOf(text, envelope.place('type'))
    if (type === undefined) return refuse('no-type', requestId)
    const name = type[0] === QUOTE && isIdentifier(type) ? stringOf(type) : undefined
    const named = known.find(each => each.type === name)
    if (named === undefined) return refuse('unknown-type', requestId, name)
    named.read(text, start, 0)
    return finish(text, named)
  }
}

const nothing = Buffer.alloc(0)
const emptyString = Buffer.from('""')
const trueText = Buffer.from('true')
const nullText = Buffer.from('null')
const typeKey = Buffer.from('"type"')

/** Whatever is wrong in `jwt` is a token that will not do, and counts as one. */
const authentication = {
  schema: Type.Object({ ...Authenticate.properties, jwt: Type.Optional(Type.Unknown()) }),
  make (slices: Slices, requestId: RequestId) {
    const jwt = slices('jwt')
    const isToken = jwt !== undefined && jwt[0] === QUOTE && jwt.length <= longestToken + 2
    return { requestId, type: 'authenticate' as const, jwt: isToken ? stringOf(jwt) : undefined }
  }
}

function makeStart (slices: Slices, requestId: RequestId): ClientMessage | string {
  const cameraId = slices('cameraId') ?? nothing
  if (!isIdentifier(cameraId)) return wrong('cameraId')
  const unlessNull = (slice: Buffer | undefined) => slice?.equals(nullText) ? undefined : slice
  const frameId = unlessNull(slices('frameId'))
  const boxId = unlessNull(slices('boxId'))
  const image = unlessNull(slices('image'))
  if (image === undefined && (frameId === undefined || boxId === undefined)) return 'there must be image, or frameId and boxId'
  return { requestId, type: 'start', camera: cameraOf(cameraId), frameId, boxId, image }
}

/** Boxes, which are counted, and whose numbers of objects are noted, in passing. */
function createDetection (legacy: boolean): Kind<ProcessorMessage> {
  const boxes: TArray<TObject> = legacy ? Type.Array(Type.Object({ objectId: Type.Optional(hashable) })) : Detection.properties.boxes
  let sighted: number[] = []
  let count = 0
  return {
    schema: legacy ? Type.Object({ ...loosen(Detection).properties, boxes: Type.Union([boxes, Type.Unknown()]) }) : Detection,
    watches: new Map([[boxes, {
      member: 'objectId',
      begins () {
        sighted = []
        count = 0
      },
      passes (bytes, start, end) {
        const objectId = sighted.length === mostBoxes ? undefined : equalNumber(bytes, start, end, legacy)
        if (objectId !== undefined) sighted.push(objectId)
      },
      ends (all) { count = all }
    }]]),
    make (slices, requestId) {
      const text = slices('boxes') ?? nothing
      const isList = text[0] === OPEN_ARRAY
      return { requestId, type: 'boundingBoxes', frameId: slices('frameId') ?? nothing, boxes: text, sighted: isList ? sighted : [], count: isList ? count : 0 }
    }
  }
}

/** What Python takes as the key of a dictionary: TrackTech's server goes no further in the list of boxes where it meets another value. */
const hashable = Type.Union([Type.Number(), Type.String(), Type.Null(), Type.Boolean()])

/** The schema of messages that have the same members, with anything in them. */
function loosen (schema: TObject): TObject {
  const isRequired = (name: string) => schema.required?.includes(name) === true
  return Type.Object(Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => {
    return [name, name === 'type' ? property : isRequired(name) ? Type.Unknown() : Type.Optional(Type.Unknown())]
  })))
}

function refuse (refusal: Refusal, requestId?: RequestId, type?: string): Reading<never> {
  return { refusal, requestId, type }
}

function wrong (name: string): string {
  return `${name} is absent, or not as it must be`
}

function isWhole (text: Buffer, end: number): boolean {
  return end !== -1 && skipSpace(text, end) === text.length
}

function sliceOf (text: Buffer, place: ReturnType<ObjectReader['place']>): Buffer | undefined {
  return place === undefined ? undefined : text.subarray(place.start, place.end)
}

function stringOf (text: Buffer): string {
  return JSON.parse(text.toString('utf8')) as string
}

function elementsOf (list: Buffer | undefined): Buffer[] | undefined {
  return list === undefined ? undefined : scanElements(list).map(({ valueStart, valueEnd }) => list.subarray(valueStart, valueEnd))
}

/** Whether a value can identify something: a scalar that is not too long. */
function isIdentifier (text: Buffer): boolean {
  const first = text[0]
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return false
  return text.length <= (first === QUOTE ? mostIdentifierBytes : longestIdentifier)
}

function requestIdOf (text: Buffer | undefined): RequestId {
  return text !== undefined && (text[0] === QUOTE || isNumber(text[0])) && isIdentifier(text) ? text : undefined
}

function objectIdOf (text: Buffer): number | undefined {
  return isIdentifier(text) ? equalNumber(text, 0, text.length, true) : undefined
}

/** The number that a value equals, for Python, to which true is 1. A schema that does not want that has refused it. */
function equalNumber (bytes: Buffer, start: number, end: number, legacy: boolean): number | undefined {
  const first = bytes[start]
  if (isNumber(first)) return numberAt(bytes, start, end)
  if (!legacy) return undefined
  return first === trueText[0] ? 1 : first === 0x66 ? 0 : undefined
}

function isNumber (first: number | undefined): boolean {
  return first !== undefined && (first === MINUS || (first >= ZERO && first <= NINE))
}

/** Whether Python takes a value for true in a condition. */
function isTruthy (text: Buffer): boolean {
  switch (text[0]) {
    case 0x66:
    case 0x6e: return false
    case 0x74: return true
    case QUOTE: return text.length > 2
    case OPEN_ARRAY: return text[skipSpace(text, 1)] !== CLOSE_ARRAY
    case OPEN_OBJECT: return text[skipSpace(text, 1)] !== CLOSE_OBJECT
    default: return Number(text.toString('latin1')) !== 0
  }
}
