// What /timelines and /objectIds have in common: read by pages of any origin, with GET and HEAD alone, refusals as TrackTech words them, entity tags, and
// tokens where TRACKING_PROTECT_HTTP asks for them.
import { Readable } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isKnownTag } from '../../lib/entity-tag.ts'
import { TimelineObjectMissingError, TimelineUnknownError, TrackingKeysUnavailableError, TrackingTokenError } from '../../lib/errors.ts'
import { prefers } from '../../lib/preference.ts'
import { pathOf } from '../../lib/upgrade.ts'
import { allow } from '../options.ts'

/** The media type that TrackTech gives its JSON. */
export const usualType = 'text/html; charset=UTF-8'

const methodRefusal = '<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>'

/** What TrackTech says, as reason phrase and as body. Its web interface takes the status 400 for "never seen". */
const usualWords: ReadonlyMap<string, string> = new Map([
  [new TimelineObjectMissingError().code, 'Missing "objectId" query parameter'],
  [new TimelineUnknownError().code, 'Object id not present in tracking history']
])

/** Prepares a plugin of one path: what it answers to other methods, how it refuses, and for whom. To be called before its route is added. */
export function prepareDataRoute (app: FastifyInstance, path: string): void {
  app.addHook('onRequest', async (request, reply) => {
    // The router would take other spellings too.
    if (pathOf(request.url) !== path) return reply.callNotFound()
    reply.header('access-control-allow-origin', '*')
    if (request.method === 'OPTIONS') reply.headers({ 'access-control-allow-methods': 'GET, HEAD', 'access-control-allow-headers': 'authorization' })
    if (request.method === 'GET' || request.method === 'HEAD') await clientsOnly(app, request, reply)
    return undefined
  })

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { code, message, statusCode = 500 } = error
    const isOurs = code?.startsWith('TUTTI_') === true
    if (isOurs && statusCode === 503) reply.header('retry-after', '1')
    if (isOurs && prefers(request.headers.accept, 'application/json', 'text/html')) return reply.code(statusCode).send({ code, message })
    const words = usualWords.get(code)
    if (words === undefined) throw error
    reply.raw.statusMessage = words
    return reply.code(statusCode).type(usualType).send(words)
  })

  allow(app, path, 'GET,HEAD')
  const refuseMethod = async (_request: FastifyRequest, reply: FastifyReply) => await reply.code(405).header('allow', 'GET,HEAD').type(usualType).send(methodRefusal)
  // Before the body is read.
  app.route({ method: ['DELETE', 'PATCH', 'POST', 'PUT'], url: path, schema: { hide: true }, onRequest: refuseMethod, handler: refuseMethod })
}

/** Lets pass who brings a token of a client, where one is asked for at /client too. */
async function clientsOnly (app: FastifyInstance, { headers: { authorization = '' } }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const gate = app.tracking.gates.client
  if (app.config.TRACKING_PROTECT_HTTP !== 'on' || gate === undefined) return
  reply.header('cache-control', 'no-store')
  const [, jwt] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  const verdict = await gate.check(jwt)
  if (verdict.ok) return
  if (verdict.reason === 'keys-unavailable') throw new TrackingKeysUnavailableError()
  reply.header('www-authenticate', 'Bearer realm="tutti tracking"')
  throw new TrackingTokenError()
}

/** Answers with a text that is known by a tag; with 304 and no text where the client has it already. @param text - made only where it is sent */
export function sendTagged ({ headers }: FastifyRequest, reply: FastifyReply, tag: string, text: () => string | Readable): FastifyReply {
  reply.header('etag', `"${tag}"`)
  if (isKnownTag(headers['if-none-match'], tag)) return reply.code(304).removeHeader('content-type').send()
  return reply.send(text())
}

/** A body that is made part by part, as the client takes it; none of it for HEAD. */
export function bodyOf ({ method }: FastifyRequest, parts: AsyncIterable<string> | Iterable<string>): Readable {
  return Readable.from(method === 'HEAD' ? [] : parts, { objectMode: false })
}
