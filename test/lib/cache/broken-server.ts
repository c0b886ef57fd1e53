// A TCP server that does to each connection what a test wants.
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** Where such a server listens, and what it has seen. */
export interface BrokenServer {
  port: number
  /** Connections so far. */
  readonly connections: number
}

/** Starts one on loopback; it ends, and all its connections, with the test. */
export async function startBrokenServer (t: Test, onConnection: (socket: Socket, number: number) => void): Promise<BrokenServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(socket => {
    sockets.add(socket)
    // The other side breaks off as it likes.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket, connections++)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, get connections () { return connections } }
}

/** A port of loopback on which nobody listens. */
export async function closedPort (): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  await closed.promise
  return port
}
