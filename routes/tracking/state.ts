// GET /tracking/state, for operators: who is connected and how fast things go, as JSON or live.
import type { FastifyPluginAsync } from 'fastify'
import { prefers } from '../../lib/preference.ts'
import { TrackingState } from '../../schemas/tracking/state.ts'
import { sendEvents } from '../events.ts'
import { allow } from '../options.ts'

const path = '/tracking/state'

const state: FastifyPluginAsync = async app => {
  allow(app, path, 'GET,HEAD')
  app.get(path, { onRequest: app.operatorOnly, schema: { response: { 200: TrackingState } } }, async (request, reply) => {
    const { state } = app.tracking
    if (request.method !== 'GET' || !prefers(request.headers.accept, 'text/event-stream', 'application/json')) return await state.next()
    return sendEvents(request, reply, ({ send, readable }) => state.follow(now => {
      // Whoever is slow gets what is true then, in place of all that was on the way.
      if (readable.readableLength === 0) send('state', JSON.stringify(now))
    }))
  })
}

export default state
