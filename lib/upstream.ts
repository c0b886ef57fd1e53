// The HTTP client towards services: pooled connections, one write for a request, one deadline for the whole reply, a cap on its bytes, no
// redirects, no decompression. Home of undici.
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Agent, buildConnector } from 'undici'
import type { Dispatcher } from 'undici'

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

/** Bytes of a body that takes the kernel a while. */
const large = 2 * 1024 * 1024

const refusals = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT'])
const disconnections = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Opens a client. */
export function createUpstream ({ maxReply, connections, connectTimeout = 3000 }: UpstreamOptions): Upstream {
  const life = followConnections(buildConnector({
    timeout: connectTimeout,
    // A part of a body would otherwise wait until those before it have gone to the kernel; all of them are in memory anyhow.
    ...{ highWaterMark: undefined, writableHighWaterMark: Number.MAX_SAFE_INTEGER }
  }))
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

  // Large bodies are begun one a turn of the event loop: several at once would hold up everybody else for as long as the kernel copies them.
  let turn = Promise.resolve()
  const nextTurn = () => (turn = turn.then(() => new Promise(resolve => setImmediate(resolve))))

  return {
    async post ({ origin, path, headers, body, timeout, signal, fresh = false }) {
      if (body.length >= large) await nextTurn()
      if (signal.aborted) throw new UpstreamError('aborted', 'aborted')
      const reply = receive(maxReply, error => asUpstreamError(error, life.wasStale(error)))
      const abort = () => reply.giveUp(new UpstreamError('aborted', 'aborted'))
      const deadline = setTimeout(() => reply.giveUp(new UpstreamError('timeout', `no whole reply in ${timeout} ms`)), timeout)
      signal.addEventListener('abort', abort)
      const [whole = empty] = body.parts
      try {
        ;(fresh ? freshAgent : agent).dispatch({
          origin,
          path,
          method: 'POST',
          headers: { ...headers, 'content-length': String(body.length) },
          // undici writes any iterable of buffers as it is, without joining them; its types leave that out.
          body: body.parts.length > 1 ? new Parts(body.parts) as unknown as Readable : whole
        }, reply.handler)
        return await reply.whole
      } finally {
        clearTimeout(deadline)
        signal.removeEventListener('abort', abort)
      }
    },
    async close () {
      life.end()
      await Promise.all([agent.destroy(), freshAgent.destroy()])
    }
  }
}

const empty = Buffer.alloc(0)

/**
 * A body of several buffers, which go to the kernel in one write together with the headers. Measured with 1 MB in three parts: 1.1 ms a POST, as with one buffer;
 * 1.8 ms where each part is written by itself, and the service wakes up for each.
 */
class Parts {
  readonly #parts: readonly Buffer[]
  #socket: Socket | undefined

  /** @param parts - the buffers */
  constructor (parts: readonly Buffer[]) {
    this.#parts = parts
  }

  /** Holds back what is written to a socket until all parts are. */
  holdBack (socket: Socket): void {
    this.#socket = socket
    socket.cork()
  }

  * [Symbol.iterator] (): Iterator<Buffer> {
    try {
      yield * this.#parts
    } finally {
      this.#socket?.uncork()
    }
  }
}

/** A reply on its way. */
interface Receiving {
  /** To be told of what comes. */
  readonly handler: Dispatcher.DispatchHandler
  /** The reply as soon as it is whole. */
  readonly whole: Promise<UpstreamReply>
  /** Ends the wait, and breaks the connection where there is one. */
  giveUp (error: UpstreamError): void
}

/**
 * Receives one reply.
 * @param most - bytes that may be announced; undici counts those that come
 * @param asUpstream - what to make of an error of undici's
 */
function receive (most: number, asUpstream: (error: unknown) => UpstreamError): Receiving {
  const { promise: whole, resolve, reject } = Promise.withResolvers<UpstreamReply>()
  const chunks: Buffer[] = []
  let status = 0
  let controller: Dispatcher.DispatchController | undefined
  let givenUp: UpstreamError | undefined
  const giveUp = (error: UpstreamError) => {
    givenUp ??= error
    reject(givenUp)
    controller?.abort(givenUp)
  }
  return {
    whole,
    giveUp,
    handler: {
      onRequestStart (started) {
        controller = started
        // What waits for its connection cannot be ended before it has one.
        if (givenUp !== undefined) controller.abort(givenUp)
      },
      onResponseStart (_controller, statusCode, headers) {
        status = statusCode
        const announced = Number(headers['content-length'] ?? 0)
        if (announced > most) giveUp(new UpstreamError('too-large', `${announced} bytes announced`))
      },
      onResponseData (_controller, chunk) { chunks.push(chunk) },
      onResponseEnd () { resolve({ status, bytes: chunks.length === 1 ? chunks[0] ?? empty : Buffer.concat(chunks) }) },
      onResponseError (_controller, error) { reject(asUpstream(error)) }
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
    const { request, socket } = message as { request: { body: unknown }, socket: Socket }
    const connection = connections.get(socket)
    if (connection === undefined) return
    if (request.body instanceof Parts) request.body.holdBack(socket)
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
