// An identity provider for tests: RSA keys, tokens signed with them, and a server that publishes a set of keys.
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT } from 'jose'
import type { Test } from 'tap'

/** A pair of keys of 2048 bits. */
export const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A public key as PEM. */
export const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

/** Claims that will do for the audience `tracking` and the role `watch`. */
export const good = (more: Record<string, unknown> = {}) => ({ aud: 'tracking', sub: 'someone', resource_access: { tracking: { roles: ['watch'] } }, ...more })

/** A signed token. @param header - what its header says besides or instead of the algorithm RS256 */
export const sign = (key: KeyObject | Uint8Array, claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(key)

/** Publishes keys by their names, which may be changed at any time. */
export async function publish (t: Test, keys: Record<string, KeyObject>) {
  const provider = { keys, asked: 0, isDown: false, gate: Promise.resolve() }
  const server = createServer(async (_request, response) => {
    provider.asked += 1
    await provider.gate
    const set = await Promise.all(Object.entries(provider.keys).map(async ([kid, key]) => ({ ...await exportJWK(key), kid, alg: 'RS256', use: 'sig' })))
    response.writeHead(provider.isDown ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: set }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return Object.assign(provider, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs` })
}
