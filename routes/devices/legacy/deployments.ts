// /file/manifest: deployments, in the shapes of the reference.
import type { FastifyPluginAsync } from 'fastify'
import { isId } from '../../../lib/devices/id.ts'
import { deviceResponses, legacyDeployment } from '../../../lib/devices/legacy/deployment.ts'
import { allowAll, isCode } from '../common.ts'
import { answered } from '../settling.ts'

interface ById { Params: { id: string } }

const deployments: FastifyPluginAsync = async app => {
  const { deployments } = app.devices
  const lenient = { isLenient: true }
  allowAll(app, { '/file/manifest': 'GET,HEAD,POST,DELETE', '/file/manifest/:id': 'GET,HEAD,POST,PUT,DELETE' })

  app.get('/file/manifest', async () => (await deployments.list()).filter(({ isLeaving }) => !isLeaving).map(legacyDeployment))
  app.post('/file/manifest', async (request, reply) => {
    const { id } = await deployments.create(request.body, lenient)
    // Command line and scripts take the quotes off, pages read JSON.
    return reply.code(201).type('text/plain; charset=utf-8').send(JSON.stringify(id))
  })
  app.delete('/file/manifest', async () => ({ deletedCount: await deployments.removeAll() }))

  const unknown = ({ params }: { params: unknown }) => `Failed querying for deployment id: ${(params as { id: string }).id.slice(0, 200)}`
  app.get<ById>('/file/manifest/:id', { config: { refusals: { MISSING: { status: 400, text: unknown } } } }, async request => legacyDeployment(await deployments.get(request.params.id)))
  app.post<ById>('/file/manifest/:id', async (request, reply) => {
    const deployment = await answered(request, reply, await deployments.deploy(request.params.id))
    return { deviceResponses: deviceResponses(deployment) }
  })
  app.put<ById>('/file/manifest/:id', async (request, reply) => {
    const deployment = await deployments.replace(request.params.id, request.body, lenient)
    return deployment.isWanted ? { deviceResponses: deviceResponses(await answered(request, reply, deployment)) } : reply.code(204).send()
  })
  app.delete<ById>('/file/manifest/:id', async (request, reply) => {
    const { id } = request.params
    if (!isId(id)) return reply.code(400).send({ message: 'Invalid deployment id' })
    try {
      await deployments.remove(id)
      return { deletedCount: 1 }
    } catch (error) {
      if (!isCode(error, 'MISSING')) throw error
      return reply.code(404).send({ message: 'Deployment not found' })
    }
  })
}

export default deployments
