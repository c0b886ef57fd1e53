// The routes of a device, as https://github.com/LiquidAI-project/wasmiot-supervisor has them; `//deploy` and the like are taken, too, as orchestrators post them.
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import os from 'node:os'
import type { Deployments } from './deployments.ts'
import { readDocument } from './document.ts'
import { messageOf } from './download.ts'
import { Refusal, answer, readFiles, readJson } from './requests.ts'
import type { RunFile, Runs } from './runs.ts'
import { isHttp } from './settings.ts'

const maxDocument = 4 * 1024 * 1024

/** What the routes need. */
export interface ServerOptions {
  readonly name: string
  readonly deployments: Deployments
  readonly runs: Runs
  readonly interfaces: readonly string[]
  readonly maxFile: number
  readonly allowed: ((address: string) => boolean) | undefined
  /** The orchestrator that has registered; undefined for none. */
  readonly orchestrator: { get (): string | undefined, set (url: string): void }
  /** Health was asked for. */
  readonly onProbe: () => void
  readonly onTrouble: (message: string) => void
}

/** Makes the server; it does not listen yet. */
export function createServer ({ name, deployments, runs, interfaces, maxFile, allowed, orchestrator, onProbe, onTrouble }: ServerOptions): http.Server {
  const cpuUsage = createCpuUsage()

  const sendFile = (response: ServerResponse, file: RunFile | undefined) => {
    if (file === undefined) throw new Refusal(404, 'There is no such file.')
    response.writeHead(200, { 'content-type': file.mediaType, 'content-length': file.bytes.length, 'x-content-type-options': 'nosniff', 'content-disposition': 'attachment' }).end(file.bytes)
  }

  const call = async (request: IncomingMessage, response: ServerResponse, url: URL, [deployment = '', , module = '', func = '']: readonly string[]) => {
    const method = request.method ?? 'GET'
    const files = method === 'POST' ? await readFiles(request, maxFile) : new Map<string, Uint8Array>()
    const { id, done } = runs.start({ deployment, module, func, method, args: [...url.searchParams], files })
    const { localAddress = '127.0.0.1', localPort } = request.socket
    const host = /^[\w.:[\]-]{1,255}$/.test(request.headers.host ?? '') ? request.headers.host : `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
    const resultUrl = `http://${host}/request-history/${encodeURIComponent(id)}`
    if (method === 'GET') await done
    else done.catch(error => onTrouble(messageOf(error)))
    answer(response, 200, { resultUrl })
  }

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://device${(request.url ?? '/').replace(/^\/+/, '/')}`)
    const parts = url.pathname.slice(1).split('/').map(decoded)
    const [first = '', second = '', third = '', , fifth = ''] = parts
    const is = (method: string, length: number) => request.method === method && parts.length === length
    if (is('GET', 2) && first === '.well-known' && second === 'wasmiot-device-description') {
      const [cpu] = os.cpus()
      const platform = { memory: { bytes: os.totalmem() }, cpu: { humanReadableName: cpu?.model ?? null, clockSpeed: { Hz: cpu === undefined || cpu.speed === 0 ? null : cpu.speed * 1e6 } } }
      answer(response, 200, { name, platform, supervisorInterfaces: interfaces })
    } else if (is('GET', 1) && first === 'health') {
      onProbe()
      const health = { cpuUsage: cpuUsage(), memoryUsage: 1 - os.freemem() / os.totalmem(), deployments: deployments.ids() }
      answer(response, 200, health, { 'custom-orchestrator-set': String(orchestrator.get() !== undefined) })
    } else if (is('POST', 1) && first === 'register') {
      const { url: given } = (await readJson(request, 16 * 1024) ?? {}) as { url?: unknown }
      if (!isHttp(given)) throw new Refusal(404, 'The address of the orchestrator is none.')
      orchestrator.set(given.replace(/\/+$/, ''))
      answer(response, 200, { status: 'success' })
    } else if (is('POST', 1) && first === 'deploy') {
      const document = readDocument(await readJson(request, maxDocument))
      if (document.modules.length === 0) {
        answer(response, 200, { message: 'No modules to be deployed' })
        return
      }
      await deployments.deploy(document)
      answer(response, 200, { status: 'success' })
    } else if (is('DELETE', 2) && first === 'deploy') {
      if (!await deployments.undeploy(second)) throw new Refusal(404, 'This device does not have the deployment.')
      answer(response, 200, { status: 'success' })
    } else if (is('GET', 1) && first === 'request-history') {
      answer(response, 200, runs.entries())
    } else if (is('GET', 2) && first === 'request-history') {
      const entry = runs.entry(second)
      if (entry === undefined) throw new Refusal(404, 'There is no result yet.')
      answer(response, entry.success ? 200 : 500, entry)
    } else if (is('GET', 3) && first === 'request-history') {
      sendFile(response, await runs.output(second, third))
    } else if (is('GET', 3) && first === 'module_results') {
      sendFile(response, await runs.latest({ module: second }, third))
    } else if (is('GET', 5) && second === 'modules') {
      sendFile(response, await runs.latest({ deployment: first, module: third, func: parts[3] ?? '' }, fifth))
    } else if ((is('GET', 4) || is('POST', 4)) && second === 'modules') {
      await call(request, response, url, parts)
    } else {
      throw new Refusal(404, 'This device has no such route.')
    }
  }

  return http.createServer({ requestTimeout: 120_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 }, (request, response) => {
    const refuse = (error: unknown) => {
      if (!(error instanceof Refusal)) onTrouble(messageOf(error))
      if (response.headersSent) response.destroy()
      // No member `error`: orchestrators take a 404 that has one for the last word on a result that is still to come.
      else answer(response, error instanceof Refusal ? error.status : 500, { status: 'error', result: error instanceof Refusal ? error.message : 'The device has failed.' }, error instanceof Refusal && error.status === 413 ? { connection: 'close' } : {})
    }
    if (allowed !== undefined && !allowed(request.socket.remoteAddress ?? '')) refuse(new Refusal(403, 'This device does not talk to that address.'))
    else route(request, response).catch(refuse)
  })
}

function decoded (part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'The path cannot be read.')
  }
}

/** Percent that all processors together were busy since the last time it was asked. */
function createCpuUsage (): () => number {
  const read = () => os.cpus().map(({ times }) => times).reduce((sum, times) => ({ idle: sum.idle + times.idle, all: sum.all + times.idle + times.user + times.nice + times.sys + times.irq }), { idle: 0, all: 0 })
  let last = { idle: 0, all: 0 }
  let usage = 0
  return () => {
    const now = read()
    if (now.all > last.all) usage = Math.min(100, Math.max(0, 100 * (1 - (now.idle - last.idle) / (now.all - last.all))))
    last = now
    return usage
  }
}
