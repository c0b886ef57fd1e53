// One HTTP exchange as a client has it, who may hang up in the midst of it.
import { Agent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Reply } from './checks.ts'

/** What a client sends. */
export interface Question {
  method?: 'GET' | 'POST'
  path: string
  headers?: Record<string, string | number>
  /** Body in parts; all of it, unless a larger Content-Length says otherwise. */
  parts?: Buffer[]
  /** Milliseconds after which the client hangs up. */
  hangUpAfter?: number | undefined
  /** The address that it comes from; 127.0.0.1 where nothing else is said. */
  from?: string
}

/** A client with its own connections. */
export interface Client {
  /**
   * Asks and resolves with the answer; with undefined where the client has hung up.
   * @throws the error of the connection, or `no answer` where there is none for half a minute
   */
  ask (question: Question): Promise<Reply | undefined>
  /** Closes its connections. */
  close (): void
}

const patience = 30_000

/** Makes a client that keeps its connections. */
export function createClient (port: number): Client {
  const agent = new Agent({ keepAlive: true })

  const send = ({ method = 'GET', path, headers = {}, parts = [], hangUpAfter, from }: Question) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const sent = method === 'POST' ? { 'content-type': 'application/json', 'content-length': length, ...headers } : headers
    const request = httpRequest({ host: '127.0.0.1', port, method, path, agent, headers: sent, ...from === undefined ? {} : { localAddress: from } })
    for (const part of parts) request.write(part)
    // Where more is announced than there is, the rest never comes.
    if (Number(sent['content-length'] ?? 0) <= length) request.end()
    else request.flushHeaders()
    return { request, reply: readReply(request, hangUpAfter) }
  }

  return {
    async ask (question) {
      const { request, reply } = send(question)
      try {
        return await reply
      } catch (error) {
        // A kept connection that the server was just closing: to be sent again (RFC 9112, section 9.3.1).
        if (request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET') return await send(question).reply
        throw error
      }
    },
    close: () => agent.destroy()
  }
}

function readReply (request: ClientRequest, hangUpAfter: number | undefined): Promise<Reply | undefined> {
  return new Promise((resolve, reject) => {
    let hungUp = false
    const timer = setTimeout(() => {
      hungUp = hangUpAfter !== undefined
      request.destroy(new Error(`no answer in ${patience} ms`))
    }, hangUpAfter ?? patience)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      settle()
    }
    const fail = (error: Error) => end(() => hungUp ? resolve(undefined) : reject(error))
    request.on('error', fail)
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => end(() => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
        // An answer that came before the whole question ends both.
        if (!request.writableEnded) request.destroy()
      }))
    })
  })
}
