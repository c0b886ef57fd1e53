// What clients and processors send, once it has been read: values as slices of the text that came in, so that numbers keep their spelling.
import type { Camera } from './camera.ts'

/** Text of a JSON string or number that a client of `tutti.v1` gives a message, to be told what has come of it. */
export type RequestId = Buffer | undefined

/** What a client has sent. Slices lie in the bytes of the message: whoever keeps them copies them. */
export type ClientMessage = { requestId: RequestId } & (
  | { type: 'authenticate', jwt: string | undefined }
  | { type: 'setUsesImages', uses: boolean, exactly: boolean }
  | { type: 'start', camera: Camera, frameId: Buffer | undefined, boxId: Buffer | undefined, image: Buffer | undefined }
  | { type: 'stop', objectId: number, text: Buffer }
  | { type: 'subscribe', cameras: readonly string[] | undefined, objects: readonly number[] | undefined, presence: boolean }
  | { type: 'resume', epoch: string, offset: number }
)

/** What a processor has sent. */
export type ProcessorMessage = { requestId: RequestId } & (
  | { type: 'authenticate', jwt: string | undefined }
  | { type: 'identifier', camera: Camera }
  | { type: 'boundingBoxes', frameId: Buffer, boxes: Buffer, sighted: readonly number[], count: number }
  | { type: 'featureMap', objectId: number, featureMap: Buffer }
)

/** Why a message was not taken. */
export type Refusal = 'not-json' | 'no-object' | 'no-type' | 'unknown-type' | 'invalid'

/** A message read, or why it could not be. */
export type Reading<Message> = { message: Message } | { refusal: Refusal, requestId: RequestId, type: string | undefined, detail?: string }
