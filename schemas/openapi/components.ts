// What the operations of the OpenAPI document share: the wire schemas in the form of OpenAPI 3.1, refusals, and how operators sign in.
import { Definitions } from '../graphics/definitions.ts'
import { GraphicRequest } from '../graphics/request.ts'
import { GraphicResponse } from '../graphics/response.ts'

/** A JSON value of the document. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** An object of the document. */
export interface JsonObject { [key: string]: Json }

/** Where the wire schemas stand in the document. */
const place = '#/components/schemas/'

/**
 * A wire schema (JSON Schema draft 7) as a schema of OpenAPI 3.1 (JSON Schema 2020-12): references lead to the components of the document, and lists of
 * fixed length are written as `prefixItems`.
 */
export function toOpenApi (schema: unknown): Json {
  if (Array.isArray(schema)) return schema.map(toOpenApi)
  if (typeof schema !== 'object' || schema === null) return schema as Json
  const converted: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$id' || key === '$schema') continue
    if (key === '$ref' && typeof value === 'string') converted.$ref = value.replace(/^.*#\/definitions\//, place)
    else if (key === 'items' && Array.isArray(value)) converted.prefixItems = value.map(toOpenApi)
    else if (key === 'additionalItems') converted.items = toOpenApi(value)
    else converted[key] = toOpenApi(value)
  }
  return converted
}

const refusal = (description: string, headers: JsonObject = {}): Json => ({
  description: `${description} The text names the cause, the cure and a code.`,
  headers,
  content: { 'text/plain': { schema: { type: 'string' } } }
})

const retryAfter = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } }

/** How whoever asks shows who they are. */
export const securitySchemes = {
  session: { type: 'http', scheme: 'bearer', description: 'Token (pid) of a session of diffraction.' },
  device: { type: 'http', scheme: 'bearer', description: 'An enrolment token of a device.' },
  operator: { type: 'http', scheme: 'bearer', description: 'The value of OPERATOR_TOKEN, or a JWT of an operator. Not needed on loopback where neither is set up.' }
} as const

/** The components of the document. */
export function components (): JsonObject {
  const { definitions } = Definitions as unknown as { definitions: Record<string, unknown> }
  return {
    schemas: {
      ...Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, toOpenApi(schema)])),
      GraphicRequest: toOpenApi(GraphicRequest),
      GraphicResponse: toOpenApi(GraphicResponse),
      ValidationErrors: {
        type: 'array',
        description: 'What is wrong with a request, in the words of Ajv 8. Checking ends at the first fault.',
        items: {
          type: 'object',
          required: ['instancePath', 'schemaPath', 'keyword', 'params'],
          properties: {
            instancePath: { type: 'string', description: 'JSON pointer to the part that is wrong; empty for the whole.' },
            schemaPath: { type: 'string', description: 'Where the rule stands.' },
            keyword: { type: 'string', description: 'Keyword of the rule.' },
            params: { type: 'object', description: 'What the rule asked for.' },
            message: { type: 'string', description: 'The rule as a sentence.' }
          }
        }
      }
    },
    responses: {
      Malformed: refusal('The request cannot be read.'),
      Unauthorized: refusal('No token of an operator was sent.', { 'WWW-Authenticate': { description: 'Bearer.', schema: { type: 'string' } } }),
      Forbidden: refusal('Whoever asks is no operator, or operators have no token.'),
      TooLarge: refusal('The body is larger, longer or harder to read than the server allows.'),
      UnsupportedMediaType: refusal('The charset or the content encoding is not supported.'),
      TooManyRequests: refusal('Too many requests of this kind came from one address.', retryAfter),
      Unavailable: refusal('The server has too much to do, does not know its services yet, or is stopping.', retryAfter)
    },
    securitySchemes: { ...securitySchemes }
  }
}
