// Who may see the pages for operators: whoever sends the token, or, where there is none, somebody at the machine itself.
import { createHash, timingSafeEqual } from 'node:crypto'

/** What is known of somebody who asks. */
export interface Visit {
  /** The Authorization header. */
  authorization: string | undefined
  /** The Host header. */
  host: string | undefined
  /** True where a header says that a proxy has passed the request on. */
  forwarded: boolean
  /** Addresses that the server listens on. */
  listening: readonly string[]
}

/** Judges a visit: `welcome`, `wrong-token` where a token is set and was not sent, `closed` where there is none and the visitor may be anybody. */
export interface Doorkeeper {
  (visit: Visit): 'welcome' | 'wrong-token' | 'closed'
}

/** A Host header that means this machine. A page that has its own name point here (DNS rebinding) keeps its name in the header. */
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const loopbackAddress = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/

/**
 * Makes the judge of visits.
 * @param token - the operator's token; undefined where there is none
 */
export function createDoorkeeper (token: string | undefined): Doorkeeper {
  const expected = token === undefined ? undefined : digest(token)
  return visit => {
    if (expected !== undefined) {
      const [, sent] = visit.authorization?.match(/^bearer +(.+)$/i) ?? []
      // Digests have one length, and comparing them takes one time: nothing can be learned from either.
      return sent !== undefined && timingSafeEqual(digest(sent), expected) ? 'welcome' : 'wrong-token'
    }
    const isLocal = listensOnLoopbackOnly(visit.listening) && !visit.forwarded && loopbackHost.test(visit.host ?? '')
    return isLocal ? 'welcome' : 'closed'
  }
}

/** True where nobody but this machine can connect. @param addresses - what the server listens on; none means not yet */
export function listensOnLoopbackOnly (addresses: readonly string[]): boolean {
  return addresses.length > 0 && addresses.every(address => loopbackAddress.test(address))
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
