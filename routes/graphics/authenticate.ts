// GET /authenticate/:uuid/:check: a client that holds a stored request, and so knows its hash, has it kept for longer. All bodies are empty.
import type { FastifyPluginAsync } from 'fastify'
import type { Authentication } from '../../lib/storage/authenticate.ts'
import { allow } from '../options.ts'

const statuses: Record<Authentication['kind'] | 'off', number> = {
  agreed: 200,
  malformed: 400,
  refused: 401,
  unreadable: 500,
  failed: 500,
  busy: 503,
  off: 503
}

const path = '/authenticate/:uuid/:check'

const authenticate: FastifyPluginAsync = async app => {
  allow(app, path, 'GET,HEAD')
  app.get<{ Params: { uuid: string, check: string } }>(path, async ({ params: { uuid, check }, log }, reply) => {
    // The router takes nothing for a segment too.
    if (uuid === '' || check === '') return reply.callNotFound()
    const result = await app.storage.authenticate(uuid, check)
    if (result.kind === 'failed') log.error({ code: result.code }, 'a request that is to be kept cannot be marked')
    if (result.kind === 'busy') reply.header('retry-after', '1')
    reply.code(statuses[result.kind]).header('cache-control', 'no-store')
    return await reply.send()
  })
}

export default authenticate
