// POST /execute/:id: runs a deployment and waits for what comes of it.
import type { FastifyPluginAsync } from 'fastify'
import type { Execution } from '../../../lib/devices/execution.ts'
import { errorOf } from '../../../lib/devices/execution/executions.ts'
import { ServerClosingError } from '../../../lib/errors.ts'
import { allowAll } from '../common.ts'
import { keepJsonText, receiveInputs } from '../inputs.ts'

const failed = { text: () => 'scheduling work failed' }

const execute: FastifyPluginAsync = async app => {
  const { executions } = app.devices
  keepJsonText(app)
  allowAll(app, { '/execute/:id': 'POST' })

  app.post<{ Params: { id: string } }>('/execute/:id', { config: { refusals: { REQUEST: failed, CONFLICT: failed, DEVICE_FAILED: failed } } }, async (request, reply) => {
    const { parameters, inputs } = await receiveInputs(request, reply)
    const { id } = await executions.start(request.params.id, { parameters, inputs })
    const gone = reply.clientSignal()
    // Nobody waits for it any more.
    const cancel = () => { executions.cancel(id).catch(error => request.log.warn({ err: error }, 'an execution could not be cancelled')) }
    gone.addEventListener('abort', cancel)
    if (gone.aborted) cancel()
    try {
      return reply.type('application/json; charset=utf-8').send(answerOf(await executions.result(id, AbortSignal.any([gone, app.lastCall]))))
    } catch (error) {
      throw app.lastCall.aborted ? new ServerClosingError() : error
    } finally {
      gone.removeEventListener('abort', cancel)
    }
  })
}

export default execute

/** The raw pair of the last device, as JSON that clients of the reference know. @throws DevicesError of an execution that failed */
function answerOf (execution: Execution): string {
  const error = errorOf(execution)
  if (error !== undefined) throw error
  const { isInFailover, result, resultText, resultUrl } = execution
  const others = JSON.stringify({ ...resultUrl === undefined ? {} : { fetched_from_device: new URL(resultUrl).host, resultUrl }, isInFailover })
  return `{"result":${resultText ?? JSON.stringify(result ?? null)},${others.slice(1)}`
}
