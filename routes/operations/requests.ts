// GET /requests, for operators: what became of the last requests to services, and what becomes of those under way.
import type { FastifyPluginAsync } from 'fastify'
import { prefers } from '../../lib/preference.ts'
import { RecentRequests } from '../../schemas/requests.ts'
import { sendEvents } from '../events.ts'
import { allow } from '../options.ts'

const requests: FastifyPluginAsync = async app => {
  const recent = app.recentRequests
  const all = () => ({ limit: recent.limit, requests: recent.list() })

  allow(app, '/requests', 'GET,HEAD')
  app.get('/requests', { onRequest: app.operatorOnly, schema: { response: { 200: RecentRequests } } }, async (request, reply) => {
    if (request.method !== 'GET' || !prefers(request.headers.accept, 'text/event-stream', 'application/json')) return all()
    return sendEvents(request, reply, ({ send }) => {
      send('recent', JSON.stringify(all()))
      return recent.follow({
        onStarted: started => send('started', JSON.stringify(started)),
        onStep: step => send('step', JSON.stringify(step)),
        onEnded: ended => send('ended', JSON.stringify(ended))
      })
    })
  })
}

export default requests
