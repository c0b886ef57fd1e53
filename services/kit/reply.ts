// Turns what a service made into the reply that goes out, if its schemas agree to it.
import type { TSchema } from '@sinclair/typebox'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { FailedError, InvalidReplyError } from './errors.ts'
import { now } from './graphic.ts'
import type { Check, Checks } from './checks.ts'
import type { ServiceDefinition } from './definition.ts'

/** Replies of one service. */
export interface Replies {
  /** Whether the request wants anything that the service can make; always true for a preprocessor. */
  wanted: (request: GraphicRequest) => boolean
  /** The body of the reply, or undefined when there is nothing to say. Throws FailedError, caused by InvalidReplyError, when a schema refuses it. */
  build: (request: GraphicRequest, result: unknown) => object | undefined
}

/** Compiles the schemas of a service. Throws when one does not compile. */
export function createReplies ({ kind, schemas }: ServiceDefinition, checks: Checks): Replies {
  const compiled = new Map(Object.entries(schemas).map(([key, schema]: [string, TSchema]) => [key, checks.compile(schema)]))
  return kind === 'preprocessor' ? preprocessorReplies(compiled, checks) : handlerReplies(compiled, checks)
}

function preprocessorReplies (schemas: Map<string, Check>, checks: Checks): Replies {
  const [entry] = schemas
  if (entry === undefined) throw new TypeError('a preprocessor needs a name and a schema of its data')
  const [name, check] = entry
  return {
    wanted: () => true,
    build ({ request_uuid: uuid }, data) {
      if (data === undefined) return undefined
      const reply = { request_uuid: uuid, timestamp: now(), name, data }
      insist(check, data, name)
      insist(checks.preprocessorReply, reply, name)
      return reply
    }
  }
}

function handlerReplies (schemas: Map<string, Check>, checks: Checks): Replies {
  return {
    wanted: ({ renderers }) => renderers.some(renderer => schemas.has(renderer)),
    build ({ request_uuid: uuid, renderers }, result) {
      const reply = { request_uuid: uuid, timestamp: now(), renderings: result }
      insist(checks.handlerReply, reply, 'renderings')
      const wanted = new Set(renderers)
      const renderings: unknown[] = []
      // The check above has made sure of a list of objects with a type_id and data.
      for (const rendering of result as Array<{ type_id: string, data: object }>) {
        const check = schemas.get(rendering.type_id)
        if (check === undefined) throw invalid('renderings: type_id is none of the renderers of this service')
        insist(check, rendering.data, rendering.type_id)
        if (wanted.has(rendering.type_id)) renderings.push(rendering)
      }
      return renderings.length === 0 ? undefined : { ...reply, renderings }
    }
  }
}

/** Throws unless the value fits. The reason names the rule, not the place: keys on the way there may be text from the graphic. */
function insist (check: Check, value: unknown, key: string): void {
  const errors = check(value)
  if (errors !== undefined) throw invalid(`${key}: ${errors.map(({ schemaPath }) => schemaPath).join(', ')}`)
}

function invalid (reason: string): Error {
  return new FailedError({ cause: new InvalidReplyError(reason) })
}
