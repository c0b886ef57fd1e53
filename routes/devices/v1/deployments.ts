// /api/v1/deployments: what is wanted on devices, what is there, and what would come of it.
import type { FastifyPluginAsync } from 'fastify'
import { isReady } from '../../../lib/devices/deployment.ts'
import type { Deployment } from '../../../lib/devices/deployment.ts'
import { DeploymentAnswer, EventAnswer, ExecutionAnswer, pageOf, PlanAnswer } from '../../../schemas/devices/answers.ts'
import { DeploymentBody, NamedPageQuery, PageQuery, ReferenceParams } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'
import { keepJsonText, receiveInputs } from '../inputs.ts'
import { described, page, sendTagged } from './common.ts'

interface ByReference { Params: ReferenceParams }

const deployments: FastifyPluginAsync = async app => {
  const { deployments, executions, registry } = app.devices
  allowAll(app, {
    '/api/v1/deployments': 'GET,HEAD,POST',
    '/api/v1/deployments/plan': 'POST',
    '/api/v1/deployments/:id': 'GET,HEAD,PUT,DELETE',
    '/api/v1/deployments/:id/deploy': 'POST',
    '/api/v1/deployments/:id/stop': 'POST',
    '/api/v1/deployments/:id/events': 'GET,HEAD',
    '/api/v1/deployments/:id/executions': 'GET,HEAD,POST'
  })
  const params = ReferenceParams
  const body = DeploymentBody

  app.get<{ Querystring: NamedPageQuery }>('/api/v1/deployments', { schema: described('listDeployments', 'Deployments', pageOf(DeploymentAnswer), { querystring: NamedPageQuery }) },
    async request => await page(request.query, deployments.list, each => shape(each, false)))
  app.post<{ Body: DeploymentBody }>('/api/v1/deployments', { schema: described('createDeployment', 'Places a deployment, and keeps it; devices are told when it is deployed', DeploymentAnswer, { body, status: 201 }) }, async (request, reply) => {
    const deployment = await deployments.create(request.body)
    return reply.code(201).header('location', `/api/v1/deployments/${deployment.id}`).send(shape(deployment))
  })
  app.post<{ Body: DeploymentBody }>('/api/v1/deployments/plan', { schema: described('planDeployment', 'Says what would come of a deployment, and why', PlanAnswer, { body }) },
    async request => await deployments.plan(request.body))
  app.get<ByReference>('/api/v1/deployments/:id', { schema: described('getDeployment', 'A deployment', DeploymentAnswer, { params }) },
    async (request, reply) => sendTagged(request, reply, shape(await deployments.get(request.params.id))))
  app.put<ByReference & { Body: DeploymentBody }>('/api/v1/deployments/:id', { schema: described('replaceDeployment', 'Changes what is wanted', DeploymentAnswer, { params, body }) },
    async request => shape(await deployments.replace(request.params.id, request.body)))
  app.delete<ByReference>('/api/v1/deployments/:id', { schema: described('removeDeployment', 'Has devices forget a deployment, and then removes it', undefined, { params, status: 202 }) }, async (request, reply) => {
    await deployments.remove(request.params.id)
    return reply.code(202).send()
  })
  app.post<ByReference>('/api/v1/deployments/:id/deploy', { schema: described('deploy', 'Wants a deployment on its devices; they are told at once, and again until they have it', DeploymentAnswer, { params, status: 202 }) },
    async (request, reply) => reply.code(202).send(shape(await deployments.deploy(request.params.id))))
  app.post<ByReference>('/api/v1/deployments/:id/stop', { schema: described('stopDeployment', 'Wants it on devices no longer, and keeps it', DeploymentAnswer, { params, status: 202 }) },
    async (request, reply) => reply.code(202).send(shape(await deployments.stop(request.params.id))))
  app.get<ByReference & { Querystring: PageQuery }>('/api/v1/deployments/:id/events', { schema: described('listDeploymentEvents', 'What happened to a deployment', pageOf(EventAnswer), { params, querystring: PageQuery }) }, async request => {
    const { id } = await deployments.get(request.params.id)
    return await page({ ...request.query, owner: id }, registry.events.list, each => each)
  })
  app.get<ByReference & { Querystring: PageQuery }>('/api/v1/deployments/:id/executions', { schema: described('listExecutionsOfDeployment', 'Executions of a deployment', pageOf(ExecutionAnswer), { params, querystring: PageQuery }) }, async request => {
    const { id } = await deployments.get(request.params.id)
    return await page({ ...request.query, owner: id }, executions.list, each => each)
  })
  // A scope of its own: bodies are read so that whole numbers of 64 bits stay exact.
  await app.register(async scope => {
    keepJsonText(scope)
    scope.post<ByReference>('/api/v1/deployments/:id/executions', { schema: described('execute', 'Runs a deployment: JSON or a form with parameters by name, and files by name of mount', ExecutionAnswer, { params, consumes: ['application/json', 'multipart/form-data'], status: 202 }) }, async (request, reply) => {
      const execution = await executions.start(request.params.id, await receiveInputs(request, reply))
      return reply.code(202).header('location', `/api/v1/executions/${execution.id}`).send(execution)
    })
  })
}

export default deployments

/** A deployment as it is shown. What devices are told is long, and left out of lists. */
function shape (deployment: Deployment, isWhole = true): object {
  const { nodes, ...others } = deployment
  return { ...others, isReady: isReady(deployment), ...isWhole ? { nodes } : {} }
}
