// /api/v1/executions: runs of deployments, their progress, and the files that came out.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import type { Execution } from '../../../lib/devices/execution.ts'
import { isEnded } from '../../../lib/devices/execution/executions.ts'
import { ExecutionAnswer, pageOf } from '../../../schemas/devices/answers.ts'
import { IdParams, TimedPageQuery } from '../../../schemas/devices/requests.ts'
import { sendEvents } from '../../events.ts'
import { allowAll, sendFile } from '../common.ts'
import { described, describedBytes, page } from './common.ts'

const executions: FastifyPluginAsync = async app => {
  const { executions } = app.devices
  allowAll(app, { '/api/v1/executions': 'GET,HEAD', '/api/v1/executions/:id': 'GET,HEAD', '/api/v1/executions/:id/cancel': 'POST', '/api/v1/executions/:id/progress': 'GET', '/api/v1/executions/:id/outputs/:name': 'GET,HEAD' })
  const params = IdParams

  app.get<{ Querystring: TimedPageQuery }>('/api/v1/executions', { schema: described('listExecutions', 'Executions; owner is a deployment', pageOf(ExecutionAnswer), { querystring: TimedPageQuery }) },
    async request => await page(request.query, executions.list, each => each))
  app.get<{ Params: IdParams }>('/api/v1/executions/:id', { schema: described('getExecution', 'An execution', ExecutionAnswer, { params }) }, async request => await executions.get(request.params.id))
  app.post<{ Params: IdParams }>('/api/v1/executions/:id/cancel', { schema: described('cancelExecution', 'Gives an execution up', ExecutionAnswer, { params }) }, async request => {
    await executions.cancel(request.params.id)
    return await executions.get(request.params.id)
  })
  app.get<{ Params: IdParams }>('/api/v1/executions/:id/progress', { exposeHeadRoute: false, schema: describedBytes('followExecution', 'An execution as it goes on: server-sent events, the last of which is its end', 'text/event-stream', { params }) }, async (request, reply) => {
    const { id } = request.params
    const first = await executions.get(id)
    return sendEvents(request, reply, events => {
      const tell = (execution: Execution) => {
        if (isEnded(execution)) events.end('end', JSON.stringify(execution))
        else events.send('progress', JSON.stringify(execution))
      }
      if (isEnded(first)) {
        tell(first)
        return () => {}
      }
      const stop = executions.follow(id, tell)
      tell(first)
      // It may have ended before it was followed.
      executions.get(id).then(now => { if (isEnded(now)) tell(now) }, () => {})
      return stop
    })
  })
  const OutputParams = Type.Object({ ...IdParams.properties, name: Type.String({ description: 'Name of the file.', maxLength: 256 }) })
  app.get<{ Params: { id: string, name: string } }>('/api/v1/executions/:id/outputs/:name', { schema: describedBytes('getOutput', 'A file that came out', 'application/octet-stream', { params: OutputParams }) }, async (request, reply) => {
    const found = await executions.openOutput(request.params.id, request.params.name)
    // Whatever a module made is not to be run or shown by a browser as if it were ours.
    return sendFile(reply.header('content-disposition', 'attachment'), found, found.file)
  })
}

export default executions
