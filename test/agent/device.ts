// An agent in this process, a server that has the files of its deployments, and the documents that it is told.
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import wabt from 'wabt'
import type { Test } from 'tap'
import { startAgent } from '../../agent/agent.ts'
import { readSettings } from '../../agent/settings.ts'
import type { Endpoint, NodeDocument } from '../../lib/devices/deployment.ts'

/** The bytes of a module that is written as text. */
export async function translated (text: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt()
  const module = parseWat('module.wat', text)
  try {
    return Uint8Array.from(module.toBinary({}).buffer)
  } finally {
    module.destroy()
  }
}

/** What a server heard. */
export interface Heard { readonly method: string, readonly path: string, readonly headers: http.IncomingHttpHeaders, readonly body: string }

/** A server that has files by path, and keeps what it hears. `next` resolves with the next thing whose path begins so. */
export async function startOrigin (t: Test, files: Record<string, Uint8Array | string>) {
  const waiting: Array<{ path: string, resolve: (heard: Heard) => void }> = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const heard = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('latin1') }
      for (const each of waiting.filter(({ path }) => heard.path.startsWith(path))) {
        waiting.splice(waiting.indexOf(each), 1)
        each.resolve(heard)
      }
      const file = files[heard.path.split('?')[0] ?? '']
      response.writeHead(file === undefined ? 404 : 200).end(file)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, files, next: (path: string) => new Promise<Heard>(resolve => waiting.push({ path, resolve })) }
}

/** Starts an agent on a port that is free. */
export async function startDevice (t: Test, environment: Record<string, string> = {}) {
  const folder = environment.INSTANCE_PATH ?? t.testdir()
  const said: string[] = []
  const agent = await startAgent(readSettings({ WASMIOT_SUPERVISOR_NAME: 'device', WASMIOT_SUPERVISOR_IP: '127.0.0.1', WASMIOT_SUPERVISOR_PORT: '0', INSTANCE_PATH: folder, ...environment }), line => said.push(line))
  t.teardown(() => agent.close())
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${agent.url}${path}`, {
      method,
      ...body instanceof FormData ? { body } : body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = response.headers.get('content-type') === 'application/json'
    return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(bytes.toString()) as unknown : undefined }
  }
  /** Calls a function and gives the entry that comes of it. */
  const run = async (path: string, files?: Record<string, Uint8Array<ArrayBuffer> | string>) => {
    const form = new FormData()
    for (const [name, bytes] of Object.entries(files ?? {})) form.set(name, new Blob([bytes]), 'file')
    const called = await ask(files === undefined ? 'GET' : 'POST', path, files === undefined ? undefined : form)
    const { resultUrl } = called.json as { resultUrl: string }
    const { pathname } = new URL(resultUrl)
    let found = await ask('GET', pathname)
    while (found.status === 404) {
      await new Promise(resolve => setTimeout(resolve, 5))
      found = await ask('GET', pathname)
    }
    return { ...found, entry: found.json as { result: unknown, success: boolean, outputs?: string[], request_id: string }, resultUrl }
  }
  return { ...agent, folder, said, ask, run }
}

/** How a function is called. */
export interface FunctionForm {
  readonly parameters?: readonly string[]
  readonly method?: string
  readonly execution?: readonly string[]
  readonly deployment?: readonly string[]
  readonly output?: readonly string[]
  readonly to?: Endpoint
}

/** An endpoint as documents have them. */
export function endpoint (url: string, path: string, { parameters = [], method = 'get', output = [] }: FunctionForm): Endpoint {
  const file = output.length > 0
  return {
    url,
    path,
    method,
    request: { parameters: parameters.map(name => ({ name, in: 'query', description: 'Auto-generated description', required: true, schema: { type: 'integer' } })) },
    response: { media_type: file ? 'application/octet-stream' : 'application/json', schema: { type: file ? 'string' : 'integer' } }
  }
}

/** A document of one module, whose files are at the origin. */
export function documentOf ({ id = 'a'.repeat(24), name, bytes, origin, functions, other = {} }: {
  readonly id?: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly origin: { readonly url: string, readonly files: Record<string, Uint8Array | string> }
  readonly functions: Readonly<Record<string, FunctionForm>>
  readonly other?: Readonly<Record<string, string>>
}): NodeDocument {
  origin.files[`/${name}/wasm`] = bytes
  for (const [mount, text] of Object.entries(other)) origin.files[`/${name}/${mount}`] = text
  const each = <Value>(value: (func: string, form: FunctionForm) => Value) => ({ [name]: Object.fromEntries(Object.entries(functions).map(([func, form]) => [func, value(func, form)])) })
  const mounts = (names: readonly string[] = [], stage: 'execution' | 'deployment' | 'output') => names.map(path => ({ path, media_type: 'application/octet-stream', stage }))
  const from = (func: string, form: FunctionForm) => endpoint('http://127.0.0.1:1', `/${id}/modules/${name}/${func}`, form)
  return {
    deploymentId: id,
    modules: [{
      id: 'b'.repeat(24),
      name,
      urls: { binary: `${origin.url}/${name}/wasm`, description: `${origin.url}/${name}/description`, other: Object.fromEntries(Object.keys(other).map(mount => [mount, `${origin.url}/${name}/${mount}`])) },
      sha256: createHash('sha256').update(bytes).digest('hex')
    }],
    endpoints: each(from),
    instructions: { modules: each((func, form) => ({ from: from(func, form), to: form.to ?? null })) },
    mounts: each((_func, form) => ({ execution: mounts(form.execution, 'execution'), deployment: mounts(form.deployment, 'deployment'), output: mounts(form.output, 'output') }))
  }
}
