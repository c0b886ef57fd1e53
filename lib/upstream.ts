// The HTTP client towards services: pooled connections, one deadline for the whole reply, a cap on its bytes, no redirects,
// no decompression. Home of undici.
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Agent, buildConnector } from 'undici'

/** Why a POST brought no reply. */
export type UpstreamFailure = 'refused' | 'broken' | 'timeout' | 'too-large' | 'aborted'

/** A POST that brought no reply. Its message holds no address and no content. */
export class UpstreamError extends Error {
  override name = 'UpstreamError'
  readonly reason: UpstreamFailure
  /**
   * True where a kept connection, which had brought a whole reply before, broke without a byte of this one. The service has most
   * likely closed it for being idle while the request was on its way (RFC 9112, section 9.3.1), and says nothing of how it is.
   */
  readonly stale: boolean

  /** @param reason - why; @param detail - code of the underlying error; @param stale - whether a kept connection had been closed */
  constructor (reason: UpstreamFailure, detail: string, stale = false) {
    super(detail)
    this.reason = reason
    this.stale = stale
  }
}

/** One POST. */
export interface UpstreamRequest {
  /** Scheme and authority. */
  origin: string
  path: string
  headers: Record<string, string>
  /** Buffers to write one after the other, and their total length. */
  body: { parts: Buffer[], length: number }
  /** Milliseconds for the whole reply. */
  timeout: number
  /** True for a connection of its own instead of one that is kept. */
  fresh?: boolean
  /** Ends the call early. */
  signal: AbortSignal
}

/** A reply, whole. */
export interface UpstreamReply { status: number, bytes: Buffer }

/** Sends requests to services. */
export interface Upstream {
  /** @throws UpstreamError */
  post (request: UpstreamRequest): Promise<UpstreamReply>
  /** Breaks all connections. */
  close (): Promise<void>
}

/** Bounds of the client. */
export interface UpstreamOptions {
  /** Most bytes of a reply. */
  maxReply: number
  /** Most connections to one origin. */
  connections: number
  /** Milliseconds for a connection to come about. */
  connectTimeout?: number
}

const refusals = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT'])
const disconnections = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Opens a client. */
export function createUpstream ({ maxReply, connections, connectTimeout = 3000 }: UpstreamOptions): Upstream {
  const life = followConnections(buildConnector({ timeout: connectTimeout }))
  const settings: Agent.Options = {
    connections,
    connect: life.connect,
    // One deadline covers headers and body; see post().
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxReply
  }
  const agent = new Agent(settings)
  // Without pipelining each request has a connection of its own.
  const freshAgent = new Agent({ ...settings, pipelining: 0 })

  return {
    async post ({ origin, path, headers, body, timeout, signal, fresh = false }) {
      const deadline = AbortSignal.timeout(timeout)
      try {
        const reply = await (fresh ? freshAgent : agent).request({
          origin,
          path,
          method: 'POST',
          headers: { ...headers, 'content-length': String(body.length) },
          // undici writes any iterable of buffers as it is, without joining them; its types leave that out.
          body: body.parts as unknown as Readable,
          signal: AbortSignal.any([signal, deadline])
        })
        const announced = Number(reply.headers['content-length'] ?? 0)
        if (announced > maxReply) {
          reply.body.on('error', () => {}).destroy()
          throw new UpstreamError('too-large', `${announced} bytes announced`)
        }
        return { status: reply.statusCode, bytes: await readAll(reply.body) }
      } catch (error) {
        if (error instanceof UpstreamError) throw error
        if (signal.aborted) throw new UpstreamError('aborted', 'aborted')
        if (deadline.aborted) throw new UpstreamError('timeout', `no whole reply in ${timeout} ms`)
        throw asUpstreamError(error, life.wasStale(error))
      }
    },
    async close () {
      life.end()
      await Promise.all([agent.destroy(), freshAgent.destroy()])
    }
  }
}

/** What a connection has been through: requests sent on it, and the bytes that had come before the last of them. */
interface Connection { requests: number, bytesBefore: number }

/**
 * Follows the connections of one client from outside: undici's errors name no connection, and tell nothing of its past.
 * @param connector - makes connections
 */
function followConnections (connector: buildConnector.connector): {
  /** Makes connections that are followed. */
  connect: buildConnector.connector
  /** Whether the error is the end of a kept connection, before any byte of the reply. */
  wasStale (error: unknown): boolean
  /** Stops following. */
  end (): void
} {
  const connections = new WeakMap<Socket, Connection>()
  const stale = new WeakSet<Error>()
  // Published by every client of the process; the others' connections are not in the map.
  const channel = 'undici:client:sendHeaders'
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    const connection = connections.get(socket)
    if (connection === undefined) return
    connection.requests += 1
    connection.bytesBefore = socket.bytesRead
  }
  diagnostics.subscribe(channel, note)

  return {
    connect (options, callback) {
      connector(options, (...result) => {
        if (result[0] === null) {
          const socket = result[1]
          const connection: Connection = { requests: 0, bytesBefore: 0 }
          connections.set(socket, connection)
          // Comes before undici's own listener, and with the error that the request will fail with.
          socket.on('error', (error: NodeJS.ErrnoException) => {
            if (disconnections.has(error.code ?? '') && connection.requests > 1 && socket.bytesRead === connection.bytesBefore) stale.add(error)
          })
        }
        callback(...result)
      })
    },
    wasStale: error => error instanceof Error && stale.has(error),
    end: () => { diagnostics.unsubscribe(channel, note) }
  }
}

async function readAll (stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function asUpstreamError (error: unknown, stale: boolean): UpstreamError {
  const code = codeOf(error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return new UpstreamError('too-large', code)
  return refusals.has(code) ? new UpstreamError('refused', code) : new UpstreamError('broken', code, stale)
}

/** The code of an error, or of the first one inside it: connecting to several addresses fails with several. */
function codeOf (error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
}
