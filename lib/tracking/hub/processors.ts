// The side of the processors: which of them answers for which camera, what each has been told of objects, and what they see.
import { TrackingFullError, TrackingUnknownObjectError } from '../../errors.ts'
import { acknowledge, kept, refuse } from './answer.ts'
import { broadcast } from './broadcast.ts'
import type { Camera } from '../messages/camera.ts'
import { closeCodes } from '../connections/close-codes.ts'
import type { Exchange, Happening } from '../objects/exchange.ts'
import type { ProcessorMessage } from '../messages/message.ts'
import type { Peer, Reception } from '../connections/peer.ts'
import { createReplay } from './replay.ts'
import { featureMapText, startText, stopText, welcomeText } from '../messages/texts.ts'
import type { Timelines } from '../timelines/timelines.ts'

/** What processors are told, and what they tell. */
export interface Processors {
  readonly reception: Reception<ProcessorMessage>
  /** Tells of something that has happened all whom it concerns. */
  tell (happening: Happening): void
  /** What is known of a processor; undefined where it is none. */
  stateOf (peer: Peer): ProcessorState | undefined
  /** How many there are, registered or not. */
  readonly count: number
}

/** What is known of a processor. */
export type ProcessorState = Readonly<Pick<Processor, 'camera' | 'registration' | 'boxes'>>

/** What the side of the processors works with. */
export interface ProcessorsOptions {
  exchange: Exchange
  timelines: Pick<Timelines, 'record'>
  /** True to tell every processor of the end of every object, as the reference does. */
  legacy: boolean
  now: () => number
}

/** A processor, and what it has been told. */
interface Processor {
  readonly peer: Peer
  /** When it came, by the count of joinings and feature maps. */
  readonly joinedAt: number
  camera: Camera | undefined
  /** The identifier as its sightings have it. */
  name: string
  /** Its registration at the exchange, while nobody else has taken its place. */
  registration: string | undefined
  /** Registrations that it has had. */
  registrations: number
  /** Boxes that it has sent. */
  boxes: number
  /** Objects up to this number whose feature maps it has been told again. */
  replayedTo: number
  /** Objects that it was started for, or whose feature maps it has sent. */
  readonly own: Set<number>
  replay: () => void
}

/** Makes the side of the processors. */
export function createProcessors ({ exchange, timelines, legacy, now }: ProcessorsOptions): Processors {
  const processors = new Map<Peer, Processor>()
  /** Who has asked to be registered, by registration. */
  const registering = new Map<string, Processor>()
  /** Who answers for a camera, of those that are connected here. */
  const registered = new Map<string, Processor>()
  /** When all processors of the time were told the feature map of an object. */
  const mappedAt = new Map<number, number>()
  let moment = 0
  for (const { id, featureMap } of exchange.objects.values()) {
    if (!isEmpty(featureMap)) mappedAt.set(id, moment)
  }

  /** Whether a processor knows an object. Those of TrackTech end where they are to stop what they do not know. */
  function holds ({ own, joinedAt, replayedTo }: Processor, objectId: number): boolean {
    if (own.has(objectId)) return true
    const at = mappedAt.get(objectId)
    return at !== undefined && (at > joinedAt || replayedTo >= objectId)
  }

  function tellMap (objectId: number, featureMap: Buffer, at: number): void {
    if (!isEmpty(featureMap)) mappedAt.set(objectId, ++moment)
    else if (mappedAt.has(objectId)) {
      // Who is told from now on that there is none knows nothing of the object; who was told of one does.
      for (const processor of processors.values()) {
        if (holds(processor, objectId)) processor.own.add(objectId)
      }
      mappedAt.delete(objectId)
    }
    broadcast(processors.values(), () => true, at, offset => featureMapText(objectId, featureMap, offset))
  }

  function tell (happening: Happening): void {
    switch (happening.kind) {
      case 'started': {
        const { object, order, offset } = happening
        const processor = registered.get(order.camera.key)
        if (processor !== undefined) {
          processor.own.add(object.id)
          processor.peer.send(startText(object.id, order, processor.peer.speaksTutti ? offset : undefined))
        }
        // Heard of late, where servers share: it has been given its feature map meanwhile.
        if (!isEmpty(object.featureMap)) tellMap(object.id, object.featureMap, offset)
        return
      }
      case 'mapped': return tellMap(happening.objectId, happening.featureMap, happening.offset)
      case 'stopped': {
        const { objectId } = happening
        broadcast(processors.values(), processor => legacy || holds(processor, objectId), happening.offset, offset => stopText(objectId, offset))
        mappedAt.delete(objectId)
        for (const { own } of processors.values()) own.delete(objectId)
        return
      }
      case 'online': {
        const { camera, registration } = happening
        const older = registered.get(camera.key)
        const newer = registering.get(registration)
        if (newer === undefined) registered.delete(camera.key)
        else registered.set(camera.key, newer)
        if (older === undefined || older.registration === registration) return
        forget(older)
        if (older !== newer) older.peer.close(closeCodes.replaced, 'another connection has registered under the same identifier')
        return
      }
      case 'offline':
        if (registered.get(happening.camera.key)?.registration === happening.registration) registered.delete(happening.camera.key)
    }
  }

  /** Takes it that another has taken the place of a processor. */
  function forget (processor: Processor): void {
    if (processor.registration !== undefined) registering.delete(processor.registration)
    processor.registration = undefined
  }

  function identify (processor: Processor, { key, text }: Camera): void {
    if (processor.registration === undefined || processor.camera?.key !== key) {
      giveUp(processor)
      // The message that it is a slice of will be written over.
      const camera = { key, text: Buffer.from(text) }
      const registration = `${processor.peer.id}.${++processor.registrations}`
      Object.assign(processor, { camera, name: camera.text.toString(), registration })
      registering.set(registration, processor)
      exchange.register(camera, registration)
    }
    processor.replay()
  }

  function giveUp (processor: Processor): void {
    const { camera, registration } = processor
    forget(processor)
    if (camera === undefined || registration === undefined) return
    if (registered.get(camera.key) === processor) registered.delete(camera.key)
    exchange.unregister(camera, registration)
  }

  /** Feature maps as of now, in the order in which objects were started. Those that come meanwhile it is told of like everybody. */
  function * featureMaps (processor: Processor): Generator<Buffer> {
    const { lastId } = exchange
    for (const { id, featureMap } of exchange.objects.values()) {
      if (id > lastId) break
      processor.replayedTo = Math.max(processor.replayedTo, id)
      yield featureMapText(id, featureMap)
    }
    processor.replayedTo = Infinity
  }

  function receive (peer: Peer, message: ProcessorMessage): void {
    const processor = processors.get(peer)
    if (processor === undefined) return
    switch (message.type) {
      case 'identifier':
        identify(processor, message.camera)
        return acknowledge(peer, message.requestId)
      case 'boundingBoxes': {
        processor.boxes += message.count
        exchange.relay(processor.camera, message.frameId, message.boxes, message.sighted)
        const seen = message.sighted.filter(objectId => exchange.objects.has(objectId))
        if (seen.length > 0) timelines.record(seen, { at: now(), processor: processor.name })
        return acknowledge(peer, message.requestId)
      }
      case 'featureMap': {
        const requestId = kept(peer, message.requestId)
        const { objectId, featureMap } = message
        if (exchange.objects.has(objectId)) processor.own.add(objectId)
        void exchange.map(objectId, featureMap).then(isDone => {
          if (isDone) acknowledge(peer, requestId)
          else refuse(peer, requestId, exchange.objects.has(objectId) ? full : unknownObject)
        })
      }
    }
  }

  return {
    reception: {
      join (peer) {
        const processor: Processor = {
          peer,
          joinedAt: ++moment,
          camera: undefined,
          name: 'null',
          registration: undefined,
          registrations: 0,
          boxes: 0,
          replayedTo: 0,
          own: new Set(),
          replay: createReplay(peer, () => featureMaps(processor))
        }
        processors.set(peer, processor)
        if (peer.speaksTutti) peer.send(welcomeText(exchange.epoch, exchange.offset))
      },
      receive,
      leave (peer) {
        const processor = processors.get(peer)
        if (processor === undefined) return
        processors.delete(peer)
        giveUp(processor)
      }
    },
    tell,
    stateOf: peer => processors.get(peer),
    get count () { return processors.size }
  }
}

const unknownObject = new TrackingUnknownObjectError()

const full = new TrackingFullError()

/** Whether a feature map is the one that every object begins with. */
function isEmpty (featureMap: Buffer): boolean {
  return featureMap.length < 16 && /^\{\s*\}$/.test(featureMap.toString('latin1'))
}
