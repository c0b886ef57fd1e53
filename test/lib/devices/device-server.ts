// A device for tests: a real HTTP server on loopback that answers as supervisors do, or as a test wants.
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A device that runs. */
export interface DeviceServer {
  readonly host: string
  readonly port: number
  /** Requests that came: method, URL, headers and body. */
  readonly requests: Array<{ method: string, url: string, headers: IncomingMessage['headers'], body: string }>
  /** Answers by path; the test changes them. */
  readonly answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void>
  /** Whether it has been told of the orchestrator. */
  isRegistered: boolean
  /** Resolves once so many further requests for a path have been answered. */
  asked (path: string, times?: number): Promise<void>
  /** Breaks all connections and listens no more. */
  stop (): Promise<void>
  /** Listens again at the same place, as a new process would. */
  start (): Promise<void>
}

/** What devices of tests say of themselves. */
export const description = { platform: { memory: { bytes: 1024 }, cpu: { humanReadableName: 'test', clockSpeed: { Hz: 1e9 } } }, supervisorInterfaces: ['print', 'fd_write'] }

/** Sends JSON. */
export function sendJson (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

/** Starts a device; it ends with the test. */
export async function startDevice (t: Test, { host = '127.0.0.1', port = 0 }: { host?: string, port?: number } = {}): Promise<DeviceServer> {
  const requests: DeviceServer['requests'] = []
  const answered = new EventEmitter<{ answered: [string] }>().setMaxListeners(100)
  const answers: DeviceServer['answers'] = {
    '/.well-known/wasmiot-device-description': response => sendJson(response, description),
    '/health': response => sendJson(response, { cpuUsage: 12.5, memoryUsage: 0.25 }, 200, { 'Custom-Orchestrator-Set': String(device.isRegistered) }),
    '/register': response => {
      device.isRegistered = true
      sendJson(response, { status: 'success' })
    },
    '/deploy': response => sendJson(response, { status: 'success' })
  }
  const answer: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    const path = url.split('?')[0] ?? ''
    const own = answers[path]
    response.once('close', () => answered.emit('answered', path))
    if (own === undefined) sendJson(response, { status: 'error' }, 404)
    else own(response, request)
  }
  let server = createServer((request, response) => { Promise.resolve(answer(request, response)).catch(() => {}) })
  const listen = async (at: number) => {
    server.listen(at, host)
    await once(server, 'listening')
  }
  await listen(port)
  const { port: own } = server.address() as AddressInfo
  const device: DeviceServer = {
    host,
    port: own,
    requests,
    answers,
    isRegistered: false,
    async asked (path, times = 1) {
      for (let left = times; left > 0;) if ((await once(answered, 'answered'))[0] === path) left -= 1
    },
    async stop () {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async start () {
      device.isRegistered = false
      server = createServer((request, response) => { Promise.resolve(answer(request, response)).catch(() => {}) })
      await listen(own)
    }
  }
  t.teardown(() => device.stop())
  return device
}
