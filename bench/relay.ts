// What the hub of module `tracking` is measured against: a bare relay that sends every message of /processor as it is to every client of /client, and does nothing else.
// It looks at no message, forgets everything and holds nobody to anything: no server that anybody could use.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { obey } from './child.ts'

/** What the relay can be told. */
export type RelaySkills = ReturnType<typeof createRelay>

/** Makes a relay that does not listen yet. */
export function createRelay () {
  const clients = new Set<WebSocket>()
  let server: WebSocketServer | undefined
  return {
    /** Listens. @returns the port */
    async start (_: undefined): Promise<number> {
      server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 511, maxPayload: 10 * 1024 * 1024 })
      server.on('connection', (socket, { url }) => {
        socket.on('error', () => {})
        if (url === '/client') {
          clients.add(socket)
          socket.on('close', () => clients.delete(socket))
        } else {
          socket.on('message', message => {
            for (const client of clients) client.send(message, { binary: false })
          })
        }
      })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    /** Breaks all connections and listens no longer. */
    async end (): Promise<void> {
      for (const socket of server?.clients ?? []) socket.terminate()
      await new Promise<void>(resolve => server === undefined ? resolve() : server.close(() => resolve()))
    }
  }
}

if (import.meta.main) obey(createRelay())
