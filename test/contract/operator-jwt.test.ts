// Operators with a JWT of an identity provider: which tokens open, which do not, and what happens when the keys cannot be had.
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { SignJWT, UnsecuredJWT, exportJWK } from 'jose'
import type { JWTPayload } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { build } from '../helper.ts'

const audience = 'tutti'
const issuer = 'https://login.example.org/realms/tutti'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

const seconds = () => Math.floor(Date.now() / 1000)
const good = (): JWTPayload => ({ aud: audience, iss: issuer, sub: 'an operator', exp: seconds() + 300, roles: ['operator'] })
const sign = (claims: JWTPayload, key: KeyObject | Uint8Array = rsa.privateKey, alg = 'RS256', kid?: string) =>
  new SignJWT(claims).setProtectedHeader({ alg, ...kid === undefined ? {} : { kid } }).sign(key)

/** An identity provider that answers as it is told, and counts. */
async function provider (t: Test, answer: (response: ServerResponse) => void) {
  const asked: string[] = []
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '')
    answer(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return { asked, AUTH_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs` }
}

const env = { AUTH_AUDIENCE: audience, AUTH_ISSUER: issuer, OPERATOR_RATE_LIMIT: '0' }
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

t.test('with the public key of the provider', async t => {
  const server = await build(t, { env: { ...env, AUTH_PUBLIC_KEY: pem(rsa.publicKey) } })
  const status = async (token: string) => (await server.send('/metrics', bearer(token))).status

  const { roles: _, ...without } = good()
  const accepted: Record<string, JWTPayload> = {
    'the role in roles': good(),
    'the role in realm_access': { ...without, realm_access: { roles: ['other', 'operator'] } },
    'the role in resource_access of the audience': { ...without, resource_access: { tutti: { roles: ['operator'] } } },
    'several audiences': { ...good(), aud: ['other', audience] }
  }
  for (const [name, claims] of Object.entries(accepted)) {
    t.test(`${name} opens`, async t => { t.equal(await status(await sign(claims)), 200) })
  }

  const withoutRole: Record<string, JWTPayload> = {
    'no role': without,
    'another role': { ...without, roles: ['operators'] },
    'a role that is no list': { ...without, roles: 'operator' },
    'the role for another resource': { ...without, resource_access: { other: { roles: ['operator'] } } },
    'roles of strange shapes': { ...without, roles: [null, {}, ['operator']], realm_access: 'operator', resource_access: [{ roles: ['operator'] }] }
  }
  for (const [name, claims] of Object.entries(withoutRole)) {
    t.test(`${name} is refused with 403 and the cure`, async t => {
      const { status, text } = await server.send('/metrics', bearer(await sign(claims)))
      t.equal(status, 403)
      t.match(text, /^Forbidden: .+ \(TUTTI_OPERATOR_ROLE_MISSING\)$/)
    })
  }

  const { exp: _exp, ...endless } = good()
  const valid = await sign(good())
  const [head, payload, signature] = valid.split('.')
  const refused: Record<string, string> = {
    'another audience': await sign({ ...good(), aud: 'other' }),
    'no audience': await sign({ ...without, aud: undefined, roles: ['operator'] }),
    'another issuer': await sign({ ...good(), iss: 'https://evil.example' }),
    'an end in the past': await sign({ ...good(), exp: seconds() - 120 }),
    'no end': await sign(endless),
    'a beginning in the future': await sign({ ...good(), nbf: seconds() + 120 }),
    'the signature of a stranger': await sign(good(), stranger.privateKey),
    'no signature (alg none)': new UnsecuredJWT(good()).encode(),
    'the public key as a shared secret': await sign(good(), new TextEncoder().encode(pem(rsa.publicKey)), 'HS256'),
    'an algorithm that is not on the list': await sign(good(), rsa.privateKey, 'RS512'),
    'an algorithm of another kind of key': await sign(good(), ec.privateKey, 'ES256'),
    'a changed payload': `${head}.${Buffer.from(JSON.stringify({ ...good(), sub: 'other' })).toString('base64url')}.${signature}`,
    'a cut signature': `${head}.${payload}.${signature?.slice(0, -4)}`,
    'no token': 'no token',
    dots: '...',
    'a long text': 'x.'.repeat(4000)
  }
  for (const [name, token] of Object.entries(refused)) {
    t.test(`${name} is refused`, async t => {
      const { status, headers, text } = await server.send('/metrics', bearer(token))
      t.equal(status, 401)
      t.match(headers.get('www-authenticate'), /^Bearer/)
      t.match(text, /^Unauthorized: .+ \(TUTTI_OPERATOR_TOKEN_WRONG\)$/)
    })
  }

  t.test('loopback opens nothing any more', async t => { t.equal((await server.send('/topology')).status, 401) })
  t.test('no token is in the log', async t => { for (const part of valid.split('.')) t.notMatch(JSON.stringify(server.logs), part) })
})

t.test('P-256 and Ed25519 keys will do, inline with \\n or from a file, and OPERATOR_TOKEN beside them', async t => {
  const file = path.join(t.testdir(), 'key.pem')
  writeFileSync(file, pem(ed.publicKey))
  const OPERATOR_TOKEN = 'sixteen-or-more-characters'
  const withEc = await build(t, { env: { ...env, OPERATOR_TOKEN, AUTH_PUBLIC_KEY: pem(ec.publicKey).replaceAll('\n', '\\n') } })
  t.equal((await withEc.send('/metrics', bearer(await sign(good(), ec.privateKey, 'ES256')))).status, 200)
  t.equal((await withEc.send('/metrics', bearer(OPERATOR_TOKEN))).status, 200)
  t.equal((await withEc.send('/metrics', bearer(`${OPERATOR_TOKEN}x`))).status, 401)
  const withEd = await build(t, { env: { ...env, AUTH_PUBLIC_KEY: file } })
  t.equal((await withEd.send('/metrics', bearer(await sign(good(), ed.privateKey, 'EdDSA')))).status, 200)
})

t.test('with the published keys of the provider', async t => {
  const keys = [{ ...await exportJWK(rsa.publicKey), kid: 'one', alg: 'RS256' }]
  const { asked, AUTH_JWKS_URL } = await provider(t, response => { response.end(JSON.stringify({ keys })) })
  const server = await build(t, { env: { ...env, AUTH_JWKS_URL } })
  const status = async (token: string) => (await server.send('/metrics', bearer(token))).status

  t.equal(asked.length, 0, 'nothing is fetched ahead of need')
  t.equal(await status('no token'), 401)
  t.equal(await status(await sign(good(), new Uint8Array(32), 'HS256', 'one')), 401)
  t.equal(asked.length, 0, 'nor for what is no token that could be good')
  const token = await sign(good(), rsa.privateKey, 'RS256', 'one')
  t.strictSame(await Promise.all([status(token), status(token), status(token)]), [200, 200, 200])
  t.equal(asked.length, 1, 'and once for all that come at one time')
  keys.push({ ...await exportJWK(stranger.publicKey), kid: 'two', alg: 'RS256' })
  for (const kid of ['two', 'three', 'four']) t.equal(await status(await sign(good(), stranger.privateKey, 'RS256', kid)), 401)
  t.equal(asked.length, 1, 'a key that is not known is not looked for within a minute')
  t.equal(await status(token), 200)
})

const broken: Record<string, (response: ServerResponse) => void> = {
  'an error': response => { response.writeHead(500).end('{"keys":[]}') },
  'a redirect': response => { response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end() },
  'no JSON': response => { response.end('<html>') },
  'no key set': response => { response.end('{"keys":"none"}') },
  'a set beyond all bounds': response => { response.end(`{"keys":[],"more":"${'x'.repeat(1 << 20)}"}`) },
  'a broken connection': response => { response.destroy() }
}
for (const [name, answer] of Object.entries(broken)) {
  t.test(`a provider that answers ${name} opens nothing, costs no other page, and is left alone for a moment`, async t => {
    const { asked, AUTH_JWKS_URL } = await provider(t, answer)
    const server = await build(t, { env: { ...env, OPERATOR_TOKEN: 'sixteen-or-more-characters', AUTH_JWKS_URL } })
    const token = await sign(good(), rsa.privateKey, 'RS256', 'one')
    for (let times = 0; times < 3; times++) {
      const { status, headers, text } = await server.send('/metrics', bearer(token))
      t.equal(status, 503)
      t.ok(headers.get('retry-after'))
      t.match(text, /^Service Unavailable: .+ \(TUTTI_OPERATOR_KEYS_UNAVAILABLE\)$/)
      t.notMatch(text, AUTH_JWKS_URL)
    }
    t.equal(asked.length, 1)
    t.equal(server.logs.filter(line => line.msg === 'the keys of the identity provider cannot be had').length, 1, 'the operator is told once')
    for (const part of token.split('.')) t.notMatch(JSON.stringify(server.logs), part)
    t.equal((await server.send('/metrics', bearer('sixteen-or-more-characters'))).status, 200, 'the token of the operator does not need it')
    t.equal((await server.send('/health/ready')).status, 200)
  })
}

t.test('what cannot work refuses the start, and says which variable', async t => {
  const AUTH_PUBLIC_KEY = pem(rsa.publicKey)
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const secret = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const wrong: Array<[variable: RegExp, env: Record<string, string>]> = [
    [/AUTH_AUDIENCE/, { AUTH_PUBLIC_KEY }],
    [/AUTH_JWKS_URL/, { ...env, AUTH_PUBLIC_KEY, AUTH_JWKS_URL: 'https://login.example.org/' }],
    [/AUTH_JWKS_URL/, { ...env, AUTH_JWKS_URL: 'file:///etc/passwd' }],
    [/AUTH_PUBLIC_KEY/, { ...env, AUTH_PUBLIC_KEY: pem(short) }],
    [/AUTH_PUBLIC_KEY/, { ...env, AUTH_PUBLIC_KEY: '/nowhere/key.pem' }],
    [/AUTH_PUBLIC_KEY/, { ...env, AUTH_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----\nnothing\n-----END PUBLIC KEY-----' }],
    [/^(?=.*AUTH_PUBLIC_KEY)(?!.*BEGIN)/, { ...env, AUTH_PUBLIC_KEY: secret }]
  ]
  for (const [message, env] of wrong) await t.rejects(build(t, { env }), { code: 'TUTTI_CONFIGURATION', message })
})
