// Replies on their way out of a ROUTER: handed over at once where their peer can take them, kept for a while where it cannot, dropped where it has gone or never reads.
import { Buffer } from 'node:buffer'
import type { MessageLike } from 'zeromq'
import { codeOf } from './sockets.ts'
import type { Router } from './sockets.ts'

/** Why a reply was not sent. */
export type DropReason = 'gone' | 'full' | 'late'

/** What waits, and for how long. */
export interface OutboxOptions {
  /** Bytes that may wait for one peer. */
  readonly bytes: number
  /** Milliseconds that a reply may wait. */
  readonly patience: number
  readonly onDrop: (reason: DropReason) => void
}

/** Sends without ever waiting. */
export interface Outbox {
  /** Sends a message, the first part of which names the peer. */
  send (message: readonly Uint8Array[]): void
  /** Messages that wait. */
  readonly waiting: number
  /** Resolves when nothing waits any more. */
  emptied (): Promise<void>
  close (): void
}

/** Milliseconds between two attempts to hand over what waits: about the time in which a connection of 1 Gbit/s takes one picture. */
const pause = 5

interface Waiting { message: readonly Uint8Array[], bytes: number, since: number }

/** Makes an outbox of a socket that is `mandatory`, and has a `sendTimeout` of 0. */
export function createOutbox (socket: Router, { bytes, onDrop, patience }: OutboxOptions): Outbox {
  const peers = new Map<string, { messages: Waiting[], bytes: number }>()
  let waiting = 0
  let timer: NodeJS.Timeout | undefined
  let empty: PromiseWithResolvers<void> | undefined
  let closed = false

  /** @returns whether the message is dealt with */
  const hand = async (message: readonly Uint8Array[]): Promise<boolean> => {
    try {
      // The library takes parts of messages as a list that may change.
      await socket.send([...message] as MessageLike[])
      return true
    } catch (error) {
      // EAGAIN: as much waits for this peer as may. EBUSY cannot be with a timeout of 0, and would mean the same.
      const code = codeOf(error)
      if (code === 'EAGAIN' || code === 'EBUSY') return false
      onDrop('gone')
      return true
    }
  }

  const keep = (peer: string, message: readonly Uint8Array[]) => {
    const size = message.reduce((sum, part) => sum + part.byteLength, 0)
    const queue = peers.get(peer) ?? { messages: [], bytes: 0 }
    if (closed) return onDrop('gone')
    if (queue.messages.length > 0 && queue.bytes + size > bytes) return onDrop('full')
    queue.messages.push({ message, bytes: size, since: performance.now() })
    queue.bytes += size
    waiting += 1
    peers.set(peer, queue)
    timer ??= setTimeout(retry, pause)
  }

  const retry = async () => {
    for (const [peer, queue] of peers) {
      while (queue.messages.length > 0) {
        const [first] = queue.messages
        if (first === undefined) break
        if (performance.now() - first.since > patience) onDrop('late')
        else if (!await hand(first.message)) break
        if (closed) return
        queue.messages.shift()
        queue.bytes -= first.bytes
        waiting -= 1
      }
      if (queue.messages.length === 0) peers.delete(peer)
    }
    timer = waiting > 0 && !closed ? setTimeout(retry, pause) : undefined
    if (waiting === 0) empty?.resolve()
  }

  return {
    send (message) {
      const peer = Buffer.from(message[0] ?? []).toString('latin1')
      // Nobody overtakes.
      if (peers.has(peer)) return keep(peer, message)
      void hand(message).then(isDone => {
        if (!isDone) keep(peer, message)
      })
    },
    get waiting () { return waiting },
    async emptied () {
      if (waiting === 0) return
      empty ??= Promise.withResolvers<void>()
      await empty.promise
    },
    close () {
      closed = true
      clearTimeout(timer)
      timer = undefined
      peers.clear()
      waiting = 0
      empty?.resolve()
    }
  }
}
