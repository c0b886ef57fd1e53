// A proxy like the one of the LS-CAT image server: clients come to its front (ROUTER), servers to its back (DEALER), which gives each request to the next of them.
import type { Buffer } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import { codeOf, openDealer, openRouter } from './sockets.ts'

/** What a proxy is made of. */
export interface ProxyOptions {
  /** Addresses that clients connect to. */
  readonly front: readonly string[]
  /** Addresses that servers connect to. */
  readonly back: readonly string[]
  /** Milliseconds between two heartbeats to clients and servers; 0 for none. A server that hangs gets no more requests once it owes three. */
  readonly heartbeat?: number
  /** Shown each message that passes, with its envelope. */
  readonly tap?: (direction: 'request' | 'reply', frames: readonly Buffer[]) => void
}

/** A proxy that runs. */
export interface Proxy {
  /** Addresses that it listens on, with the ports that were chosen where they were left open. */
  readonly front: readonly string[]
  readonly back: readonly string[]
  /** Replies whose client had gone, or did not read. */
  readonly dropped: number
  close (): Promise<void>
}

/** Messages that may wait for one client or server. */
const queue = 1000

/** Largest part of a request, in bytes. Whoever sends more is cut off here, so that servers are not. */
const largestRequest = 1024 * 1024

/** Messages that pass before those of the other direction get their turn. */
const inARow = 32

/** Opens a proxy. @throws an error of ZeroMQ where an address cannot be used */
export async function openProxy ({ back: backs, front: fronts, heartbeat = 0, tap = () => {} }: ProxyOptions): Promise<Proxy> {
  const front = openRouter({ heartbeat, queue, largest: largestRequest })
  const back = openDealer({ heartbeat, queue, largest: -1 })
  const addresses: { front: string[], back: string[] } = { front: [], back: [] }
  let dropped = 0
  try {
    for (const address of fronts) {
      await front.bind(address)
      addresses.front.push(front.lastEndpoint ?? address)
    }
    for (const address of backs) {
      await back.bind(address)
      addresses.back.push(back.lastEndpoint ?? address)
    }
  } catch (error) {
    front.close()
    back.close()
    throw error
  }

  const relays = [
    // Waits where there is no server, or none has room: then nothing more is taken from clients.
    relay(front, async frames => {
      tap('request', frames)
      await back.send(frames)
    }),
    relay(back, async frames => {
      tap('reply', frames)
      try {
        await front.send(frames)
      } catch {
        dropped += 1
      }
    })
  ]
  return {
    ...addresses,
    get dropped () { return dropped },
    async close () {
      front.close()
      back.close()
      await Promise.all(relays)
    }
  }
}

/** Passes on what comes until the socket is closed. */
async function relay (from: AsyncIterable<Buffer[]>, pass: (frames: Buffer[]) => Promise<void>): Promise<void> {
  let passed = 0
  try {
    for await (const frames of from) {
      await pass(frames)
      if (++passed % inARow === 0) await turn()
    }
  } catch (error) {
    // Of a socket that was closed while something waited for it.
    if (!['EAGAIN', 'EBADF', 'ENOTSOCK', 'ETERM'].includes(codeOf(error) ?? '')) throw error
  }
}

/** What a message says, for people: one line for each part behind the envelope, pictures by their size. */
export function describeFrames (frames: readonly Buffer[]): string[] {
  const end = frames.findIndex(frame => frame.length === 0)
  return frames.slice(end + 1).map((frame, index) => {
    if (frame.length === 0) return `  [${index}] (empty)`
    // What is no text is shown by how it begins.
    const isText = frame[0]! >= 0x20 && frame[0]! < 0x7f && frame.length < 1024 * 1024 && !frame.includes(0)
    return isText ? `  [${index}] ${frame.toString().replace(/\p{Cc}/gu, ' ').slice(0, 4096)}` : `  [${index}] (${frame.length} bytes: ${frame.toString('hex', 0, 8)}…)`
  })
}
