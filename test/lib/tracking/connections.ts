// Real WebSocket connections for tests: a server on a free port of this machine, and whoever visits it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import type { ClientOptions, ServerOptions } from 'ws'

/** The other end of a connection. */
export interface Visitor {
  socket: WebSocket
  /** Texts that have come, in order. */
  received: string[]
  /** What the connection was closed with, once it is closed. */
  closed: Promise<number>
  /** Resolves as soon as what has come will do; rejects where the connection is closed before. */
  until (willDo: () => boolean): Promise<void>
}

/** Serves connections for the time of a test. @param onConnection - what the server does with each */
export async function listen (t: Test, onConnection: (socket: WebSocket, raw: Socket) => void, options: ServerOptions = {}) {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server = new WebSocketServer({ perMessageDeflate: false, ...options, server: http })
  server.on('connection', (socket, { socket: raw }) => onConnection(socket, raw))
  const address = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
  const visitors: Visitor[] = []
  t.teardown(async () => {
    for (const { socket } of visitors) socket.terminate()
    for (const socket of server.clients) socket.terminate()
    server.close()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
  })
  return {
    async connect (options: ClientOptions = {}): Promise<Visitor> {
      const visitor = visit(new WebSocket(address, { perMessageDeflate: false, ...options }))
      visitors.push(visitor)
      await once(visitor.socket, 'open')
      return visitor
    }
  }
}

function visit (socket: WebSocket): Visitor {
  const received: string[] = []
  const closed = new Promise<number>(resolve => { socket.once('close', resolve) })
  socket.on('message', data => { received.push(String(data)) })
  return {
    socket,
    received,
    closed,
    until: (willDo) => new Promise((resolve, reject) => {
      const look = () => {
        if (!willDo()) return
        socket.off('message', look)
        resolve()
      }
      socket.on('message', look)
      void closed.then(code => {
        look()
        reject(new Error(`closed with ${code} after ${received.length} messages`))
      })
      look()
    })
  }
}
