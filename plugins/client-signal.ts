// Watches the connections of clients. Says when the client of a request has gone before its answer was sent: Fastify's own request.signal
// aborts as soon as the body of a POST has been read, so the raw reply is watched instead.
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyReply } from 'fastify'
import { ClientGoneError } from '../lib/errors.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** A signal that aborts with ClientGoneError when the connection closes before the answer has been written. */
    clientSignal: () => AbortSignal
  }
}

export default fp(async app => {
  app.decorateReply('clientSignal', function (this: FastifyReply) {
    const { raw } = this
    const controller = new AbortController()
    const check = () => {
      if (!raw.writableFinished) controller.abort(new ClientGoneError())
    }
    if (raw.closed || raw.destroyed) check()
    else raw.once('close', check)
    return controller.signal
  })

  // On close Node ends idle connections, but not those that have never carried a request, such as the ones that browsers open ahead
  // of need, and it stops looking after slow headers: without this one such connection would hold up the end of the process.
  const silent = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => silent.delete(socket))
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy()
  })
}, { name: 'client-signal' })
