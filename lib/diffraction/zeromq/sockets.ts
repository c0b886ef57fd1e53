// Sockets of ZeroMQ with bounds. This is the one home of the package zeromq in the library: others get their sockets here.
import { Dealer, Request, Router } from 'zeromq'
import type { Socket } from 'zeromq'

/** A socket of each kind that is used here. */
export type { Dealer, Request, Router }

/** What all sockets have in common. */
export interface SocketBounds {
  /** Milliseconds between two heartbeats (ZMTP 3.1, section 6) to each peer; 0 for none. A peer that does not answer for three of them is taken for gone. */
  readonly heartbeat: number
  /** Messages that may wait for one peer, or come from it. */
  readonly queue: number
  /** Largest part of a message that a peer may send, in bytes; one that sends more is cut off. -1 for no limit. */
  readonly largest: number
}

/** Milliseconds that messages have to leave after their socket has been closed. */
const linger = 1000

/** Milliseconds between two attempts to connect, first and at most. */
const reconnect = { first: 100, most: 2000 }

/** Heartbeats that a peer may owe. */
const patience = 3

/** Makes a socket that tells when a message cannot be handed over, instead of waiting or dropping it. */
export function openRouter (bounds: SocketBounds): Router {
  const socket = new Router()
  bind(socket, bounds)
  socket.sendHighWaterMark = socket.receiveHighWaterMark = bounds.queue
  socket.mandatory = true
  socket.sendTimeout = 0
  return socket
}

/** Makes a socket that spreads messages over its peers, and waits where there are none. */
export function openDealer (bounds: SocketBounds): Dealer {
  const socket = new Dealer()
  bind(socket, bounds)
  socket.sendHighWaterMark = socket.receiveHighWaterMark = bounds.queue
  return socket
}

/** Makes a socket for one request at a time. */
export function openRequest (bounds: SocketBounds): Request {
  const socket = new Request()
  bind(socket, bounds)
  // Whoever has given up a request takes a new socket: nothing is to leave then.
  socket.linger = 0
  return socket
}

function bind (socket: Socket, { heartbeat, largest }: SocketBounds): void {
  socket.linger = linger
  socket.maxMessageSize = largest
  socket.reconnectInterval = reconnect.first
  socket.reconnectMaxInterval = reconnect.most
  // Messages wait here for whoever is connected, not in the queue of a connection that there may never be.
  socket.immediate = true
  socket.ipv6 = true
  if (heartbeat > 0) {
    socket.heartbeatInterval = heartbeat
    socket.heartbeatTimeout = socket.heartbeatTimeToLive = heartbeat * patience
  }
}

/** The code of an error of the library, such as `EAGAIN`. */
export function codeOf (error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
