// POST /render and POST /render/preprocess: a graphic comes in, renderings or preprocessor results go out.
import type { IncomingMessage } from 'node:http'
import { availableParallelism } from 'node:os'
import type { Readable } from 'node:stream'
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { decodeBody, receiveBody } from '../../lib/body.ts'
import { endStatus } from '../../lib/end-status.ts'
import { ForbiddenKeyError, MalformedBodyError, MalformedTextError, TooManyItemsError } from '../../lib/errors.ts'
import { createEventStream } from '../../lib/event-stream.ts'
import { incomplete } from '../../lib/graphics/incomplete.ts'
import type { CallOutcome } from '../../lib/graphics/outcome.ts'
import type { Answer, Pipeline, ReadRequest, Watch } from '../../lib/graphics/pipeline.ts'
import type { Step } from '../../lib/graphics/plan.ts'
import { tellProgress } from '../../lib/graphics/progress.ts'
import { mostItems } from '../../lib/graphics/reading.ts'
import type { Refusal } from '../../lib/graphics/reading.ts'
import type { Recording } from '../../lib/graphics/recent-requests.ts'
import { serverTiming } from '../../lib/graphics/server-timing.ts'
import { createProcessorClock, createTimings } from '../../lib/graphics/timings.ts'
import type { Timings } from '../../lib/graphics/timings.ts'
import { prefers } from '../../lib/preference.ts'
import { allow } from '../options.ts'

/** What follows a request for those who want to know later. */
interface Notes { timings: Timings, recording: Recording }

const render: FastifyPluginAsync = async app => {
  const { MAX_BODY } = app.config
  const clocks = { cpu: createProcessorClock(), processors: availableParallelism() }

  // Every content type comes here; what is not JSON counts as an empty request and is refused by the schema.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    return await decodeBody(await receiveBody(payload, MAX_BODY), { contentType: request.headers['content-type'], contentEncoding: request.headers['content-encoding'] }, MAX_BODY)
  })

  // Fastify answers 415 to what is no media type at all; here that is one more type that is not JSON.
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) delete headers['content-type']
  })

  const recordings = new WeakMap<FastifyRequest, Recording>()
  const record = (request: FastifyRequest, reply: FastifyReply): Recording => {
    const known = recordings.get(request)
    if (known !== undefined) return known
    const recording = app.recentRequests.begin(request.routeOptions.url ?? '', reply.elapsedTime)
    recordings.set(request, recording)
    const end = () => recording.end(endStatus(reply.raw))
    // Where the client has gone before, the reason for it is said first.
    if (reply.raw.closed) setImmediate(end)
    else reply.raw.once('close', end)
    return recording
  }
  // Many are refused before any route sees them.
  app.addHook('onError', async (request, reply, error) => {
    if (request.method === 'POST') record(request, reply).blame(codeFor(error))
  })

  /** A route that services have: whatever else a client may have written is not repeated. */
  const knownRoute = (route: string | undefined): string | undefined => {
    if (route === undefined || route === 'default') return route
    for (const service of app.discovery.current().services.values()) if (service.routes.includes(route)) return route
    return undefined
  }

  const answer = (work: 'render' | 'preprocess') => async (request: FastifyRequest<{ Body: Buffer | undefined }>, reply: FastifyReply) => {
    const signal = reply.clientSignal()
    const recording = record(request, reply)
    const reading = await app.reader.read('request', request.body ?? Buffer.alloc(0), signal)
    if (!reading.ok) return refuse(reply, reading, recording)
    const timings = createTimings(reading.requestUuid, clocks)
    const notes = { timings, recording }
    recording.identify(reading.requestUuid, knownRoute(reading.route))
    app.identify(request, reply, reading.requestUuid, () => ({ timings: timings.lines() }))
    if (work === 'render' && prefers(request.headers.accept, 'text/event-stream', 'application/json')) return await sendEvents(request, reply, reading, notes, signal)
    return await send(request, reply, app.pipeline[work], reading, notes, signal)
  }

  app.post('/render', { config: { admitted: true, limited: true } }, answer('render'))
  app.post('/render/preprocess', { config: { admitted: true, limited: true } }, answer('preprocess'))
  allow(app, '/render', 'POST')
  allow(app, '/render/preprocess', 'POST')
}

async function send (request: FastifyRequest, reply: FastifyReply, run: Pipeline['render'], reading: ReadRequest, notes: Notes, signal: AbortSignal): Promise<unknown> {
  const { body, outcomes, dropped } = await run(reading, { signal, span: request.span, onStart: step => noteStart(notes, step), onOutcome: outcome => note(request, notes, outcome) })
  noteDropped(request, dropped)
  if (signal.aborted) throw signal.reason
  reply.header('server-timing', serverTiming(outcomes))
  const missing = incomplete(outcomes)
  if (missing !== undefined) reply.header('tutti-incomplete', missing)
  if (run === request.server.pipeline.render) store(request, reply, reading, body)
  return sendJson(reply, Buffer.isBuffer(body) ? 200 : 500, body)
}

/** Answers with events: what happens as it happens, and the answer at the end. Throws as long as nothing has been sent. */
async function sendEvents (request: FastifyRequest, reply: FastifyReply, reading: ReadRequest, notes: Notes, signal: AbortSignal): Promise<Readable> {
  const { config, pipeline } = request.server
  const events = createEventStream({ mostUnread: config.MAX_REPLY })
  const progress = tellProgress(reading.requestUuid, events.send)
  const { promise: begun, resolve: begin, reject: refuseInstead } = Promise.withResolvers<void>()
  let hasBegun = false
  const watch: Watch = {
    ...progress,
    signal,
    span: request.span,
    onPlan: steps => {
      progress.onPlan(steps)
      hasBegun = true
      begin()
    },
    onStart: step => {
      noteStart(notes, step)
      progress.onStart(step)
    },
    onOutcome: outcome => {
      note(request, notes, outcome)
      progress.onOutcome(outcome)
    }
  }
  pipeline.render(reading, watch).then(({ body, dropped }) => {
    noteDropped(request, dropped)
    if (signal.aborted) throw signal.reason
    store(request, reply, reading, body)
    events.end('answer', Buffer.isBuffer(body) ? body : JSON.stringify(body))
  }).catch((error: FastifyError) => {
    if (hasBegun) {
      const told = explain(request, error)
      notes.recording.blame(told.code)
      return events.end('error', JSON.stringify(told))
    }
    events.readable.destroy()
    refuseInstead(error)
  })

  await begun
  // A server that closes waits for its connections, and cannot ask for the end of one whose headers have gone out.
  reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' })
  return events.readable
}

/** The code that a client reads for an error, see plugins/errors.ts. */
function codeFor ({ code = 'TUTTI_INTERNAL', statusCode = 500 }: FastifyError): string {
  return code.startsWith('TUTTI_') || statusCode < 500 ? code : 'TUTTI_INTERNAL'
}

/** What a client is told of an error after the stream has begun; the status has gone out as 200 by then. */
function explain (request: FastifyRequest, error: FastifyError): { code: string, message: string } {
  if (error.code?.startsWith('TUTTI_')) {
    request.log.info({ code: error.code }, 'request ended early')
    return { code: error.code, message: error.message }
  }
  request.log.error({ err: error }, 'request failed')
  return { code: 'TUTTI_INTERNAL', message: 'Something went wrong here. Try again; the log of the server says more.' }
}

/** Keeps request and answer once the answer has gone out, where the operator wants that. */
function store (request: FastifyRequest, reply: FastifyReply, reading: ReadRequest, body: Answer['body']): void {
  request.server.storage.saveAfter(reply, {
    requestUuid: reading.requestUuid, request: reading.bytes, response: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  })
}

function noteStart ({ timings, recording }: Notes, step: Step): void {
  timings.onStart(step)
  recording.onStart(step)
}

/** Counts an outcome, takes its time and writes it into the log. */
function note (request: FastifyRequest, { timings, recording }: Notes, { result: _, ...outcome }: CallOutcome): void {
  timings.onOutcome(outcome)
  recording.onOutcome(outcome)
  request.server.countOutcome(outcome)
  const isWell = ['done', 'cached', 'not-applicable'].includes(outcome.kind)
  request.log[isWell ? 'debug' : 'warn'](outcome, 'service settled')
}

function noteDropped (request: FastifyRequest, dropped: Answer['dropped']): void {
  if (dropped.length > 0) request.log.warn({ count: dropped.length, dropped: dropped.slice(0, 10).map(brief) }, 'renderings dropped: the client cannot show them')
}

/** A type is a service's word and may be of any length. */
function brief ({ service, typeId }: Answer['dropped'][number]): { service: string, typeId: string } {
  return { service, typeId: typeId.slice(0, 100) }
}

function refuse (reply: FastifyReply, refusal: Refusal, recording: Recording): unknown {
  switch (refusal.cause) {
    case 'invalid':
      recording.blame('invalid')
      return sendJson(reply, 400, refusal.errors)
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
