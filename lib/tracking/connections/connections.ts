// The connections of all clients and processors: each is given its session, or sent away; they are counted, and closed together.
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { TrackingKeysUnavailableError, TrackingMessageError, TrackingTokenError } from '../../errors.ts'
import { acknowledge, refuse } from '../hub/answer.ts'
import { closeCodes } from './close-codes.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Hub } from '../hub/hub.ts'
import type { ClientMessage, ProcessorMessage, Reading, Refusal } from '../messages/message.ts'
import type { Side } from './peer.ts'
import type { Readers } from '../messages/reading.ts'
import { openSession } from './session.ts'
import type { Session, SessionLimits, SessionWatch } from './session.ts'
import { errorText } from '../messages/texts.ts'
import type { Gate } from './tokens.ts'

/** How often something was seen, by what it was. */
export type Tally = Record<string, number>

/** What has been counted by now. */
export interface ConnectionNumbers {
  /** Connections that are open. */
  sockets: Record<Side, number>
  /** Messages read, by type. */
  messages: Record<Side, Tally>
  /** Messages not taken, by why. */
  refusals: Record<Side, Tally>
  /** Tokens, by what came of them. */
  tokens: Record<Side, Tally>
  /** Connections that have ended, by close code; `none` where there was none, `other` for unusual ones of peers. */
  closes: Record<Side, Tally>
  /** Boxes that gave way to newer ones. */
  dropped: number
  /** Bytes that wait to be sent. */
  backlog: number
}

/** A connection that has ended. */
export interface Ended {
  side: Side
  code: number | undefined
  by: 'server' | 'peer'
  /** How long it was open, in milliseconds. */
  ms: number
}

/** A connection that is open. */
export interface OpenConnection {
  /** What the log calls it. */
  readonly id: string
  readonly side: Side
  /** When it came, in milliseconds since 1970. */
  readonly since: number
  /** Undefined where it is being sent away. */
  session: Session | undefined
}

/** What connections are made of. */
export interface ConnectionsOptions {
  hub: Hub
  readers: Readers
  /** What checks the tokens of each side; undefined where it is open. */
  gates: Readonly<Record<Side, Gate | undefined>>
  heartbeat: Heartbeat
  limits: SessionLimits
  /** Connections at one time. */
  most: number
  /** Told of a fault of the server's own in dealing with a message. */
  onFault: (error: unknown, side: Side) => void
}

/** All connections. */
export interface Connections {
  /** Takes over what has just become a WebSocket. @param id - what the log calls it @param onEnd - told when it has ended, unless it was sent away at once */
  accept (side: Side, socket: WebSocket, raw: Socket, id: string, onEnd: (ended: Ended) => void): void
  /** Those that are open, the oldest first. */
  all (): Iterable<OpenConnection>
  numbers (): ConnectionNumbers
  /** Closes all with 1001, and those that come from now on; breaks off those that do not answer it in time. */
  goAway (): void
}

/** Time that a peer has to answer the closing of its connection, in milliseconds. */
const farewell = 2000

/** Makes an empty set of connections. */
export function createConnections ({ hub, readers, gates, heartbeat, limits, most, onFault }: ConnectionsOptions): Connections {
  const open = new Map<WebSocket, OpenConnection>()
  const [messages, refusals, tokens, closes] = [tallies(), tallies(), tallies(), tallies()]
  let dropped = 0
  let isGoing = false

  const counting = <Message extends ClientMessage | ProcessorMessage>(side: Side, read: (bytes: Buffer) => Reading<Message>) => (bytes: Buffer): Reading<Message> => {
    const reading = read(bytes)
    if ('message' in reading) add(messages[side], reading.message.type)
    else add(refusals[side], reading.refusal)
    return reading
  }
  const sides = {
    client: { read: counting('client', readers.client), reception: hub.clients },
    processor: { read: counting('processor', readers.processor), reception: hub.processors }
  }

  function sendAway (side: Side, socket: WebSocket, code: number, reason: string): void {
    add(closes[side], String(code))
    socket.close(code, reason)
    const timer = setTimeout(() => socket.terminate(), farewell).unref()
    socket.once('close', () => clearTimeout(timer))
  }

  /** What is the same for all connections of a side: there are many. */
  const watchOf = (side: Side): SessionWatch => ({
    onRefused (peer, { requestId, detail, refusal }) {
      if (peer.speaksTutti) peer.send(errorText(new TrackingMessageError(detail ?? words[refusal]), requestId))
    },
    onAuthenticate (peer, verdict, requestId) {
      if (verdict !== undefined) add(tokens[side], verdict.ok ? 'accepted' : verdict.reason)
      if (verdict?.ok === false) refuse(peer, requestId, verdict.reason === 'keys-unavailable' ? keysUnavailable : tokenRefused)
      else acknowledge(peer, requestId)
    },
    onDrop () { dropped += 1 },
    onFault: error => onFault(error, side)
  })
  const watches = { client: watchOf('client'), processor: watchOf('processor') }

  return {
    accept (side, socket, raw, id, onEnd) {
      // What makes WebSockets logs as an error of ours whatever a peer does wrong.
      socket.removeAllListeners('error').on('error', () => {})
      const isFull = open.size >= most
      const connection: OpenConnection = { id, side, since: Date.now(), session: undefined }
      open.set(socket, connection)
      socket.once('close', () => open.delete(socket))
      if (isGoing) return sendAway(side, socket, closeCodes.goingAway, 'the server stops')
      if (isFull) return sendAway(side, socket, closeCodes.tryLater, 'too many connections')
      const since = performance.now()
      const watch: SessionWatch = {
        ...watches[side],
        onClose (code, by) {
          add(closes[side], named(code, by))
          onEnd({ side, code, by, ms: Math.round(performance.now() - since) })
        }
      }
      const shared = { socket, raw, side, speaksTutti: socket.protocol === 'tutti.v1', gate: gates[side], heartbeat, limits, watch }
      connection.session = side === 'client' ? openSession({ ...shared, ...sides.client }) : openSession({ ...shared, ...sides.processor })
    },
    all: () => open.values(),
    numbers () {
      const sockets = { client: 0, processor: 0 }
      let backlog = 0
      for (const { side, session } of open.values()) {
        sockets[side] += 1
        backlog += session?.waiting() ?? 0
      }
      return { sockets, messages, refusals, tokens, closes, dropped, backlog }
    },
    goAway () {
      isGoing = true
      for (const { session } of open.values()) session?.close(closeCodes.goingAway, 'the server stops')
      setTimeout(() => {
        for (const socket of open.keys()) socket.terminate()
      }, farewell).unref()
    }
  }
}

const tokenRefused = new TrackingTokenError()

const keysUnavailable = new TrackingKeysUnavailableError()

/** What is wrong with a message, where its reader does not say more. */
const words: Record<Refusal, string> = {
  'not-json': 'it is no JSON text',
  'no-object': 'it is no JSON object',
  'no-type': 'it has no type',
  'unknown-type': 'its type is not known here',
  invalid: 'a member is missing or wrong'
}

/** Codes that peers close with: done, going, none given, broken (RFC 6455, section 7.4.1). */
const usualCodes: readonly number[] = [1000, 1001, 1005, 1006]

/** A close code as it is counted. Peers may choose among thousands, each of which would be a number to keep. */
function named (code: number | undefined, by: 'server' | 'peer'): string {
  if (code === undefined) return 'none'
  return by === 'server' || usualCodes.includes(code) ? String(code) : 'other'
}

function tallies (): Record<Side, Tally> {
  return { client: {}, processor: {} }
}

function add (tally: Tally, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1
}
