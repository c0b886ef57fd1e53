// Refuses graphics beyond what the server can hold, and while its event loop is behind, before their bodies are read. Routes say by
// `config: { admitted: true }` that they are to be counted; all others, the pages for health among them, always answer.
import underPressure from '@fastify/under-pressure'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createAdmission, mostBodyBytes } from '../lib/admission.ts'
import type { Admission, Place } from '../lib/admission.ts'
import { EventLoopBehindError, OverloadedError } from '../lib/errors.ts'
import { linger } from '../lib/linger.ts'
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

export default fp(async app => {
  const { MAX_REQUESTS, MAX_INFLIGHT, MAX_BODY, MAX_EVENT_LOOP_DELAY } = app.config
  const admission = createAdmission({ maxRequests: MAX_REQUESTS, maxBytes: MAX_INFLIGHT })
  app.decorate('admission', admission)
  const countShed = addAdmissionMetrics(app.metrics.registry, admission)
  // It would refuse every route by itself; here it is only asked.
  await app.register(underPressure, { maxEventLoopDelay: MAX_EVENT_LOOP_DELAY, pressureHandler: () => {} })

  const places = new WeakMap<object, Place>()
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.admitted !== true) return
    if (app.isUnderPressure()) {
      countShed()
      throw refusal(request, reply, new EventLoopBehindError())
    }
    const place = admission.admit(mostBodyBytes(request.headers, MAX_BODY))
    if (place === undefined) throw refusal(request, reply, new OverloadedError())
    places.set(request, place)
    // It comes in every case: after the last byte of an answer, and when the connection breaks before.
    if (reply.raw.destroyed) place.release()
    else reply.raw.once('close', () => place.release())
  })
  app.addHook('preValidation', async request => {
    if (Buffer.isBuffer(request.body)) places.get(request)?.settle(request.body.length)
  })
}, { name: 'admission', dependencies: ['config', 'metrics'] })

/** Makes an error the answer to a request whose body nobody reads: its connection can bring no next one. */
function refusal (request: FastifyRequest, reply: FastifyReply, error: Error): Error {
  reply.header('connection', 'close')
  linger(request.raw.socket)
  return error
}
