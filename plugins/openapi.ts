// Describes all routes as one OpenAPI 3.1 document: paths and schemas as the routes have them, the rest from schemas/openapi.
import swagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import { components, securitySchemes } from '../schemas/openapi/components.ts'
import type { Json, JsonObject } from '../schemas/openapi/components.ts'
import { operations, optionsOperation } from '../schemas/openapi/operations.ts'

const description = 'Tutti runs graphics through services and answers with text, sound and tactile drawings, relays what is tracked, shows diffraction frames, and brings WebAssembly modules to devices. HEAD answers wherever GET does.'

export default fp(async app => {
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tutti', version: '1', description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      components: { securitySchemes },
      tags: [{ name: 'graphics', description: 'For clients.' }, { name: 'tracking', description: 'For the interfaces of those who track objects. What goes over WebSocket is in the AsyncAPI document.' }, { name: 'diffraction', description: 'X-ray diffraction frames, for those who have signed in.' }, { name: 'devices', description: 'WebAssembly modules on devices at the edge: for operators, and for the devices themselves.' }, { name: 'operations', description: 'For operators, balancers and monitoring.' }]
    },
    transformObject: document => complete((document as { openapiObject: object }).openapiObject as JsonObject) as object
  })
}, { name: 'openapi' })

/** The document with what the routes themselves do not say. */
function complete (document: JsonObject): JsonObject {
  const paths: JsonObject = {}
  for (const [path, methods] of Object.entries(document.paths as Record<string, JsonObject>)) {
    paths[path] = Object.fromEntries(Object.entries(methods).map(([method, generated]) => {
      const key = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
      const more = method === 'options' ? { ...optionsOperation, ...path.includes('{') ? { parameters: parametersOf(path) } : {} } : operations[key]
      return [method, more === undefined ? generated : merge(withoutPlaceholder(generated as JsonObject), more)]
    }))
  }
  return { ...document, components: components(), paths }
}

/** Where a route names no response, the document generator makes one up. */
function withoutPlaceholder (operation: JsonObject): JsonObject {
  const { responses, ...others } = operation
  const isMadeUp = JSON.stringify(responses) === '{"200":{"description":"Default Response"}}'
  return isMadeUp ? others : operation
}

function merge (base: Json | undefined, more: Json): Json {
  if (!isObject(base) || !isObject(more)) return more
  const merged = { ...base }
  for (const [key, value] of Object.entries(more)) merged[key] = merge(base[key], value)
  return merged
}

function isObject (value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parametersOf (path: string): Json {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string' }, example: 'any' }))
}
