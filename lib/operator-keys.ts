// The keys that an identity provider signs the tokens of operators with: one that the configuration names, or the set that the
// provider publishes (JWKS, RFC 7517).
import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createRemoteJWKSet, customFetch, errors } from 'jose'
import type { CryptoKey, FetchImplementation, FlattenedJWSInput, JWSHeaderParameters } from 'jose'
import { OperatorKeysUnavailableError } from './errors.ts'

/** The algorithms that a token may be signed with. Those with a shared secret, and `none`, are not among them. */
export const algorithms = ['RS256', 'ES256', 'EdDSA'] as const

/** Gives the key for a token. Throws OperatorKeysUnavailableError where the keys cannot be had, an error of jose where the token names none of them. */
export type KeySource = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey | KeyObject>

/** Largest set of keys that is read, in bytes. */
const largestSet = 256 * 1024

/**
 * Reads a public key.
 * @param pem - the key as PEM (RFC 7468, SubjectPublicKeyInfo) or a certificate; line ends may be written as `\n`
 * @returns a source that gives this key only to tokens of its own algorithm, or undefined where the text is no public key for any of the algorithms
 */
export function readPublicKey (pem: string): KeySource | undefined {
  const text = pem.replaceAll('\\n', '\n')
  // Node makes a public key of a private one. Whoever put a private one here has made a mistake to be told about.
  if (text.includes('PRIVATE KEY')) return undefined
  let key: KeyObject
  try {
    key = createPublicKey(text)
  } catch {
    return undefined
  }
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) return undefined
  return async ({ alg }) => {
    if (alg !== algorithm) throw new errors.JWKSNoMatchingKey()
    return key
  }
}

function algorithmOf ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): typeof algorithms[number] | undefined {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  return type === 'ed25519' ? 'EdDSA' : undefined
}

/** How a published set of keys is fetched. */
export interface RemoteKeysOptions {
  /** Where the set is published. */
  address: string
  /** Milliseconds for the whole reply. */
  timeout?: number
  /** Milliseconds after a failure in which nothing is asked again. */
  pause?: number
  /** Milliseconds after a fetch in which a key that is not in the set is not looked for again. */
  cooldown?: number
  /** Told why the keys could not be had, once for each attempt. */
  onFailure?: (error: unknown) => void
}

/** A source that fetches the published set when it is first needed, keeps it for ten minutes, and asks again for a key that it does not know. */
export function createRemoteKeys ({ address, timeout = 5000, pause = 5000, cooldown = 60000, onFailure }: RemoteKeysOptions): KeySource {
  let failedAt = -Infinity
  const fetchBounded: FetchImplementation = async (url, options) => {
    if (performance.now() - failedAt < pause) throw new OperatorKeysUnavailableError()
    const response = await fetch(url, options)
    const body = await readBounded(response)
    return new Response(body, { status: response.status })
  }
  const find = createRemoteJWKSet(new URL(address), { timeoutDuration: timeout, cooldownDuration: cooldown, [customFetch]: fetchBounded })
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (error) {
      const isAboutToken = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported
      if (isAboutToken) throw error
      // During the pause this is no new failure, and does not make the pause longer.
      if (performance.now() - failedAt >= pause) {
        failedAt = performance.now()
        onFailure?.(error)
      }
      throw new OperatorKeysUnavailableError()
    }
  }
}

async function readBounded (response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Uint8Array(largestSet)
  let length = 0
  for await (const chunk of response.body ?? []) {
    if (length + chunk.length > largestSet) throw new OperatorKeysUnavailableError()
    body.set(chunk, length)
    length += chunk.length
  }
  return body.subarray(0, length)
}
