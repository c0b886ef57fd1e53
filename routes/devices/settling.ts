// Waits until devices have answered to a deployment, within bounds.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deployment } from '../../lib/devices/deployment.ts'

/** The deployment once each of its devices has answered, or when they have had their time. */
export async function answered ({ server }: FastifyRequest, reply: FastifyReply, deployment: Deployment): Promise<Deployment> {
  const { config, devices: { deployments }, lastCall } = server
  const signal = AbortSignal.any([reply.clientSignal(), lastCall, AbortSignal.timeout(config.DEVICES_TIMEOUT)])
  return await deployments.settled(deployment.id, signal) ?? await deployments.get(deployment.id)
}
