// Sessions as the web server of a beamline signs them.
import { createSign, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A pair of keys: whoever lets users sign in has the one, Tutti the other. */
export interface Signer {
  readonly publicKey: KeyObject
  /** The public key as PEM. */
  readonly pem: string
  /** What Redis has under a token. @param isAuth - what is signed; text as it is, anything else as JSON */
  sign (isAuth: unknown): { isAuth: string, isAuthSig: string }
}

/** Makes keys. */
export function makeSigner (bits = 2048): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  return {
    publicKey,
    pem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    sign (isAuth) {
      const text = typeof isAuth === 'string' ? isAuth : JSON.stringify(isAuth)
      return { isAuth: text, isAuthSig: createSign('RSA-SHA256').update(text).sign(privateKey, 'base64') }
    }
  }
}
