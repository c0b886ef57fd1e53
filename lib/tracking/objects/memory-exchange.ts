// The exchange of one server alone: in memory, with a file that lets objects, and the numbers that were used, survive the process.
import { randomUUID } from 'node:crypto'
import type { Camera } from '../messages/camera.ts'
import type { Exchange, StartOrder } from './exchange.ts'
import { createExpiry } from './expiry.ts'
import { createHistory, usualHistory } from './history.ts'
import type { HistoryBounds, Numbered } from './history.ts'
import { openJournal } from './journal.ts'
import type { JournalBounds } from './journal.ts'
import { createKeptObjects, emptyMap, own, recordsOf } from './kept-objects.ts'
import { createTelling } from './telling.ts'
import type { TrackedObject } from './tracked-object.ts'

/** What an exchange in memory is made of. */
export interface MemoryExchangeOptions {
  /** Folder of its file. */
  folder: string
  /** Milliseconds after which an object is tracked no longer; without it only a stop ends that. */
  timeout?: number | undefined
  /** What those count from. */
  expiry: 'start' | 'sighting'
  /** Objects at one time. */
  maxObjects: number
  /** Bytes of their pictures and feature maps. */
  maxBytes: number
  /** Highest number that is known to have been used, whatever the file says. */
  highestId: number
  /** The wall clock, in milliseconds since 1970. */
  now?: () => number
  /** A monotonic clock in milliseconds, by which objects expire. */
  uptime?: () => number
  /** Called when objects begin not to be kept, or for another reason, with what was thrown; and without arguments when they are kept again. */
  onTrouble?: (trouble?: string, error?: unknown) => void
  /** How much is remembered for those who come back. */
  history?: Partial<HistoryBounds>
  /** How the file is written. */
  disk?: JournalBounds
}

/** Milliseconds between two records of an object that is being seen. */
const sightingInterval = 5000
/** Bytes of an object in the file besides picture and feature map, and rather more. */
const objectOverhead = 256

/**
 * Opens an exchange, with the objects that its file knows.
 * @throws TrackingFolderError where another process has the folder, where its disk does not answer, or where the file is there but cannot be read
 */
export async function openMemoryExchange (options: MemoryExchangeOptions): Promise<Exchange> {
  const { folder, timeout, expiry: countsFrom, maxObjects, maxBytes, highestId, now = Date.now, uptime = () => performance.now(), onTrouble } = options
  const kept = createKeptObjects()
  const { objects } = kept
  let lastId = 0
  let bytes = 0
  const processors = new Map<string, { camera: Camera, registration: string, since: number }>()
  const journal = await openJournal({
    ...options.disk,
    folder,
    longest: maxBytes,
    onRecord: kept.add,
    snapshot: () => recordsOf(lastId, [...objects.values()]),
    alive: () => bytes + objectOverhead * (objects.size + 1),
    onTrouble
  })
  lastId = Math.max(kept.lastId(), highestId)
  // What knows of it now may forget it.
  if (lastId > kept.lastId()) journal.write({ kind: 'last', id: lastId })
  for (const object of objects.values()) bytes += bytesOf(object)

  // What was told last may not be in the file of a process that was killed; offsets must not mean two things.
  const ended = journal.trouble === undefined ? kept.end() : undefined
  const epoch = ended?.epoch ?? randomUUID()
  let offset = ended?.offset ?? 0
  const history = createHistory({ ...usualHistory, ...options.history }, offset)
  let isClosed = false

  const { tell, onHappening } = createTelling()
  const happen = (happening: Numbered) => {
    offset = happening.offset
    history.add(happening)
    tell(happening)
  }

  const remove = (id: number, cause: 'client' | 'expired'): boolean => {
    const object = objects.get(id)
    if (object === undefined) return false
    objects.delete(id)
    noted.delete(id)
    expiry?.forget(id)
    bytes -= bytesOf(object)
    journal.append({ kind: 'stop', id })
    happen({ kind: 'stopped', offset: offset + 1, objectId: id, cause })
    return true
  }

  // When each object's last sighting was written down.
  const noted = new Map<number, number>()
  const expiry = timeout === undefined ? undefined : createExpiry({ timeout, now: uptime, expire: id => remove(id, 'expired') })
  if (expiry !== undefined) {
    const moment = uptime()
    const wall = now()
    const sinceOf = ({ startedAt, seenAt }: TrackedObject) => moment - Math.max(0, wall - (countsFrom === 'start' ? startedAt : seenAt))
    const begun = [...objects.values()].map(object => ({ id: object.id, since: sinceOf(object) }))
    for (const { id, since } of begun.sort((one, other) => one.since - other.since)) expiry.touch(id, since)
  }

  return {
    epoch,
    get offset () { return offset },
    objects,
    get lastId () { return lastId },
    processors,
    async start (given) {
      if (isClosed) return { kind: 'unavailable' }
      if (!processors.has(given.camera.key)) return { kind: 'unknown-camera' }
      if (objects.size >= maxObjects || bytes + emptyMap.length + (given.image?.length ?? 0) > maxBytes) return { kind: 'full' }
      const order = ownOrder(given)
      const startedAt = now()
      const object: TrackedObject = { id: lastId + 1, image: order.image, featureMap: emptyMap, startedAt, seenAt: startedAt }
      const { id, image } = object
      lastId = id
      objects.set(id, object)
      bytes += bytesOf(object)
      journal.write({ kind: 'start', id, at: startedAt })
      if (image !== undefined) journal.append({ kind: 'image', id, value: image })
      expiry?.touch(id)
      happen({ kind: 'started', offset: offset + 1, object, order })
      return { kind: 'started', objectId: id }
    },
    async map (objectId, given) {
      const object = objects.get(objectId)
      if (object === undefined || isClosed) return false
      const more = given.length - object.featureMap.length
      if (bytes + more > maxBytes && more > 0) return false
      const featureMap = own(given)
      objects.set(objectId, { ...object, featureMap })
      bytes += more
      journal.append({ kind: 'map', id: objectId, value: featureMap })
      happen({ kind: 'mapped', offset: offset + 1, objectId, featureMap })
      return true
    },
    async stop (objectId) {
      return !isClosed && remove(objectId, 'client')
    },
    register (given, registration) {
      if (isClosed) return
      const camera = ownCamera(given)
      const before = processors.get(camera.key)
      if (before?.registration === registration) {
        processors.set(camera.key, { ...before, camera })
        return
      }
      // The newest is the last.
      processors.delete(camera.key)
      processors.set(camera.key, { camera, registration, since: now() })
      happen({ kind: 'online', offset: offset + 1, camera, registration })
    },
    unregister ({ key }, registration) {
      const before = processors.get(key)
      if (before?.registration !== registration || isClosed) return
      processors.delete(key)
      happen({ kind: 'offline', offset: offset + 1, camera: before.camera, registration })
    },
    relay (camera, frameId, boxes, sighted) {
      if (isClosed) return
      tell({ kind: 'boxes', camera, frameId, boxes })
      const at = now()
      const due = new Set<number>()
      for (const id of sighted) {
        const object = objects.get(id)
        if (object === undefined) continue
        objects.set(id, { ...object, seenAt: at })
        if (countsFrom === 'sighting') expiry?.touch(id)
        // A clock that was set back must not keep it from being written.
        if (Math.abs(at - (noted.get(id) ?? -Infinity)) < sightingInterval) continue
        noted.set(id, at)
        due.add(id)
      }
      if (due.size > 0) journal.append({ kind: 'seen', at, ids: [...due] })
    },
    since: history.since,
    onHappening,
    get trouble () { return journal.trouble },
    async close () {
      if (isClosed) return
      isClosed = true
      expiry?.close()
      await journal.close({ kind: 'closed', epoch, offset })
    }
  }
}

function bytesOf ({ image, featureMap }: TrackedObject): number {
  return featureMap.length + (image?.length ?? 0)
}

function ownCamera ({ key, text }: Camera): Camera {
  return { key, text: own(text) }
}

function ownOrder ({ camera, frameId, boxId, image }: StartOrder): StartOrder {
  return { camera: ownCamera(camera), frameId: frameId && own(frameId), boxId: boxId && own(boxId), image: image && own(image) }
}
