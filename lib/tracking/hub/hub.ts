// The hub: what clients and processors ask for goes to the exchange, and what happens there goes to all whom it concerns.
import { createClients } from './clients.ts'
import type { ClientWishes } from './clients.ts'
import type { Exchange } from '../objects/exchange.ts'
import type { ClientMessage, ProcessorMessage } from '../messages/message.ts'
import type { Peer, Reception } from '../connections/peer.ts'
import { createProcessors } from './processors.ts'
import type { ProcessorState } from './processors.ts'
import type { Timelines } from '../timelines/timelines.ts'

/** What a hub works with. */
export interface HubOptions {
  exchange: Exchange
  /** Where sightings are kept by the server that the processor is connected to. */
  timelines: Pick<Timelines, 'record'>
  /** True to tell every processor of the end of every object, as the reference does. */
  legacy: boolean
  now?: () => number
  /** Told how long it took to hand boxes to all clients, in seconds; of the first broadcast, and of one in sixteen after it. */
  onFanOut?: (seconds: number) => void
}

/** Brings peers and exchange together. */
export interface Hub {
  readonly clients: Reception<ClientMessage>
  readonly processors: Reception<ProcessorMessage>
  /** What a client wants to hear of; undefined where a peer is none. */
  wishesOf (peer: Peer): ClientWishes | undefined
  /** What is known of a processor; undefined where a peer is none. */
  stateOf (peer: Peer): ProcessorState | undefined
  /** Peers that may be told things now. */
  counts (): { client: number, processor: number }
  /** Tells nobody anything any more. */
  close (): void
}

/** Makes a hub for an exchange. */
export function createHub ({ exchange, timelines, legacy, now = Date.now, onFanOut }: HubOptions): Hub {
  const clients = createClients({ exchange, onFanOut })
  const processors = createProcessors({ exchange, timelines, legacy, now })
  const close = exchange.onHappening(happening => {
    processors.tell(happening)
    clients.tell(happening)
  })
  return {
    clients: clients.reception,
    processors: processors.reception,
    wishesOf: clients.wishesOf,
    stateOf: processors.stateOf,
    counts: () => ({ client: clients.count, processor: processors.count }),
    close
  }
}
