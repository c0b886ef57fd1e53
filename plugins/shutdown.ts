// Closes connections gracefully: for DRAIN_TIME the server takes requests on while it says that it stops, what is in flight then has
// SHUTDOWN_TIMEOUT to finish, nobody sends a next request here, and no connection can hold up the end of the process.
import { setTimeout as pause } from 'node:timers/promises'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import fp from 'fastify-plugin'
import { ServerClosingError } from '../lib/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where a route is to be asked also while the server is closing. */
    answersWhileClosing?: boolean
  }
  interface FastifyInstance {
    /** Aborts as soon as the server is told to stop: it is not ready from then on, although it may go on to answer. */
    stopping: AbortSignal
    /** Aborts when the server is closing and requests in flight have had their time: answer with what is ready. */
    lastCall: AbortSignal
  }
}

/** Longest and shortest time to take the last answers, in milliseconds; then connections are broken. */
const farewell = { longest: 5000, shortest: 200 }

export default fp(async app => {
  const lastCall = new AbortController()
  app.decorate('lastCall', lastCall.signal)
  const stopping = new AbortController()
  app.decorate('stopping', stopping.signal)

  // On close Node ends idle connections, but not those that have never carried a request, such as the ones that browsers open
  // ahead of need, and it stops looking after slow headers.
  const silent = new Set<Socket>()
  // A server for TLS has a connection when it is secure.
  app.server.on(app.server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => silent.delete(socket))
  // What has become a WebSocket is closed by whoever has it.
  app.server.on('upgrade', ({ socket }) => silent.delete(socket))

  const { DRAIN_TIME, SHUTDOWN_TIMEOUT } = app.config
  let closing = false
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    stopping.abort()
    // The listener is still open. Whoever is answered now is told to go elsewhere next, so that a kept connection is given up by
    // the client, which knows whether a request is under way, and not by the server, which cannot.
    if (DRAIN_TIME > 0 && app.server.listening) await pause(DRAIN_TIME)
    closing = true
    for (const socket of silent) socket.destroy()
    timer = setTimeout(() => {
      lastCall.abort()
      timer = setTimeout(() => app.server.closeAllConnections(), Math.max(farewell.shortest, Math.min(farewell.longest, SHUTDOWN_TIMEOUT)))
    }, SHUTDOWN_TIMEOUT)
  })
  // Connections that are busy when closing begins can bring one more request. Fastify's own refusal of it has neither cure nor code.
  app.addHook('onRequest', async ({ routeOptions }) => {
    if (closing && routeOptions.config.answersWhileClosing !== true) throw new ServerClosingError()
  })
  // Whoever is answered while the server closes must not send its next request on the same connection.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close')
  })
  app.addHook('onClose', async () => { clearTimeout(timer) })
}, { name: 'shutdown', dependencies: ['config'] })
