// GET /configuration says what a server runs with, and no secret of it, wherever somebody may have put one.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { TSchema } from '@sinclair/typebox'
import { readConfiguration } from '../../lib/configuration.ts'
import { reportVariables } from '../../lib/configuration-report.ts'
import { ConfigSchema } from '../../schemas/config.ts'
import type { ConfigurationReport } from '../../schemas/configuration-report.ts'
import { build } from '../helper.ts'

const token = 'the-token-of-an-operator'
const authorization = { headers: { authorization: `Bearer ${token}` } }

/** Variables whose names sound like secrets, and why their values are none. */
const harmless: Record<string, string> = {
  AUTH_JWKS_URL: 'an address where public keys are',
  TRACKING_JWKS_URL: 'an address where public keys are',
  DIFFRACTION_PUBLIC_KEY: 'the path of a file',
  SSL_KEY: 'the path of a file',
  SSL_CERT: 'the path of a file',
  DOCKER_CERT_PATH: 'the path of a folder'
}

t.test('what sounds like a secret is one, or it is known why not', async t => {
  for (const [name, schema] of Object.entries<TSchema>(ConfigSchema.properties)) {
    if (!/TOKEN|SECRET|PASSW|KEY|CERT|HEADERS$|_URL$|CREDENTIAL/.test(name)) continue
    t.ok(schema.secret === true || harmless[name] !== undefined, name)
  }
})

t.test('an answer holds none of the secrets that are planted in every variable that may have one', async t => {
  const planted = (name: string) => `sown.seed-${name.toLowerCase().replaceAll('_', '-')}`
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
  const folder = t.testdir({})
  const sessions = path.join(folder, 'sessions.json')
  writeFileSync(sessions, '{}')
  const { send, logs } = await build(t, {
    env: {
      MODULES: 'graphics,tracking,diffraction,devices',
      DATA_DIR: path.join(folder, 'data'),
      DEVICES_MDNS: 'off',
      DIFFRACTION_ROOT: folder,
      DIFFRACTION_IDENTITY: 'single',
      DIFFRACTION_SESSIONS: sessions,
      OPERATOR_TOKEN: token,
      AUTH_PUBLIC_KEY: publicKey,
      AUTH_AUDIENCE: 'tutti',
      DIFFRACTION_LINK_SECRET: planted('DIFFRACTION_LINK_SECRET'),
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${planted('OTEL_EXPORTER_OTLP_HEADERS')}`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:9/v1/traces?key=${planted('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')}`,
      OTEL_SDK_DISABLED: 'true'
    }
  })
  const { status, text } = await send('/configuration', authorization)
  t.equal(status, 200)
  t.notMatch(text, /sown\.seed-/)
  t.notOk(text.includes(token))
  const [, body = ''] = publicKey.split('\n')
  t.notOk(text.includes(body), 'nor a key')
  t.notMatch(JSON.stringify(logs), /sown\.seed-/)

  // Those that would have to be there for the server to start with them.
  const secrets = {
    REDIS_URL: `redis://user:${planted('REDIS_URL')}@redis:6379`,
    DATABASE_URL: `postgres://user:${planted('DATABASE_URL')}@db/tutti?password=${planted('DATABASE_URL')}`,
    DIFFRACTION_REDIS_URL: `rediss://:${planted('DIFFRACTION_REDIS_URL')}@redis`,
    DIFFRACTION_PUBLIC_KEY: 'key.pem',
    DIFFRACTION_ROOT: '/frames',
    DIFFRACTION_IDENTITY: 'single',
    PUBLIC_KEY: privateKey,
    AUTH_PUBLIC_KEY: privateKey,
    TRACKING_JWKS_URL: '',
    OPERATOR_TOKEN: planted('OPERATOR_TOKEN'),
    DIFFRACTION_LINK_SECRET: planted('DIFFRACTION_LINK_SECRET'),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${planted('OTEL_EXPORTER_OTLP_HEADERS')}`
  }
  const { configuration } = readConfiguration({ ...secrets, MODULES: 'graphics,tracking,diffraction,devices' })
  const report = reportVariables(configuration)
  const told = JSON.stringify({ report, given: configuration.given })
  t.notMatch(told, /sown\.seed-/)
  for (const line of privateKey.split('\n').filter(each => each.length > 30)) t.notOk(told.includes(line), 'nor any line of a private key')
  t.strictSame(report.filter(({ isSecret, isSet }) => isSecret && !isSet), [], 'every secret was planted')
  t.strictSame(report.filter(({ isSecret, value }) => isSecret && value !== undefined), [])
})

t.test('every variable has its value, its default, and whether it was set', async t => {
  const { send } = await build(t, { env: { OPERATOR_TOKEN: token, MAX_BODY: '20mb', PARALLEL_LIMIT: '12', TUTTI_REVISION: '4f2c9d1' } })
  const before = Date.now()
  const { json, headers } = await send('/configuration', authorization)
  const { versions, modules, startedAt, variables } = json as ConfigurationReport
  const named = (name: string) => variables.find(each => each.name === name)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(versions, { tutti: /^\d+\.\d+\.\d+/, node: process.version, revision: '4f2c9d1' })
  t.strictSame(modules, ['graphics'])
  t.ok(Date.parse(startedAt) < before)
  t.match(named('MAX_BODY'), { module: 'server', value: '20mb', default: '100kb', isSet: true, isSecret: false })
  t.match(named('PARALLEL_LIMIT'), { module: 'graphics', value: '12', default: '256', unit: 'calls', isSet: true })
  t.match(named('LOG_LEVEL'), { value: 'info', default: 'info', isSet: false, description: /log lines/ })
  t.match(named('OPERATOR_TOKEN'), { isSet: true, isSecret: true, value: undefined })
  t.match(named('REDIS_URL'), { isSet: false, isSecret: true })
  t.strictSame(named('SERVICES_FILE')?.value, undefined, 'what has no value has none')
  t.equal(named('DEVICES_OPEN'), undefined, 'modules that are off are left out')
  t.ok(variables.every(({ name, description }) => Object.hasOwn(ConfigSchema.properties, name) && description !== ''))
})

t.test('with every module, every variable is there once', async t => {
  const { configuration } = readConfiguration({})
  const report = reportVariables({ ...configuration, MODULES: ['graphics', 'tracking', 'diffraction', 'devices'] })
  t.strictSame(report.map(({ name }) => name), Object.keys(ConfigSchema.properties))
  for (const module of ['server', 'graphics', 'tracking', 'diffraction', 'devices']) t.ok(report.some(each => each.module === module), module)
})

t.test('it is for operators alone', async t => {
  const { send } = await build(t, { env: { OPERATOR_TOKEN: token } })
  t.equal((await send('/configuration')).status, 401)
  t.equal((await send('/configuration', { headers: { authorization: 'Bearer not-the-token-of-an-operator' } })).status, 401)
  t.equal((await send('/configuration', { method: 'HEAD', ...authorization })).status, 200)
  t.equal((await send('/configuration', { method: 'OPTIONS' })).headers.get('allow'), 'GET,HEAD')
  const open = await build(t, { env: { HOST: '0.0.0.0' } })
  const { status, text } = await open.send('/configuration', { headers: { via: '1.1 proxy' } })
  t.equal(status, 403)
  t.match(text, /TUTTI_OPERATOR_/)
})
