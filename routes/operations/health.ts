// GET /health and /health/live say that the process answers; no dependency is asked. GET /health/ready says whether requests
// can be answered now. All three are public: no name, no address.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import { allow } from '../options.ts'

const Health = Type.Object({
  status: Type.Literal('healthy', { description: 'Always this word; a process that cannot say it is not healthy.' }),
  timestamp: Type.String({ description: 'Time of the answer, ISO 8601 in UTC with milliseconds.' })
})

const Reason = Type.Object({
  cause: Type.String({ description: 'What is wrong.' }),
  cure: Type.String({ description: 'What the operator can do.' })
})

const Ready = Type.Object({
  status: Type.Literal('ready', { description: 'Requests are answered.' }),
  discovery: Type.Optional(Type.Object({
    provider: Type.String({ description: 'Where services are found: static, docker or swarm.' }),
    confirmedAt: Type.String({ description: 'When the list of services was last known to be true, ISO 8601 in UTC.' }),
    ageSeconds: Type.Number({ description: 'Seconds since then.' }),
    trouble: Type.Optional(Type.Object(Reason.properties, { description: 'Why the list may be out of date. The last good one serves on.' }))
  }, { description: 'Absent where no module looks for services.' }))
})

const NotReady = Type.Object({
  status: Type.Literal('not ready', { description: 'Requests are refused; ask again in a moment.' }),
  reasons: Type.Array(Reason, { description: 'Everything that stands in the way.' })
})

const closingReason = { cause: 'the server is stopping', cure: 'Send requests to another server, or wait for the next one to start.' }

const health: FastifyPluginAsync = async app => {
  let closing = false
  app.addHook('preClose', async () => { closing = true })

  for (const path of ['/health', '/health/live']) {
    allow(app, path, 'GET,HEAD')
    app.get(path, { config: { answersWhileClosing: true }, schema: { response: { 200: Health } } }, async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'healthy', timestamp: new Date().toISOString() }
    })
  }

  allow(app, '/health/ready', 'GET,HEAD')
  app.get('/health/ready', { config: { answersWhileClosing: true }, schema: { response: { 200: Ready, 503: NotReady } } }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    const status = app.hasDecorator('discovery') ? app.discovery.status() : undefined
    const reasons = [...status?.obstacle === undefined ? [] : [status.obstacle], ...closing ? [closingReason] : []]
    if (reasons.length > 0) {
      reply.code(503).header('retry-after', '1')
      return { status: 'not ready', reasons }
    }
    if (status?.confirmedAt === undefined) return { status: 'ready' }
    const { confirmedAt, trouble } = status
    return {
      status: 'ready',
      discovery: {
        provider: app.config.DISCOVERY,
        confirmedAt: new Date(confirmedAt).toISOString(),
        ageSeconds: Math.max(0, Date.now() - confirmedAt) / 1000,
        ...trouble === undefined ? {} : { trouble }
      }
    }
  })
}

export default health
