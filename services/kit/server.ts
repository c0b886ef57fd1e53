// The HTTP server of one service: it checks the request, has the work done, checks the reply and sends it.
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { CallerGoneError, MalformedTextError, NotFoundError, traceError } from './errors.ts'
import { createChecks } from './checks.ts'
import { createReplies } from './reply.ts'
import { createWorkplace } from './workplace.ts'
import type { ServiceDefinition } from './definition.ts'

/** Options of the server. */
export interface ServerOptions {
  /** Fastify's logger option; no log when left out. */
  logger?: FastifyServerOptions['logger']
  /** Largest request body in bytes, 50 MiB when left out. */
  bodyLimit?: number
  /** Milliseconds that work in flight has to finish once the server is told to close, 7000 when left out; then its signal aborts. */
  grace?: number
  /** Milliseconds that a place stays taken by work that does not heed its aborted signal, 5000 when left out. */
  stubborn?: number
}

/** The server of a service: a Fastify instance that knows when its service is warm. */
export type ServiceServer = FastifyInstance & {
  /** Resolves once the service has loaded what it needs; rejects with what the warm-up threw. */
  warm: () => Promise<void>
}

/**
 * Builds the server of a service without listening: for tests, with `app.inject`, and for `serve`.
 * The warm-up begins with `app.ready()`, which inject and listen call; requests that come before its end wait for it.
 * Throws when a schema of the definition does not compile or a limit makes no sense.
 */
export function buildService (
  definition: ServiceDefinition,
  { logger = false, bodyLimit = 50 * 1024 * 1024, grace = 7000, stubborn = 5000 }: ServerOptions = {}
): ServiceServer {
  const checks = createChecks()
  const replies = createReplies(definition, checks)
  const workplace = createWorkplace(definition, { grace, stubborn })

  const app = Fastify({
    logger,
    bodyLimit,
    requestTimeout: 60_000,
    // Longer than any caller keeps an idle connection in its pool, so that it is the caller who closes it.
    keepAliveTimeout: 90_000,
    http: { headersTimeout: 20_000, connectionsCheckingInterval: 5_000 },
    genReqId: requestId
  })

  acceptUtf8Json(app)
  app.setErrorHandler(answerError)
  // Fastify's own would put the address into the log, and that may hold anything.
  app.setNotFoundHandler(() => { throw new NotFoundError() })
  app.addHook('onRequest', async (request, reply) => { void reply.header('x-request-id', request.id) })
  app.addHook('onReady', async () => { workplace.start(app.log) })
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    workplace.beginStop()
  })
  // A connection that stayed open after its last answer would hold the closing server until its keep-alive ends.
  app.addHook('onSend', async (_request, reply) => { if (closing) void reply.header('connection', 'close') })
  app.addHook('onClose', async () => { await workplace.finishStop() })

  app.get('/health', { logLevel: 'warn' }, async (_request, reply) => {
    return await reply.code(workplace.state === 'healthy' ? 200 : 503).send({ status: workplace.state })
  })

  app.post<{ Body: GraphicRequest }>(`/${definition.kind}`, {
    schema: { body: {} },
    validatorCompiler: () => body => ({ error: checks.request(body) })
  }, async (request, reply) => {
    if (!replies.wanted(request.body)) return await reply.code(204).send()
    const result = await workplace.work(request.body, hangUp(reply), request.log)
    const body = replies.build(request.body, result)
    return body === undefined ? await reply.code(204).send() : body
  })

  return Object.assign(app, { warm: workplace.warm })
}

/** A controller that aborts when the caller hangs up before the reply is out. Fastify's request.signal aborts as soon as a body has been read, so it cannot serve here. */
function hangUp (reply: FastifyReply): AbortController {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new CallerGoneError())
  })
  return controller
}

/** The caller's X-Request-ID where it is fit for a log line and a header, else a new one. */
function requestId (message: IncomingMessage): string {
  const id = message.headers['x-request-id']
  return typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id) ? id : randomUUID()
}

/** Takes JSON bodies that are UTF-8 and nothing else; keys that pollute prototypes are refused. */
function acceptUtf8Json (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isUtf8(body)) return done(new MalformedTextError())
    return parse(request, body.toString('utf8'), done)
  })
}

function answerError (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.validation !== undefined) {
    request.log.info({ rules: error.validation.map(({ schemaPath }) => schemaPath) }, 'the request is not valid')
    void reply.code(400).send(error.validation)
    return
  }
  const status = error.statusCode ?? 500
  // Fastify's own refusals (FST_…) and the kit's (SERVICE_…) have messages that say nothing of the body.
  const known = /^(FST|SERVICE)_/.test(error.code ?? '')
  const trace = traceError(error)
  if (status >= 500 && status !== 503) request.log.error({ error: trace }, 'the request has failed')
  else request.log.info({ error: trace }, 'the request was refused')
  if (status === 503) void reply.header('retry-after', '1')
  void reply.code(known ? status : 500).send(known
    ? { code: error.code, message: error.message }
    : { code: 'SERVICE_FAILED', message: 'The service could not do its work. Its log says why, under the same request id.' })
}
