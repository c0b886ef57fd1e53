// What a client of tracking knows: cameras with their latest boxes, and objects that are followed. Plain values that messages change.

/** A number or name as processors have them; `null` for one that has given none. */
export type CameraId = string | number | null

/** Where something is in a frame. */
export interface Box {
  readonly boxId?: unknown
  readonly objectId?: unknown
  readonly objectType?: unknown
  readonly certainty?: unknown
  /** Left, top, right, bottom, each 0 to 1. */
  readonly rect?: readonly number[] | null
}

/** A camera. */
export interface Camera {
  readonly id: CameraId
  /** When its processor came, ISO 8601; undefined while it is not there. */
  readonly since: string | undefined
  /** The latest frame as it is spelled, what is in it, and when it came, in milliseconds since 1970. */
  readonly frame: { readonly id: string, readonly boxes: readonly Box[], readonly at: number } | undefined
  /** Frames that have come. */
  readonly frames: number
}

/** An object that is followed. */
export interface FollowedObject {
  readonly id: number
  /** The picture that it was started with, where it is one that can be shown. */
  readonly image: string | undefined
  /** Where and when it was seen last, since this page watches. */
  readonly seen: { readonly camera: CameraId, readonly at: number } | undefined
  readonly sightings: number
}

/** All that is known. */
export interface Sight {
  readonly cameras: ReadonlyMap<string, Camera>
  readonly objects: ReadonlyMap<number, FollowedObject>
  /** Numbers that were stopped last: boxes that are on their way still name them. */
  readonly stopped: readonly number[]
}

/** Cameras, objects and boxes of a frame that are kept; there may be more of them. */
export const most = { cameras: 500, objects: 2000, boxes: 500, stopped: 200 }

/** Nothing. */
export const nothingSeen: Sight = { cameras: new Map(), objects: new Map(), stopped: [] }

/** What a camera is kept under: 1 and "1" are two. */
export function keyOf (id: CameraId): string {
  return JSON.stringify(id)
}

/** What is known after a message. Messages that mean nothing here change nothing. @param at - when it came, in milliseconds since 1970 */
export function afterMessage (sight: Sight, message: Record<string, unknown>, at: number): Sight {
  switch (message.type) {
    case 'presence': return afterPresence(sight, message, at)
    case 'boundingBoxes': return afterBoxes(sight, message, at)
    case 'newObject': {
      const id = Number(message.objectId)
      const known = sight.objects.get(id)
      return withObjects(sight, [{ id, image: pictureOf(message.image) ?? known?.image, seen: known?.seen, sightings: known?.sightings ?? 0 }])
    }
    case 'stop': {
      const objects = new Map(sight.objects)
      objects.delete(Number(message.objectId))
      return { ...sight, objects, stopped: [...sight.stopped, Number(message.objectId)].slice(-most.stopped) }
    }
    default: return sight
  }
}

function afterPresence (sight: Sight, message: Record<string, unknown>, at: number): Sight {
  const cameras = new Map(sight.cameras)
  const put = (id: CameraId, since: string | undefined) => {
    const known = cameras.get(keyOf(id))
    if (known !== undefined || cameras.size < most.cameras) cameras.set(keyOf(id), { id, since, frame: known?.frame, frames: known?.frames ?? 0 })
  }
  if (Array.isArray(message.processors)) {
    for (const camera of cameras.values()) put(camera.id, undefined)
    for (const { cameraId, since } of message.processors as Array<{ cameraId: CameraId, since: string }>) put(cameraId, since)
  } else {
    const { cameraId, online } = message as { cameraId: CameraId, online?: boolean }
    put(cameraId, online === true ? new Date(at).toISOString() : undefined)
  }
  return { ...sight, cameras }
}

function afterBoxes (sight: Sight, message: Record<string, unknown>, at: number): Sight {
  const id = message.cameraId as CameraId
  const boxes = (Array.isArray(message.boxes) ? message.boxes as Box[] : []).slice(0, most.boxes)
  const known = sight.cameras.get(keyOf(id))
  const cameras = new Map(sight.cameras)
  if (known !== undefined || cameras.size < most.cameras) {
    cameras.set(keyOf(id), { id, since: known?.since, frame: { id: spelled(message.frameId), boxes, at }, frames: (known?.frames ?? 0) + 1 })
  }
  const seen = boxes.flatMap(({ objectId }) => typeof objectId === 'number' && !sight.stopped.includes(objectId) ? [objectId] : [])
  const followed = seen.map(number => {
    // One that was followed before this page began to watch, and has no picture, is first heard of here.
    const { image, sightings = 0 }: Partial<FollowedObject> = sight.objects.get(number) ?? {}
    return { id: number, image, seen: { camera: id, at }, sightings: sightings + 1 }
  })
  return withObjects({ ...sight, cameras }, followed)
}

function withObjects (sight: Sight, changed: readonly FollowedObject[]): Sight {
  if (changed.length === 0) return sight
  const objects = new Map(sight.objects)
  for (const object of changed) if (objects.has(object.id) || objects.size < most.objects) objects.set(object.id, object)
  return { ...sight, objects }
}

/** A picture that an `<img>` may show: a data URL of one, of a size that is one's. */
function pictureOf (image: unknown): string | undefined {
  return typeof image === 'string' && image.length < 2_000_000 && /^data:image\/(?:png|jpeg|webp);base64,/.test(image) ? image : undefined
}

/** A frame as it was spelled: processors of TrackTech take 12 for another one than 12.0. */
export function spelled (frame: unknown): string {
  return typeof frame === 'object' && frame !== null && 'rawJSON' in frame ? String(frame.rawJSON) : JSON.stringify(frame) ?? ''
}

/** Where something is in a frame, as one would say it: row and column of a grid of three by three, and its share of the frame. */
export function placeOf ({ rect }: Box): { row: 0 | 1 | 2, column: 0 | 1 | 2, share: number } | undefined {
  if (rect?.length !== 4) return undefined
  const [left = 0, top = 0, right = 0, bottom = 0] = rect
  const third = (place: number) => Math.min(2, Math.max(0, Math.floor(place * 3))) as 0 | 1 | 2
  return { row: third((top + bottom) / 2), column: third((left + right) / 2), share: Math.max(0, right - left) * Math.max(0, bottom - top) }
}
