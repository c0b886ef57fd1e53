// Takes requests by ZeroMQ, at a proxy as the LS-CAT image server does or from clients themselves, and sends one reply to each.
import type { Buffer } from 'node:buffer'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { atMost } from '../../at-most.ts'
import { DiffractionError } from '../diffraction-error.ts'
import { failure } from '../jobs/answers.ts'
import type { Answers } from '../jobs/answers.ts'
import { openEnvelope } from './envelope.ts'
import type { Opened } from './envelope.ts'
import { createOutbox } from './outbox.ts'
import type { DropReason } from './outbox.ts'
import { openRouter } from './sockets.ts'

/** Where requests come from, and who answers them. */
export interface ZeroMqServerOptions {
  /** DEALERs of proxies to connect to, and addresses to listen on. */
  readonly addresses: readonly { readonly how: 'connect' | 'bind', readonly address: string }[]
  readonly answers: Pick<Answers, 'answer'>
  /** Milliseconds between two heartbeats; 0 for none. */
  readonly heartbeat: number
  /** Bytes of replies that may wait for a peer that reads slowly. */
  readonly backlog: number
  /** Told of messages that are no requests. */
  readonly onMalformed?: (fault: NonNullable<Opened['fault']> | 'no way back') => void
  /** Told of replies that could not be sent. */
  readonly onDrop?: (reason: DropReason) => void
  /** Told of connections that begin and end, by address. */
  readonly onConnection?: (event: 'connected' | 'disconnected', address: string) => void
}

/** A server that takes requests. */
export interface ZeroMqServer {
  /** Addresses that it listens on, with the port that was chosen where one was left open. */
  readonly listening: readonly string[]
  /**
   * Ends: requests are taken and answered until none is left, or the time is up; those that are left then get an error. ZeroMQ has no way to tell a proxy to send no more,
   * so the connection ends at a moment when nothing is under way, where there is one.
   * @param grace - milliseconds
   */
  close (grace: number): Promise<void>
}

/** Messages that may wait within ZeroMQ for one peer; replies beyond wait in the outbox, where their bytes are counted. */
const queue = 32

/** Largest part of a message. What is larger than a request may be is refused in words; this keeps memory from going. */
const largestPart = 16 * 1024 * 1024

/** Requests that are taken before others get their turn. */
const inARow = 16

/** Milliseconds in which nothing comes, after which nothing is taken to be under way. */
const quiet = 50

/** Opens a server. @throws an error of ZeroMQ where an address cannot be used */
export async function openZeroMqServer (options: ZeroMqServerOptions): Promise<ZeroMqServer> {
  const { addresses, answers, backlog, heartbeat, onConnection = () => {}, onDrop = () => {}, onMalformed = () => {} } = options
  const socket = openRouter({ heartbeat, queue, largest: largestPart })
  socket.events.on('connect', ({ address }) => onConnection('connected', address))
  socket.events.on('disconnect', ({ address }) => onConnection('disconnected', address))
  const outbox = createOutbox(socket, { bytes: backlog, patience: 30_000, onDrop })
  const listening: string[] = []
  try {
    for (const { how, address } of addresses) {
      if (how === 'connect') socket.connect(address)
      else {
        await socket.bind(address)
        listening.push(socket.lastEndpoint ?? address)
      }
    }
  } catch (error) {
    socket.close()
    throw error
  }

  const ending = new AbortController()
  let inHand = 0
  let lastCame = 0
  const take = async (frames: Buffer[]) => {
    const opened = openEnvelope(frames)
    if (opened === undefined) return onMalformed('no way back')
    const { envelope, fault, request } = opened
    if (request === undefined) {
      onMalformed(fault ?? 'no request')
      return outbox.send([...envelope, ...failure(new DiffractionError('REQUEST', `the message has ${fault ?? 'no request'}`), undefined)])
    }
    inHand += 1
    const reply = await answers.answer(request, ending.signal)
    inHand -= 1
    outbox.send([...envelope, ...reply])
  }
  const receiving = (async () => {
    let taken = 0
    for await (const frames of socket) {
      lastCame = performance.now()
      void take(frames)
      if (++taken % inARow === 0) await turn()
    }
  })()

  return {
    listening,
    async close (grace) {
      const deadline = performance.now() + grace
      while (performance.now() < deadline) {
        if (inHand === 0 && outbox.waiting === 0 && performance.now() - lastCame >= quiet) break
        await pause(10)
      }
      ending.abort()
      // Those that were given up are answered in this turn of the loop.
      await turn()
      await atMost(Math.max(0, deadline - performance.now()) + quiet, outbox.emptied())
      outbox.close()
      socket.close()
      await receiving.catch(() => {})
    }
  }
}
