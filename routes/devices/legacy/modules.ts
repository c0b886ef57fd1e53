// /file/module: modules, their descriptions and files, in the shapes of the reference.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { legacyModule } from '../../../lib/devices/legacy/wasm-module.ts'
import { functionsOfForm } from '../../../lib/devices/modules/describe.ts'
import type { WasmModule } from '../../../lib/devices/wasm-module.ts'
import { allowAll, isCode, sendFile } from '../common.ts'
import { receiveDescription, receiveModule } from '../forms.ts'
import { membersOf } from './common.ts'

interface ById { Params: { id: string } }

const modules: FastifyPluginAsync = async app => {
  const { modules } = app.devices
  allowAll(app, {
    '/file/module': 'GET,HEAD,POST,DELETE',
    '/file/module/:id': 'GET,HEAD,DELETE',
    '/file/module/:id/upload': 'POST',
    '/file/module/:id/description': 'GET,HEAD',
    '/file/module/:id/:filename': 'GET,HEAD'
  })

  const shape = async (module: WasmModule) => legacyModule(module, await modules.document(module.id).catch(ifUndescribed))

  app.get('/file/module', async () => {
    const shapes = []
    for (const module of await modules.list()) shapes.push(await shape(module))
    return shapes
  })
  app.post('/file/module', { config: { refusals: {} } }, async (request, reply) => {
    if (!request.isMultipart()) return reply.code(400).type('text/plain; charset=utf-8').send('file-submission missing')
    const { upload, fields } = await receiveModule(request, reply)
    const module = await modules.create({ name: fields.get('name'), upload })
    return reply.code(201).send({ id: module.id })
  })
  app.delete('/file/module', async () => ({ deletedCount: await modules.removeAll() }))

  app.get<ById>('/file/module/:id', async request => [await shape(await modules.get(request.params.id))])
  app.delete<ById>('/file/module/:id', async (request, reply) => {
    await modules.remove(request.params.id, { isForced: true }).catch(error => { if (!isCode(error, 'MISSING')) throw error })
    return reply.code(204).send()
  })
  app.post<ById>('/file/module/:id/upload', async (request, reply) => {
    const { id } = request.params
    // Before any file is taken.
    await modules.get(id)
    const { functions, files } = request.isMultipart() ? await receiveDescription(request, reply) : { functions: functionsOf(request), files: new Map() }
    await modules.describe(id, { functions, files })
    return { description: await modules.document(id) }
  })
  app.get<ById>('/file/module/:id/description', { config: { admits: 'device' } }, async request => await modules.document(request.params.id))
  app.get<{ Params: { id: string, filename: string } }>('/file/module/:id/:filename', {
    config: {
      admits: 'device',
      refusals: { MISSING: { status: 400, text: ({ params }, { message }) => message.startsWith('file ') ? message : `Failed querying for module id: ${(params as { id: string }).id.slice(0, 200)}` } }
    }
  }, async (request, reply) => {
    const { id, filename } = request.params
    const found = filename === 'wasm' ? await modules.openBytes(id) : await modules.openDataFile(id, filename)
    return sendFile(reply, found, { ...found.file, mediaType: filename === 'wasm' ? 'application/wasm' : 'application/octet-stream' })
  })
}

export default modules

/** Functions of a form without files, or of JSON. */
function functionsOf (request: FastifyRequest): unknown {
  const body = membersOf(request.body)
  if (typeof body.functions === 'object' && body.functions !== null) return body.functions
  return functionsOfForm(Object.entries(body).flatMap(([name, value]) => typeof value === 'string' ? [[name, value] as const] : []))
}

function ifUndescribed (error: unknown): undefined {
  if (error instanceof DevicesError && error.code === 'CONFLICT') return undefined
  throw error
}
