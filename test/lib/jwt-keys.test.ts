// When published keys are fetched, fetched again, and given up.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { createRemoteKeys, openPublicKey, readPublicKey } from '../../lib/jwt-keys.ts'

const { publicKey } = generateKeyPairSync('ed25519')
const header = (kid: string) => ({ alg: 'EdDSA', kid })

async function provider (t: Test, answer: (times: number) => unknown) {
  const asked = { times: 0 }
  const server = createServer((_request, response) => {
    asked.times += 1
    const set = answer(asked.times)
    if (set !== undefined) response.end(JSON.stringify(set))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return { asked, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

t.test('a key that is not known is looked for again once the cooldown is over', async t => {
  const one = { ...await exportJWK(publicKey), kid: 'one' }
  const { asked, address } = await provider(t, times => ({ keys: times === 1 ? [] : [one] }))
  const { find } = createRemoteKeys({ address, cooldown: 0 })
  t.ok(await find(header('one')))
  t.equal(asked.times, 2)
})

t.test('a provider that does not answer is given up after the deadline', async t => {
  const { asked, address } = await provider(t, () => undefined)
  const { find } = createRemoteKeys({ address, timeout: 500 })
  await t.rejects(find(header('one')), { code: 'TUTTI_OPERATOR_KEYS_UNAVAILABLE' })
  await t.rejects(find(header('one')), { code: 'TUTTI_OPERATOR_KEYS_UNAVAILABLE' })
  t.equal(asked.times, 1)
})

t.test('after the pause a provider that failed is asked again', async t => {
  const one = { ...await exportJWK(publicKey), kid: 'one' }
  const { address } = await provider(t, times => times === 1 ? { keys: 1 } : { keys: [one] })
  const { find } = createRemoteKeys({ address, pause: 0 })
  await t.rejects(find(header('one')), { code: 'TUTTI_OPERATOR_KEYS_UNAVAILABLE' })
  t.ok(await find(header('one')))
})

t.test('a key that has been found is at hand, until the set is fetched again', async t => {
  const one = { ...await exportJWK(publicKey), kid: 'one' }
  const { asked, address } = await provider(t, times => ({ keys: times === 1 ? [one] : [{ ...one, kid: 'two' }] }))
  const { known, find } = createRemoteKeys({ address, cooldown: 0 })
  t.equal(known(header('one')), undefined)
  const found = await find(header('one'))
  t.equal(known(header('one')), found)
  t.equal(known(header('two')), undefined)
  t.equal(asked.times, 1)
  await find(header('two'))
  t.equal(known(header('one')), undefined)
  await t.rejects(find(header('one')), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

t.test('a key that is named gives itself to tokens of its algorithm alone', async t => {
  const source = readPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  if (source === undefined) throw new Error('an Ed25519 key is one of those that can be used')
  t.ok(source.known(header('any')))
  t.equal(source.known({ alg: 'RS256' }), undefined)
  await t.rejects(source.find({ alg: 'RS256' }), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.equal(await openPublicKey('/nowhere/key.pem'), undefined)
})
