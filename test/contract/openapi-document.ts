// A server with its own OpenAPI document, which says of any answer whether it is as described.
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import type { Test } from 'tap'
import { build } from '../helper.ts'
import type { Built, BuildOptions, Reply } from '../helper.ts'

/** A schema by content type, and an example. */
export interface Media { schema: object, example?: unknown }

/** What the document says of answers with one status. */
export interface Response { $ref?: string, content?: Record<string, Media> }

/** What the document says of one method of one path. */
export interface Operation {
  operationId?: string
  summary?: string
  security?: object[]
  parameters?: Array<{ name: string, in: string, schema: object, required?: boolean, example?: string }>
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, Response>
}

/** An OpenAPI document, as far as tests look at it. */
export interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>, responses: Record<string, Response> }
}

/** An operation: its path as the document writes it, and its method in small letters. */
export type Place = [path: string, method: string]

/** A server and its document. */
export interface Described {
  server: Built
  document: Document
  /** What is wrong with a value by the schema at a place in the document, member by member; undefined where nothing is. */
  check (pointer: string[], value: unknown): unknown
  /** What is wrong with an answer by what the document says of its operation; undefined where nothing is. */
  fault (reply: Reply, place: Place): string | undefined
}

const address = 'https://tutti.invalid/openapi.json'

/** Builds a server and reads its document. */
export async function openApiOf (t: Test, options: BuildOptions = {}): Promise<Described> {
  return await describeServer(await build(t, { ...options, env: { NOT_FOUND_RATE_LIMIT: '0', ...options.env } }))
}

/** Reads the document of a server. */
export async function describeServer (server: Built): Promise<Described> {
  const { json } = await server.send('/docs/openapi.json')
  const document = json as Document
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(document, address)
  const compiled = new Map<string, ValidateFunction>()
  const check: Described['check'] = (pointer, value) => {
    const $ref = `${address}#/${pointer.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const validate = compiled.get($ref) ?? ajv.compile({ $ref })
    compiled.set($ref, validate)
    return validate(value) ? undefined : validate.errors
  }
  return {
    server,
    document,
    check,
    fault ({ status, headers, text, json }, [path, method]) {
      const described = document.paths[path]?.[method]?.responses[status]
      const [, , kind, shared = ''] = described?.$ref?.split('/') ?? []
      const at = kind === 'responses' ? ['components', 'responses', shared] : ['paths', path, method, 'responses', String(status)]
      const response = kind === 'responses' ? document.components.responses[shared] : described
      if (response === undefined) return `the status ${status} is not described`
      if (response.content === undefined) return text === '' ? undefined : `the answer ${status} has a body`
      const type = headers.get('content-type')?.split(';', 1)[0] ?? ''
      if (!(type in response.content)) return `the type ${type} of the answer ${status} is not described`
      const errors = check([...at, 'content', type, 'schema'], json ?? text)
      return errors === undefined ? undefined : `the answer ${status} is not valid: ${JSON.stringify(errors)}`
    }
  }
}
