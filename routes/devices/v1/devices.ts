// /api/v1/devices and /api/v1/device-tokens: devices, and the tokens by which they take part.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import type { EnrolmentToken } from '../../../lib/devices/registry.ts'
import { DeviceAnswer, pageOf, TokenAnswer } from '../../../schemas/devices/answers.ts'
import { BlacklistBody, IdParams, LabelsBody, NamedPageQuery, RegistrationBody, TokenBody } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'
import { described, page, sendTagged } from './common.ts'

const devices: FastifyPluginAsync = async app => {
  const { enrolment, registry, watch } = app.devices
  allowAll(app, {
    '/api/v1/devices': 'GET,HEAD,POST',
    '/api/v1/devices/scan': 'POST',
    '/api/v1/devices/:id': 'GET,HEAD,DELETE',
    '/api/v1/devices/:id/blacklist': 'PUT,DELETE',
    '/api/v1/devices/:id/labels': 'PUT',
    '/api/v1/device-tokens': 'GET,HEAD,POST',
    '/api/v1/device-tokens/:id': 'DELETE'
  })
  const missing = () => new DevicesError('MISSING', 'There is no such device.')

  app.get<{ Querystring: NamedPageQuery }>('/api/v1/devices', { schema: described('listDevices', 'Devices', pageOf(DeviceAnswer), { querystring: NamedPageQuery }) },
    async request => await page(request.query, registry.devices.list, each => each))
  app.post<{ Body: RegistrationBody }>('/api/v1/devices', { config: { admits: 'device' }, schema: described('registerDevice', 'Registers a device; it is reached later', undefined, { body: RegistrationBody, security: [{ operator: [] }, { device: [] }] }) }, async (request, reply) => {
    await watch.register(request.body, request.ip)
    return reply.code(204).send()
  })
  app.post('/api/v1/devices/scan', { schema: described('scanForDevices', 'Looks for devices anew', undefined) }, async (_request, reply) => {
    watch.reset()
    return reply.code(204).send()
  })
  app.get<{ Params: IdParams }>('/api/v1/devices/:id', { schema: described('getDevice', 'A device', DeviceAnswer, { params: IdParams }) }, async (request, reply) => {
    const device = await registry.devices.get(request.params.id)
    if (device === undefined) throw missing()
    return sendTagged(request, reply, device)
  })
  app.delete<{ Params: IdParams }>('/api/v1/devices/:id', { schema: described('removeDevice', 'Forgets a device until it is found again', undefined, { params: IdParams }) }, async (request, reply) => {
    if (!await watch.remove(request.params.id)) throw missing()
    return reply.code(204).send()
  })
  app.put<{ Params: IdParams, Body: BlacklistBody | undefined }>('/api/v1/devices/:id/blacklist', { schema: described('blacklistDevice', 'Has nothing placed on a device', DeviceAnswer, { params: IdParams, body: Type.Union([BlacklistBody, Type.Null()]) }) },
    async request => await watch.blacklist(request.params.id, request.body?.reason))
  app.delete<{ Params: IdParams }>('/api/v1/devices/:id/blacklist', { schema: described('unblacklistDevice', 'Lets a device be used again', DeviceAnswer, { params: IdParams }) },
    async request => await watch.unblacklist(request.params.id))
  app.put<{ Params: IdParams, Body: LabelsBody }>('/api/v1/devices/:id/labels', { schema: described('labelDevice', 'Gives a device these labels and no others', DeviceAnswer, { params: IdParams, body: LabelsBody }) },
    async request => await watch.relabel(request.params.id, request.body))

  const shape = ({ id, name, createdAt, expiresAt }: EnrolmentToken) => ({ id, name, createdAt, expiresAt })
  app.get('/api/v1/device-tokens', { schema: described('listDeviceTokens', 'Enrolment tokens, without what they are', Type.Object({ items: Type.Array(TokenAnswer) })) }, async () => ({ items: (await enrolment.list()).map(shape) }))
  app.post<{ Body: TokenBody }>('/api/v1/device-tokens', { schema: described('createDeviceToken', 'Makes an enrolment token, which is shown this once', TokenAnswer, { body: TokenBody, status: 201 }) }, async (request, reply) => {
    const { kept, token } = await enrolment.create(request.body)
    return reply.code(201).header('cache-control', 'no-store').send({ ...shape(kept), token })
  })
  app.delete<{ Params: IdParams }>('/api/v1/device-tokens/:id', { schema: described('revokeDeviceToken', 'Takes a token back', undefined, { params: IdParams }) }, async (request, reply) => {
    if (!await enrolment.revoke(request.params.id)) throw new DevicesError('MISSING', 'There is no such token.')
    return reply.code(204).send()
  })
}

export default devices
