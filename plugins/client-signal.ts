// Says when the client of a request has gone before its answer was sent. Fastify's own request.signal aborts as soon as the
// body of a POST has been read, so the raw reply is watched instead.
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
}, { name: 'client-signal' })
