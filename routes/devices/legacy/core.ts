// Tutti as a device: its description, and the core service Datalist, one list a deployment.
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { isId } from '../../../lib/devices/id.ts'
import { selfDescription } from '../../../lib/devices/watch.ts'
import { allowAll } from '../common.ts'
import { membersOf } from './common.ts'

interface ByDeployment { Params: { deployment: string } }

/** Most bytes of a value that a list takes. */
const largestValue = 1024 * 1024

const core: FastifyPluginAsync = async app => {
  const { datalists } = app.devices
  const list = '/:deployment/modules/core:Datalist'.replace(':Datalist', '::Datalist')
  allowAll(app, { '/.well-known/wasmiot-device-description': 'GET,HEAD', '/deploy': 'POST', '/deploy/:deployment': 'DELETE', [`${list}/push`]: 'PUT', [`${list}/get`]: 'GET,HEAD', [`${list}/delete`]: 'DELETE' })

  app.get('/.well-known/wasmiot-device-description', { config: { admits: 'anybody' } }, async () => selfDescription)

  // Old programs write the slash twice.
  for (const path of ['/deploy', '//deploy']) {
    app.post(path, { schema: { hide: path !== '/deploy' } }, async request => {
      await datalists.deploy(membersOf(request.body))
      return { status: 'ok' }
    })
  }
  app.delete<ByDeployment>('/deploy/:deployment', async request => {
    await datalists.undeploy(idOf(request))
    return { status: 'success' }
  })

  app.put<ByDeployment>(`${list}/push`, { config: { admits: 'device' } }, async request => {
    return await datalists.push(idOf(request), await valueOf(request))
  })
  const Range = Type.Object({
    index: Type.Optional(Type.Integer({ description: 'Only the value at this place, from 0.', minimum: 0 })),
    from: Type.Optional(Type.Integer({ description: 'Only values from this place on.', minimum: 0 })),
    limit: Type.Optional(Type.Integer({ description: 'Most values.', minimum: 1 }))
  })
  app.get<ByDeployment & { Querystring: { index?: number, from?: number, limit?: number } }>(`${list}/get`, { schema: { querystring: Range }, config: { admits: 'device' } }, async request => ({ result: await datalists.get(idOf(request), request.query) }))
  app.delete<ByDeployment>(`${list}/delete`, { config: { admits: 'device' } }, async (request, reply) => {
    await datalists.clear(idOf(request))
    return reply.code(202).send()
  })
}

export default core

function idOf ({ params: { deployment } }: FastifyRequest<ByDeployment>): string {
  if (!isId(deployment)) throw new DevicesError('MISSING', 'There is no such deployment.')
  return deployment
}

/** What is pushed: the text of the file `entry`, or the parameter `param0`. */
async function valueOf (request: FastifyRequest): Promise<string> {
  if (request.isMultipart()) {
    let value: string | undefined
    for await (const part of request.parts({ limits: { fileSize: largestValue } })) {
      if (part.fieldname !== 'entry') {
        if (part.type === 'file') part.file.resume()
        continue
      }
      value = part.type === 'file' ? (await part.toBuffer()).toString() : String(part.value)
    }
    if (value !== undefined) return value
  }
  const { param0 } = request.query as { param0?: unknown }
  if (typeof param0 !== 'string') throw new DevicesError('REQUEST', 'There is nothing to push. Send a file named entry, or the parameter param0.')
  return param0
}
