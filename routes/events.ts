// Answers with server-sent events, for as long as the client and the server stay.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createEventStream } from '../lib/event-stream.ts'
import type { EventStream } from '../lib/event-stream.ts'

/** Most bytes of events that may wait for a client. */
const mostUnread = 1024 * 1024

/** Sends what comes as server-sent events, until the client goes or the server ends. @param follow - begins to follow, and returns what stops it */
export function sendEvents (request: FastifyRequest, reply: FastifyReply, follow: (events: EventStream) => () => void): FastifyReply {
  const events = createEventStream({ mostUnread })
  const { lastCall } = request.server
  // Headers go out with the first event: clients wait for them.
  events.send('open', '{}')
  const stop = follow(events)
  const end = () => events.end('end', '{}')
  lastCall.addEventListener('abort', end)
  events.readable.once('close', () => {
    stop()
    lastCall.removeEventListener('abort', end)
  })
  if (lastCall.aborted) end()
  // A server that closes waits for its connections, and cannot ask for the end of one whose headers have gone out.
  return reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' }).send(events.readable)
}
