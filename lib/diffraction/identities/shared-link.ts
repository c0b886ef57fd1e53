// Reduced frames that servers share, as a worker process sees them: it asks the server, which alone can reach Redis.
import type { SharedReduced } from '../frames/frames.ts'
import type { FromProcess } from './messages.ts'

/** Reduced frames by way of the server. */
export interface SharedLink extends SharedReduced {
  /** The server's answer. */
  answer (id: number, bytes: Uint8Array | undefined): void
}

/** Values that are larger are not sent: it would take longer than to make them. */
export const largestShared = 8 * 1024 * 1024

/** Bytes on their way to the server beyond which no value is sent. */
const mostBacklog = 64 * 1024 * 1024

/**
 * Makes it.
 * @param send - sends to the server
 * @param backlog - bytes that the server has not taken yet
 */
export function createSharedLink (send: (message: FromProcess, bytes?: Uint8Array) => void, backlog: () => number): SharedLink {
  const waiting = new Map<number, (bytes: Uint8Array | undefined) => void>()
  let asked = 0
  return {
    async get (key, signal) {
      if (signal.aborted) return undefined
      const id = asked++
      const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>()
      const drop = () => {
        send({ kind: 'drop', id })
        resolve(undefined)
      }
      waiting.set(id, resolve)
      signal.addEventListener('abort', drop)
      send({ kind: 'get', id, key })
      try {
        return await promise
      } finally {
        waiting.delete(id)
        signal.removeEventListener('abort', drop)
      }
    },
    set (key, bytes) {
      if (bytes.length > largestShared || backlog() > mostBacklog) send({ kind: 'giveUp', key })
      else send({ kind: 'set', key }, bytes)
    },
    giveUp (key) { send({ kind: 'giveUp', key }) },
    answer (id, bytes) { waiting.get(id)?.(bytes) }
  }
}
