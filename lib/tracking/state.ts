// What operators see of tracking: who is connected, and how fast things go. Counts are there anyway; they are looked at once a second while somebody wants to know, and never otherwise.
import { most } from '../../schemas/tracking/state.ts'
import type { TrackingState } from '../../schemas/tracking/state.ts'
import type { Connections, OpenConnection, Tally } from './connections/connections.ts'
import type { Session, SessionNumbers } from './connections/session.ts'
import type { Hub } from './hub/hub.ts'
import type { Exchange } from './objects/exchange.ts'

/** Tells what is so. */
export interface StateWatch {
  /** Tells a listener every second from now on. @returns what ends it */
  follow (listener: (state: TrackingState) => void): () => void
  /** What is so within a second from now: rates take that long. */
  next (): Promise<TrackingState>
}

/** What is looked at. */
export interface StateWatchOptions {
  connections: Pick<Connections, 'all' | 'numbers'>
  hub: Pick<Hub, 'counts' | 'stateOf' | 'wishesOf'>
  exchange: Pick<Exchange, 'objects' | 'processors'>
  /** Milliseconds from one look to the next, over which rates are counted. */
  interval?: number
}

/** One connection at one look. */
interface Seen extends SessionNumbers {
  readonly connection: OpenConnection
  readonly session: Session
  readonly boxes: number
  readonly waiting: number
}

/** All of them at one look. */
interface Look {
  /** By performance.now(). */
  readonly at: number
  readonly seen: ReadonlyMap<Session, Seen>
  /** Messages that have come, also of connections that have ended. */
  readonly received: number
}

/** Makes a watch. Its timer lasts as long as there are listeners. */
export function createStateWatch ({ connections, hub, exchange, interval = 1000 }: StateWatchOptions): StateWatch {
  const listeners = new Set<(state: TrackingState) => void>()
  let timer: ReturnType<typeof setInterval> | undefined
  let last: Look = { at: 0, seen: new Map(), received: 0 }

  function look (): Look {
    const seen = new Map<Session, Seen>()
    for (const connection of connections.all()) {
      const { session } = connection
      // Who has brought no token yet is nobody.
      const isKnown = session !== undefined && (hub.wishesOf(session.peer) ?? hub.stateOf(session.peer)) !== undefined
      if (isKnown) seen.set(session, { ...session.numbers(), connection, session, boxes: hub.stateOf(session.peer)?.boxes ?? 0, waiting: session.waiting() })
    }
    const { messages, refusals } = connections.numbers()
    const received = [messages.client, messages.processor, refusals.client, refusals.processor].reduce((sum, tally) => sum + sumOf(tally), 0)
    return { at: performance.now(), seen, received }
  }

  function stateOf (before: Look, now: Look): TrackingState {
    const seconds = Math.max(0.001, (now.at - before.at) / 1000)
    const rate = (counted: number) => Math.round(10 * counted / seconds) / 10
    const since = (seen: Seen, name: 'received' | 'sent' | 'boxes') => seen[name] - (before.seen.get(seen.session)?.[name] ?? 0)
    const all = [...now.seen.values()]
    const total = (name: 'sent' | 'boxes') => rate(all.reduce((sum, each) => sum + since(each, name), 0))
    const processors = all.filter(({ connection }) => connection.side === 'processor')
    const clients = all.filter(({ connection }) => connection.side === 'client')
    const { backlog, dropped } = connections.numbers()
    const time = Date.now()
    const counts = hub.counts()
    const listed = { processors: processors.slice(0, most.processors), clients: neediest(clients) }
    return {
      time,
      window: Math.round(1000 * seconds) / 1000,
      totals: {
        processors: counts.processor,
        clients: counts.client,
        cameras: exchange.processors.size,
        objects: exchange.objects.size,
        messagesInPerSecond: rate(now.received - before.received),
        messagesOutPerSecond: total('sent'),
        boxesPerSecond: total('boxes'),
        unread: backlog,
        dropped
      },
      processors: listed.processors.map(seen => {
        const { camera, registration } = hub.stateOf(seen.session.peer) ?? {}
        return {
          ...introduction(seen),
          ...camera === undefined ? {} : { name: nameOf(camera.text.toString()) },
          isRegistered: registration !== undefined,
          messagesPerSecond: rate(since(seen, 'received')),
          boxesPerSecond: rate(since(seen, 'boxes')),
          ...seen.heardAt === 0 ? {} : { last: Math.round(time - (performance.now() - seen.heardAt)) }
        }
      }),
      omittedProcessors: processors.length - listed.processors.length,
      clients: listed.clients.map(seen => {
        const { cameras, objects, usesImages } = hub.wishesOf(seen.session.peer) ?? {}
        return {
          ...introduction(seen),
          ...cameras === undefined ? {} : { cameras: first(cameras, most.cameras).map(nameOf) },
          omittedCameras: Math.max(0, (cameras?.size ?? 0) - most.cameras),
          ...objects === undefined ? {} : { objects: first(objects, most.objects) },
          omittedObjects: Math.max(0, (objects?.size ?? 0) - most.objects),
          usesImages: usesImages === true,
          unread: seen.waiting,
          dropped: seen.dropped,
          messagesPerSecond: rate(since(seen, 'sent'))
        }
      }),
      omittedClients: clients.length - listed.clients.length
    }
  }

  function tell (): void {
    const now = look()
    const state = stateOf(last, now)
    last = now
    for (const listener of [...listeners]) listener(state)
  }

  function follow (listener: (state: TrackingState) => void): () => void {
    if (listeners.size === 0) {
      last = look()
      timer = setInterval(tell, interval)
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(timer)
      // It holds what was connected.
      last = { at: 0, seen: new Map(), received: 0 }
    }
  }

  return {
    follow,
    async next () {
      const { promise, resolve } = Promise.withResolvers<TrackingState>()
      const stop = follow(resolve)
      const state = await promise
      stop()
      return state
    }
  }
}

function introduction ({ connection: { id, since } }: Seen): { id: string, since: number } {
  return { id, since }
}

/** Clients that are listed, the oldest first: all, or those that an operator would look for. */
function neediest (clients: readonly Seen[]): readonly Seen[] {
  if (clients.length <= most.clients) return clients
  const chosen = new Set(clients.toSorted((one, other) => other.waiting - one.waiting || other.dropped - one.dropped).slice(0, most.clients))
  return clients.filter(each => chosen.has(each))
}

function first<T> (values: Iterable<T>, number: number): T[] {
  return [...values].slice(0, number)
}

/** An identifier as people write it. @param text - its JSON text */
function nameOf (text: string): string {
  return text.startsWith('"') ? JSON.parse(text) as string : text
}

function sumOf (tally: Tally): number {
  return Object.values(tally).reduce((sum, number) => sum + number, 0)
}
