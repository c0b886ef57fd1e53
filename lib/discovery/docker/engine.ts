// The Docker Engine API (https://docs.docker.com/reference/api/engine/), as far as finding services needs it: reading only. Home
// of dockerode.
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import type Docker from 'dockerode'

/** The part of dockerode that asks an engine. All of it would bring gRPC along, which nothing here needs: four times the time to load, and three times the memory. */
const Modem = createRequire(createRequire(import.meta.url).resolve('dockerode'))('docker-modem') as new (options: Docker.DockerOptions) => Docker['modem']

/** Certificates for TLS with an engine, in PEM. */
export interface EngineCertificates { ca: Buffer, cert: Buffer, key: Buffer }

/** Where an engine is, and how long it may take. */
export interface EngineOptions {
  /** As DOCKER_HOST: `unix:///path`, `tcp://host:port`, `http://…` or `https://…`. */
  host: string
  /** Speaks TLS with these, where given. */
  certificates?: EngineCertificates
  /** Milliseconds for a whole listing, and for the events to begin. */
  timeout: number
}

/** What can be asked of an engine. Every method throws an EngineError. */
export interface Engine {
  /** Running containers (`GET /containers/json`). */
  containers (signal: AbortSignal): Promise<unknown[]>
  /** Services of the swarm (`GET /services`). */
  services (signal: AbortSignal): Promise<unknown[]>
  /** Tasks that should run (`GET /tasks`). */
  tasks (signal: AbortSignal): Promise<unknown[]>
  /** Nodes of the swarm (`GET /nodes`). */
  nodes (signal: AbortSignal): Promise<unknown[]>
  /** Networks (`GET /networks`). */
  networks (signal: AbortSignal): Promise<unknown[]>
  /** Changes as they happen (`GET /events`): one item for each event of the given kinds, and for each line that cannot be understood. */
  events (kinds: EventKinds, signal: AbortSignal): Promise<AsyncIterable<unknown>>
}

/** Events that matter: types of objects, and what may happen to them. */
export interface EventKinds { types: string[], actions: string[] }

/** An engine that cannot be reached or does not answer as it should. */
export class EngineError extends Error {
  override name = 'EngineError'
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined

  /** @param message - what happened, for the log; @param status - HTTP status of an answer */
  constructor (message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** Largest listing and longest line of an event, in bytes. */
const largest = { listing: 64 * 1024 * 1024, event: 1024 * 1024 }

/** Opens an engine. Nothing is connected before something is asked. */
export function createEngine ({ host, certificates, timeout }: EngineOptions): Engine {
  const modem = new Modem(addressOf(host, certificates))

  const open = (path: string, query: Record<string, unknown>, signal: AbortSignal): Promise<IncomingMessage> => new Promise((resolve, reject) => {
    modem.dial({
      path: `${path}?`, method: 'GET', options: query, isStream: true, statusCodes: { 200: true }, abortSignal: signal
    }, (error: (Error & { statusCode?: number, code?: string }) | null, answer: unknown) => {
      if (error === null) return resolve(answer as IncomingMessage)
      reject(new EngineError(`GET ${path}: ${error.statusCode ?? error.code ?? error.message}`, error.statusCode))
    })
  })

  const list = async (path: string, query: Record<string, unknown>, signal: AbortSignal): Promise<unknown[]> => {
    const deadline = AbortSignal.timeout(timeout)
    try {
      const text = await readText(await open(path, query, AbortSignal.any([signal, deadline])), path)
      const value: unknown = JSON.parse(text)
      if (Array.isArray(value)) return value
    } catch (error) {
      if (deadline.aborted) throw new EngineError(`GET ${path}: no whole answer in ${timeout} ms`)
      if (!(error instanceof SyntaxError)) throw asEngineError(error, path)
    }
    throw new EngineError(`GET ${path}: the answer is no JSON list`, 200)
  }

  return {
    containers: signal => list('/containers/json', {}, signal),
    services: signal => list('/services', {}, signal),
    tasks: signal => list('/tasks', { filters: { 'desired-state': ['running'] } }, signal),
    nodes: signal => list('/nodes', {}, signal),
    networks: signal => list('/networks', {}, signal),
    async events ({ types, actions }, signal) {
      const impatience = new AbortController()
      const timer = setTimeout(() => impatience.abort(), timeout)
      try {
        const stream = await open('/events', { filters: { type: types, event: actions } }, AbortSignal.any([signal, impatience.signal]))
        return readEvents(stream, { types, actions })
      } catch (error) {
        if (impatience.signal.aborted) throw new EngineError(`GET /events: no answer in ${timeout} ms`)
        throw asEngineError(error, '/events')
      } finally {
        clearTimeout(timer)
      }
    }
  }
}

/**
 * What dockerode is told. Everything is stated, so that it takes nothing from the environment by itself. The agents keep no
 * connection: one that lay idle may be dead without anybody knowing.
 */
function addressOf (host: string, certificates: EngineCertificates | undefined): Docker.DockerOptions & { agent: HttpAgent } {
  const none = { host: undefined, socketPath: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined, timeout: undefined }
  if (host.startsWith('unix://')) {
    return { ...none, protocol: 'http', socketPath: host.slice('unix://'.length), agent: terse(new HttpAgent()) }
  }
  const { protocol, hostname, port } = new URL(host.replace(/^tcp:/, 'http:'))
  const isTls = certificates !== undefined || protocol === 'https:'
  return {
    ...none,
    protocol: isTls ? 'https' : 'http',
    host: hostname,
    port: port || (isTls ? 2376 : 2375),
    ...certificates,
    agent: terse(isTls ? new HttpsAgent() : new HttpAgent())
  }
}

/** dockerode spells out its options for a debug line even where nobody wants it, which for an agent takes milliseconds each time. */
function terse (agent: HttpAgent): HttpAgent {
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' })
}

async function readText (stream: AsyncIterable<Buffer>, path: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > largest.listing) throw new EngineError(`GET ${path}: more than ${largest.listing} bytes`, 200)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Events are JSON texts, one a line, however the bytes are cut into chunks. */
async function * readEvents (stream: AsyncIterable<Buffer>, kinds: EventKinds): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.trim() !== '' && matters(line, kinds)) yield line
      }
      if (rest.length > largest.event) {
        rest = ''
        yield rest
      }
    }
  } catch (error) {
    throw asEngineError(error, '/events')
  }
  // The last event may have come without its end.
  if (rest.trim() !== '') yield rest
}

/** Whether an event is of these kinds; the engine has been asked to leave out the rest, but not every proxy passes that on. */
function matters (line: string, { types, actions }: EventKinds): boolean {
  try {
    const { Type, Action } = JSON.parse(line) as { Type?: unknown, Action?: unknown }
    if (typeof Type !== 'string' || typeof Action !== 'string') return true
    // Such as `health_status: healthy`.
    return types.includes(Type) && actions.includes(Action.split(':', 1)[0] ?? '')
  } catch {
    return true
  }
}

function asEngineError (error: unknown, path: string): EngineError {
  if (error instanceof EngineError) return error
  const { code, message } = error as NodeJS.ErrnoException
  return new EngineError(`GET ${path}: ${code ?? message}`)
}
