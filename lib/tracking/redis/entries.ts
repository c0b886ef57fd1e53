// What stands in Redis and goes over its channels: a line of words, then bytes as they are. Nothing that peers have sent is spelled anew.
import type { Camera } from '../messages/camera.ts'
import type { Happening, StartOrder } from '../objects/exchange.ts'
import type { Numbered } from '../objects/history.ts'
import { emptyMap, own } from '../objects/kept-objects.ts'
import type { TrackedObject } from '../objects/tracked-object.ts'

/** A happening as Redis tells it, its words not yet understood. */
export interface Entry {
  offset: number
  /** Offset and the moment in microseconds: no two histories have the same. */
  tail: string
  /** That of the happening before, `0-0` where there was none. */
  previous: string
  words: readonly string[]
  body: Buffer
}

/** A processor that is registered at some server. */
export interface Registered {
  camera: Camera
  registration: string
  /** In milliseconds since 1970. */
  since: number
}

/** What an entry says. */
export interface Told {
  happening: Numbered
  /** What is kept of the order, where an object was started. */
  order?: Buffer
  /** When a processor registered, in milliseconds since 1970. */
  since?: number
}

const lineEnd = 0x0A

/** Joins texts so that they can be told apart again; undefined stays undefined. */
export function pack (parts: readonly (Buffer | undefined)[]): Buffer {
  const packed: Buffer[] = []
  for (const part of parts) {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(part === undefined ? 0 : part.length + 1)
    packed.push(length)
    if (part !== undefined) packed.push(part)
  }
  return Buffer.concat(packed)
}

/** Tells apart what was joined, as slices. @throws {RangeError} where it was not */
export function unpack (packed: Buffer): (Buffer | undefined)[] {
  const parts: (Buffer | undefined)[] = []
  for (let at = 0; at < packed.length;) {
    const length = packed.readUInt32BE(at) - 1
    at += 4
    if (at + length > packed.length) throw new RangeError('Something is cut off')
    parts.push(length < 0 ? undefined : packed.subarray(at, at + length))
    if (length > 0) at += length
  }
  return parts
}

/** The key of a camera as Redis has it: one that any string can be made, and made again. */
export function keyText (key: string): string {
  return JSON.stringify(key)
}

/** What is kept of an order besides the picture. @param at - when the object is started, in milliseconds since 1970 */
export function orderBytes ({ camera, frameId, boxId }: StartOrder, at: number): Buffer {
  return Buffer.concat([Buffer.from(`${at}\n`), pack([Buffer.from(keyText(camera.key)), camera.text, frameId, boxId])])
}

/** A registration as Redis keeps it. */
export function registrationBytes ({ camera, registration, since }: Registered): Buffer {
  return Buffer.concat([Buffer.from(`${registrationWord(registration)} ${since}\n`), pack([Buffer.from(keyText(camera.key)), camera.text])])
}

/** A registration as one word. */
export const registrationWord = encodeURIComponent

/** Boxes on their way to the other servers. */
export function boxesBytes (server: string, camera: Camera | undefined, frameId: Buffer, boxes: Buffer, sighted: readonly number[]): Buffer {
  return Buffer.concat([
    Buffer.from(`${server} ${sighted.join(',')}\n`),
    pack([camera && Buffer.from(keyText(camera.key)), camera?.text, frameId, boxes])
  ])
}

/** Reads boxes that another server has sent; undefined where this one has. @throws {RangeError | SyntaxError} where they are none */
export function readBoxes (bytes: Buffer, server: string): { happening: Extract<Happening, { kind: 'boxes' }>, sighted: number[] } | undefined {
  const { words: [sender, numbers = ''], body } = readLine(bytes)
  if (sender === server) return undefined
  const [key, text, frameId, boxes] = unpack(body)
  if (frameId === undefined || boxes === undefined) throw new RangeError('Boxes are missing')
  const camera = key === undefined || text === undefined ? undefined : { key: readKey(key), text }
  return { happening: { kind: 'boxes', camera, frameId, boxes }, sighted: numbers === '' ? [] : numbers.split(',').map(Number) }
}

/** Reads the line of an entry. The body is a slice. @throws {RangeError} where it is none */
export function readEntry (bytes: Buffer): Entry {
  const { words: [tail = '', previous = '', ...words], body } = readLine(bytes)
  const offset = Number.parseInt(tail, 10)
  if (!(offset > 0)) throw new RangeError('An offset is missing')
  return { offset, tail, previous, words, body }
}

/** Understands an entry; undefined where it is of a kind that this version does not know. What it gives is a copy. @throws {RangeError | SyntaxError} where it cannot be read */
export function understand ({ offset, words: [kind, first = '', second = ''], body }: Entry): Told | undefined {
  switch (kind) {
    case 'started': {
      const order = own(body.subarray(0, Number(second)))
      const image = body.length > order.length ? own(body.subarray(order.length)) : undefined
      const read = readObject(Number(first), order, image)
      return { happening: { kind: 'started', offset, ...read }, order }
    }
    case 'mapped': return { happening: { kind: 'mapped', offset, objectId: Number(first), featureMap: own(body) } }
    case 'stopped': return { happening: { kind: 'stopped', offset, objectId: Number(first), cause: second === 'expired' ? 'expired' : 'client' } }
    case 'online':
    case 'offline': return { happening: { kind, offset, camera: readCamera(body), registration: decodeURIComponent(first) }, since: Number(second) }
    default: return undefined
  }
}

/** Reads an object as Redis keeps it. @throws {RangeError | SyntaxError} where it cannot be read */
export function readObject (id: number, order: Buffer, image: Buffer | undefined, featureMap: Buffer = emptyMap, seenAt?: number): { object: TrackedObject, order: StartOrder } {
  const { words: [at], body } = readLine(order)
  const [key, text, frameId, boxId] = unpack(body)
  if (key === undefined || text === undefined) throw new RangeError('The camera of an object is missing')
  const startedAt = Number(at)
  return {
    object: { id, image, featureMap, startedAt, seenAt: Math.max(startedAt, seenAt ?? 0) },
    order: { camera: { key: readKey(key), text }, frameId, boxId, image }
  }
}

/** Reads a registration as Redis keeps it. @throws {RangeError | SyntaxError} where it cannot be read */
export function readRegistration (bytes: Buffer): Registered {
  const { words: [registration = '', since], body } = readLine(bytes)
  return { camera: readCamera(body), registration: decodeURIComponent(registration), since: Number(since) }
}

function readCamera (body: Buffer): Camera {
  const [key, text] = unpack(body)
  if (key === undefined || text === undefined) throw new RangeError('A camera is missing')
  return { key: readKey(key), text: own(text) }
}

function readKey (text: Buffer): string {
  return String(JSON.parse(text.toString()))
}

function readLine (bytes: Buffer): { words: string[], body: Buffer } {
  const end = bytes.indexOf(lineEnd)
  if (end < 0) throw new RangeError('A line is missing')
  return { words: bytes.toString('latin1', 0, end).split(' '), body: bytes.subarray(end + 1) }
}
