// What has come of a request when its response has closed.
import type { ServerResponse } from 'node:http'

/** The status of a response that has closed: 499 where the client went before all of it was written. One that has become a WebSocket is whole with its 101. */
export function endStatus (response: ServerResponse): number {
  return response.writableFinished || response.statusCode === 101 ? response.statusCode : 499
}
