// The HTTP client towards services: pooled connections, one deadline for the whole reply, a cap on its bytes, no redirects,
// no decompression. Home of undici.
import type { Readable } from 'node:stream'
import { Agent } from 'undici'

/** Why a POST brought no reply. */
export type UpstreamFailure = 'refused' | 'broken' | 'timeout' | 'too-large' | 'aborted'

/** A POST that brought no reply. Its message holds no address and no content. */
export class UpstreamError extends Error {
  override name = 'UpstreamError'
  readonly reason: UpstreamFailure

  /** @param reason - why; @param detail - code of the underlying error */
  constructor (reason: UpstreamFailure, detail: string) {
    super(detail)
    this.reason = reason
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

/** Opens a client. */
export function createUpstream ({ maxReply, connections, connectTimeout = 3000 }: UpstreamOptions): Upstream {
  const agent = new Agent({
    connections,
    connect: { timeout: connectTimeout },
    // One deadline covers headers and body; see post().
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxReply
  })

  return {
    async post ({ origin, path, headers, body, timeout, signal }) {
      const deadline = AbortSignal.timeout(timeout)
      try {
        const reply = await agent.request({
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
        throw asUpstreamError(error)
      }
    },
    close: () => agent.destroy()
  }
}

async function readAll (stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function asUpstreamError (error: unknown): UpstreamError {
  const code = codeOf(error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return new UpstreamError('too-large', code)
  return new UpstreamError(refusals.has(code) ? 'refused' : 'broken', code)
}

/** The code of an error, or of the first one inside it: connecting to several addresses fails with several. */
function codeOf (error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
}
