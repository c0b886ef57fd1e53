// Who may see the pages for operators: whoever sends the token or a JWT of an operator, or, where neither is set up, somebody at the machine itself.
import type { JwtJudge } from './operator-jwt.ts'
import { isSameText } from './same-text.ts'

/** Addresses of operators that are remembered; the one longest unseen is forgotten first. */
export const mostOperators = 100

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

/**
 * Judges a visit: `welcome`, `wrong-token` where nothing is sent that makes an operator, `no-role` where a JWT is good but its holder is no operator,
 * `closed` where neither token nor JWT is set up and the visitor may be anybody. Throws OperatorKeysUnavailableError where a JWT cannot be checked.
 */
export type Doorkeeper = (visit: Visit) => Promise<'welcome' | 'wrong-token' | 'no-role' | 'closed'>

/** A Host header that means this machine. A page that has its own name point here (DNS rebinding) keeps its name in the header. */
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const loopbackAddress = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/

/**
 * Makes the judge of visits.
 * @param token - the operator's token; undefined where there is none
 * @param judgeJwt - judges what is not that token; undefined where operators bring no JWT
 */
export function createDoorkeeper (token: string | undefined, judgeJwt?: JwtJudge): Doorkeeper {
  return async visit => {
    if (token !== undefined || judgeJwt !== undefined) {
      const [, sent] = visit.authorization?.match(/^bearer +(.+)$/i) ?? []
      if (sent === undefined) return 'wrong-token'
      if (token !== undefined && isSameText(sent, token)) return 'welcome'
      const judgement = await judgeJwt?.(sent) ?? 'invalid'
      return judgement === 'operator' ? 'welcome' : judgement === 'no-role' ? 'no-role' : 'wrong-token'
    }
    const isLocal = listensOnLoopbackOnly(visit.listening) && !visit.forwarded && loopbackHost.test(visit.host ?? '')
    return isLocal ? 'welcome' : 'closed'
  }
}

/** True where nobody but this machine can connect. @param addresses - what the server listens on; none means not yet */
export function listensOnLoopbackOnly (addresses: readonly string[]): boolean {
  return addresses.length > 0 && addresses.every(address => loopbackAddress.test(address))
}
