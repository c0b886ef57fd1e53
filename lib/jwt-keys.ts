// The keys that an identity provider signs tokens with: one that the configuration names, or the set that the provider publishes (JWKS, RFC 7517).
import { createPublicKey, KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRemoteJWKSet, customFetch, errors, jwksCache } from 'jose'
import type { FetchImplementation, JWKSCacheInput, JWSHeaderParameters } from 'jose'
import { OperatorKeysUnavailableError } from './errors.ts'

/** The algorithms that a token may be signed with. Those with a shared secret, and `none`, are not among them. */
export const algorithms = ['RS256', 'ES256', 'EdDSA'] as const

/** One of the algorithms that a token may be signed with. */
export type Algorithm = typeof algorithms[number]

/** Where the keys for tokens come from. Each key is given for tokens of its own algorithm only. */
export interface KeySource {
  /** The key for a token with such a header, where it is at hand; undefined where it must be looked for, or there is none. */
  known (header: JWSHeaderParameters): KeyObject | undefined
  /** Looks for the key. Throws OperatorKeysUnavailableError where the keys cannot be had, an error of jose where none of them fits. */
  find (header: JWSHeaderParameters): Promise<KeyObject>
}

/** Largest set of keys that is read, in bytes. */
const largestSet = 256 * 1024

/**
 * Reads a public key.
 * @param pem - the key as PEM (RFC 7468, SubjectPublicKeyInfo) or a certificate; line ends may be written as `\n`
 * @param allowed - algorithms that the key may be for
 * @returns a source that gives this key, or undefined where the text is no public key for any of the algorithms
 */
export function readPublicKey (pem: string, allowed: readonly Algorithm[] = algorithms): KeySource | undefined {
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
  if (algorithm === undefined || !allowed.includes(algorithm)) return undefined
  return {
    known: ({ alg }) => alg === algorithm ? key : undefined,
    find: async ({ alg }) => {
      if (alg !== algorithm) throw new errors.JWKSNoMatchingKey()
      return key
    }
  }
}

/** Reads a public key that is given as PEM, or as the path of a file with one; undefined where there is none for any of the algorithms. */
export async function openPublicKey (given: string, allowed: readonly Algorithm[] = algorithms): Promise<KeySource | undefined> {
  return readPublicKey(given.includes('-----BEGIN') ? given : await readFile(given, 'utf8').catch(() => ''), allowed)
}

function algorithmOf ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): Algorithm | undefined {
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
  /** Milliseconds that a set is good for. */
  lifetime?: number
  /** Told why the keys could not be had, once for each attempt. */
  onFailure?: (error: unknown) => void
}

/**
 * A source that fetches the published set when it is first needed, keeps it for ten minutes, and asks again for a key that it does not know. A key is
 * at hand once it has been found, until the set is fetched again or grows old: one that is no longer published is no longer given then.
 */
export function createRemoteKeys ({ address, timeout = 5000, pause = 5000, cooldown = 60000, lifetime = 600000, onFailure }: RemoteKeysOptions): KeySource {
  let failedAt = -Infinity
  const fetchBounded: FetchImplementation = async (url, options) => {
    if (performance.now() - failedAt < pause) throw new OperatorKeysUnavailableError()
    const response = await fetch(url, options)
    const body = await readBounded(response)
    return new Response(body, { status: response.status })
  }
  // jose puts each set that it has fetched in here.
  const latest: JWKSCacheInput = {}
  const remote = createRemoteJWKSet(new URL(address), {
    timeoutDuration: timeout, cooldownDuration: cooldown, cacheMaxAge: lifetime, [customFetch]: fetchBounded, [jwksCache]: latest
  })
  const found = new Map<string, KeyObject>()
  let foundIn: unknown

  async function look (header: JWSHeaderParameters): Promise<KeyObject> {
    let before: unknown
    let key: KeyObject
    let looks = 0
    do {
      before = latest.jwks
      key = KeyObject.from(await remote(header))
      looks += 1
      // Where a set has been fetched meanwhile, here or for another token, the key may be one of the set before.
    } while (latest.jwks !== before && looks < 2)
    // jwtVerify of jose refuses short keys; whoever verifies without it need not.
    if (algorithmOf(key) !== header.alg) throw new errors.JWKSNoMatchingKey()
    if (latest.jwks === before) {
      if (foundIn !== before) found.clear()
      foundIn = before
      // Only what is in the set gets here: there are no more of these than names of keys.
      found.set(nameOf(header), key)
    }
    return key
  }

  return {
    known: header => foundIn === latest.jwks && remote.fresh ? found.get(nameOf(header)) : undefined,
    find: async header => {
      try {
        return await look(header)
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
}

/** What a header says of its key, as one text. */
function nameOf ({ alg, kid }: JWSHeaderParameters): string {
  return JSON.stringify([alg, kid])
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
