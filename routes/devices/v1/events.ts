// /api/v1/device-events: what happens to devices, modules, deployments and executions.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import type { DevicesEvent } from '../../../lib/devices/registry.ts'
import { EventAnswer, pageOf } from '../../../schemas/devices/answers.ts'
import { TimedPageQuery } from '../../../schemas/devices/requests.ts'
import { sendEvents } from '../../events.ts'
import { allowAll } from '../common.ts'
import { described, describedBytes, page } from './common.ts'

const FollowQuery = Type.Object({
  subject: Type.Optional(Type.Union(['device', 'module', 'deployment', 'execution'].map(each => Type.Literal(each)), { description: 'Only those of such things.' })),
  subjectId: Type.Optional(Type.String({ description: 'Only those of this one.', pattern: '^[0-9a-f]{24}$' }))
})

const events: FastifyPluginAsync = async app => {
  const { events, registry } = app.devices
  allowAll(app, { '/api/v1/device-events': 'GET,HEAD', '/api/v1/device-events/live': 'GET' })

  app.get<{ Querystring: TimedPageQuery }>('/api/v1/device-events', { schema: described('listDeviceEvents', 'What happened', pageOf(EventAnswer), { querystring: TimedPageQuery }) },
    async request => await page(request.query, registry.events.list, each => each))
  app.get<{ Querystring: { subject?: DevicesEvent['subject'], subjectId?: string } }>('/api/v1/device-events/live', { exposeHeadRoute: false, schema: describedBytes('followDeviceEvents', 'What happens, as server-sent events', 'text/event-stream', { querystring: FollowQuery }) },
    async (request, reply) => sendEvents(request, reply, stream => events.subscribe(request.query, event => stream.send('event', JSON.stringify(event)))))
}

export default events
