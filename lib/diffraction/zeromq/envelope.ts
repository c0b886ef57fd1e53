// The frames around a request: one part for each hop that it came by, then an empty one, then the request (ZeroMQ RFC 28, request and reply).
import { Buffer } from 'node:buffer'

/** What came, taken apart. */
export interface Opened {
  /** Parts that a reply has to begin with, the empty one included. */
  readonly envelope: readonly Buffer[]
  /** The request; undefined where there is none that could be read. */
  readonly request: Buffer | undefined
  /** What is wrong with the frames. */
  readonly fault?: 'no delimiter' | 'too many parts' | 'no request'
}

/** Most hops of a request, that from the one who sent it here included. */
export const mostHops = 16

const delimiter: Buffer = Buffer.alloc(0)

/**
 * Takes a message of a ROUTER apart. Parts behind the request are of no account, as with the LS-CAT image server.
 * @returns undefined for what nobody can be answered to
 */
export function openEnvelope (frames: readonly Buffer[]): Opened | undefined {
  const end = frames.findIndex((frame, index) => index > 0 && frame.length === 0)
  // Without the empty part, what comes last is most likely the request, and the rest is the way back.
  if (end === -1) return frames.length < 2 || frames.length > mostHops + 1 ? undefined : { envelope: [...frames.slice(0, -1), delimiter], request: undefined, fault: 'no delimiter' }
  const envelope = frames.slice(0, end + 1)
  if (end > mostHops) return { envelope, request: undefined, fault: 'too many parts' }
  const request = frames[end + 1]
  return request === undefined ? { envelope, request, fault: 'no request' } : { envelope, request }
}
