// What all routes of diffraction have in common: who asks, pages of other origins (CORS), and refusals as JSON.
import { IncomingMessage } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { diffractionErrors, DiffractionError } from '../../lib/diffraction/diffraction-error.ts'
import type { Identity, Session } from '../../lib/diffraction/session.ts'
import type { Picture, TaskName, Tasks } from '../../lib/diffraction/task.ts'
import { release } from '../../lib/release.ts'

/** Largest body, in bytes: requests are short. */
export const largestBody = 64 * 1024

/** Headers that pages of other origins may read. */
const exposed = 'content-type, diffraction-depth, diffraction-job, diffraction-levels, diffraction-size, etag, link, retry-after'

/** What a client is told. */
export interface Refusal { status: number, code: string, message: string }

/** Prepares a plugin of routes. To be called before its routes are added. @param methods - that pages of other origins may use there */
export function prepareDiffraction (app: FastifyInstance, methods: string): void {
  const { DIFFRACTION_ORIGINS: origins } = app.config
  app.addHook('onRequest', async ({ headers: { origin }, method }, reply) => {
    if (origins === undefined) return
    if (origins !== '*') reply.header('vary', 'Origin')
    if (origin === undefined || (origins !== '*' && !origins.includes(origin))) return
    reply.headers({ 'access-control-allow-origin': origins === '*' ? '*' : origin, 'access-control-expose-headers': exposed })
    if (method === 'OPTIONS') reply.headers({ 'access-control-allow-methods': methods, 'access-control-allow-headers': 'authorization, content-type, if-none-match', 'access-control-max-age': '600' })
  })
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = explain(error)
    const { status, code, message } = refusal
    if (code === 'TUTTI_INTERNAL') request.log.error({ err: error }, 'request failed')
    else request.log.info({ code, status }, 'request refused')
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="tutti diffraction"')
    if (status === 503) reply.header('retry-after', '1')
    for (const name of ['etag', 'link', 'content-type']) reply.removeHeader(name)
    return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify({ code, message }))
  })
}

/** What a client is told of whatever was thrown. */
export function explain (error: FastifyError | DiffractionError): Refusal {
  if (error instanceof DiffractionError) {
    const { code, legacy, message } = error
    // Who has no session may come again with one; who has one is told that it is not enough.
    const isUnknown = code === 'NOT_AUTHORIZED' && legacy !== undefined && legacy !== 8
    return { status: isUnknown ? 401 : diffractionErrors[code], code: `TUTTI_DIFFRACTION_${code}`, message }
  }
  const { code, message, statusCode: status = 500 } = error
  if (code?.startsWith('TUTTI_')) return { status, code, message }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { status, code: 'TUTTI_BODY_TOO_LARGE', message: `The body is larger than ${largestBody} bytes. Send a shorter request.` }
  // What the framework says of queries and bodies; it names members and rules, and nothing of the server.
  if (status < 500) return { status, code: 'TUTTI_DIFFRACTION_REQUEST', message }
  return { status: 500, code: 'TUTTI_INTERNAL', message: 'Something went wrong here. Try again; the log of the server says more.' }
}

/** Finds the session of a request: its token comes as `Authorization: Bearer`, or as the member `pid` of its body. @throws DiffractionError NOT_AUTHORIZED, TooManyRequestsError */
export async function sessionOf (request: FastifyRequest, reply: FastifyReply, esaf: number, pid?: string): Promise<Session> {
  const { authorization = '' } = request.headers
  const [, token = pid] = /^Bearer +(\S+) *$/i.exec(authorization) ?? []
  if (token === undefined) throw new DiffractionError('NOT_AUTHORIZED', 'Frames are for those who have signed in. Send the token of the session (pid) as Authorization: Bearer.', 2)
  return await request.server.diffractionSession(request, reply, token, esaf)
}

/** Milliseconds that a request still has: whatever it takes, its answer is there in time. */
export function timeLeft ({ elapsedTime, server }: FastifyReply): number {
  return Math.max(1, server.diffraction.timeout - elapsedTime)
}

/** Has a task done for a request; gives it up when the client goes. */
export async function perform<Name extends TaskName> ({ server }: FastifyRequest, reply: FastifyReply, identity: Identity, task: Name, ask: Tasks[Name]['ask']): Promise<Tasks[Name]['result']> {
  return await server.diffraction.workers.perform(identity, task, ask, { signal: reply.clientSignal(), timeout: timeLeft(reply) })
}

/** Sends the bytes of a picture; their memory is given back as soon as they have gone out, where nobody else has them. */
export function sendBytes ({ raw }: FastifyRequest, reply: FastifyReply, { bytes, isOwn }: Pick<Picture, 'bytes' | 'isOwn'>): FastifyReply {
  // What is sent without a connection belongs to whoever looks at it there.
  if (isOwn === true && raw instanceof IncomingMessage) reply.raw.once('finish', () => release(bytes))
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** Sends a value as JSON that nobody keeps. */
export function sendJson (reply: FastifyReply, value: unknown): FastifyReply {
  return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(typeof value === 'string' ? value : JSON.stringify(value))
}
