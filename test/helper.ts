// Builds what the black-box tests of the server need: the server itself, services that behave as they are told, requests and raw sockets.
// Whatever is built is closed with its test.
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import type { AddressInfo, Server as SocketServer, Socket } from 'node:net'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { buildApp } from '../app.ts'
import { readConfiguration } from '../lib/configuration.ts'
import type { ServiceDiscovery } from '../lib/discovery/topology.ts'
import { fakeEngine } from './lib/fixtures/fake-engine.ts'
import type { FakeEngine } from './lib/fixtures/fake-engine.ts'
import { placeOwn } from './lib/fixtures/follower.ts'

/** Reverse domain names as real services and clients use them. */
export const names = {
  preprocessor: (name: string) => `ca.mcgill.a11y.image.preprocessor.${name}`,
  renderer: (name: string) => `ca.mcgill.a11y.image.renderer.${name}`,
  modifier: 'ca.mcgill.a11y.image.request'
}

/** The `request_uuid` of every request that graphicRequest makes. */
export const uuid = '6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b'

/** A picture of one pixel as a data URL. */
export const onePixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A valid request about a graphic of one pixel, with the given members changed or added. */
export function graphicRequest (overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    request_uuid: uuid,
    timestamp: 1700000000,
    URL: 'https://example.org/page',
    graphic: onePixel,
    dimensions: [1, 1],
    context: '<img alt="">',
    language: 'en',
    capabilities: [],
    renderers: [names.renderer('Text'), names.renderer('SimpleAudio')],
    ...overrides
  }
}

/** A valid rendering for the Text renderer. */
export function rendering (description: string, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { type_id: names.renderer('Text'), description, data: { text: `text of ${description}` }, ...overrides }
}

/** What a service received. */
export interface Received {
  path: string
  method: string
  headers: IncomingHttpHeaders
  /** The body as it came. */
  text: string
  /** The body parsed. */
  json: Record<string, unknown>
  /** Names under `preprocessors`, in order. */
  seen: string[]
  /** Resolves when the connection that brought the request has closed. */
  closed: Promise<void>
}

/** What a service does with a request. A promise that rejects breaks the connection. */
export type Behaviour = (response: ServerResponse, received: Received) => void | Promise<void>

/** Answers with a status, a body (text as it is, anything else as JSON) and headers. */
export function answer (status: number, body: unknown = '', headers: OutgoingHttpHeaders = {}): Behaviour {
  return response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  }
}

/** Answers as a preprocessor (or modifier) that found `data`. */
export function found (name: string, data: unknown, overrides: Record<string, unknown> = {}): Behaviour {
  return answer(200, { request_uuid: uuid, timestamp: 1700000001, name, data, ...overrides })
}

/** Answers as a handler that made renderings. */
export function made (...renderings: unknown[]): Behaviour {
  return answer(200, { request_uuid: uuid, timestamp: 1700000001, renderings })
}

/** Behaves so once the promise has resolved. */
export function after (gate: Promise<unknown>, behaviour: Behaviour): Behaviour {
  return async (response, received) => {
    await gate
    await behaviour(response, received)
  }
}

/** Never answers. */
export const hang: Behaviour = () => {}

/** Breaks the connection with a reset, before any byte of an answer. */
export const reset: Behaviour = response => { response.socket?.resetAndDestroy() }

/** A service that runs on loopback and behaves as told. */
export interface MockService {
  url: string
  /** What it does; may be changed at any time. */
  behaviour: Behaviour
  /** Everything it received, in order. */
  received: Received[]
  /** Resolves with the request of that number, counted from 1, once it has come. */
  request (number: number): Promise<Received>
}

/** Starts a service, on an address of loopback and a port of its own unless told otherwise. */
export async function mockService (t: Test, behaviour: Behaviour, { host = '127.0.0.1', port = 0 } = {}): Promise<MockService> {
  const waiting = new Map<number, PromiseWithResolvers<Received>>()
  const arrival = (number: number) => {
    const deferred = waiting.get(number) ?? Promise.withResolvers<Received>()
    waiting.set(number, deferred)
    return deferred
  }
  // One promise for each connection, however many requests it brings.
  const ends = new WeakMap<Socket, Promise<void>>()
  const server = createServer((request, response) => {
    // A connection that breaks is what some tests are about.
    request.on('error', () => {})
    response.on('error', () => {})
    receive(request, ends.get(request.socket) ?? Promise.resolve()).then(async received => {
      service.received.push(received)
      arrival(service.received.length).resolve(received)
      await service.behaviour(response, received)
    }).catch(() => { response.destroy() })
  })
  server.on('connection', socket => ends.set(socket, new Promise(resolve => socket.once('close', resolve))))
  server.keepAliveTimeout = 0
  const taken = await listen(server, host, port)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const service: MockService = {
    url: `http://${host}:${taken}`,
    behaviour,
    received: [],
    request: number => arrival(number).promise
  }
  return service
}

async function receive (request: IncomingMessage, closed: Promise<void>): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const json: Record<string, unknown> = JSON.parse(text)
  const seen = Object.keys(json.preprocessors ?? {})
  return { path: request.url ?? '', method: request.method ?? '', headers: request.headers, text, json, seen, closed }
}

/**
 * Starts services as containers do: each at an address of its own, all at the same port.
 * @returns the services by name, the first at 127.0.0.2
 */
export async function mockContainers<Name extends string> (t: Test, behaviours: Record<Name, Behaviour>): Promise<{ port: string, services: Record<Name, MockService> }> {
  const entries = Object.entries(behaviours) as Array<[Name, Behaviour]>
  // Any port that is free at one address may be taken at another.
  for (;;) {
    let port = 0
    const services: Array<[Name, MockService]> = []
    try {
      for (const [index, [name, behaviour]] of entries.entries()) {
        const service = await mockService(t, behaviour, { host: `127.0.0.${index + 2}`, port })
        port = Number(new URL(service.url).port)
        services.push([name, service])
      }
      return { port: String(port), services: Object.fromEntries(services) as Record<Name, MockService> }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** Starts a server that speaks no HTTP, or its own kind of it. @returns its address as an origin */
export async function socketService (t: Test, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createSocketServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  const port = await listen(server)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}

function listen (server: SocketServer, host = '127.0.0.1', port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** One entry of a services file. */
export interface Entry { labels: Record<string, string | number | boolean>, urls?: string[] }

/** The entry of a preprocessor: group 1, unless the labels say otherwise. */
export function preprocessor (service: { url: string } | string, labels: Entry['labels'] = {}): Entry {
  return { labels: { preprocessor: 1, ...labels }, urls: [typeof service === 'string' ? service : service.url] }
}

/** The entry of a handler. */
export function handler (service: { url: string } | string, labels: Entry['labels'] = {}): Entry {
  return { labels: { handler: 'enable', ...labels }, urls: [typeof service === 'string' ? service : service.url] }
}

/** Writes a services file into the test's own folder. @returns its path */
export function servicesFile (t: Test, services: Record<string, Entry>): string {
  return path.join(t.testdir({ 'services.yaml': stringify({ services }) }), 'services.yaml')
}

/**
 * Places the container of the server, and one container for each URL of each entry, in an engine.
 * @returns the environment in which a server finds them
 */
export function placeServices (engine: FakeEngine, services: Record<string, Entry> = {}): Record<string, string> {
  const own = placeOwn(engine, { networks: { image: '127.0.0.1' } })
  // An engine names the newest first, a file the first.
  let created = 2_000_000_000
  for (const [service, { labels, urls = [] }] of Object.entries(services)) {
    for (const url of urls) {
      const { hostname, port } = new URL(url)
      const texts = Object.fromEntries(Object.entries({ ...labels, port: port || 80 }).map(([name, value]) => [name, String(value)]))
      engine.place({ service, labels: texts, networks: { image: hostname }, created: created-- })
    }
  }
  return { DISCOVERY: 'docker', DOCKER_HOST: engine.host, HOSTNAME: own.id.slice(0, 12) }
}

/** Resolves once services have been listed for the first time. */
export async function listed (discovery: ServiceDiscovery): Promise<void> {
  if (discovery.status().obstacle === undefined) return
  await new Promise<void>(resolve => {
    const end = discovery.onChange(() => {
      end()
      resolve()
    })
  })
}

/** An answer of the server. */
export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The body parsed, where it is JSON. */
  json: unknown
}

/** One line of the log. */
export type LogLine = Record<string, unknown> & { msg?: string, reqId?: string }

/** A server that listens, and what one does with it. */
export interface Built {
  app: FastifyInstance
  origin: string
  port: number
  /** Every line that was logged, at every level. */
  logs: LogLine[]
  /** Resolves with the first line from the given number on that is as wanted, once it has been written. */
  logged (isWanted: (line: LogLine) => boolean, from?: number): Promise<LogLine>
  /** Any request. */
  send (path: string, init?: RequestInit): Promise<Reply>
  /** POSTs a body: text and bytes as they are, anything else as JSON. */
  post (path: string, body: unknown, init?: RequestInit): Promise<Reply>
  /** POSTs to /render; the request of graphicRequest where none is given. */
  render (request?: unknown, init?: RequestInit): Promise<Reply>
}

/** What a server is built from. */
export interface BuildOptions {
  /** Services that are there: in a services file, or as containers where the variable TEST_DISCOVERY is `docker`. */
  services?: Record<string, Entry>
  env?: Record<string, string>
}

/** Writes the services where the server looks for them. @returns the environment in which it does */
async function provide (t: Test, services: BuildOptions['services']): Promise<Record<string, string>> {
  if (services === undefined) return {}
  if (process.env.TEST_DISCOVERY !== 'docker') return { SERVICES_FILE: servicesFile(t, services) }
  return placeServices(await fakeEngine(t), services)
}

/** Builds the app from an environment and services, and listens on loopback. Where there are services, it knows them by then. */
export async function build (t: Test, { services, env = {} }: BuildOptions = {}): Promise<Built> {
  const logs: LogLine[] = []
  const readers = new Set<() => void>()
  const write = (line: string) => {
    logs.push(JSON.parse(line))
    for (const read of readers) read()
  }
  const logged: Built['logged'] = (isWanted, from = 0) => new Promise(resolve => {
    let next = from
    const read = () => {
      for (let line = logs[next++]; line !== undefined; line = logs[next++]) {
        if (!isWanted(line)) continue
        readers.delete(read)
        return resolve(line)
      }
      next -= 1
    }
    readers.add(read)
    read()
  })
  const { configuration } = readConfiguration({
    HOST: '127.0.0.1',
    PORT: '0',
    // Requests that a test left hanging do not keep its end waiting.
    SHUTDOWN_TIMEOUT: '0',
    // On a busy machine the loop is late for reasons that no test is about.
    MAX_EVENT_LOOP_DELAY: '0',
    ...await provide(t, services),
    ...env
  })
  const app = await buildApp({ configuration, logger: { level: 'trace', stream: { write } } })
  t.teardown(async () => { await app.close() })
  const origin = await app.listen({ host: configuration.HOST, port: configuration.PORT })
  if (services !== undefined) await listed(app.discovery)

  const send: Built['send'] = async (path, init) => {
    const response = await fetch(origin + path, { redirect: 'manual', ...init })
    const text = await response.text()
    const isJson = text !== '' && response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  const post: Built['post'] = (path, body, init) => send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
    ...init
  })
  return {
    app,
    origin,
    port: Number(new URL(origin).port),
    logs,
    logged,
    send,
    post,
    render: (request = graphicRequest(), init) => post('/render', request, init)
  }
}

/** The descriptions of the renderings in an answer, in order. */
export function descriptions (reply: Reply): unknown[] {
  const { renderings } = reply.json as { renderings: Array<{ description: unknown }> }
  return renderings.map(each => each.description)
}

/** What Server-Timing says of each service: name to outcome, such as `failed: timeout`. */
export function outcomes (reply: Reply): Record<string, string> {
  const entries = (reply.headers.get('server-timing') ?? '').split(', ').filter(entry => entry !== '')
  return Object.fromEntries(entries.map(entry => {
    const [, name = '', outcome = ''] = entry.match(/^([^;]+);desc="([^"]*)";dur=\d+\.\d$/) ?? []
    return [name, outcome]
  }))
}
