// The side of the clients: who they are, what they want to hear of, and what they ask for.
import { TrackingFullError, TrackingUnavailableError, TrackingUnknownCameraError, TrackingUnknownObjectError } from '../../errors.ts'
import { acknowledge, kept, refuse } from './answer.ts'
import { broadcast } from './broadcast.ts'
import type { Exchange, Happening } from '../objects/exchange.ts'
import type { ClientMessage } from '../messages/message.ts'
import type { Peer, Reception } from '../connections/peer.ts'
import { createReplay } from './replay.ts'
import { boundingBoxesText, newObjectText, presenceListText, presenceText, resumedText, stopText, welcomeText } from '../messages/texts.ts'

/** What clients are told, and by whom they are asked. */
export interface Clients {
  readonly reception: Reception<ClientMessage>
  /** Tells of something that has happened all whom it concerns. */
  tell (happening: Happening): void
  /** What a client wants to hear of; undefined where it is none. */
  wishesOf (peer: Peer): ClientWishes | undefined
  /** How many there are. */
  readonly count: number
}

/** What a client wants to hear of. */
export type ClientWishes = Readonly<Pick<Client, 'usesImages' | 'cameras' | 'objects' | 'presence'>>

/** What the side of the clients works with. */
export interface ClientsOptions {
  exchange: Exchange
  /** Told how long it took to hand boxes to all clients, in seconds; of the first broadcast, and of one in sixteen after it. */
  onFanOut?: ((seconds: number) => void) | undefined
}

/** A client, and what it wants to hear of. */
interface Client {
  readonly peer: Peer
  /** Whether it is told of new objects: it has said something that Python takes for true. */
  usesImages: boolean | undefined
  /** Whether it is told of the end of objects, and of all that there are: it has said exactly `true`. */
  usesExactly: boolean
  /** Cameras whose boxes it wants, by key; undefined for all. */
  cameras: ReadonlySet<string> | undefined
  /** Objects whose beginning and end it wants to hear of; undefined for all. */
  objects: ReadonlySet<number> | undefined
  /** Whether it wants to hear of processors that come and go. */
  presence: boolean
  /** Made when it is first asked for: most clients never do, and there are many. */
  replay: (() => void) | undefined
}

/** Most bytes of messages that are made up for at one time. Who has missed more begins anew. */
const longestResume = 4 * 1024 * 1024

/** Of so many broadcasts of boxes one is timed: to time each would cost more than the rest of what is done here for a single client. */
const timedOf = 16

/** The key under which boxes of processors without an identifier wait. No camera has it. */
const nobody = ''

/** Makes the side of the clients. */
export function createClients ({ exchange, onFanOut }: ClientsOptions): Clients {
  const clients = new Map<Peer, Client>()
  let broadcasts = 0

  function tell (happening: Happening): void {
    switch (happening.kind) {
      case 'boxes': return tellBoxes(happening)
      case 'started': {
        const { id, image } = happening.object
        return broadcast(clients.values(), client => client.usesImages === true && wants(client, id), happening.offset, offset => newObjectText(id, image, offset))
      }
      case 'stopped': {
        const { objectId } = happening
        return broadcast(clients.values(), client => client.usesExactly && wants(client, objectId), happening.offset, offset => stopText(objectId, offset))
      }
      case 'online':
      case 'offline': return broadcast(clients.values(), client => client.presence, happening.offset, () => presenceText(happening.camera, happening.kind === 'online', happening.offset))
    }
  }

  function tellBoxes ({ camera, frameId, boxes }: Extract<Happening, { kind: 'boxes' }>): void {
    if (clients.size === 0) return
    const isTimed = broadcasts++ % timedOf === 0
    const begin = isTimed ? performance.now() : 0
    const key = camera?.key ?? nobody
    const text = boundingBoxesText(camera, frameId, boxes)
    for (const { peer, cameras } of clients.values()) {
      if (cameras === undefined || cameras.has(key)) peer.sendBoxes(key, text)
    }
    if (isTimed) onFanOut?.((performance.now() - begin) / 1000)
  }

  /** New objects as of now, for a client that has just said that it uses pictures. Those that come meanwhile it is told of like everybody. */
  function * pictures (client: Client): Generator<Buffer> {
    const { lastId } = exchange
    for (const { id, image } of exchange.objects.values()) {
      if (id > lastId || !client.usesExactly) return
      if (image !== undefined && wants(client, id)) yield newObjectText(id, image)
    }
  }

  /** What has happened since, as far as the client wants to hear of it; undefined where that is not known any more, or too much. */
  function missed (client: Client, epoch: string, since: number): Buffer[] | undefined {
    if (epoch !== exchange.epoch || since > exchange.offset) return undefined
    const happenings = exchange.since(since)
    if (happenings === undefined) return undefined
    const texts: Buffer[] = []
    let bytes = 0
    for (const happening of happenings) {
      const text = missedText(client, happening)
      if (text === undefined) continue
      bytes += text.length
      if (bytes > longestResume) return undefined
      texts.push(text)
    }
    return texts
  }

  function receive (peer: Peer, message: ClientMessage): void {
    const client = clients.get(peer)
    if (client === undefined) return
    // Of others these are unknown types.
    if (!peer.speaksTutti && (message.type === 'subscribe' || message.type === 'resume')) return
    switch (message.type) {
      case 'setUsesImages':
        client.usesImages = message.uses
        client.usesExactly = message.exactly
        if (message.exactly) (client.replay ??= createReplay(peer, () => pictures(client)))()
        return acknowledge(peer, message.requestId)
      case 'start': {
        const requestId = kept(peer, message.requestId)
        void exchange.start(message).then(result => {
          if (result.kind === 'started') acknowledge(peer, requestId, result.objectId)
          else refuse(peer, requestId, startFaults[result.kind])
        })
        return
      }
      case 'stop': {
        const requestId = kept(peer, message.requestId)
        const { objectId } = message
        void exchange.stop(objectId).then(isDone => {
          if (isDone) acknowledge(peer, requestId)
          else refuse(peer, requestId, unknownObject)
        })
        return
      }
      case 'subscribe':
        client.cameras = message.cameras === undefined ? undefined : new Set(message.cameras)
        client.objects = message.objects === undefined ? undefined : new Set(message.objects)
        client.presence = message.presence
        acknowledge(peer, message.requestId)
        if (client.presence) peer.send(presenceListText(exchange.processors.values()))
        return
      case 'resume': {
        const texts = missed(client, message.epoch, message.offset)
        // It goes on where it was: what it is told now, it wants to be told from now on.
        if (texts !== undefined && client.usesImages === undefined) client.usesImages = client.usesExactly = true
        for (const text of texts ?? []) peer.send(text)
        peer.send(resumedText(texts !== undefined, exchange.offset))
        return acknowledge(peer, message.requestId)
      }
    }
  }

  return {
    reception: {
      join (peer) {
        clients.set(peer, { peer, usesImages: undefined, usesExactly: false, cameras: undefined, objects: undefined, presence: false, replay: undefined })
        if (peer.speaksTutti) peer.send(welcomeText(exchange.epoch, exchange.offset))
      },
      receive,
      leave (peer) { clients.delete(peer) }
    },
    tell,
    wishesOf: peer => clients.get(peer),
    get count () { return clients.size }
  }
}

const unknownObject = new TrackingUnknownObjectError()

const startFaults = { 'unknown-camera': new TrackingUnknownCameraError(), full: new TrackingFullError(), unavailable: new TrackingUnavailableError() }

function wants ({ objects }: Client, objectId: number): boolean {
  return objects === undefined || objects.has(objectId)
}

/** The text for a client that was away when this happened. Who has not said whether it uses pictures is told of all objects: it asks for what it missed. */
function missedText (client: Client, happening: Happening): Buffer | undefined {
  if (happening.kind === 'started' && client.usesImages !== false && wants(client, happening.object.id)) return newObjectText(happening.object.id, happening.object.image, happening.offset)
  const tellsEnds = client.usesImages === undefined || client.usesExactly
  return happening.kind === 'stopped' && tellsEnds && wants(client, happening.objectId) ? stopText(happening.objectId, happening.offset) : undefined
}
