// Forms that bring modules and files: taken part by part, straight to disk.
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DevicesError } from '../../lib/devices/devices-error.ts'
import { functionsOfForm } from '../../lib/devices/modules/describe.ts'
import type { Upload } from '../../lib/devices/modules/modules.ts'
import type { StoredFile } from '../../lib/devices/wasm-module.ts'

/** What came with a module. */
export interface ModuleForm { readonly upload: Upload, readonly fields: ReadonlyMap<string, string> }

/** Takes the one module of a form, under whatever name, and its text fields. @throws DevicesError REQUEST, MODULE_BROKEN, TOO_LARGE … */
export async function receiveModule (request: FastifyRequest, reply: FastifyReply): Promise<ModuleForm> {
  const { modules } = request.server.devices
  const fields = new Map<string, string>()
  let upload: Upload | undefined
  for await (const part of request.parts()) {
    if (part.type === 'field') fields.set(part.fieldname, String(part.value))
    else if (upload !== undefined) part.file.resume()
    else upload = await modules.receive(incoming(part, reply))
  }
  if (upload === undefined) throw new DevicesError('REQUEST', 'The form has no file. Send the module as a part of the type application/wasm.')
  return { upload, fields }
}

/** Takes a description: text fields in either form, and files by names of mounts. @throws DevicesError */
export async function receiveDescription (request: FastifyRequest, reply: FastifyReply): Promise<{ functions: unknown, files: Map<string, StoredFile> }> {
  const { modules } = request.server.devices
  const fields: Array<[string, string]> = []
  const files = new Map<string, StoredFile>()
  for await (const part of request.parts()) {
    if (part.type === 'field') fields.push([part.fieldname, String(part.value)])
    else files.set(part.fieldname, await modules.receiveFile(incoming(part, reply)))
  }
  return { functions: functionsOfForm(fields), files }
}

function incoming ({ file, filename, mimetype }: MultipartFile, reply: FastifyReply) {
  return { stream: file, mediaType: mimetype, originalName: filename ?? '', signal: reply.clientSignal() }
}
