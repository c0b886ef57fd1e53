// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): written as they come, read as fast as the reader likes, within a bound.
import { Readable } from 'node:stream'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const lineStart = Buffer.from('\ndata: ')

/** Events on their way to one reader. */
export interface EventStream {
  /** The bytes to send. Destroyed with an error when the reader falls too far behind. */
  readonly readable: Readable
  /**
   * Adds an event. Nothing happens once the stream has ended or was destroyed.
   * @param event - its name, without line ends
   * @param data - text in UTF-8; each of its lines becomes a line of the event. Bytes are kept without copying and must not be written to any more.
   */
  send (event: string, data: string | Buffer): void
  /** Adds the last event, whatever waits before it, and ends the stream. */
  end (event: string, data: string | Buffer): void
}

/** How a stream treats its reader. */
export interface EventStreamOptions {
  /** Most bytes that may wait for the reader when a further event comes; with more, the stream is cut. */
  mostUnread: number
  /** Milliseconds between comments that keep proxies from closing a quiet connection. */
  heartbeat?: number
}

/** Makes a stream of events. Its timer ends with it. */
export function createEventStream ({ mostUnread, heartbeat = 15_000 }: EventStreamOptions): EventStream {
  const readable = new Readable({ read () {} })
  const timer = setInterval(() => {
    // Where something waits to be read, one more line helps nobody.
    if (readable.readableLength === 0) readable.push(': still here\n\n')
  }, heartbeat)
  readable.once('close', () => clearInterval(timer))

  let ended = false
  const write = (event: string, data: string | Buffer) => {
    const parts = [Buffer.from(`event: ${event}\ndata: `), inLines(typeof data === 'string' ? Buffer.from(data) : data), Buffer.from('\n\n')]
    // Small ones in one piece, large ones without copying.
    if (typeof data === 'string') readable.push(Buffer.concat(parts))
    else for (const part of parts) readable.push(part)
  }
  return {
    readable,

    send (event, data) {
      if (ended || readable.destroyed) return
      if (readable.readableLength > mostUnread) readable.destroy(new Error(`The client has left more than ${mostUnread} bytes of events unread`))
      else write(event, data)
    },

    end (event, data) {
      if (ended || readable.destroyed) return
      ended = true
      clearInterval(timer)
      write(event, data)
      readable.push(null)
    }
  }
}

/** The data with a field name before each line after the first. Large data is rarely more than one line, and then stays as it is. */
function inLines (data: Buffer): Buffer {
  // No sequence of UTF-8 has a byte that looks like a line end.
  if (!data.includes(lineFeed) && !data.includes(carriageReturn)) return data
  let ends = 0
  for (let at = 0; at < data.length; at++) if (data[at] === lineFeed || data[at] === carriageReturn) ends += 1
  const lines = Buffer.allocUnsafe(data.length + ends * lineStart.length)
  let length = 0
  for (let at = 0; at < data.length; at++) {
    const byte = data[at] ?? 0
    if (byte !== lineFeed && byte !== carriageReturn) lines[length++] = byte
    // Of a carriage return and a line feed the second is the end.
    else if (byte === lineFeed || data[at + 1] !== lineFeed) {
      for (let each = 0; each < lineStart.length; each++) lines[length++] = lineStart[each] ?? 0
    }
  }
  return lines.subarray(0, length)
}
