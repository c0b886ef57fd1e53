// What an execution is given: text fields are parameters, file parts are files.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readParameters } from '../../lib/devices/execution/parameters.ts'
import type { SpooledInputs } from '../../lib/devices/execution/inputs.ts'

/** Parameters, and the files on their way. */
export interface ReceivedInputs { readonly parameters: Record<string, string>, readonly inputs?: SpooledInputs | undefined }

/** Has JSON given as its bytes: whole numbers of 64 bits are more than JavaScript's numbers hold. */
export function keepJsonText (app: FastifyInstance): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body.length === 0 ? undefined : body) })
}

/** Takes them. Where it fails nothing is left. @throws DevicesError REQUEST, TOO_LARGE */
export async function receiveInputs (request: FastifyRequest, reply: FastifyReply): Promise<ReceivedInputs> {
  if (!request.isMultipart()) return { parameters: Buffer.isBuffer(request.body) ? readParameters(request.body) : textsOf(request.body) }
  const signal = reply.clientSignal()
  const inputs = request.server.devices.inputs.begin()
  const parameters = new Map<string, string>()
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') parameters.set(part.fieldname, String(part.value))
      else await inputs.add({ name: part.fieldname, mediaType: part.mimetype, stream: part.file }, signal)
    }
  } catch (error) {
    await inputs.remove()
    throw error
  }
  return { parameters: Object.fromEntries(parameters), inputs }
}

/** Texts of a form, as functions take them. */
function textsOf (body: unknown): Record<string, string> {
  const entries = typeof body === 'object' && body !== null ? Object.entries(body) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
