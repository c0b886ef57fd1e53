// The outbox: what waits to be sent on one connection. Little of it lies in the socket; what the peer does not take yet is held here, where old bounding
// boxes give way to new ones, and where it can be given up at once.
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/** Whose messages these are. */
export interface Sender {
  /** More waits than may. The outbox has given everything up; it is for the sender to close the connection. */
  tooSlow (): void
  /** Boxes were not sent, since newer ones of their camera have come. */
  dropped (): void
  /** The peer has taken all that lay in the socket, of which there was much. */
  drained (): void
}

/** How a text goes to `ws`: as a whole text frame, as it is. */
const frame = { binary: false, compress: false, fin: true }

/** What holding a text costs besides its bytes, so that many small ones are bounded too. */
const costOfHolding = 128

/** Bytes of a replay that are handed over in one turn of the event loop. */
const replayedAtOnce = 1024 * 1024

/** Replays that may be under way; a peer that asks for more before it has taken these is too slow. */
const mostReplays = 16

/** The outbox of a connection. Its texts are shared with other outboxes and never written to. There are many of these, and few ever hold anything. */
export class Outbox {
  readonly #socket: WebSocket
  readonly #raw: Socket
  readonly #backlog: number
  readonly #sender: Sender
  /** What is held, in the order in which it goes: boxes by the key of their camera, what must not be lost by a number. */
  #held: Map<string | number, Buffer> | undefined
  #replays: Array<Iterator<Buffer>> | undefined
  #heldBytes = 0
  #sequence = 0
  #isCorked = false
  #isWaiting = false
  #isReplayPut = false
  #isOpen = true
  #sent = 0

  /** @param raw - what `socket` writes on: net or tls @param backlog - bytes that may wait */
  constructor (socket: WebSocket, raw: Socket, backlog: number, sender: Sender) {
    this.#socket = socket
    this.#raw = raw
    this.#backlog = backlog
    this.#sender = sender
  }

  /** Bytes that wait, here and in the socket. */
  get waiting (): number {
    return this.#raw.writableLength + this.#heldBytes
  }

  /** Texts that were handed to the socket. */
  get sent (): number {
    return this.#sent
  }

  /** Sends a text that must not be lost. */
  send (text: Buffer): void {
    if (!this.#isTaking()) return
    if (this.#mustHold(text)) this.#hold(this.#sequence++, text)
    else this.#hand(text)
  }

  /** Sends boxes of a camera, in place of any of that camera that are held. */
  sendBoxes (cameraKey: string, text: Buffer): void {
    if (!this.#isTaking()) return
    if (!this.#mustHold(text)) return this.#hand(text)
    const old = this.#held?.get(cameraKey)
    if (old !== undefined) {
      // To the end: the newest come after whatever was sent before them.
      this.#held?.delete(cameraKey)
      this.#heldBytes -= old.length + costOfHolding
      this.#sender.dropped()
    }
    this.#hold(cameraKey, text)
  }

  /** Sends texts that must not be lost at the pace at which the peer takes them. What is sent meanwhile may overtake them. */
  sendEach (texts: Iterator<Buffer>): void {
    if (!this.#isTaking()) {
      texts.return?.()
      return
    }
    this.#replays ??= []
    this.#replays.push(texts)
    if (this.#replays.length > mostReplays) this.#giveUp()
    else if (this.#replays.length === 1 && !this.#isHolding()) this.#replay()
  }

  /** Hands what must not be lost over to the socket, and takes nothing more. */
  finish (): void {
    if (this.#isTaking()) for (const [key, text] of this.#held ?? []) if (typeof key === 'number') this.#hand(text)
    this.discard()
  }

  /** Gives up all that is held here, and takes nothing more. */
  discard (): void {
    this.#isOpen = false
    this.#held = undefined
    this.#heldBytes = 0
    for (const texts of this.#replays?.splice(0) ?? []) texts.return?.()
  }

  #isTaking (): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN
  }

  #isHolding (): boolean {
    return this.#held !== undefined && this.#held.size > 0
  }

  #mustHold (text: Buffer): boolean {
    return this.#isHolding() || this.#isFull() || this.#isTooMuch(text)
  }

  /** Whether more lies in the socket than it likes to have. It says when all of that has gone. */
  #isFull (): boolean {
    if (this.#raw.writableLength < this.#raw.writableHighWaterMark) return false
    this.#writeNow()
    if (this.#raw.writableLength < this.#raw.writableHighWaterMark) return false
    if (!this.#isWaiting) {
      this.#isWaiting = true
      this.#raw.once('drain', () => {
        this.#isWaiting = false
        this.#sender.drained()
        this.#pump()
      })
    }
    return true
  }

  /** Whether a text would bring what waits over the backlog, now that what the other side takes at once has been written. */
  #isTooMuch (text: Buffer): boolean {
    if (this.#raw.writableLength === 0 || this.#raw.writableLength + text.length <= this.#backlog) return false
    this.#writeNow()
    return this.#raw.writableLength > 0 && this.#raw.writableLength + text.length > this.#backlog
  }

  #writeNow (): void {
    if (!this.#isCorked) return
    this.#raw.uncork()
    this.#raw.cork()
  }

  /** Hands a text to the socket. Everything handed over in one turn of the event loop is written by one call of the operating system. */
  #hand (text: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#raw.cork()
      process.nextTick(Outbox.#endTurn, this)
    }
    this.#sent += 1
    this.#socket.send(text, frame)
  }

  static #endTurn (outbox: Outbox): void {
    outbox.#isCorked = false
    outbox.#raw.uncork()
  }

  #hold (key: string | number, text: Buffer): void {
    this.#held ??= new Map()
    this.#held.set(key, text)
    this.#heldBytes += text.length + costOfHolding
    if (this.waiting > this.#backlog) this.#giveUp()
  }

  #giveUp (): void {
    this.discard()
    this.#sender.tooSlow()
  }

  /** Hands over what is held, then replays, until the socket is full. */
  #pump (): void {
    if (!this.#isTaking()) return
    for (const [key, text] of this.#held ?? []) {
      if (this.#isFull()) return
      this.#held?.delete(key)
      this.#heldBytes -= text.length + costOfHolding
      this.#hand(text)
    }
    this.#held = undefined
    this.#replay()
  }

  #replay (): void {
    let bytes = 0
    for (let texts = this.#replays?.[0]; texts !== undefined; texts = this.#replays?.[0]) {
      if (this.#isFull()) return
      if (bytes >= replayedAtOnce) return this.#putReplay()
      const { done, value } = texts.next()
      if (done === true) this.#replays?.shift()
      else {
        bytes += value.length
        this.#hand(value)
      }
    }
    this.#replays = undefined
  }

  /** Goes on with replays after others have had their turn. */
  #putReplay (): void {
    if (this.#isReplayPut) return
    this.#isReplayPut = true
    setImmediate(() => {
      this.#isReplayPut = false
      this.#pump()
    })
  }
}
