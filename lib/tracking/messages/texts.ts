// The texts of the messages that clients and processors are sent: compact JSON, members in the order that TrackTech's server gives them, values as they were spelled.
// Each is put together once, as one buffer, for everybody who gets it. With an offset they are for peers that speak `tutti.v1`.
import type { Camera } from './camera.ts'

type Part = Buffer | string

/** `boundingBoxes`, for clients. Without a camera its identifier is null. */
export function boundingBoxesText (camera: Camera | undefined, frameId: Buffer, boxes: Buffer): Buffer {
  return join(['{"type":"boundingBoxes","cameraId":', camera?.text ?? 'null', ',"frameId":', frameId, ',"boxes":', boxes, '}'])
}

/** `newObject`, for clients. */
export function newObjectText (objectId: number, image: Buffer | undefined, offset?: number): Buffer {
  return join([`{"type":"newObject","objectId":${objectId}`, ...member('image', image), ending(offset)])
}

/** `start`, for processors, with what the order has of frameId, boxId and image. */
export function startText (objectId: number, { frameId, boxId, image }: { frameId: Buffer | undefined, boxId: Buffer | undefined, image: Buffer | undefined }, offset?: number): Buffer {
  return join([`{"type":"start","objectId":${objectId}`, ...member('frameId', frameId), ...member('boxId', boxId), ...member('image', image), ending(offset)])
}

/** `stop`, for clients and processors. @param objectId - as a number, or as it was spelled */
export function stopText (objectId: number | Buffer, offset?: number): Buffer {
  return join(['{"type":"stop","objectId":', typeof objectId === 'number' ? String(objectId) : objectId, ending(offset)])
}

/** `featureMap`, for processors. */
export function featureMapText (objectId: number, featureMap: Buffer, offset?: number): Buffer {
  return join([`{"type":"featureMap","objectId":${objectId}`, ...member('featureMap', featureMap), ending(offset)])
}

/** `ack`. @param objectId - of the object that was started */
export function ackText (requestId: Buffer, objectId?: number): Buffer {
  return join(['{"type":"ack","requestId":', requestId, objectId === undefined ? '}' : `,"objectId":${objectId}}`])
}

/** `error`. @param error - one of lib/errors.ts, or what has its members */
export function errorText ({ code, message }: { code: string, message: string }, requestId?: Buffer): Buffer {
  return join([`{"type":"error","code":${JSON.stringify(code)},"message":${JSON.stringify(message)}`, ...member('requestId', requestId), '}'])
}

/** `welcome`. */
export function welcomeText (epoch: string, offset: number): Buffer {
  return join([`{"type":"welcome","epoch":${JSON.stringify(epoch)}`, ending(offset)])
}

/** `resumed`. */
export function resumedText (recovered: boolean, offset: number): Buffer {
  return join([`{"type":"resumed","recovered":${String(recovered)}`, ending(offset)])
}

/** `presence` of all processors. @param processors - `since` in milliseconds since 1970 */
export function presenceListText (processors: Iterable<{ camera: Camera, since: number }>): Buffer {
  const parts: Part[] = ['{"type":"presence","processors":[']
  for (const { camera, since } of processors) parts.push(parts.length === 1 ? '' : ',', '{"cameraId":', camera.text, `,"since":"${new Date(since).toISOString()}"}`)
  parts.push(']}')
  return join(parts)
}

/** `presence` of one processor. */
export function presenceText (camera: Camera, online: boolean, offset?: number): Buffer {
  return join(['{"type":"presence","cameraId":', camera.text, `,"online":${String(online)}`, ending(offset)])
}

function member (name: string, value: Buffer | undefined): Part[] {
  return value === undefined ? [] : [`,"${name}":`, value]
}

function ending (offset: number | undefined): string {
  return offset === undefined ? '}' : `,"offset":${offset}}`
}

function join (parts: Part[]): Buffer {
  return Buffer.concat(parts.map(part => typeof part === 'string' ? Buffer.from(part) : part))
}
