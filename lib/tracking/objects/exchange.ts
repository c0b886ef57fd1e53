// The exchange: the one place where everything that happens to objects and processors gets its order. What a client or processor asks for goes in, what
// has come of it is told to everybody in the same order. In memory it is told at once, within the call; with Redis by way of Redis, to all servers.
import type { Camera } from '../messages/camera.ts'
import type { TrackedObject } from './tracked-object.ts'

/** A client's order to track something, as slices of its message. */
export interface StartOrder {
  camera: Camera
  frameId: Buffer | undefined
  boxId: Buffer | undefined
  image: Buffer | undefined
}

/** What has happened. `offset` grows by one with each, from 1, and is the same at all servers; boxes have none. Buffers are JSON texts and must not be written to. */
export type Happening =
  | { kind: 'started', offset: number, object: TrackedObject, order: StartOrder }
  | { kind: 'mapped', offset: number, objectId: number, featureMap: Buffer }
  | { kind: 'stopped', offset: number, objectId: number, cause: 'client' | 'expired' }
  | { kind: 'online', offset: number, camera: Camera, registration: string }
  | { kind: 'offline', offset: number, camera: Camera, registration: string }
  | { kind: 'boxes', camera: Camera | undefined, frameId: Buffer, boxes: Buffer }

/** What has come of an order to track something. */
export type StartResult = { kind: 'started', objectId: number } | { kind: 'unknown-camera' } | { kind: 'full' } | { kind: 'unavailable' }

/** Orders what happens. Nothing here throws: what cannot be done is in the result, what cannot be kept is told by `trouble`. */
export interface Exchange {
  /** Names the history that offsets belong to: another one after that was lost. */
  readonly epoch: string
  /** Offset of the last happening. */
  readonly offset: number
  /** Objects that are tracked now, in the order in which they were started. */
  readonly objects: ReadonlyMap<number, TrackedObject>
  /** The highest number that an object ever had; all from 1 to here have been used. */
  readonly lastId: number
  /** Processors that are registered now, at this server or another: key of the camera to what registers it. */
  readonly processors: ReadonlyMap<string, { camera: Camera, registration: string, since: number }>
  /** Tracks something, where the camera has a processor. */
  start (order: StartOrder): Promise<StartResult>
  /** Replaces the feature map of an object. Resolves to false where it is not tracked. */
  map (objectId: number, featureMap: Buffer): Promise<boolean>
  /** Tracks an object no longer. Resolves to false where it is not tracked. */
  stop (objectId: number): Promise<boolean>
  /** Says that a processor answers for a camera from now on, instead of any that has done so. @param registration - random, unique */
  register (camera: Camera, registration: string): void
  /** Says that it does so no longer; of no effect where another registration has taken its place. */
  unregister (camera: Camera, registration: string): void
  /** Tells everybody of boxes. Those with a number of an object that is tracked count as sightings of it. @param sighted - their numbers */
  relay (camera: Camera | undefined, frameId: Buffer, boxes: Buffer, sighted: readonly number[]): void
  /** Happenings after an offset, boxes left out; undefined where they are not all remembered. */
  since (offset: number): readonly Happening[] | undefined
  /** Calls back with everything that happens, in order, within the same turn of the event loop for all. @returns ends it */
  onHappening (tell: (happening: Happening) => void): () => void
  /** What stands in the way of keeping things now, in words for an operator; undefined where nothing does. */
  readonly trouble: string | undefined
  /** Writes down what is not yet, and ends. */
  close (): Promise<void>
}
