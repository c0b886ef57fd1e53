// /file/device: the devices that there are, in the shapes of the reference.
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { isId } from '../../../lib/devices/id.ts'
import { legacyDevice } from '../../../lib/devices/legacy/device.ts'
import type { RegistrationBody } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'

const devices: FastifyPluginAsync = async app => {
  const { registry, watch } = app.devices
  allowAll(app, {
    '/file/device': 'GET,HEAD,DELETE',
    '/file/device/discovery/reset': 'POST',
    '/file/device/discovery/register': 'POST',
    '/file/device/:deviceId/blacklist': 'POST',
    '/file/device/:deviceId/unblacklist': 'POST'
  })

  app.get('/file/device', async () => (await registry.devices.list()).map(legacyDevice))
  app.delete('/file/device', async () => ({ deletedCount: await watch.removeAll() }))
  app.post('/file/device/discovery/reset', async (_request, reply) => {
    watch.reset()
    return reply.code(204).send()
  })
  app.post<{ Body: RegistrationBody | undefined }>('/file/device/discovery/register', { config: { admits: 'device' } }, async (request, reply) => {
    await watch.register(readRegistration(request.body ?? {}), request.ip)
    return reply.code(204).send()
  })
  for (const change of ['blacklist', 'unblacklist'] as const) {
    app.post<{ Params: { deviceId: string } }>(`/file/device/:deviceId/${change}`, { schema: { params: Type.Object({ deviceId: Type.String() }) } }, async (request, reply) => {
      const { deviceId } = request.params
      if (!isId(deviceId)) return reply.code(400).send({ error: 'Invalid device id' })
      try {
        await (change === 'blacklist' ? watch.blacklist(deviceId) : watch.unblacklist(deviceId))
      } catch (error) {
        if (error instanceof DevicesError && error.code === 'MISSING') return reply.code(404).send({ error: 'Device not found' })
        throw error
      }
      return { message: `Device ${change}ed`, deviceId }
    })
  }
}

export default devices

/** What is known to a registration; what else is posted is left out. @throws DevicesError REQUEST */
function readRegistration (body: RegistrationBody): RegistrationBody {
  const { addresses, host, name, port, properties } = body
  const isText = (value: unknown) => value === undefined || (typeof value === 'string' && value.length <= 256)
  const isRight = isText(host) && isText(name) &&
    (addresses === undefined || (Array.isArray(addresses) && addresses.length <= 64 && addresses.every(isText))) &&
    (port === undefined || Number.isInteger(Number(port))) &&
    (properties === undefined || (typeof properties === 'object' && properties !== null))
  if (!isRight) throw new DevicesError('REQUEST', 'The registration is not what it must be. Send JSON with addresses (a list), host, name, port and properties, or leave them out.')
  return { addresses, host, name, port: port === undefined ? undefined : Number(port), properties }
}
