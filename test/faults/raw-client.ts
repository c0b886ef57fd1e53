// A client that writes bytes to a socket and does not care what HTTP says.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Test } from 'tap'

/** A connection to the server. */
export interface RawClient {
  socket: Socket
  /** Writes; resolves with false when the other side takes no more. */
  write (bytes: string | Buffer): Promise<boolean>
  /** Everything received so far. */
  received (): string
  /** Resolves with everything received when the connection has closed. */
  closed: Promise<string>
}

/** Connects to a port of this machine; the connection is broken with the test at the latest. Rejects where nobody listens. */
export async function rawClient (t: Test, port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  const received = () => Buffer.concat(chunks).toString('latin1')
  const closed = new Promise<string>(resolve => socket.once('close', () => resolve(received())))
  socket.on('data', chunk => chunks.push(chunk))
  t.teardown(() => { socket.destroy() })
  await once(socket, 'connect')
  // Connections that break are what these tests are about.
  socket.on('error', () => {})
  return {
    socket,
    received,
    closed,
    write: bytes => new Promise(resolve => {
      if (!socket.writable) return resolve(false)
      socket.write(bytes, error => resolve(error === undefined || error === null))
    })
  }
}

/** The head of a POST to /render, with its closing empty line. */
export function head (headers: Record<string, string | number>): string {
  const lines = Object.entries({ host: 'localhost', 'content-type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST /render HTTP/1.1\r\n${lines.join('')}\r\n`
}
