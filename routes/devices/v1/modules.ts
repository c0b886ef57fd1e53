// /api/v1/modules: modules with their versions, descriptions and files.
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import { ModuleAnswer, pageOf } from '../../../schemas/devices/answers.ts'
import { NamedPageQuery, ReferenceParams, RollbackBody } from '../../../schemas/devices/requests.ts'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { functionsOfForm } from '../../../lib/devices/modules/describe.ts'
import { allowAll, sendFile } from '../common.ts'
import { receiveDescription, receiveModule } from '../forms.ts'
import { described, describedBytes, page, sendTagged } from './common.ts'

const Form = ['multipart/form-data']
const Version = Type.Object({ version: Type.Optional(Type.Integer({ description: 'Another version than that which is deployed.', minimum: 1 })) })
const Forced = Type.Object({ force: Type.Boolean({ description: 'Also where a deployment that is wanted uses it.', default: false }) })

interface ByReference { Params: ReferenceParams }

const modules: FastifyPluginAsync = async app => {
  const { modules } = app.devices
  allowAll(app, {
    '/api/v1/modules': 'GET,HEAD,POST',
    '/api/v1/modules/:id': 'GET,HEAD,DELETE',
    '/api/v1/modules/:id/versions': 'POST',
    '/api/v1/modules/:id/rollback': 'POST',
    '/api/v1/modules/:id/description': 'PUT',
    '/api/v1/modules/:id/openapi': 'GET,HEAD',
    '/api/v1/modules/:id/wasm': 'GET,HEAD',
    '/api/v1/modules/:id/files/:mount': 'GET,HEAD'
  })
  const params = ReferenceParams

  app.get<{ Querystring: NamedPageQuery }>('/api/v1/modules', { schema: described('listModules', 'Modules', pageOf(ModuleAnswer), { querystring: NamedPageQuery }) },
    async request => await page(request.query, modules.list, each => each))
  app.post('/api/v1/modules', { schema: described('createModule', 'Makes a module of a form with a field name and a file', ModuleAnswer, { consumes: Form, status: 201 }) }, async (request, reply) => {
    needForm(request)
    const { fields, upload } = await receiveModule(request, reply)
    const module = await modules.create({ name: fields.get('name'), upload })
    return reply.code(201).header('location', `/api/v1/modules/${module.id}`).send(module)
  })
  app.get<ByReference>('/api/v1/modules/:id', { schema: described('getModule', 'A module', ModuleAnswer, { params }) }, async (request, reply) => sendTagged(request, reply, await modules.get(request.params.id)))
  app.delete<ByReference & { Querystring: { force: boolean } }>('/api/v1/modules/:id', { schema: described('removeModule', 'Removes a module, or all of a name', undefined, { params, querystring: Forced }) }, async (request, reply) => {
    await modules.remove(request.params.id, { isForced: request.query.force })
    return reply.code(204).send()
  })
  app.post<ByReference>('/api/v1/modules/:id/versions', { schema: described('addModuleVersion', 'Adds a version, which is deployed from now on; a field functions describes it where its functions have changed', ModuleAnswer, { params, consumes: Form, status: 201 }) }, async (request, reply) => {
    needForm(request)
    await modules.get(request.params.id)
    const { fields, upload } = await receiveModule(request, reply)
    const description = fields.has('functions') ? { functions: functionsOfForm(fields), files: new Map() } : undefined
    return reply.code(201).send(await modules.addVersion(request.params.id, upload, description))
  })
  app.post<ByReference & { Body: RollbackBody }>('/api/v1/modules/:id/rollback', { schema: described('rollBackModule', 'Has another version deployed', ModuleAnswer, { params, body: RollbackBody }) },
    async request => await modules.rollBack(request.params.id, request.body.version))
  app.put<ByReference>('/api/v1/modules/:id/description', { schema: described('describeModule', 'Says how its functions are called: JSON with functions by name, or a form that also brings files by name of mount', ModuleAnswer, { params, consumes: ['application/json', ...Form] }) }, async (request, reply) => {
    const { id } = request.params
    await modules.get(id)
    const { files, functions } = request.isMultipart() ? await receiveDescription(request, reply) : { functions: (request.body as { functions?: unknown } | undefined)?.functions, files: new Map() }
    return await modules.describe(id, { functions, files })
  })
  app.get<ByReference>('/api/v1/modules/:id/openapi', { schema: described('getModuleOpenapi', 'The OpenAPI document of a module', Type.Object({}, { additionalProperties: true }), { params }) }, async request => await modules.document(request.params.id))
  app.get<ByReference & { Querystring: { version?: number } }>('/api/v1/modules/:id/wasm', { config: { admits: 'device' }, schema: describedBytes('getModuleBytes', 'The bytes of a module', 'application/wasm', { params, querystring: Version }) }, async (request, reply) => {
    const found = await modules.openBytes(request.params.id, request.query.version)
    return sendFile(reply, found, { ...found.file, mediaType: 'application/wasm' })
  })
  const WithMount = Type.Object({ ...ReferenceParams.properties, mount: Type.String({ description: 'Name of the mount.', maxLength: 256 }) })
  app.get<{ Params: { id: string, mount: string }, Querystring: { version?: number } }>('/api/v1/modules/:id/files/:mount', { config: { admits: 'device' }, schema: describedBytes('getModuleFile', 'A file that is deployed with a module', 'application/octet-stream', { params: WithMount, querystring: Version }) }, async (request, reply) => {
    const found = await modules.openDataFile(request.params.id, request.params.mount, request.query.version)
    return sendFile(reply, found, { ...found.file, mediaType: 'application/octet-stream' })
  })
}

export default modules

function needForm (request: { isMultipart (): boolean }): void {
  if (!request.isMultipart()) throw new DevicesError('REQUEST', 'This takes a form. Send multipart/form-data.')
}
