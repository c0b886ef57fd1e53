// POST /render and POST /render/preprocess: a graphic comes in, renderings or preprocessor results go out.
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { decodeBody } from '../../lib/body.ts'
import { ForbiddenKeyError, MalformedBodyError, MalformedTextError, TooManyItemsError } from '../../lib/errors.ts'
import type { CallOutcome } from '../../lib/graphics/outcome.ts'
import type { Answer, Pipeline, ReadRequest } from '../../lib/graphics/pipeline.ts'
import { mostItems } from '../../lib/graphics/reading.ts'
import type { Refusal } from '../../lib/graphics/reading.ts'
import { serverTiming } from '../../lib/graphics/server-timing.ts'
import { allow } from '../options.ts'

const render: FastifyPluginAsync = async app => {
  const { MAX_BODY } = app.config

  // Every content type comes here; what is not JSON counts as an empty request and is refused by the schema.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY }, async (request: FastifyRequest, bytes: Buffer) => {
    return await decodeBody(bytes, { contentType: request.headers['content-type'], contentEncoding: request.headers['content-encoding'] }, MAX_BODY)
  })

  // Fastify answers 415 to what is no media type at all; here that is one more type that is not JSON.
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) delete headers['content-type']
  })

  const answer = (work: 'render' | 'preprocess') => async (request: FastifyRequest<{ Body: Buffer | undefined }>, reply: FastifyReply) => {
    const signal = reply.clientSignal()
    const reading = await app.reader.read('request', request.body ?? Buffer.alloc(0), signal)
    if (!reading.ok) return refuse(reply, reading)
    app.identify(request, reply, reading.requestUuid)
    return await send(request, reply, app.pipeline[work], reading, signal)
  }

  app.post('/render', answer('render'))
  app.post('/render/preprocess', answer('preprocess'))
  allow(app, '/render', 'POST')
  allow(app, '/render/preprocess', 'POST')
}

async function send (request: FastifyRequest, reply: FastifyReply, run: Pipeline['render'], reading: ReadRequest, signal: AbortSignal): Promise<unknown> {
  const onOutcome = ({ result: _, ...outcome }: CallOutcome) => {
    request.server.countOutcome(outcome)
    const isWell = outcome.kind === 'done' || outcome.kind === 'not-applicable'
    request.log[isWell ? 'debug' : 'warn'](outcome, 'service settled')
  }
  const { body, outcomes, dropped } = await run(reading, { signal, onOutcome })
  if (dropped.length > 0) request.log.warn({ count: dropped.length, dropped: dropped.slice(0, 10).map(brief) }, 'renderings dropped: the client cannot show them')
  if (signal.aborted) throw signal.reason
  reply.header('server-timing', serverTiming(outcomes))
  return sendJson(reply, Buffer.isBuffer(body) ? 200 : 500, body)
}

/** A type is a service's word and may be of any length. */
function brief ({ service, typeId }: Answer['dropped'][number]): { service: string, typeId: string } {
  return { service, typeId: typeId.slice(0, 100) }
}

function refuse (reply: FastifyReply, refusal: Refusal): unknown {
  switch (refusal.cause) {
    case 'invalid': return sendJson(reply, 400, refusal.errors)
    case 'not-text': throw new MalformedTextError('UTF-8')
    case 'not-json': throw new MalformedBodyError(refusal.detail)
    case 'forbidden-key': throw new ForbiddenKeyError()
    case 'too-many': throw new TooManyItemsError(refusal.member, mostItems)
  }
}

function sendJson (reply: FastifyReply, status: number, body: Answer['body']): unknown {
  reply.code(status).type('application/json; charset=utf-8')
  return Buffer.isBuffer(body) ? body : JSON.stringify(body)
}

export default render
