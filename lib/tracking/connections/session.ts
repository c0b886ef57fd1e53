// The session: one connection from its first message to its last. It keeps messages in order, lets in whoever has a token that will do, bounds what the
// other side may ask for, and tells the hub who joins, what they send, and that they have gone.
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { closeCodes } from './close-codes.ts'
import type { Heartbeat, Life } from './heartbeat.ts'
import type { ClientMessage, ProcessorMessage, Reading, Refusal, RequestId } from '../messages/message.ts'
import { Outbox } from './outbox.ts'
import type { Sender } from './outbox.ts'
import type { Peer, Reception, Side } from './peer.ts'
import type { Gate, Verdict } from './tokens.ts'

/** What a connection may use. */
export interface SessionLimits {
  /** Milliseconds for a token that will do. */
  authTimeout: number
  /** Tokens that will not do. */
  authAttempts: number
  /** Messages a second, as many at once; 0 for any number. */
  ratePerSecond: number
  /** Bytes that may wait to be sent. */
  backlog: number
  /** Messages that may wait for the key of a token. */
  maxQueued?: number
  /** Bytes of these. */
  maxQueuedBytes?: number
}

/** A message that was not taken, and why. */
export type Refused = Extract<Reading<unknown>, { refusal: Refusal }>

/** Told what happens in sessions. None of these may throw. */
export interface SessionWatch {
  /** A message was not taken. */
  onRefused? (peer: Peer, refused: Refused): void
  /** A token was judged; no verdict where none is asked for, or one has been accepted. After an accepted one the peer has joined. */
  onAuthenticate? (peer: Peer, verdict: Verdict | undefined, requestId: RequestId): void
  /** Boxes gave way to newer ones. */
  onDrop? (): void
  /** What was received could not be dealt with, by a fault of the server's own. */
  onFault? (error: unknown): void
  /** The session has ended. @param code - what it was closed with; undefined where there is none */
  onClose? (code: number | undefined, by: 'server' | 'peer'): void
}

/** What a session is made of. */
export interface SessionOptions<Message> {
  socket: WebSocket
  /** What `socket` reads from and writes on. */
  raw: Socket
  side: Side
  /** True where the peer speaks the subprotocol `tutti.v1`. */
  speaksTutti: boolean
  /** Reads a message. */
  read: (bytes: Buffer) => Reading<Message>
  reception: Reception<Message>
  /** Judges tokens; undefined where none are asked for. */
  gate: Gate | undefined
  /** Finds out that the connection is broken. */
  heartbeat?: Heartbeat | undefined
  limits: SessionLimits
  watch?: SessionWatch | undefined
}

/** What one connection has done by now. */
export interface SessionNumbers {
  /** Messages that came. */
  received: number
  /** When the last of them came, by performance.now(); 0 where none did. */
  heardAt: number
  /** Messages that went. */
  sent: number
  /** Boxes that gave way to newer ones. */
  dropped: number
}

/** A connection that is being served. */
export interface Session {
  readonly peer: Peer
  /** Bytes that wait to be sent. */
  waiting (): number
  /** What has been counted by now. */
  numbers (): SessionNumbers
  /** Closes the connection; the hub is told at the end of the turn. */
  close (code: number | undefined, reason?: string): void
}

/** `stranger`: has brought no token that will do. `waiting`: its token waits for a key. */
type Stage = 'stranger' | 'waiting' | 'joined' | 'closed'

/** Longest time that a timer can be set to, in milliseconds. */
const longestTimer = 2 ** 31 - 1

/** Messages of one connection in one turn of the event loop; those beyond that have been read already come as well. */
const mostInTurn = 100

/** Serves a connection. Whoever needs no token joins within this call. */
export function openSession<Message extends ClientMessage | ProcessorMessage> (options: SessionOptions<Message>): Session {
  return new Connection(options)
}

/** A session and its peer in one object, since there are ten thousand of them. */
class Connection<Message extends ClientMessage | ProcessorMessage> implements Session, Peer, Sender {
  readonly id = randomUUID()
  readonly side: Side
  readonly speaksTutti: boolean
  readonly #options: SessionOptions<Message>
  readonly #outbox: Outbox
  readonly #life: Life | undefined
  /** When the next message would be due, if they came evenly at the pace that is allowed; in milliseconds. */
  #due = 0
  #attempts = 0
  #received = 0
  #heardAt = 0
  #dropped = 0
  #stage: Stage = 'stranger'
  #hasJoined = false
  /** Messages that came in this turn of the event loop. */
  #inTurn = 0
  /** Messages that came after a token that waits for its key. */
  #queue: Buffer[] | undefined
  #queuedBytes = 0
  /** Ends the time to bring a token, later that of the token itself. */
  #timer: NodeJS.Timeout | undefined

  constructor (options: SessionOptions<Message>) {
    const { socket, raw, side, speaksTutti, gate, heartbeat, limits } = options
    this.side = side
    this.speaksTutti = speaksTutti
    this.#options = options
    this.#outbox = new Outbox(socket, raw, limits.backlog, this)
    this.#life = heartbeat?.watch(socket, () => this.#die())
    socket.on('message', data => this.#onMessage(data))
    socket.on('ping', () => this.#onPing())
    // Frames that cannot be read; `ws` closes with the code that is meant for this.
    socket.on('error', error => this.#end(isTooLarge(error) ? closeCodes.tooLarge : undefined, 'server'))
    socket.on('close', code => this.#end(code, 'peer'))
    if (gate === undefined) this.#join()
    else this.#timer = setTimeout(() => this.close(closeCodes.authenticationTimeout, 'no token came in time'), limits.authTimeout).unref()
  }

  get peer (): Peer {
    return this
  }

  waiting (): number {
    return this.#outbox.waiting
  }

  numbers (): SessionNumbers {
    return { received: this.#received, heardAt: this.#heardAt, sent: this.#outbox.sent, dropped: this.#dropped }
  }

  send (text: Buffer): void {
    this.#outbox.send(text)
  }

  sendBoxes (cameraKey: string, text: Buffer): void {
    this.#outbox.sendBoxes(cameraKey, text)
  }

  sendEach (texts: Iterator<Buffer>): void {
    this.#outbox.sendEach(texts)
  }

  close (code: number | undefined, reason?: string): void {
    if (this.#stage === 'closed') return
    const { socket } = this.#options
    this.#outbox.finish()
    // Paused it would not see the answer to this.
    socket.resume()
    socket.close(code, reason)
    this.#end(code, 'server')
  }

  tooSlow (): void {
    this.close(closeCodes.tooSlow, 'too slow')
  }

  dropped (): void {
    this.#dropped += 1
    this.#options.watch?.onDrop?.()
  }

  drained (): void {
    // Whoever takes what is sent is alive, although its pong waits behind all of that.
    this.#life?.heard()
  }

  #die (): void {
    this.#outbox.discard()
    this.close(closeCodes.noPong, 'no pong')
    this.#options.socket.terminate()
  }

  #onMessage (data: RawData): void {
    // What `ws` gives by default is a Buffer.
    if (this.#stage === 'closed' || !Buffer.isBuffer(data)) return
    this.#life?.heard()
    this.#received += 1
    this.#heardAt = performance.now()
    if (this.#isTooMany(this.#heardAt)) return this.close(closeCodes.tooManyMessages, 'too many messages')
    this.#countInTurn()
    if (this.#stage === 'waiting') return this.#put(data)
    this.#take(data)
  }

  /** Lets others have their turn where one peer sends without end: of one connection up to two megabytes are read before the next is looked at. */
  #countInTurn (): void {
    this.#inTurn += 1
    if (this.#inTurn === 1) setImmediate(() => this.#beginTurn())
    else if (this.#inTurn === mostInTurn) this.#options.socket.pause()
  }

  #beginTurn (): void {
    const isPaused = this.#inTurn >= mostInTurn
    this.#inTurn = 0
    // While its token waits for a key it is paused for that.
    if (isPaused && this.#stage !== 'waiting') this.#options.socket.resume()
  }

  #onPing (): void {
    this.#life?.heard()
    if (this.#stage !== 'closed' && this.#isTooMany(performance.now())) this.close(closeCodes.tooManyMessages, 'too many pings')
  }

  /** Counts a message. As many as may come in a second may come at once; no timer is needed for that. */
  #isTooMany (now: number): boolean {
    const { ratePerSecond } = this.#options.limits
    if (ratePerSecond === 0) return false
    const pace = 1000 / ratePerSecond
    this.#due = Math.max(this.#due, now) + pace
    return this.#due - now > 1000 + pace / 2
  }

  /** Keeps a message until the token before it is judged. */
  #put (bytes: Buffer): void {
    const { maxQueued = 1000, maxQueuedBytes = 1024 * 1024 } = this.#options.limits
    this.#queue ??= []
    this.#queuedBytes += bytes.length
    if (this.#queue.length >= maxQueued || this.#queuedBytes > maxQueuedBytes) return this.close(closeCodes.tooManyMessages, 'too many messages before a token was accepted')
    // It lies in a larger block, which is used again.
    this.#queue.push(Buffer.from(bytes))
  }

  #take (bytes: Buffer): void {
    const { read, reception } = this.#options
    try {
      const reading = read(bytes)
      if ('refusal' in reading) return this.#refuse(reading)
      const { message } = reading
      if (message.type === 'authenticate') return this.#authenticate(message.jwt, message.requestId)
      if (this.#stage !== 'joined') return this.close(undefined)
      reception.receive(this, message)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** One connection less, not all of them. */
  #fail (error: unknown): void {
    this.#options.watch?.onFault?.(error)
    this.close(closeCodes.internalError, 'internal error')
  }

  #refuse (refused: Refused): void {
    this.#options.watch?.onRefused?.(this, refused)
    const hasType = refused.refusal === 'unknown-type' || refused.refusal === 'invalid'
    if (this.#stage === 'joined' || !hasType) return
    if (refused.type === 'authenticate') this.#settle({ ok: false, reason: 'malformed' }, refused.requestId)
    else this.close(undefined)
  }

  #authenticate (jwt: string | undefined, requestId: RequestId): void {
    const { gate, socket, watch } = this.#options
    if (gate === undefined || this.#stage === 'joined') return watch?.onAuthenticate?.(this, undefined, requestId)
    const verdict = gate.check(jwt)
    if (!(verdict instanceof Promise)) return this.#settle(verdict, requestId)
    this.#stage = 'waiting'
    // Of what follows only that is queued which has come with the token.
    socket.pause()
    const kept = requestId === undefined ? undefined : Buffer.from(requestId)
    void verdict.then(verdict => {
      if (this.#stage !== 'waiting') return
      this.#stage = 'stranger'
      this.#settle(verdict, kept)
      this.#takeQueued()
    }).catch((error: unknown) => this.#fail(error))
  }

  #settle (verdict: Verdict, requestId: RequestId): void {
    const { limits, watch } = this.#options
    if (verdict.ok) {
      clearTimeout(this.#timer)
      if (verdict.endsAt !== undefined) this.#endAt(verdict.endsAt)
      this.#join()
    }
    watch?.onAuthenticate?.(this, verdict, requestId)
    // That keys cannot be had is not the peer's doing.
    if (verdict.ok || verdict.reason === 'keys-unavailable') return
    this.#attempts += 1
    if (this.#attempts >= limits.authAttempts) this.close(closeCodes.tooManyAttempts, 'too many tokens that will not do')
  }

  #takeQueued (): void {
    for (let bytes = this.#queue?.shift(); bytes !== undefined; bytes = this.#queue?.shift()) {
      this.#queuedBytes -= bytes.length
      this.#take(bytes)
      // Another token among these has to wait for its key as well, or the session has ended.
      if (this.#stage === 'waiting' || this.#stage === 'closed') return
    }
    this.#options.socket.resume()
  }

  #endAt (time: number): void {
    const left = time - Date.now()
    if (left <= 0) return this.close(closeCodes.tokenEnded, 'the token has ended')
    this.#timer = setTimeout(() => this.#endAt(time), Math.min(left, longestTimer)).unref()
  }

  #join (): void {
    if (this.#stage === 'closed') return
    this.#stage = 'joined'
    this.#hasJoined = true
    this.#options.reception.join(this)
  }

  /** Of all calls only the first counts. */
  #end (code: number | undefined, by: 'server' | 'peer'): void {
    if (this.#stage === 'closed') return
    this.#stage = 'closed'
    const { reception, watch } = this.#options
    clearTimeout(this.#timer)
    this.#outbox.discard()
    this.#queue = undefined
    this.#life?.end()
    watch?.onClose?.(code, by)
    // Not at once: this may lie within what the hub tells one peer after the other.
    if (this.#hasJoined) process.nextTick(() => reception.leave(this))
  }
}

function isTooLarge (error: Error): boolean {
  return 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
}
