// Tokens: who is let in, what happens to those who are not, and what an operator is told of doors that stand open.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { SignJWT, exportJWK } from 'jose'
import type { JWTPayload } from 'jose'
import t from 'tap'
import { readConfiguration } from '../../../lib/configuration.ts'
import { buildTracking, detection } from '../../tracking-peers.ts'
import type { TestPeer } from '../../tracking-peers.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const env = { PUBLIC_KEY: pem, AUDIENCE: 'tracking', CLIENT_ROLE: 'viewer', PROCESSOR_ROLE: 'camera' }

const seconds = () => Math.floor(Date.now() / 1000)
const claims = (role: string): JWTPayload => ({ aud: 'tracking', exp: seconds() + 300, resource_access: { tracking: { roles: ['other', role] } } })
const sign = (payload: JWTPayload, key = privateKey, kid?: string) => new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...kid === undefined ? {} : { kid } }).sign(key)
const authenticate = async (peer: TestPeer, payload: JWTPayload) => peer.send({ type: 'authenticate', jwt: await sign(payload) })

t.test('both sides closed', async t => {
  const server = await buildTracking(t, { env })
  const processor = await server.processor()
  await authenticate(processor, claims('camera'))
  processor.send({ type: 'identifier', id: 'cam' })
  t.strictSame(await processor.rest(), [], 'a token that will do is not answered')
  const hears = async (client: TestPeer) => {
    await client.settled()
    processor.send(detection())
    await processor.settled()
    return (await client.rest()).length
  }

  t.test('a client hears nothing before its token, and everything from then on', async t => {
    const client = await server.client()
    t.equal(await hears(client), 0)
    await authenticate(client, claims('viewer'))
    t.equal(await hears(client), 1)
    await authenticate(client, claims('viewer'))
    client.send({ type: 'authenticate', jwt: 'another that will not do' })
    t.equal(await hears(client), 1, 'further tokens change nothing')
    await client.close()
  })

  t.test('what comes with the token in one breath counts', async t => {
    const client = await server.client()
    await authenticate(client, claims('viewer'))
    client.send({ type: 'setUsesImages', usesImages: true })
    client.send({ type: 'start', cameraId: 'cam', image: 'x' })
    t.match(await client.nextJson(), { type: 'newObject' })
    await client.close()
  })

  const failures: Array<[name: string, message: unknown]> = [
    ['the role of the other side', async () => ({ type: 'authenticate', jwt: await sign(claims('camera')) })],
    ['no token', { type: 'authenticate' }],
    ['a token that is no text', { type: 'authenticate', jwt: 7 }],
    ['a word before the token', async () => ({ type: 'authenticate', jwt: `Bearer ${await sign(claims('viewer'))}` })],
    ['a text that is no JSON', 'x'],
    ['no object', '[]'],
    ['no type', '{}']
  ]
  for (const [name, message] of failures) {
    t.test(`${name}: nothing is sent, the connection stays, and may try again`, async t => {
      const client = await server.client()
      client.send(typeof message === 'function' ? await message() : message)
      t.equal(await hears(client), 0)
      await authenticate(client, claims('viewer'))
      t.equal(await hears(client), 1)
      await client.close()
    })
  }

  for (const message of [{ type: 'start', cameraId: 'cam', image: 'x' }, { type: 'setUsesImages', usesImages: true }, { type: 'what' }]) {
    t.test(`${message.type} before a token is not carried out, and closes without a code`, async t => {
      const { lastId } = server.app.tracking.exchange
      const client = await server.client()
      client.send(message)
      t.equal((await client.closed).code, 1005)
      t.equal(server.app.tracking.exchange.lastId, lastId)
    })
  }

  t.test('a stranger that goes takes nobody with it', async t => {
    const client = await server.client()
    await authenticate(client, claims('viewer'))
    await client.settled()
    const strangers = await Promise.all(Array.from({ length: 10 }, () => server.client()))
    for (const stranger of strangers) await stranger.close()
    t.equal(await hears(client), 1)
    await client.close()
  })

  t.test('tokens in the header or the query of the handshake are not looked at', async t => {
    const client = await server.client({ headers: { authorization: `Bearer ${await sign(claims('viewer'))}` } })
    t.equal(await hears(client), 0)
    await client.close()
  })

  t.test('no token, picture or feature map is in the log at any level', async t => {
    const jwt = await sign(claims('viewer'))
    const client = await server.client()
    client.send({ type: 'authenticate', jwt })
    client.send({ type: 'start', cameraId: 'cam', image: 'a-secret-picture' })
    client.send('a-secret-mistake')
    processor.send({ type: 'featureMap', objectId: server.app.tracking.exchange.lastId, featureMap: ['a-secret-map'] })
    await Promise.all([client.settled(), processor.settled()])
    await client.close()
    const from = server.logs.length
    await server.send('/health')
    await server.logged(line => line.msg === 'request ended', from)
    const log = JSON.stringify(server.logs)
    for (const secret of [jwt, jwt.split('.')[2] ?? jwt, 'a-secret', 'BEGIN PUBLIC']) t.notOk(log.includes(secret), secret)
  })
})

t.test('one side closed, the other open: a token is ignored where none is asked for', async t => {
  const { PROCESSOR_ROLE: _, ...others } = env
  const server = await buildTracking(t, { env: others })
  const processor = await server.processor()
  processor.send({ type: 'authenticate', jwt: 'anything' })
  processor.send({ type: 'identifier', id: 'cam' })
  const client = await server.client()
  await authenticate(client, claims('viewer'))
  await Promise.all([client.settled(), processor.settled()])
  processor.send(detection())
  t.match(await client.nextJson(), { cameraId: 'cam' })
})

t.test('bounds of the time and the attempts that a stranger has, and the end of a token', async t => {
  const server = await buildTracking(t, { env: { ...env, TRACKING_AUTH_TIMEOUT: '300', TRACKING_AUTH_ATTEMPTS: '3' } })
  const late = await server.client()
  t.equal((await late.closed).code, 4408)
  const guesser = await server.client()
  for (let attempt = 0; attempt < 3; attempt++) guesser.send({ type: 'authenticate', jwt: 'a guess' })
  t.equal((await guesser.closed).code, 4403)
  const short = await server.client()
  await authenticate(short, { ...claims('viewer'), exp: seconds() + 2 })
  t.equal((await short.closed).code, 4401)
})

t.test('keys of an identity provider, which may change', async t => {
  const next = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [{ ...await exportJWK(publicKey), kid: 'first', alg: 'RS256', use: 'sig' }]
  const provider = createServer((_request, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  t.teardown(() => provider.close())
  const { PUBLIC_KEY: _, ...others } = env
  const server = await buildTracking(t, { env: { ...others, TRACKING_JWKS_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/certs` } })
  const client = await server.client()
  client.send({ type: 'authenticate', jwt: await sign(claims('viewer'), privateKey, 'first') })
  client.send({ type: 'setUsesImages', usesImages: true })
  const processor = await server.processor()
  processor.send({ type: 'authenticate', jwt: await sign(claims('camera'), privateKey, 'first') })
  processor.send({ type: 'identifier', id: 'cam' })
  processor.send(detection())
  t.match(await client.nextJson(), { type: 'boundingBoxes', cameraId: 'cam' })
  const stranger = await server.client()
  stranger.send({ type: 'authenticate', jwt: await sign(claims('viewer'), next.privateKey, 'first') })
  stranger.send({ type: 'setUsesImages', usesImages: true })
  t.equal((await stranger.closed).code, 1005)
})

t.test('a key that cannot be used keeps the server from starting', async t => {
  const folder = t.testdir({})
  const file = path.join(folder, 'key.pem')
  const withFile = { ...env, PUBLIC_KEY: file, DATA_DIR: path.join(folder, 'data') }
  await t.rejects(buildTracking(t, { env: withFile }), { message: /PUBLIC_KEY/ })
  writeFileSync(file, 'no key')
  await t.rejects(buildTracking(t, { env: withFile }), { message: /PUBLIC_KEY/ })
  writeFileSync(file, pem)
  const server = await buildTracking(t, { env: withFile })
  const client = await server.client()
  client.send({ type: 'setUsesImages', usesImages: true })
  t.equal((await client.closed).code, 1005, 'the path of one will do')
})

t.test('doors that stand open although somebody meant to close them', t => {
  const warn = (environment: Record<string, string>) => readConfiguration({ MODULES: 'tracking', ...environment }).warnings
  const { PUBLIC_KEY, AUDIENCE, CLIENT_ROLE, PROCESSOR_ROLE } = env
  t.strictSame(warn({}), [], 'open on purpose')
  t.strictSame(warn(env), [], 'closed')
  t.strictSame(readConfiguration({ AUDIENCE }).warnings, [], 'without the module')
  t.match(warn({ PUBLIC_KEY, AUDIENCE }), [/^ANYBODY MAY CONNECT TO \/client AND \/processor, .*CLIENT_ROLE, PROCESSOR_ROLE/])
  t.match(warn({ PUBLIC_KEY, AUDIENCE, CLIENT_ROLE }), [/^ANYBODY MAY CONNECT TO \/processor, /])
  t.match(warn({ PUBLIC_KEY, AUDIENCE, PROCESSOR_ROLE }), [/^ANYBODY MAY CONNECT TO \/client, /])
  t.match(warn({ AUDIENCE, CLIENT_ROLE, PROCESSOR_ROLE }), [/^ANYBODY MAY CONNECT TO \/client AND \/processor, .*PUBLIC_KEY or TRACKING_JWKS_URL/])
  t.match(warn({ CLIENT_ROLE }), [/^ANYBODY MAY CONNECT/])
  t.match(warn({ TRACKING_PROTECT_HTTP: 'on' }), [/^ANYBODY MAY READ \/timelines/])
  const partials: Array<Record<string, string>> = [{ PUBLIC_KEY, AUDIENCE }, { PUBLIC_KEY, AUDIENCE, CLIENT_ROLE }, { AUDIENCE, CLIENT_ROLE, PROCESSOR_ROLE }, { CLIENT_ROLE }]
  for (const partial of partials) {
    t.throws(() => warn({ ...partial, TRACKING_STRICT: 'on' }), { message: /TRACKING_STRICT is on/ })
  }
  t.strictSame(warn({ ...env, TRACKING_STRICT: 'on' }), [])
  t.strictSame(warn({ TRACKING_STRICT: 'on' }), [])
  t.throws(() => warn({ ...env, TRACKING_JWKS_URL: 'https://id.example/certs' }), { message: /TRACKING_JWKS_URL/ })
  t.throws(() => warn({ WORKERS: '2' }), { message: /WORKERS=2 .*REDIS_URL/ })
  t.strictSame(warn({ WORKERS: '2', REDIS_URL: 'redis://127.0.0.1:6379' }), [])
  t.end()
})
