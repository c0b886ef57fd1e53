// Lets people and devices in where they may: people who are operators, devices that carry an enrolment token; with DEVICES_OPEN everybody.
import { createHash } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { DeviceTokenWrongError, ForeignPageError } from '../lib/errors.ts'

/** Whom a route is for: `person` for operators alone, `device` for devices too, `anybody` for what gives nothing away. */
export type Admission = 'person' | 'device' | 'anybody'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whom a route of devices is for; operators alone where it does not say. */
    admits?: Admission
  }
  interface FastifyInstance {
    /**
     * An onRequest hook for routes of devices.
     * @throws DeviceTokenWrongError, ForeignPageError, TooManyRequestsError, and what `operatorOnly` throws
     */
    devicesDoor: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  }
}

/** What enrolment tokens begin with. */
const prefix = 'tutti_'

/** Tokens that are remembered as good. */
const mostKnown = 10_000

export default fp(async app => {
  const isOpen = app.config.DEVICES_OPEN === 'true'
  const guesses = app.throttle('device-tokens', app.config.OPERATOR_RATE_LIMIT)
  // Whoever guesses from an address that many share locks no device out that was here before.
  const known = new LRUCache<string, true>({ max: mostKnown })

  const checkToken = async (request: FastifyRequest, reply: FastifyReply, token: string) => {
    const digest = createHash('sha256').update(token).digest('base64')
    // Before the token is looked at: a stranger who guesses must not learn that a guess was right.
    if (known.get(digest) !== true) await guesses.check(request, reply)
    if (await app.devices.enrolment.check(token) !== undefined) {
      known.set(digest, true)
      return
    }
    known.delete(digest)
    await guesses.count(request, reply)
    reply.header('www-authenticate', 'Bearer realm="tutti devices"')
    throw new DeviceTokenWrongError()
  }

  app.decorate('devicesDoor', async (request: FastifyRequest, reply: FastifyReply) => {
    const { admits = 'person' } = request.routeOptions.config
    if (isOpen || admits === 'anybody' || request.method === 'OPTIONS') return
    const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    if (admits === 'device' && token?.startsWith(prefix) === true) return await checkToken(request, reply, token)
    if (request.headers.authorization === undefined && isForeign(request)) throw new ForeignPageError()
    await app.operatorOnly(request, reply)
  })
}, { name: 'devices-door', dependencies: ['config', 'devices', 'operator', 'rate-limits'] })

/** Whether a page of another origin makes a browser send this. On a machine without tokens whoever is there may do everything, and their browser with them. */
function isForeign ({ headers: { host, origin }, method, ws }: FastifyRequest): boolean {
  if (origin === undefined || (!ws && ['GET', 'HEAD'].includes(method))) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}
