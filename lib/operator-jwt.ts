// Operators who bring a token of an identity provider: a JWT (RFC 7519) that is signed, valid now, meant for Tutti, and names the role.
import { jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { OperatorKeysUnavailableError } from './errors.ts'
import { algorithms } from './jwt-keys.ts'
import type { KeySource } from './jwt-keys.ts'
import { rolesAt } from './jwt-roles.ts'

/** What a token must have. */
export interface JwtRules {
  /** Keys of the identity provider. */
  keys: KeySource
  /** Whom the token must be meant for (`aud`). */
  audience: string
  /** Who must have issued it (`iss`); any holder of the keys where undefined. */
  issuer: string | undefined
  /** The role that makes an operator. */
  role: string
}

/** Judges a token: `operator`, `no-role` where it is good but its holder is no operator, `invalid`. Throws OperatorKeysUnavailableError where that cannot be told. */
export type JwtJudge = (token: string) => Promise<'operator' | 'no-role' | 'invalid'>

/** Seconds that the clocks of provider and server may differ. */
const clockTolerance = 30

/** Makes the judge of tokens. */
export function createJwtJudge ({ keys, audience, issuer, role }: JwtRules): JwtJudge {
  return async token => {
    try {
      const { payload } = await jwtVerify(token, keys.find, {
        algorithms: [...algorithms], audience, requiredClaims: ['exp'], clockTolerance, ...issuer === undefined ? {} : { issuer }
      })
      return rolesOf(payload, audience).includes(role) ? 'operator' : 'no-role'
    } catch (error) {
      if (error instanceof OperatorKeysUnavailableError) throw error
      return 'invalid'
    }
  }
}

/** Roles where providers put them: `roles` (RFC 9068, Entra), `realm_access.roles` and `resource_access[audience].roles` (Keycloak). */
function rolesOf (payload: JWTPayload, audience: string): unknown[] {
  return [rolesAt(payload, 'roles'), rolesAt(payload, 'realm_access', 'roles'), rolesAt(payload, 'resource_access', audience, 'roles')].flat()
}
