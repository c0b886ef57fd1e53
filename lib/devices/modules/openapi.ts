// The OpenAPI 3.0.3 document of a module: how whoever holds a device calls its functions. https://spec.openapis.org/oas/v3.0.3
import type { FunctionDescription } from '../wasm-module.ts'
import type { Functions } from './describe.ts'

/** A schema as documents of modules have it. */
export interface PlainSchema { readonly type: 'integer' | 'number' | 'string', readonly format?: 'float' | 'binary' }

/** The form that brings files. */
export interface FormContent {
  readonly schema: { readonly type: 'object', readonly properties: Readonly<Record<string, { readonly type: 'string', readonly format: 'binary' }>> }
  readonly encoding: Readonly<Record<string, { readonly contentType: string }>>
}

/** How one function is called. */
export interface Operation {
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters: ReadonlyArray<{ readonly name: string, readonly in: 'query', readonly description: string, readonly required: true, readonly schema: PlainSchema }>
  readonly responses: { readonly 200: { readonly description: string, readonly content: Readonly<Record<string, { readonly schema: PlainSchema }>> } }
  readonly requestBody?: { readonly required: true, readonly content: { readonly 'multipart/form-data': FormContent } }
}

/** The document of a module. */
export interface ModuleDocument {
  readonly openapi: '3.0.3'
  readonly info: { readonly title: string, readonly description: string, readonly version: string }
  readonly tags: ReadonlyArray<{ readonly name: string, readonly description: string }>
  readonly servers: ReadonlyArray<{ readonly url: string, readonly variables: Readonly<Record<string, { readonly default: string, readonly description: string }>> }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What node documents, which old programs read, say of every parameter. */
export const parameterDescription = 'Auto-generated description'

/** What a parameter is: supervisors know `integer` and `number`, and stop at anything else. */
export function parameterSchema (type: 'integer' | 'float'): PlainSchema {
  return type === 'integer' ? { type: 'integer' } : { type: 'number' }
}

/** What a function gives, and as which media type: numbers as JSON, files as they are. */
export function outputOf ({ output }: Pick<FunctionDescription, 'output'>): { mediaType: string, schema: PlainSchema } {
  if (output === 'integer') return { mediaType: 'application/json', schema: { type: 'integer' } }
  if (output === 'float') return { mediaType: 'application/json', schema: { type: 'number', format: 'float' } }
  return { mediaType: output, schema: { type: 'string', format: 'binary' } }
}

/** The form that brings the files of a function; undefined where it reads none. */
export function formOf ({ mounts }: Pick<FunctionDescription, 'mounts'>): FormContent | undefined {
  const read = Object.entries(mounts).filter(([, { stage }]) => stage !== 'output')
  if (read.length === 0) return undefined
  return {
    schema: { type: 'object', properties: Object.fromEntries(read.map(([name]) => [name, { type: 'string', format: 'binary' }])) },
    encoding: Object.fromEntries(read.map(([name, { mediaType }]) => [name, { contentType: mediaType }]))
  }
}

/** Makes the document of a module. */
export function openapiOf ({ name, functions }: { name: string, functions: Functions }): ModuleDocument {
  return {
    openapi: '3.0.3',
    info: { title: name, description: 'Functions of a WebAssembly module, as devices call them.', version: '0.0.1' },
    tags: [{ name: 'WebAssembly', description: 'Runs WebAssembly functions' }],
    servers: [{
      url: 'http://{serverIp}:{port}',
      variables: {
        serverIp: { default: 'localhost', description: 'Address of the device' },
        port: { default: '5000', description: 'Port of the device' }
      }
    }],
    paths: Object.fromEntries(Object.entries(functions).map(([func, described]) => [`/{deployment}/modules/${segment(name)}/${segment(func)}`, pathOf(func, described)]))
  }
}

function pathOf (func: string, described: FunctionDescription): Record<string, unknown> {
  const { mediaType, schema } = outputOf(described)
  const form = formOf(described)
  const operation: Operation = {
    tags: ['WebAssembly'],
    summary: `Calls ${func}`,
    parameters: described.parameters.map(({ name, type }) => ({ name, in: 'query', description: parameterDescription, required: true, schema: parameterSchema(type) })),
    responses: { 200: { description: `What ${func} gives`, content: { [mediaType]: { schema } } } },
    ...form === undefined ? {} : { requestBody: { required: true, content: { 'multipart/form-data': form } } }
  }
  return {
    summary: `The function ${func}`,
    parameters: [{ name: 'deployment', in: 'path', description: 'Id of the deployment', required: true, schema: { type: 'string' } }],
    [described.method]: operation
  }
}

/** A name as part of a path: braces would make it a variable, and the others would end the path. */
function segment (name: string): string {
  return name.replace(/[%?#{}]/g, encodeURIComponent)
}
