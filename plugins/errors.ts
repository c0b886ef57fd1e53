// What a client reads when its request is refused or fails: plain text with the cause, the cure and the code, nothing internal.
import fp from 'fastify-plugin'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BodyTooLargeError, ClientGoneError } from '../lib/errors.ts'
import { linger } from '../lib/linger.ts'
import { refusalText } from '../lib/refusal.ts'

export default fp(async app => {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const error = asOurs(thrown, reply)
    const status = error.statusCode ?? 500
    if (status >= 500 && !isOurs(error)) request.log.error({ err: error }, 'request failed')
    else request.log.info({ code: error.code, status }, 'request refused')
    const message = status >= 500 && !isOurs(error) ? 'Something went wrong here. Try again; the log of the server says more.' : error.message
    reply.code(status).header('x-content-type-options', 'nosniff').type('text/plain; charset=utf-8')
    if (status === 413 && !request.raw.complete) linger(request.raw.socket)
    if (status === 503) reply.header('retry-after', '1')
    return refusalText({ statusCode: status, message, code: isOurs(error) || status < 500 ? error.code : 'TUTTI_INTERNAL' })
  })

  function asOurs (thrown: FastifyError, reply: FastifyReply): FastifyError {
    if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new BodyTooLargeError(app.config.MAX_BODY)
    // What was to be sent is destroyed when the client goes before any of it has been.
    return thrown.code === 'ERR_STREAM_PREMATURE_CLOSE' && reply.raw.destroyed ? new ClientGoneError() : thrown
  }

  const notFound = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.code(404).header('x-content-type-options', 'nosniff').type('text/plain; charset=utf-8')
    return await reply.send(`Cannot ${request.method} ${request.url.split('?', 1)[0]}`)
  }
  app.setNotFoundHandler(notFound)
  // Before the body is read: nobody wants the body of a request to nowhere, and what is wrong with it is not what is wrong.
  app.addHook('onRequest', async (request, reply) => request.is404 ? await notFound(request, reply) : undefined)
}, { name: 'errors', dependencies: ['config'] })

function isOurs (error: FastifyError): boolean {
  return error.code?.startsWith('TUTTI_') ?? false
}
