// A certificate with its key: read from two files, checked, and read again when they have changed. Home of X.509.
import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { CertificateError } from './errors.ts'

/** Where a certificate and its key are. */
export interface KeyPairFiles {
  /** Path of the certificate and those between it and its authority, PEM. */
  certificate: string
  /** Path of the private key, PEM. */
  key: string
}

/** A certificate with its key, as `node:tls` takes them. */
export interface KeyPair {
  cert: Buffer
  key: Buffer
  /** The oldest version of TLS that is spoken with it. */
  minVersion: 'TLSv1.2'
  /** When the certificate ends. */
  endsAt: Date
}

/** How files are followed. */
export interface KeyPairFollowing {
  /** Time between two looks at the files, in milliseconds. */
  interval: number
  /** Called with a pair that is another one than before. */
  onChange (pair: KeyPair): void
  /** Called where the files have changed and what is in them now cannot be used; a CertificateError. */
  onFault (error: unknown): void
}

/**
 * Reads a certificate and its key.
 * @throws CertificateError where one of them cannot be read or used, or where they are not of each other
 */
export async function readKeyPair (files: KeyPairFiles): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readPart('SSL_CERT', files.certificate), readPart('SSL_KEY', files.key)])
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(cert)
  } catch {
    throw new CertificateError('SSL_CERT', files.certificate, 'it holds no certificate in PEM form, that of the server first')
  }
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(key)
  } catch {
    throw new CertificateError('SSL_KEY', files.key, 'it holds no private key in PEM form without passphrase')
  }
  if (!certificate.checkPrivateKey(privateKey)) throw new CertificateError('SSL_KEY', files.key, 'it is not the key of the certificate in SSL_CERT')
  const pair: KeyPair = { cert, key, minVersion: 'TLSv1.2', endsAt: new Date(certificate.validTo) }
  try {
    // What only OpenSSL knows to refuse: a key that is too short, a certificate in between that is broken.
    createSecureContext(pair)
  } catch (error) {
    throw new CertificateError('SSL_CERT', files.certificate, `OpenSSL refuses it (${(error as Error).message})`)
  }
  return pair
}

/**
 * Reads the files again whenever one of them has changed; links are followed. They are two, and renewed one after the other: what does not fit together is
 * a fault, and read again with the next change.
 * @param current - what was read before
 * @returns ends it
 */
export function followKeyPair (files: KeyPairFiles, current: KeyPair, { interval, onChange, onFault }: KeyPairFollowing): () => void {
  let last = current
  let isReading = false
  let isStale = false
  let hasEnded = false
  const read = async (): Promise<void> => {
    isStale = isReading
    if (isReading || hasEnded) return
    isReading = true
    try {
      const pair = await readKeyPair(files)
      if (!hasEnded && !(pair.cert.equals(last.cert) && pair.key.equals(last.key))) {
        last = pair
        onChange(pair)
      }
    } catch (error) {
      if (!hasEnded) onFault(error)
    } finally {
      isReading = false
    }
    if (isStale) await read()
  }
  const onStat = () => { void read() }
  const paths = [...new Set([files.certificate, files.key])]
  // By looking at them: a notice of the system does not come where a link, or a folder above, is what changes.
  for (const path of paths) watchFile(path, { interval, persistent: false }, onStat)
  return () => {
    hasEnded = true
    for (const path of paths) unwatchFile(path, onStat)
  }
}

async function readPart (name: 'SSL_CERT' | 'SSL_KEY', path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new CertificateError(name, path, `it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
