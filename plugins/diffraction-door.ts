// Lets in by HTTP whoever has a session, and bounds how often one address may guess at tokens.
import { createHash } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { DiffractionError } from '../lib/diffraction/diffraction-error.ts'
import type { Session } from '../lib/diffraction/session.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Finds the session of a token.
     * @throws DiffractionError NOT_AUTHORIZED or UNAVAILABLE; TooManyRequestsError where the address has sent too many tokens of no session
     */
    diffractionSession: (request: FastifyRequest, reply: FastifyReply, pid: string, esaf: number) => Promise<Session>
  }
}

/** Tokens that are remembered as good. */
const mostKnown = 10_000

export default fp(async app => {
  const guesses = app.throttle('diffraction-tokens', app.config.DIFFRACTION_RATE_LIMIT)
  // Whoever guesses from an address that many share locks nobody out who was here before.
  const known = new LRUCache<string, true>({ max: mostKnown })

  app.decorate('diffractionSession', async (request: FastifyRequest, reply: FastifyReply, pid: string, esaf: number) => {
    const digest = createHash('sha256').update(pid).digest('base64')
    // Before the token is looked at: a stranger who guesses must not learn that a guess was right.
    if (known.get(digest) !== true) await guesses.check(request, reply)
    try {
      const session = await app.diffraction.sessions.find(pid, esaf, reply.clientSignal())
      known.set(digest, true)
      return session
    } catch (error) {
      if (error instanceof DiffractionError && error.legacy === 2) {
        known.delete(digest)
        await guesses.count(request, reply)
      }
      throw error
    }
  })
}, { name: 'diffraction-door', dependencies: ['config', 'client-signal', 'diffraction', 'rate-limits'] })
