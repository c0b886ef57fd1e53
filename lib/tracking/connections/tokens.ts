// The gate: judges the tokens that clients and processors bring. Where the key is at hand it does so at once, so that whatever comes after a token on the
// same connection finds it judged.
import { verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload, ProtectedHeaderParameters } from 'jose'
import { OperatorKeysUnavailableError } from '../../errors.ts'
import type { KeySource } from '../../jwt-keys.ts'
import { rolesAt } from '../../jwt-roles.ts'

/** Why a token will not do. All but `keys-unavailable` are about the token. */
export type TokenFault = 'malformed' | 'algorithm' | 'audience' | 'expired' | 'not-yet' | 'no-role' | 'no-key' | 'signature' | 'keys-unavailable'

/** What has come of a token; `endsAt` in milliseconds since 1970. */
export type Verdict = { ok: true, subject?: string, endsAt?: number } | { ok: false, reason: TokenFault }

/** Judges tokens. */
export interface Gate {
  /** Judges a token: at once, or, where its key must be looked for, by a promise, which is never rejected. @param jwt - a JWT (RFC 7519) in compact form */
  check (jwt: string | undefined): Verdict | Promise<Verdict>
}

/** What a token must have. */
export interface GateRules {
  /** Keys of the identity provider. */
  keys: KeySource
  /** Whom the token must be meant for (`aud`), and whose roles count. */
  audience: string
  /** The role that opens the gate. */
  role: string
  /** Tells the time, in milliseconds since 1970. */
  now?: () => number
}

/** A token that has been taken apart, and nothing of it believed yet. */
interface Token {
  header: ProtectedHeaderParameters
  claims: JWTPayload
  /** What has been signed. */
  signed: Buffer
  signature: Buffer
}

/** The longest token that is looked at, in characters. Those of identity providers have one or two thousand. */
const longestToken = 16 * 1024

/**
 * Makes a gate. Tokens are signed with RS256; `exp` and `nbf` count where they are there, to the millisecond; `iat` must not lie ahead; `aud`, a text or a
 * list, has the audience; the role is in the list `resource_access[audience].roles`, where Keycloak puts roles of a client.
 */
export function createGate ({ keys, audience, role, now = Date.now }: GateRules): Gate {
  function faultOf (claims: JWTPayload): TokenFault | undefined {
    const time = now() / 1000
    const { exp, nbf, iat, aud } = claims as Record<string, unknown>
    if (!(Array.isArray(aud) ? aud : [aud]).includes(audience)) return 'audience'
    if ([exp, nbf, iat].some(each => each !== undefined && typeof each !== 'number')) return 'malformed'
    if (exp !== undefined && (exp as number) <= time) return 'expired'
    if ([nbf, iat].some(each => each !== undefined && (each as number) > time)) return 'not-yet'
    return rolesAt(claims, 'resource_access', audience, 'roles').includes(role) ? undefined : 'no-role'
  }

  async function judgeLater (token: Token): Promise<Verdict> {
    try {
      return judge(token, await keys.find(token.header))
    } catch (error) {
      return refused(error instanceof OperatorKeysUnavailableError ? 'keys-unavailable' : 'no-key')
    }
  }

  return {
    check (jwt) {
      const token = jwt === undefined || jwt.length > longestToken ? undefined : takeApart(jwt)
      if (token === undefined) return refused('malformed')
      // `crit` names extensions that must be understood (RFC 7515, section 4.1.11). None are.
      if (token.header.alg !== 'RS256' || token.header.crit !== undefined) return refused('algorithm')
      // Before the signature: what will not do in any case costs no arithmetic and no look for keys.
      const fault = faultOf(token.claims)
      if (fault !== undefined) return refused(fault)
      const key = keys.known(token.header)
      return key === undefined ? judgeLater(token) : judge(token, key)
    }
  }
}

function judge ({ claims: { sub, exp }, signed, signature }: Token, key: KeyObject): Verdict {
  if (!verify('RSA-SHA256', signed, key, signature)) return refused('signature')
  return { ok: true, ...typeof sub === 'string' ? { subject: sub } : {}, ...exp === undefined ? {} : { endsAt: exp * 1000 } }
}

function refused (reason: TokenFault): Verdict {
  return { ok: false, reason }
}

function takeApart (jwt: string): Token | undefined {
  try {
    const end = jwt.lastIndexOf('.')
    const signature = jwt.slice(end + 1)
    if (!/^[\w-]+$/.test(signature)) return undefined
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt), signed: Buffer.from(jwt.slice(0, end)), signature: Buffer.from(signature, 'base64url') }
  } catch {
    return undefined
  }
}
