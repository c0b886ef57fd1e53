// What all routes of devices have in common: who may come, pages of other origins (CORS), bodies, and refusals as JSON.
import multipart from '@fastify/multipart'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { devicesErrors, DevicesError } from '../../lib/devices/devices-error.ts'
import type { DevicesCode } from '../../lib/devices/devices-error.ts'
import { linger } from '../../lib/linger.ts'
import { allow } from '../options.ts'

/** Largest body that is no file, in bytes. */
export const largestBody = 1024 * 1024

/** What a client is told. */
export interface Refusal { readonly status: number, readonly code: string, readonly message: string, readonly details?: unknown }

/** Prepares a scope of routes, but for what their refusals look like. To be called before its routes are added. */
export async function prepareDevices (app: FastifyInstance): Promise<void> {
  const { DEVICES_MAX_FILE, DEVICES_MAX_MODULE, DEVICES_OPEN } = app.config
  app.addHook('onRoute', route => { route.bodyLimit ??= largestBody })
  app.addHook('onRequest', async (request, reply) => {
    // With tokens the browser's rules for other origins are no obstacle that is needed, and without them none that helps.
    if (DEVICES_OPEN !== 'true') return
    reply.header('access-control-allow-origin', '*')
    if (request.method === 'OPTIONS') reply.headers({ 'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE', 'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*', 'access-control-max-age': '600' })
  })
  app.addHook('onRequest', app.devicesDoor)
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients say application/json where they send nothing.
    if (body === '') done(null, undefined)
    else parseJson.call(app, request, body as string, done)
  })
  await app.register(multipart, {
    throwFileSizeLimit: true,
    // Each route that takes files counts their bytes itself, as they come.
    limits: { fieldNameSize: 1000, fieldSize: largestBody, fields: 2000, fileSize: Math.max(DEVICES_MAX_FILE, DEVICES_MAX_MODULE) + 1, files: 100, parts: 2100, headerPairs: 100 }
  })
}

/** Answers OPTIONS on paths. @param paths - methods such as `GET,HEAD` by path */
export function allowAll (app: FastifyInstance, paths: Readonly<Record<string, string>>): void {
  for (const [path, methods] of Object.entries(paths)) allow(app, path, methods)
}

/** What a client is told of whatever was thrown. */
export function explain (error: FastifyError | DevicesError): Refusal {
  if (error instanceof DevicesError) {
    const { code, details, message } = error
    return { status: devicesErrors[code], code: `TUTTI_DEVICES_${code}`, message, ...details === undefined ? {} : { details } }
  }
  const { code, message, statusCode: status = 500 } = error
  if (code?.startsWith('TUTTI_')) return { status, code, message }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { status: 413, code: 'TUTTI_BODY_TOO_LARGE', message: `The body is larger than ${largestBody} bytes. Send a shorter request.` }
  if (status === 413) return { status, code: 'TUTTI_DEVICES_TOO_LARGE', message: 'The form has more, or larger, parts than the server allows.' }
  if (isBrokenForm(error)) return { status: 400, code: 'TUTTI_DEVICES_REQUEST', message: 'The form cannot be read: it is cut off, or its parts are not what multipart/form-data has.' }
  // What the framework says of queries and bodies; it names members and rules, and nothing of the server.
  if (status < 500) return { status, code: 'TUTTI_DEVICES_REQUEST', message }
  return { status: 500, code: 'TUTTI_INTERNAL', message: 'Something went wrong here. Try again; the log of the server says more.' }
}

/** Whether the reader of forms gave up, which it says in words alone. */
function isBrokenForm ({ code, message }: FastifyError): boolean {
  return code === undefined && /multipart|^malformed|unexpected end of (?:form|file)/i.test(message)
}

/** Writes a refusal to the log, and prepares the reply. */
export function refuse (error: FastifyError | DevicesError, request: FastifyRequest, reply: FastifyReply, { status, code }: Refusal): FastifyReply {
  if (code === 'TUTTI_INTERNAL') request.log.error({ err: error }, 'request failed')
  else request.log.info({ code, status }, 'request refused')
  if (status === 503) reply.header('retry-after', '1')
  // What is left of a body that nobody reads is not to be taken for the next request, and a client that still sends is to hear of it.
  if (!request.raw.complete) {
    reply.header('connection', 'close')
    linger(request.raw.socket)
  }
  for (const name of ['etag', 'content-type', 'content-length', 'location', 'content-disposition']) reply.removeHeader(name)
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8')
}

/** Whether something is DevicesError of this code. */
export function isCode (error: unknown, code: DevicesCode): error is DevicesError {
  return error instanceof DevicesError && error.code === code
}

/** Sends bytes that nobody runs or shows in place. */
export function sendFile (reply: FastifyReply, { size, stream }: { readonly size: number, readonly stream: NodeJS.ReadableStream }, { mediaType, sha256 }: { readonly mediaType: string, readonly sha256: string }): FastifyReply {
  return reply.headers({ 'content-length': size, etag: `"${sha256}"`, 'cache-control': 'private, no-cache', 'x-content-type-options': 'nosniff' }).type(mediaType).send(stream)
}
