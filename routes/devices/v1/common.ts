// What the versioned API of devices has in common: refusals as JSON, pages of lists, and descriptions.
import { createHash } from 'node:crypto'
import { Ajv } from 'ajv'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import type { TSchema } from '@sinclair/typebox'
import type { Id } from '../../../lib/devices/id.ts'
import type { Query } from '../../../lib/devices/registry.ts'
import { isKnownTag } from '../../../lib/entity-tag.ts'
import { DevicesRefusal } from '../../../schemas/devices/answers.ts'
import type { PageQuery } from '../../../schemas/devices/requests.ts'
import { explain, prepareDevices, refuse } from '../common.ts'

/** Prepares a scope of the versioned API. */
export async function prepareV1 (app: FastifyInstance): Promise<void> {
  await prepareDevices(app)
  // Queries and paths are text; what is in bodies is what it says it is, or is refused.
  const [plain, coercing] = [false, true].map(coerceTypes => new Ajv({ coerceTypes, useDefaults: true, strict: false }))
  app.setValidatorCompiler<object>(({ httpPart, schema }) => (httpPart === 'body' ? plain : coercing)?.compile(schema) ?? (() => false))
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = explain(error)
    const { code, details, message } = refusal
    return refuse(error, request, reply, refusal).send(JSON.stringify({ code, message, details }))
  })
}

/** What the OpenAPI document says of a route, and the schemas of its requests. @param answer - schema of what it answers; undefined for 204 */
export function described (operationId: string, summary: string, answer: TSchema | undefined, more: FastifySchema & { status?: number } = {}): FastifySchema {
  const { status = answer === undefined ? 204 : 200, ...others } = more
  return {
    operationId,
    summary,
    tags: ['devices'],
    security: [{ operator: [] }],
    ...others,
    response: { [status]: answer === undefined ? { type: 'null', description: 'Done.' } : { ...answer, description: answer.description ?? 'The answer.' }, '4xx': { ...DevicesRefusal, description: 'The request cannot be done as it is.' }, '5xx': { ...DevicesRefusal, description: 'The server cannot do it now.' } }
  }
}

/** The same for what is no JSON. @param type - its media type */
export function describedBytes (operationId: string, summary: string, type: string, more: FastifySchema = {}): FastifySchema {
  const { response, ...others } = described(operationId, summary, undefined, more)
  const { 204: _none, ...refusals } = response as Record<string, unknown>
  return { ...others, response: { 200: { description: 'The bytes.', content: { [type]: { schema: { type: 'string' } } } }, ...refusals } }
}

/** A page. One entry more than is asked for says whether there is a next one. */
export async function page<Kind extends { readonly id: Id }, Shape> (query: PageQuery & Omit<Query, 'limit' | 'cursor'>, list: (query: Query) => Promise<Kind[]>, shape: (each: Kind) => Shape): Promise<{ items: Shape[], next?: Id }> {
  const { limit, order, ...others } = query
  const found = await list({ ...others, limit: limit + 1, newestFirst: order === 'newest' })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(shape), ...found.length > limit && last !== undefined ? { next: last.id } : {} }
}

/** Sends something with a tag; nothing where the client has it already. */
export function sendTagged (request: FastifyRequest, reply: FastifyReply, value: unknown): FastifyReply {
  const tag = createHash('sha256').update(JSON.stringify(value)).digest('base64url')
  reply.headers({ etag: `"${tag}"`, 'cache-control': 'private, no-cache' })
  return isKnownTag(request.headers['if-none-match'], tag) ? reply.code(304).send() : reply.send(value)
}
