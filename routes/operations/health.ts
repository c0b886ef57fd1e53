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
  }, { description: 'Absent where no module looks for services.' })),
  storage: Type.Optional(Type.Object({
    trouble: Type.Object(Reason.properties, { description: 'Why requests are not stored, or not removed, as they should be. They are answered all the same.' })
  }, { description: 'Absent where all is well, and where nothing is stored.' })),
  tracking: Type.Optional(Type.Object({
    trouble: Type.Object(Reason.properties, { description: 'Why objects or timelines are not kept as they should be. Clients and processors are served all the same.' })
  }, { description: 'Absent where all is well, and where nothing is tracked.' })),
  diffraction: Type.Optional(Type.Object({
    trouble: Type.Object(Reason.properties, { description: 'Why frames cannot be shown to anybody now. The server tries on.' })
  }, { description: 'Absent where all is well, and where no frames are shown.' })),
  devices: Type.Optional(Type.Object({
    trouble: Type.Object(Reason.properties, { description: 'Why what is known of devices cannot be read or written now. The server tries on.' })
  }, { description: 'Absent where all is well, and where there are no devices.' }))
})

const NotReady = Type.Object({
  status: Type.Literal('not ready', { description: 'Requests are refused; ask again in a moment.' }),
  reasons: Type.Array(Reason, { description: 'Everything that stands in the way.' })
})

const closingReason = { cause: 'the server is stopping', cure: 'Send requests to another server, or wait for the next one to start.' }

const notKept = {
  cause: 'objects that are tracked, or their timelines, cannot be kept as they should be',
  cure: 'Look at the log; it says what fails. Then at DATA_DIR: whether the disk is full, or may not be written to; or at REDIS_URL.'
}

const noSessions = {
  cause: 'sessions of diffraction cannot be looked up',
  cure: 'Look at DIFFRACTION_REDIS_URL (or REDIS_URL) and whether Redis answers; or at the file of DIFFRACTION_SESSIONS.'
}

const noDevices = {
  cause: 'what is known of devices cannot be read or written',
  cure: 'Look at the log; it says what fails. Then at DATA_DIR: whether the disk is full, or may not be written to; or at DATABASE_URL and whether PostgreSQL answers.'
}

const health: FastifyPluginAsync = async app => {
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
    const reasons = [...status?.obstacle === undefined ? [] : [status.obstacle], ...app.stopping.aborted ? [closingReason] : []]
    if (reasons.length > 0) {
      reply.code(503).header('retry-after', '1')
      return { status: 'not ready', reasons }
    }
    const fault = app.hasDecorator('storage') ? app.storage.trouble() : undefined
    const others = {
      ...fault === undefined ? {} : { storage: { trouble: fault } },
      ...app.hasDecorator('diffraction') && app.diffraction.isTroubled() ? { diffraction: { trouble: noSessions } } : {},
      ...app.hasDecorator('devices') && app.devices.isTroubled() ? { devices: { trouble: noDevices } } : {},
      ...app.hasDecorator('tracking') && app.tracking.isTroubled() ? { tracking: { trouble: notKept } } : {}
    }
    if (status?.confirmedAt === undefined) return { status: 'ready', ...others }
    const { confirmedAt, trouble } = status
    return {
      status: 'ready',
      discovery: {
        provider: app.config.DISCOVERY,
        confirmedAt: new Date(confirmedAt).toISOString(),
        ageSeconds: Math.max(0, Date.now() - confirmedAt) / 1000,
        ...trouble === undefined ? {} : { trouble }
      },
      ...others
    }
  })
}

export default health
