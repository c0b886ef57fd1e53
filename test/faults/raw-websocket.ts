// A WebSocket client that writes frames as it likes and does not care what RFC 6455 says.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { createFrameReader, frame, opcodes, upgradeRequest } from '../fixtures/websocket-frames.ts'

/** How a connection ended: by a close frame with a code, with a frame that has none, or by the TCP connection alone. */
export interface End { closeFrame: boolean, code: number | undefined, reason: string }

/** A connection to /client or /processor, which answers pings and close frames. */
export interface RawWebSocket {
  socket: Socket
  /** Writes bytes; resolves with false when the other side takes no more. */
  write (bytes: string | Buffer): Promise<boolean>
  /** Texts of the messages that nobody has taken yet. */
  messages: string[]
  /** Takes the next message, waiting for it. Rejects when the connection ends before it comes. */
  next (): Promise<string>
  /** Payloads of the pongs so far. */
  pongs: string[]
  /** Resolves when so many pongs have come, or the connection has ended. */
  ponged (count: number): Promise<void>
  /** Resolves when the connection has ended. */
  ended: Promise<End>
}

/**
 * Connects and upgrades; the connection is broken with the test at the latest.
 * @param isReading - false for a peer that reads its upgrade and nothing after that
 * @throws Error where the server does not upgrade
 */
export async function rawWebSocket (t: Pick<Test, 'teardown'>, port: number, path: string, { isReading = true, headers = {} }: { isReading?: boolean, headers?: Record<string, string> } = {}): Promise<RawWebSocket> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  await once(socket, 'connect')
  // Connections that break are what these tests are about.
  socket.on('error', () => {})

  const messages: string[] = []
  const pongs: string[] = []
  const waiting: Array<PromiseWithResolvers<string>> = []
  let close: { code: number | undefined, reason: string } | undefined
  const upgraded = Promise.withResolvers<void>()
  // Resolved again and again: something has come.
  let news = Promise.withResolvers<void>()
  const tell = () => {
    news.resolve()
    news = Promise.withResolvers<void>()
  }
  const read = createFrameReader({
    onHead (head) {
      if (head.startsWith('HTTP/1.1 101 ')) upgraded.resolve()
      else upgraded.reject(new Error(`no upgrade: ${head.split('\r\n')[0]}`))
      if (!isReading) socket.pause()
    },
    onMessage (payload) {
      const first = waiting.shift()
      if (first === undefined) messages.push(payload.toString())
      else first.resolve(payload.toString())
    },
    onControl (opcode, payload) {
      if (opcode === opcodes.ping) socket.write(frame(payload, { opcode: opcodes.pong }))
      if (opcode === opcodes.pong) pongs.push(payload.toString())
      if (opcode === opcodes.close) {
        close = payload.length < 2 ? { code: undefined, reason: '' } : { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) }
        socket.end(frame(payload, { opcode: opcodes.close }))
      }
      tell()
    }
  }, true)
  socket.on('data', read)
  const ended = new Promise<End>(resolve => socket.once('close', () => {
    upgraded.reject(new Error('no upgrade: the connection has ended'))
    for (const deferred of waiting.splice(0)) deferred.reject(new Error('the connection has ended'))
    tell()
    resolve({ closeFrame: close !== undefined, code: close?.code, reason: close?.reason ?? '' })
  }))
  // What comes of it is told to whoever waits for it.
  upgraded.promise.catch(() => {})
  socket.write(upgradeRequest(path, headers))
  await upgraded.promise
  return {
    socket,
    messages,
    pongs,
    ended,
    write: bytes => new Promise(resolve => {
      if (!socket.writable) return resolve(false)
      socket.write(bytes, error => resolve(error === undefined || error === null))
    }),
    next () {
      const message = messages.shift()
      if (message !== undefined) return Promise.resolve(message)
      const deferred = Promise.withResolvers<string>()
      waiting.push(deferred)
      if (socket.destroyed) deferred.reject(new Error('the connection has ended'))
      return deferred.promise
    },
    async ponged (count) {
      while (pongs.length < count && !socket.destroyed) await news.promise
    }
  }
}
