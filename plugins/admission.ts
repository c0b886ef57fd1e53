// Refuses graphics beyond what the server can hold, before their bodies are read. Routes say by `config: { admitted: true }` that
// they are to be counted; all others, the pages for health among them, always answer.
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import { createAdmission, mostBodyBytes } from '../lib/admission.ts'
import type { Admission, Place } from '../lib/admission.ts'
import { OverloadedError } from '../lib/errors.ts'
import { addAdmissionMetrics } from '../lib/metrics/admission.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where a request needs one of MAX_REQUESTS places, and room for its body within MAX_INFLIGHT. */
    admitted?: boolean
  }
  interface FastifyInstance {
    /** What is taken in at one time. */
    admission: Admission
  }
}

/** Time that a refused client has to notice, in milliseconds. */
const lingering = 2000

export default fp(async app => {
  const { MAX_REQUESTS, MAX_INFLIGHT, MAX_BODY } = app.config
  const admission = createAdmission({ maxRequests: MAX_REQUESTS, maxBytes: MAX_INFLIGHT })
  app.decorate('admission', admission)
  addAdmissionMetrics(app.metrics.registry, admission)

  const places = new WeakMap<object, Place>()
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.admitted !== true) return
    const place = admission.admit(mostBodyBytes(request.headers, MAX_BODY))
    if (place === undefined) {
      // Nobody reads the body: its connection can bring no next request.
      reply.header('connection', 'close')
      linger(request.raw.socket)
      throw new OverloadedError()
    }
    places.set(request, place)
    // It comes in every case: after the last byte of an answer, and when the connection breaks before.
    if (reply.raw.destroyed) place.release()
    else reply.raw.once('close', () => place.release())
  })
  app.addHook('preValidation', async request => {
    if (Buffer.isBuffer(request.body)) places.get(request)?.settle(request.body.length)
  })
}, { name: 'admission', dependencies: ['config', 'metrics'] })

/**
 * Lets a connection end from the client's side. Node destroys one that brings more than was read, and the reset that follows can
 * overtake the answer (RFC 9112, section 9.6); what comes meanwhile is thrown away as it comes.
 */
function linger (socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), lingering)
    socket.once('close', () => clearTimeout(timer))
  }
}
