// How a refusal looks to the client: plain text with the status in words, the cause, the cure and the code.
import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HeadersTooLargeError, MalformedPathError, MalformedRequestError, RequestTimeoutError } from './errors.ts'
import { securityHeaders } from './security-headers.ts'

/** What the text of a refusal is made of. */
export interface Refused { statusCode?: number, message: string, code: string }

/** The text of a refusal. */
export function refusalText ({ statusCode = 500, message, code }: Refused): string {
  return `${STATUS_CODES[statusCode] ?? 'Error'}: ${message} (${code})`
}

/**
 * Answers a connection whose bytes did not become a request: too slow, too large, or no HTTP. Then breaks it.
 * @param error - what the HTTP parser of Node says
 * @param socket - the connection
 */
export function refuseConnection (error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const refused = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    ? new RequestTimeoutError()
    : error.code === 'HPE_HEADER_OVERFLOW' ? new HeadersTooLargeError() : new MalformedRequestError()
  const text = refusalText(refused)
  const status = refused.statusCode ?? 400
  if (socket.writable) {
    const extra = Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nContent-Type: text/plain; charset=utf-8\r\n${extra}Connection: close\r\n\r\n${text}`)
  }
  socket.destroy(error)
}

/** Answers a request whose path cannot be decoded. It says nothing of the path, which could be anything. */
export function refusePath (response: ServerResponse): void {
  const text = refusalText(new MalformedPathError())
  response.writeHead(400, { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text)
}
