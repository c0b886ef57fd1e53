// POST /diffraction/jpeg, /spots, /index and /meta: what the LS-CAT image server is asked by ZeroMQ, with the same JSON.
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { decodeBody, receiveBody } from '../../lib/body.ts'
import { DiffractionError } from '../../lib/diffraction/diffraction-error.ts'
import { readJob } from '../../lib/diffraction/jobs/job.ts'
import type { Job } from '../../lib/diffraction/jobs/job.ts'
import { performJob } from '../../lib/diffraction/jobs/perform.ts'
import type { Performed } from '../../lib/diffraction/jobs/perform.ts'
import type { Session } from '../../lib/diffraction/session.ts'
import { createEventStream } from '../../lib/event-stream.ts'
import { prefers } from '../../lib/preference.ts'
import { allow } from '../options.ts'
import { explain, largestBody, prepareDiffraction, sendBytes, sendJson, sessionOf, timeLeft } from './common.ts'

/** Longest job that goes into a header, in characters: proxies take 8 kB for all. */
const longestHeader = 4096

/** Most bytes of progress that may wait for a client. */
const mostUnread = 1024 * 1024

const types = ['jpeg', 'spots', 'index', 'meta'] as const

const jobs: FastifyPluginAsync = async app => {
  prepareDiffraction(app, 'POST')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async ({ headers }: FastifyRequest, payload: IncomingMessage) => {
    return await decodeBody(await receiveBody(payload, largestBody), { contentType: headers['content-type'], contentEncoding: headers['content-encoding'] }, largestBody)
  })
  // Fastify answers 415 to what is no media type at all; whatever it is called, it is JSON or is refused.
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) headers['content-type'] = 'application/json'
  })

  for (const type of types) {
    const path = `/diffraction/${type}`
    allow(app, path, 'POST')
    app.post<{ Body: Buffer | undefined }>(path, async (request, reply) => {
      const body = request.body ?? Buffer.alloc(0)
      const job = readJob(body, type)
      if (!/^\s*\{/.test(body.toString('latin1', 0, largestBody))) throw new DiffractionError('REQUEST', 'The request is no JSON object. Send one.')
      if (job.type !== type) throw new DiffractionError('REQUEST', `The member type is not ${type}, which this path is for. Leave it out, or send the request to the path of its type.`)
      const session = await sessionOf(request, reply, job.esaf, job.pid)
      if (type === 'index' && prefers(request.headers.accept, 'text/event-stream', 'application/json')) return sendEvents(request, reply, job, session)
      const done = await performJob(app.diffraction, job, session, { signal: reply.clientSignal(), timeout: type === 'index' ? undefined : timeLeft(reply), hidePid: true })
      return type === 'jpeg' ? sendPicture(request, reply, done) : sendJson(reply, answerOf(type, done))
    })
  }
}

export default jobs

/** The text of an answer; its parts are JSON texts already. */
function answerOf (type: typeof types[number], { job, metadata, picture, result }: Performed): string {
  const known = metadata === '' ? 'null' : metadata
  switch (type) {
    case 'spots': return `{"job":${job},"metadata":${known}}`
    case 'index': return `{"job":${job},"result":${result === undefined || result === '' ? 'null' : result}}`
    case 'meta': {
      const { units, ...description } = JSON.parse(result ?? '{}') as Record<string, unknown>
      return `{"job":${job},"metadata":${known},"units":${JSON.stringify(units)},"description":${JSON.stringify(description)}}`
    }
    case 'jpeg': {
      const { bytes = new Uint8Array(0), isOwn: _, ...facts } = picture ?? {}
      const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
      return `{"job":${job},"metadata":${known},"picture":${JSON.stringify({ ...facts, base64 })}}`
    }
  }
}

/** Sends the picture itself; all of the answer as JSON where Accept asks for that. */
function sendPicture (request: FastifyRequest, reply: FastifyReply, done: Performed): FastifyReply {
  const { job, picture } = done
  reply.header('vary', [reply.getHeader('vary'), 'Accept'].filter(each => each !== undefined).join(', '))
  if (picture === undefined || prefers(request.headers.accept, 'application/json', picture.mediaType)) return sendJson(reply, answerOf('jpeg', done))
  const text = job.replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (text.length <= longestHeader) reply.header('diffraction-job', text)
  const { depth, height, mediaType, width } = picture
  if (mediaType === 'application/octet-stream') reply.headers({ 'diffraction-depth': depth, 'diffraction-size': `${width}x${height}` })
  return sendBytes(request, reply.header('cache-control', 'no-store').type(mediaType), picture)
}

/** Sends what the indexing program says as it says it, and the answer at the end. */
function sendEvents (request: FastifyRequest, reply: FastifyReply, job: Job, session: Session): FastifyReply {
  const events = createEventStream({ mostUnread })
  const onProgress = (text: string) => events.send('progress', JSON.stringify({ text }))
  performJob(request.server.diffraction, job, session, { signal: reply.clientSignal(), onProgress, hidePid: true }).then(
    done => events.end('answer', answerOf('index', done)),
    error => {
      const { status, code, message } = explain(error)
      if (code === 'TUTTI_INTERNAL') request.log.error({ err: error }, 'request failed')
      else request.log.info({ code, status }, 'request ended early')
      events.end('error', JSON.stringify({ code, message }))
    }
  )
  // A server that closes waits for its connections, and cannot ask for the end of one whose headers have gone out.
  return reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' }).send(events.readable)
}
