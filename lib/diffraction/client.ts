// A client of a diffraction server over ZeroMQ: REQ sockets, a deadline for each attempt, and another attempt over a new socket where there was no reply
// (the "lazy pirate" of the ZeroMQ guide, chapter 4).
import { Buffer } from 'node:buffer'
import pLimit from 'p-limit'
import { DiffractionError } from './diffraction-error.ts'
import { openRequest } from './zeromq/sockets.ts'
import type { Request } from './zeromq/sockets.ts'

/** Where the server is, and how long it has. */
export interface DiffractionClientOptions {
  /** Address of the server, or of the front of its proxy, such as `tcp://10.1.253.10:60201` or `ipc:///run/frames`. */
  readonly server: string
  /** Milliseconds for one attempt; should be more than DIFFRACTION_TIMEOUT of the server. */
  readonly timeout?: number
  /** Attempts after the first one. */
  readonly retries?: number
  /** Requests at one time; those beyond wait. */
  readonly most?: number
}

/** What a server said. */
export interface ClientReply {
  /** The request as it was read, with what was used. */
  readonly job: Record<string, unknown>
  /** Metadata of the frame; undefined for a blank picture, and where there is none. */
  readonly metadata: Record<string, unknown> | undefined
  /** All parts of the reply but the first, empty one: job, metadata or result, and the picture. */
  readonly parts: readonly Buffer[]
}

/** Asks a server. */
export interface DiffractionClient {
  /**
   * Sends a request and waits for its reply.
   * @throws ServerError where the server answers with an error, DiffractionError TIMEOUT where it does not answer at all, CANCELLED where the signal aborts
   */
  call (request: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<ClientReply>
  close (): void
}

/** What a server answered instead of what it was asked for. */
export class ServerError extends Error {
  override name = 'ServerError'
  /** Such as `TUTTI_DIFFRACTION_FILE_MISSING`; undefined where the server gives none, as that of LS-CAT does. */
  readonly code: string | undefined

  /** @param message - the text of the server */
  constructor (message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

/** Makes a client. Sockets are opened as they are needed, and used again. */
export function createDiffractionClient ({ server, timeout = 15_000, retries = 2, most = 16 }: DiffractionClientOptions): DiffractionClient {
  const limit = pLimit(most)
  const idle: Request[] = []
  const open = new Set<Request>()
  let closed = false

  const take = () => {
    const socket = idle.pop()
    if (socket !== undefined) return socket
    const made = openRequest({ heartbeat: 0, queue: 1, largest: -1 })
    made.connect(server)
    open.add(made)
    return made
  }
  const discard = (socket: Request) => {
    open.delete(socket)
    socket.close()
  }

  /** @returns undefined where there was no reply in time */
  const attempt = async (request: Buffer, signal: AbortSignal | undefined): Promise<Buffer[] | undefined> => {
    const socket = take()
    const { promise: ended, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), timeout)
    const abort = () => resolve(undefined)
    signal?.addEventListener('abort', abort)
    // Waits also while there is nobody to send to.
    const exchange = (async () => {
      await socket.send(request)
      return await socket.receive()
    })()
    try {
      const frames = await Promise.race([exchange, ended])
      if (frames !== undefined && !closed) idle.push(socket)
      else discard(socket)
      return frames
    } catch (error) {
      discard(socket)
      if (closed) return undefined
      throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      exchange.catch(() => {})
    }
  }

  return {
    async call (request, signal) {
      const bytes = Buffer.from(JSON.stringify({ errors: 'code', ...request }))
      return await limit(async () => {
        const isGivenUp = () => closed || signal?.aborted === true
        for (let left = retries; left >= 0 && !isGivenUp(); left--) {
          const frames = await attempt(bytes, signal)
          if (frames !== undefined) return read(frames)
        }
        if (isGivenUp()) throw new DiffractionError('CANCELLED', 'The request was given up.')
        throw new DiffractionError('TIMEOUT', `${server} has not answered within ${timeout} ms, asked ${retries + 1} times. Look whether it runs, and whether the address is right.`)
      })
    },
    close () {
      closed = true
      for (const socket of [...open]) discard(socket)
      idle.length = 0
    }
  }
}

/** Reads a reply. Its first part is empty where all went well. */
function read ([first, job, ...more]: Buffer[]): ClientReply {
  if (first === undefined || first.length > 0 || job === undefined) {
    const { code } = objectIn(job) ?? {}
    throw new ServerError(first?.toString() ?? 'The server has sent an empty message.', typeof code === 'string' ? code : undefined)
  }
  return { job: objectIn(job) ?? {}, metadata: objectIn(more[0]), parts: [job, ...more] }
}

function objectIn (part: Buffer | undefined): Record<string, unknown> | undefined {
  if (part === undefined || part.length === 0) return undefined
  try {
    const value: unknown = JSON.parse(part.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
