// Bounds how often one address may do what costs the server or guesses at secrets. Counts are in memory and for this server alone, all its processes
// together. Routes say by `config: { limited: true }` that RATE_LIMIT is for them.
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TooManyRequestsError } from '../lib/errors.ts'
import type { Siblings } from '../lib/cluster/worker.ts'
import { RequestCounts, countsElsewhere } from '../lib/request-counts.ts'

/** One limit. Both throw TooManyRequestsError where the address of the request is beyond it, and set Retry-After. */
export interface Throttle {
  /** Counts a request. */
  count: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** Looks, and counts nothing. */
  check: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where requests count against RATE_LIMIT, together with those of all other such routes. */
    limited?: boolean
  }
  interface FastifyInstance {
    /** Makes a limit of its own, by a name that no other has: most requests a minute from one address (IPv6: one /64), 0 for no limit. */
    throttle: (name: string, most: number) => Throttle
  }
}

export default fp<{ siblings?: Siblings | undefined }>(async (app, { siblings }) => {
  await app.register(rateLimit, { global: false, store: siblings === undefined ? RequestCounts : countsElsewhere(siblings.count) })

  const throttle = (name: string, most: number): Throttle => {
    if (most === 0) return { count: async () => {}, check: async () => {} }
    // What the library does not know goes to the store.
    const options = { max: most, timeWindow: 60000, limit: name }
    const limit = app.createRateLimit(options)
    const ask = async (request: FastifyRequest, reply: FastifyReply, increment: boolean) => {
      const state = await limit(request, { increment })
      if (state.isAllowed || !state.isExceeded) return
      reply.header('retry-after', Math.max(1, state.ttlInSeconds))
      throw new TooManyRequestsError()
    }
    return {
      count: (request, reply) => ask(request, reply, true),
      check: (request, reply) => ask(request, reply, false)
    }
  }
  app.decorate('throttle', throttle)

  const { NOT_FOUND_RATE_LIMIT, RATE_LIMIT } = app.config
  const nowhere = throttle('not-found', NOT_FOUND_RATE_LIMIT)
  const work = throttle('work', RATE_LIMIT)
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) await nowhere.count(request, reply)
    else if (request.routeOptions.config.limited === true) await work.count(request, reply)
  })
}, { name: 'rate-limits', dependencies: ['config'] })
