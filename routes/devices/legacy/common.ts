// What the paths of the reference have in common: forms, and refusals in its words.
import formbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import type { DevicesCode } from '../../../lib/devices/devices-error.ts'
import { explain, prepareDevices, refuse } from '../common.ts'

/** How a refusal differs from the usual one. */
export interface LegacyRefusal {
  readonly status?: number
  /** What goes before; the message of the error follows as `error`. */
  readonly text?: (request: FastifyRequest, error: DevicesError) => string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a path of the reference answers to failures, where that is not the usual. */
    refusals?: Partial<Record<DevicesCode, LegacyRefusal>>
  }
}

/** Prepares a scope of paths of the reference. */
export async function prepareLegacy (app: FastifyInstance): Promise<void> {
  await prepareDevices(app)
  await app.register(formbody, { bodyLimit: 1024 * 1024 })
  // The reference looks at no body that it has no use for, whatever it is called.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => { done(null, undefined) })
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = explain(error)
    const { status, text } = error instanceof DevicesError ? request.routeOptions.config.refusals?.[error.code] ?? {} : {}
    // Some errors come with the words that clients of the reference know.
    const told = refusal.details as { errorText?: unknown, error?: unknown } | undefined
    const isTold = typeof told?.errorText === 'string'
    const errorText = isTold ? told.errorText : error instanceof DevicesError && text !== undefined ? text(request, error) : refusal.message
    const details = (isTold ? told.error : refusal.details) ?? (errorText === refusal.message ? 'error' : refusal.message)
    const changed = { ...refusal, status: status ?? refusal.status }
    return refuse(error, request, reply, changed).send(JSON.stringify({ errorText, error: details, code: refusal.code, err: errorText, message: errorText }))
  })
}

/** The members of a body: of a form, or of a JSON object; none where there is no body. */
export function membersOf (body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body as Record<string, unknown> : {}
}
