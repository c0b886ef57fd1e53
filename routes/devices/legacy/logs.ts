// /device/logs: what supervisors log, stored and given back in the shape of the reference.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { legacyLogLine, readLogLine } from '../../../lib/devices/legacy/logs.ts'
import { readAfter } from '../../../lib/devices/legacy/time.ts'
import { AfterQuery } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'
import { membersOf } from './common.ts'

const logs: FastifyPluginAsync = async app => {
  const { logs, registry } = app.devices
  allowAll(app, { '/device/logs': 'GET,HEAD,POST' })

  app.post('/device/logs', { config: { admits: 'device' } }, async request => {
    await logs.keep(readLogLine(await fieldOf(request), Date.now()))
    return { message: 'Log received and saved' }
  })
  app.get<{ Querystring: AfterQuery }>('/device/logs', { schema: { querystring: AfterQuery } }, async request => {
    const { after, limit } = request.query
    return (await registry.logs.list({ after: readAfter(after), limit })).map(legacyLogLine)
  })
}

export default logs

/** The field `logData` of JSON, or of a form of either kind. */
async function fieldOf (request: FastifyRequest): Promise<unknown> {
  if (!request.isMultipart()) return membersOf(request.body).logData
  let logData: unknown
  for await (const part of request.parts()) {
    if (part.type === 'file') part.file.resume()
    else if (part.fieldname === 'logData') logData = part.value
  }
  return logData
}
