// /api/v1/device-logs: what devices log.
import type { FastifyPluginAsync } from 'fastify'
import { LogAnswer, pageOf } from '../../../schemas/devices/answers.ts'
import { TimedPageQuery } from '../../../schemas/devices/requests.ts'
import { sendEvents } from '../../events.ts'
import { allowAll } from '../common.ts'
import { described, describedBytes, page } from './common.ts'

const logs: FastifyPluginAsync = async app => {
  const { logs, registry } = app.devices
  allowAll(app, { '/api/v1/device-logs': 'GET,HEAD', '/api/v1/device-logs/live': 'GET' })

  app.get<{ Querystring: TimedPageQuery }>('/api/v1/device-logs', { schema: described('listDeviceLogs', 'Lines that devices have logged; owner is a deployment', pageOf(LogAnswer), { querystring: TimedPageQuery }) },
    async request => await page(request.query, registry.logs.list, each => each))
  app.get('/api/v1/device-logs/live', { exposeHeadRoute: false, schema: describedBytes('followDeviceLogs', 'Lines as devices log them here, as server-sent events', 'text/event-stream') },
    async (request, reply) => sendEvents(request, reply, stream => logs.follow(entry => stream.send('line', JSON.stringify(entry)))))
}

export default logs
