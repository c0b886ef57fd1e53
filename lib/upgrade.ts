// Which requests become WebSockets. All others are answered as if they had not asked: an `Upgrade` that a server does not know it may ignore (RFC 9110, 7.8).
import type { IncomingMessage } from 'node:http'

/**
 * Makes what Node asks of every request with an `Upgrade` header.
 * @param paths - where there are WebSockets, exactly as they must be written
 */
export function upgradesAt (paths: readonly string[]): (request: IncomingMessage) => boolean {
  return ({ method, url, headers }) => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && paths.includes(pathOf(url))
}

/** The path of a request without its query, as it was written. */
export function pathOf (url = ''): string {
  return url.split('?', 1)[0] ?? ''
}
