// The judge of JWTs, whatever it is given.
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import t from 'tap'
import { OperatorKeysUnavailableError } from '../../lib/errors.ts'
import { readPublicKey } from '../../lib/jwt-keys.ts'
import { createJwtJudge } from '../../lib/operator-jwt.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const keys = readPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
if (keys === undefined) throw new Error('an Ed25519 key is one of those that can be used')
const judge = createJwtJudge({ keys, audience: 'tutti', issuer: undefined, role: 'operator' })
const sign = (claims: Record<string, unknown>) => new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).setAudience('tutti').setExpirationTime('5 minutes').sign(privateKey)

t.test('no text that is not signed is a token', async t => {
  const part = fc.oneof(fc.string(), fc.base64String(), fc.json().map(text => Buffer.from(text).toString('base64url')))
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(part, { minLength: 2, maxLength: 5 }).map(parts => parts.join('.')))
  await fc.assert(fc.asyncProperty(text, async text => await judge(text) === 'invalid'), { numRuns: 300 })
  t.pass()
})

t.test('roles of any shape make no operator unless the role is among them', async t => {
  t.equal(await judge(await sign({ roles: ['operator'] })), 'operator')
  const value = fc.jsonValue({ maxDepth: 3 }).filter(each => !JSON.stringify(each).includes('operator'))
  await fc.assert(fc.asyncProperty(value, value, value, async (roles, realm, resource) =>
    await judge(await sign({ roles, realm_access: realm, resource_access: resource })) === 'no-role'), { numRuns: 100 })
})

t.test('names that every object has are no audience with roles', async t => {
  for (const audience of ['__proto__', 'constructor', 'toString']) {
    const judge = createJwtJudge({ keys, audience, issuer: undefined, role: 'operator' })
    const token = await new SignJWT({ resource_access: {} }).setProtectedHeader({ alg: 'EdDSA' }).setAudience(audience).setExpirationTime('5 minutes').sign(privateKey)
    t.equal(await judge(token), 'no-role')
  }
})

t.test('keys that cannot be had are said to be so', async t => {
  const judge = createJwtJudge({ keys: { known: () => undefined, find: async () => { throw new OperatorKeysUnavailableError() } }, audience: 'tutti', issuer: undefined, role: 'operator' })
  await t.rejects(judge(await sign({ roles: ['operator'] })), { code: 'TUTTI_OPERATOR_KEYS_UNAVAILABLE', statusCode: 503 })
})
