// One log line for each request, under the id that all hops share.
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { endStatus } from '../lib/end-status.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Gives a request the id that its body carries; all its further log lines have it.
     * @param more - asked for further members of the line that it gets when it has ended
     */
    identify: (request: FastifyRequest, reply: FastifyReply, id: string, more?: () => Record<string, unknown>) => void
  }
}

export default fp(async app => {
  const further = new WeakMap<FastifyRequest, () => Record<string, unknown>>()
  app.decorate('identify', (request: FastifyRequest, reply: FastifyReply, id: string, more?: () => Record<string, unknown>) => {
    const { traceId } = request.span
    request.id = id
    request.log = reply.log = app.log.child({ reqId: id, ...traceId === undefined ? {} : { traceId } })
    if (more !== undefined) further.set(request, more)
  })

  const logged = new WeakSet<FastifyRequest>()
  const log = (request: FastifyRequest, reply: FastifyReply, status: number) => {
    if (logged.has(request)) return
    logged.add(request)
    // The pattern of the route, not the address: addresses of later modules hold identities and file names.
    const route = request.routeOptions.url ?? 'unknown'
    request.log.info({ method: request.method, route, status, ms: Math.round(reply.elapsedTime), ...further.get(request)?.() }, 'request ended')
  }
  app.addHook('onResponse', async (request, reply) => log(request, reply, reply.statusCode))
  // onResponse does not come where the client has gone.
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => log(request, reply, endStatus(reply.raw)))
  })
}, { name: 'request-log', dependencies: ['tracing'] })
