// Messages between the server and a worker process, over a socket that only the two have: eight bytes with two lengths (32 bits, big-endian), a message as V8 writes it, and
// bytes as they are. Node's own channel would write pictures of megabytes twice and read them in one go, and hold everybody up meanwhile.
import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import { release } from '../../release.ts'

/** One end of the way to the other process. */
export interface Link<Sent> {
  /**
   * Sends a message, and bytes with it. What cannot be sent any more is lost: whoever waits for it learns that the other side has gone.
   * @param onSent - told when the system has taken them all
   */
  send (message: Sent, bytes?: Uint8Array, onSent?: () => void): void
  /** Bytes that the other side has not taken yet. */
  readonly backlog: number
  close (): void
}

/** What a link is made of. */
export interface LinkOptions<Received> {
  /** Most bytes that may come with a message. */
  readonly mostBytes: number
  /** Is told of each message; what it throws is a fault. The message is as unsure as the other side. */
  readonly onMessage: (message: Received, bytes: Buffer | undefined) => void
  /** What comes makes no sense, and the link has been closed. */
  readonly onFault: (error: unknown) => void
}

const lengths = 8

/** Longest message besides its bytes. */
const mostMessage = 64 * 1024 * 1024

/** Opens a link over a socket. */
export function openLink<Sent, Received> (socket: Socket, { mostBytes, onFault, onMessage }: LinkOptions<Received>): Link<Sent> {
  let part: 'lengths' | 'message' | 'bytes' = 'lengths'
  let target = Buffer.alloc(lengths)
  let filled = 0
  let bytesLength = 0
  let message: Received | undefined

  const expect = (next: typeof part, buffer: Buffer<ArrayBuffer>) => {
    part = next
    target = buffer
    filled = 0
  }
  const tell = (bytes: Buffer | undefined) => {
    const told = message as Received
    message = undefined
    expect('lengths', Buffer.alloc(lengths))
    onMessage(told, bytes)
  }
  const whole = () => {
    if (part === 'lengths') {
      const messageLength = target.readUInt32BE(0)
      bytesLength = target.readUInt32BE(4)
      if (messageLength > mostMessage || bytesLength > mostBytes) throw new Error('A message of a worker process is too large')
      expect('message', Buffer.allocUnsafe(messageLength))
    } else if (part === 'message') {
      message = deserialize(target)
      // Not of the pool: it may be kept for long. It is filled as chunks come, so that large ones hold nobody up.
      if (bytesLength > 0) expect('bytes', Buffer.allocUnsafeSlow(bytesLength))
      else tell(undefined)
    } else tell(target)
  }

  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    try {
      for (let at = 0; at < chunk.length;) {
        const copied = chunk.copy(target, filled, at)
        filled += copied
        at += copied
        if (filled === target.length) whole()
      }
      // The socket has made it for us, and all of it has been copied.
      release(chunk)
    } catch (error) {
      socket.destroy()
      onFault(error)
    }
  })

  return {
    send (message, bytes = new Uint8Array(), onSent) {
      if (!socket.writable) return
      const text = serialize(message)
      const head = Buffer.allocUnsafe(lengths)
      head.writeUInt32BE(text.length, 0)
      head.writeUInt32BE(bytes.length, 4)
      socket.cork()
      socket.write(head)
      socket.write(text)
      if (bytes.buffer instanceof SharedArrayBuffer) {
        // Memory that threads share may change until it is sent.
        const copy = new Uint8Array(bytes)
        socket.write(copy, () => release(copy))
      } else if (bytes.length > 0) socket.write(bytes, onSent)
      socket.uncork()
    },
    get backlog () { return socket.writableLength },
    close () { socket.destroy() }
  }
}
