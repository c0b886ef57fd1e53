// A server that cannot start says why in one line, names the cure, and exits with 1.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'
import { buildApp } from '../../app.ts'
import { startFailure } from '../../server.ts'
import { startProcess } from './server-process.ts'

const unusable: Array<[environment: Record<string, string>, line: RegExp]> = [
  [{ PORT: 'http' }, /PORT=http is not allowed: it must be a whole number from 0 to 65535\./],
  [{ PORT: '65536' }, /PORT=65536 is not allowed: it must be a whole number from 0 to 65535\./],
  [{ PORT: '80.5' }, /PORT=80\.5 is not allowed/],
  [{ MODULES: 'graphics,magic' }, /MODULES=graphics,magic is not allowed: it must be a comma-separated list of .*graphics/],
  [{ DISCOVERY: 'telepathy' }, /DISCOVERY=telepathy is not allowed: it must be .*static/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL=loud is not allowed: it must be one of trace, debug, info/],
  [{ PARALLEL_PREPROCESSORS: 'yes' }, /PARALLEL_PREPROCESSORS=yes is not allowed: it must be one of ON/],
  [{ MAX_BODY: 'a lot' }, /MAX_BODY=a lot is not allowed: it must be a number of bytes, or a number with b, kb, mb or gb/],
  [{ MAX_REPLY: '-1' }, /MAX_REPLY=-1 is not allowed/],
  [{ PREPROCESSOR_TIMEOUT: '0' }, /PREPROCESSOR_TIMEOUT=0 is not allowed: it must be a whole number from 1 to 3600000\./],
  [{ HANDLER_TIMEOUT: '15s' }, /HANDLER_TIMEOUT=15s is not allowed/],
  [{ SSL_CERT: 'cert.pem' }, /SSL_KEY= is not allowed: it must be the path of the private key of SSL_CERT, which is set\./],
  [{ SSL_KEY: 'key.pem' }, /SSL_CERT= is not allowed: it must be the path of the certificate of SSL_KEY, which is set\./],
  [{ SSL_ONLY: 'on' }, /SSL_ONLY=on is not allowed: it must be off where SSL_CERT and SSL_KEY are not set\./],
  [{ SSL_CERT: '/nowhere/cert.pem', SSL_KEY: '/nowhere/key.pem' }, /SSL_(CERT|KEY) \/nowhere\/(cert|key)\.pem cannot be used: it cannot be read \(ENOENT\)\. Use a certificate and its own key/],
  [{ PARALLEL_LIMIT: '-5' }, /PARALLEL_LIMIT=-5 is not allowed: it must be a whole number from 1 to 100000\./]
]

const files: Array<[content: string, line: RegExp]> = [
  ['services: [', /it is neither YAML nor JSON: /],
  ['', /it holds services: /],
  ['[]', /must be object; it holds services/],
  ['services: { look: { labels: 7 } }', /\/services\/look\/labels /],
  ['services: { look: { label: {} } }', /\/services\/look /],
  ['services: { look: { labels: {}, urls: [ftp://x] } }', /\/services\/look\/urls\/0 must match pattern/],
  ['services: { "a b": { labels: {} } }', /\/services .*property name must be valid|must NOT have additional properties/],
  ['a: &a [x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]', /it is neither YAML nor JSON/]
]

/** The one line that the operator reads. */
function isOneLine (text: string): boolean {
  return /^Tutti cannot start: [^\n]+\.\n$/.test(text) && !/\bat \S+:\d+:\d+/.test(text)
}

async function failureOf (environment: Record<string, string>): Promise<string> {
  try {
    const app = await buildApp(readConfiguration(environment))
    await app.close()
    return 'it started'
  } catch (error) {
    return startFailure(error)
  }
}

t.test('values that are not allowed', async t => {
  for (const [environment, line] of unusable) {
    const text = await failureOf(environment)
    t.match(text, line, JSON.stringify(environment))
    t.ok(isOneLine(text), 'in one line')
  }
})

t.test('values that hold a secret are not shown', async t => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const body = pem.split('\n')[1] ?? ''
  for (const [environment, line, secret] of [
    [{ OPERATOR_TOKEN: 'hunter2' }, /OPERATOR_TOKEN=\(not shown\) is not allowed/, 'hunter2'],
    [{ REDIS_URL: 'redis://me:hunter2%zz@host' }, /REDIS_URL=\(not shown\) is not allowed: it must be an address/, 'hunter2'],
    [{ MEMCACHE_SERVERS: 'me:hunter2@host:11211' }, /MEMCACHE_SERVERS=…@host:11211 is not allowed/, 'hunter2'],
    [{ AUTH_PUBLIC_KEY: pem, AUTH_AUDIENCE: 'tutti' }, /AUTH_PUBLIC_KEY=\(not shown\) is not allowed: it must be a public key/, body],
    [{ AUTH_PUBLIC_KEY: body, AUTH_AUDIENCE: 'tutti' }, /AUTH_PUBLIC_KEY=\(not shown\) is not allowed/, body]
  ] as const) {
    const text = await failureOf(environment)
    t.match(text, line)
    t.notMatch(text, secret)
  }
})

t.test('services files that cannot be used', async t => {
  for (const [content, line] of files) {
    const folder = t.testdir({ 'services.yaml': content })
    const SERVICES_FILE = path.join(folder, 'services.yaml')
    const text = await failureOf({ SERVICES_FILE })
    t.match(text, line, content)
    t.match(text, `SERVICES_FILE ${SERVICES_FILE} cannot be used`, 'with the variable and its value')
    t.ok(isOneLine(text), 'in one line')
  }
  t.match(await failureOf({ SERVICES_FILE: '/nowhere/services.yaml' }), /SERVICES_FILE \/nowhere\/services\.yaml cannot be used: it cannot be read \(ENOENT\); check the path/)
  t.match(await failureOf({ SERVICES_FILE: t.testdir({}) }), /cannot be read \(EISDIR\)/)
})

t.test('the process writes that line to stderr and exits with 1', async t => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const folder = t.testdir({ 'services.yaml': 'services: [' })
  const failures: Array<[environment: Record<string, string>, line: RegExp]> = [
    [{ REDIS_URL: 'redis://me:hunter2@host:99999' }, /REDIS_URL=\(not shown\) is not allowed/],
    [{ MAX_BODY: 'a lot' }, /MAX_BODY=a lot is not allowed: it must be a number of bytes/],
    [{ SERVICES_FILE: path.join(folder, 'services.yaml') }, /SERVICES_FILE .* cannot be used: it is neither YAML nor JSON/],
    [{ PORT: String(port) }, new RegExp(`EADDRINUSE.*127\\.0\\.0\\.1:${port}\\. Stop what listens there, or set PORT \\(for TLS, SSL_PORT\\) to another one\\.`)],
    [{ HOST: '192.0.2.1' }, /EADDRNOTAVAIL/]
  ]
  await Promise.all(failures.map(async ([environment, line]) => {
    const { code, stderr, stdout } = await startProcess(t, environment).ended
    t.equal(code, 1)
    t.match(stderr, line)
    t.ok(isOneLine(stderr), stderr)
    t.notMatch(stderr + stdout, 'hunter2')
    t.notOk(stdout.split('\n').some(each => each.includes('"level":50') || each.includes('"level":60')), 'and the log does not say it a second time')
  }))
})

t.test('a misspelt variable is pointed out and does not stop the start', async t => {
  const { warnings } = readConfiguration({ PARALLEL_PREPROCESORS: 'ON', MAXBODY: '1mb', HOME: '/root' })
  t.strictSame(warnings, [
    'PARALLEL_PREPROCESORS is not a variable of Tutti and is ignored; did you mean PARALLEL_PREPROCESSORS?',
    'MAXBODY is not a variable of Tutti and is ignored; did you mean MAX_BODY?'
  ])
})
