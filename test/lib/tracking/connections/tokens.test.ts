// Which tokens open a gate, and how keys that change are followed.
import { createSign, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createRemoteKeys, readPublicKey } from '../../../../lib/jwt-keys.ts'
import { createGate } from '../../../../lib/tracking/connections/tokens.ts'
import type { Gate, Verdict } from '../../../../lib/tracking/connections/tokens.ts'
import { good, pem, publish, rsa, sign } from '../identity-provider.ts'

const { publicKey, privateKey } = rsa()
const keys = readPublicKey(pem(publicKey), ['RS256'])
if (keys === undefined) throw new Error('an RSA key of 2048 bits is one that can be used')
const rules = { keys, audience: 'tracking', role: 'watch' }
const gate = createGate(rules)
const now = Math.floor(Date.now() / 1000)

/** The verdict, which must have been given at once. */
function atOnce (gate: Gate, jwt: string | undefined): Verdict {
  const verdict = gate.check(jwt)
  if (verdict instanceof Promise) throw new Error('the verdict was not given at once')
  return verdict
}

const accepted: Record<string, Record<string, unknown>> = {
  'with all that a token can have': good({ exp: now + 60, nbf: now - 60, iat: now - 60, iss: 'anybody' }),
  'without an end': good(),
  'with a list of audiences': good({ aud: ['other', 'tracking'] }),
  'with other roles as well': good({ resource_access: { tracking: { roles: ['other', 'watch', 7] } } }),
  'without a subject': good({ sub: undefined })
}
for (const [name, claims] of Object.entries(accepted)) {
  t.test(`a token ${name} is accepted`, async t => {
    const verdict = atOnce(gate, await sign(privateKey, claims))
    t.match(verdict, { ok: true })
  })
}

const refused: Record<string, [reason: string, claims: Record<string, unknown>]> = {
  'that has ended': ['expired', good({ exp: now - 1 })],
  'that ends this second': ['expired', good({ exp: now })],
  'whose time has not come': ['not-yet', good({ nbf: now + 60 })],
  'that was issued in the future': ['not-yet', good({ iat: now + 60 })],
  'whose end is no number': ['malformed', good({ exp: String(now + 60) })],
  'whose end is null': ['malformed', good({ exp: null })],
  'without an audience': ['audience', good({ aud: undefined })],
  'for somebody else': ['audience', good({ aud: 'tracking-two' })],
  'for a list of others': ['audience', good({ aud: ['track', 'ing'] })],
  'without roles': ['no-role', good({ resource_access: undefined })],
  'with roles of another audience': ['no-role', good({ resource_access: { other: { roles: ['watch'] } } })],
  'with roles of the realm': ['no-role', good({ resource_access: {}, realm_access: { roles: ['watch'] } })],
  'with another role': ['no-role', good({ resource_access: { tracking: { roles: ['watcher'] } } })],
  'with a text that contains the role': ['no-role', good({ resource_access: { tracking: { roles: 'watch' } } })],
  'with an object that has the role': ['no-role', good({ resource_access: { tracking: { roles: { watch: true } } } })]
}
for (const [name, [reason, claims]] of Object.entries(refused)) {
  t.test(`a token ${name} is refused`, async t => {
    t.strictSame(atOnce(gate, await sign(privateKey, claims)), { ok: false, reason })
  })
}

t.test('the end of a token counts without leeway, and is told', async t => {
  const jwt = await sign(privateKey, good({ exp: 1000, nbf: 900, iat: 900 }))
  const at = (time: number) => atOnce(createGate({ ...rules, now: () => time }), jwt)
  t.strictSame(at(899_999), { ok: false, reason: 'not-yet' })
  t.strictSame(at(900_000), { ok: true, subject: 'someone', endsAt: 1_000_000 })
  t.strictSame(at(999_999), { ok: true, subject: 'someone', endsAt: 1_000_000 })
  t.strictSame(at(1_000_000), { ok: false, reason: 'expired' })
})

t.test('only what is signed with RS256 and the key counts', async t => {
  const stranger = rsa().privateKey
  const valid = await sign(privateKey, good())
  const [header, claims, signature = ''] = valid.split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const tries: Array<[string, string, string | undefined]> = [
    ['another key', 'signature', await sign(stranger, good())],
    ['RS512', 'algorithm', await sign(privateKey, good(), { alg: 'RS512' })],
    ['PS256', 'algorithm', await sign(privateKey, good(), { alg: 'PS256' })],
    ['ES256', 'algorithm', await sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, good(), { alg: 'ES256' })],
    ['HS256 with the public key for a secret', 'algorithm', await sign(Buffer.from(pem(publicKey)), good(), { alg: 'HS256' })],
    ['no algorithm', 'algorithm', `${encode({ alg: 'none' })}.${claims}.${signature}`],
    ['no signature', 'malformed', `${header}.${claims}.`],
    ['other claims', 'signature', `${header}.${encode(good({ sub: 'somebody else' }))}.${signature}`],
    ['half a signature', 'signature', `${header}.${claims}.${signature.slice(0, 100)}`],
    ['an extension that must be understood', 'algorithm', await sign(privateKey, good(), { crit: ['b64'], b64: true })],
    ['a scheme before it', 'malformed', `Bearer ${valid}`],
    ['a line end after it', 'malformed', `${valid}\n`],
    ['a length beyond all bounds', 'malformed', await sign(privateKey, good({ more: 'x'.repeat(20_000) }))],
    ['nothing', 'malformed', undefined],
    ['an empty text', 'malformed', '']
  ]
  for (const [name, reason, jwt] of tries) t.strictSame(atOnce(gate, jwt), { ok: false, reason }, name)
  t.match(atOnce(gate, valid), { ok: true })
})

t.test('no text that is not signed is a token', async t => {
  const part = fc.oneof(fc.string(), fc.base64String(), fc.json().map(text => Buffer.from(text).toString('base64url')))
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(part, { minLength: 2, maxLength: 5 }).map(parts => parts.join('.')))
  fc.assert(fc.property(text, text => !atOnce(gate, text).ok), { numRuns: 300 })
  t.pass()
})

t.test('names that every object has are no audience with roles', async t => {
  for (const audience of ['__proto__', 'constructor', 'toString']) {
    t.strictSame(atOnce(createGate({ ...rules, audience }), await sign(privateKey, good({ aud: audience, resource_access: {} }))), { ok: false, reason: 'no-role' })
  }
})

t.test('a key of another kind, or one too short, is none for this gate', async t => {
  t.equal(readPublicKey(pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey), ['RS256']), undefined)
  t.equal(readPublicKey(pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), ['RS256']), undefined)
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const { address } = await publish(t, { short: short.publicKey })
  const remote = createGate({ ...rules, keys: createRemoteKeys({ address }) })
  const input = [{ alg: 'RS256', kid: 'short' }, good()].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const jwt = `${input}.${createSign('RSA-SHA256').update(input).sign(short.privateKey, 'base64url')}`
  t.strictSame(await remote.check(jwt), { ok: false, reason: 'no-key' })
})

t.test('published keys are fetched when a token first names them; then they are at hand', async t => {
  const provider = await publish(t, { one: publicKey })
  const remote = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address }) })
  const jwt = await sign(privateKey, good(), { kid: 'one' })
  t.strictSame(await remote.check(await sign(privateKey, good({ exp: 1 }), { kid: 'one' })), { ok: false, reason: 'expired' })
  t.equal(provider.asked, 0, 'nothing is fetched for what will not do in any case')
  t.match(await Promise.all([remote.check(jwt), remote.check(jwt)]), [{ ok: true }, { ok: true }])
  t.equal(provider.asked, 1)
  t.match(atOnce(remote, jwt), { ok: true })
  t.match(await remote.check(await sign(rsa().privateKey, good(), { kid: 'one' })), { ok: false, reason: 'signature' })
  for (const kid of ['two', 'three', 7]) t.strictSame(await remote.check(await sign(privateKey, good(), { kid })), { ok: false, reason: 'no-key' })
  t.equal(provider.asked, 1, 'a name that is not known is not looked for again at once')
})

t.test('a key that has come is found, and one that has gone is accepted no longer', async t => {
  const provider = await publish(t, { one: publicKey })
  const remote = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, cooldown: 0 }) })
  const next = rsa()
  const first = await sign(privateKey, good(), { kid: 'one' })
  const second = await sign(next.privateKey, good(), { kid: 'two' })
  t.match(await remote.check(first), { ok: true })
  provider.keys = { two: next.publicKey }
  t.match(atOnce(remote, first), { ok: true }, 'until the set is fetched again')
  t.match(await remote.check(second), { ok: true })
  t.strictSame(await remote.check(first), { ok: false, reason: 'no-key' })
  t.match(await remote.check(second), { ok: true })
})

t.test('a set that has grown old is fetched again before it is used', async t => {
  const provider = await publish(t, { one: publicKey })
  const remote = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, lifetime: 1 }) })
  const jwt = await sign(privateKey, good(), { kid: 'one' })
  t.match(await remote.check(jwt), { ok: true })
  provider.keys = { one: rsa().publicKey }
  const fetched = Date.now()
  while (Date.now() <= fetched + 1) await new Promise(resolve => { setImmediate(resolve) })
  t.strictSame(await remote.check(jwt), { ok: false, reason: 'signature' })
})

t.test('a provider that cannot be asked opens nothing, and is asked again after the pause', async t => {
  const provider = await publish(t, { one: publicKey })
  provider.isDown = true
  const jwt = await sign(privateKey, good(), { kid: 'one' })
  const failures: unknown[] = []
  const patient = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, onFailure: error => { failures.push(error) } }) })
  t.strictSame(await patient.check(jwt), { ok: false, reason: 'keys-unavailable' })
  t.strictSame(await patient.check(jwt), { ok: false, reason: 'keys-unavailable' })
  t.equal(provider.asked, 1)
  t.equal(failures.length, 1)
  const hasty = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, pause: 0 }) })
  t.strictSame(await hasty.check(jwt), { ok: false, reason: 'keys-unavailable' })
  provider.isDown = false
  t.match(await hasty.check(jwt), { ok: true })
})
