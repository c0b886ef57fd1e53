// Nothing that clients and services say is in a log, nor in traces and metrics: not at the most talkative level, and not when things go wrong.
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { SignJWT } from 'jose'
import objectHash from 'object-hash'
import t from 'tap'
import type { Test } from 'tap'
import type { ListeningMessage } from '../../services/kit/index.ts'
import { compileCache } from '../compile-cache.ts'
import { startProcess } from '../faults/server-process.ts'
import { rawClient } from '../faults/raw-client.ts'
import { answer, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, reset, servicesFile, uuid } from '../helper.ts'
import type { Entry, LogLine } from '../helper.ts'
import { otlpReceiver } from '../lib/fixtures/otlp-receiver.ts'
import { formsOf, leaksIn, newMarker } from './leaks.ts'

t.setTimeout(120_000)

/** Every secret of the test, by what it is. */
const secrets = new Map<string, string>()
const secret = (name: string): string => {
  const known = secrets.get(name) ?? newMarker()
  secrets.set(name, known)
  return known
}
const linesOf = (log: string): LogLine[] => log.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))

t.test('what is searched for would be found', async t => {
  const words = new Map([['one', newMarker()], ['other', newMarker()]])
  const [one = '', other = ''] = words.values()
  t.strictSame(leaksIn('{"msg":"nothing"}', words), [])
  for (const form of formsOf(one)) t.strictSame(leaksIn(`{"msg":"${form}"}`, words), ['one'])
  for (const before of ['', 'a', 'ab', 'abc']) t.strictSame(leaksIn(Buffer.from(`${before}${other}`).toString('base64'), words), ['other'])
  t.strictSame(leaksIn(encodeURIComponent(JSON.stringify({ q: `${one} ${other}` })).toUpperCase(), words), ['one', 'other'])
})

/** A graphic whose bytes hold a secret. */
const secretGraphic = () => `data:image/png;base64,${Buffer.from(`\x89PNG\r\n\x1a\n${secret('the graphic')}`, 'latin1').toString('base64')}`

/** A request with a secret wherever a client may put something. */
function secretRequest (subject: Record<string, unknown> = { graphic: secretGraphic(), dimensions: [1, 1] }): Record<string, unknown> {
  const { graphic: _, dimensions: __, ...request } = graphicRequest()
  return {
    ...request,
    ...subject,
    URL: `https://${secret('the host of the page')}.example.org/${secret('the path of the page')}?q=${secret('the query of the page')}#${secret('the fragment of the page')}`,
    context: `<img alt="${secret('the context')}">`,
    followup: { query: secret('the question'), previous: [[secret('an earlier question'), secret('an earlier answer')]] },
    preprocessors: { [names.preprocessor('earlier')]: { found: secret('an earlier finding') } },
    [secret('the name of a member')]: secret('the value of a member')
  }
}

/** Starts a service of the kit as a process. */
async function kitService (t: Test, file: string) {
  const child = fork(new URL(file, import.meta.url), { env: { PATH: process.env.PATH, PORT: '0', ...compileCache, LOG_LEVEL: 'trace' }, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.stdout === null || child.stderr === null) throw new Error('a child has pipes')
  const output = Promise.all([readText(child.stdout), readText(child.stderr)])
  const [{ port }] = await once(child, 'message') as [ListeningMessage]
  return {
    url: `http://127.0.0.1:${port}`,
    async log () {
      child.kill('SIGTERM')
      return (await output).join('\n')
    }
  }
}

t.test('a server that is asked everything, and services that fail in every way', async t => {
  const receiver = await otlpReceiver(t)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const reply = (name: string) => ({ request_uuid: uuid, timestamp: 1700000001, name: names.preprocessor(name) })
  const replies = {
    look: found(names.preprocessor('look'), { text: secret('a finding') }),
    modifier: found(names.modifier, { context: secret('a changed context'), timestamp: 1, request_uuid: secret('a changed id'), [secret('a new member')]: 1 }),
    status: answer(500, secret('the body of a failure'), { 'x-failure': secret('a header of a failure'), 'set-cookie': secret('a cookie of a service') }),
    redirect: answer(302, '', { location: `http://127.0.0.1:9/${secret('a redirect')}` }),
    nojson: answer(200, `{"${secret('a broken reply')}": ${secret('a broken reply')}}`),
    invalid: answer(200, { ...reply('invalid'), timestamp: secret('a time that is none'), data: {}, [secret('a member that is not allowed')]: secret('a value that is not allowed') }),
    wrongtype: answer(200, { ...reply('x'), name: { [secret('a name that is no text')]: 1 }, data: secret('data under no name') }),
    hang,
    reset,
    large: answer(200, { ...reply('large'), data: secret('a large reply').repeat(10000) }),
    overridden: answer(204),
    spoilt: found(names.preprocessor('spoilt'), {})
  }
  const services: Record<string, Entry> = { gone: preprocessor('http://127.0.0.1:9') }
  for (const [name, behaviour] of Object.entries(replies)) {
    services[name] = preprocessor(await mockService(t, behaviour), { 'tutti.retries': 0, ...name === 'modifier' ? { modifyRequest: true } : {}, ...name === 'look' ? { cacheTimeout: 60 } : {}, ...name === 'hang' ? { 'tutti.timeout': 300 } : {} })
  }
  const text = await mockService(t, made(rendering(secret('a description'), { data: { text: secret('a text') }, metadata: { description: secret('metadata') } })))
  services.text = handler(text)
  services.liar = handler(await mockService(t, made(rendering('x'.repeat(301) + secret('a long description')))))
  const leaky = await kitService(t, '../services/kit/leaky-service.ts')
  const charts = await kitService(t, '../../services/line-charts/index.ts')
  services.leaky = preprocessor(leaky.url, { 'tutti.retries': 0 })
  services.charts = preprocessor(charts.url)

  const file = servicesFile(t, services)
  const folder = path.dirname(file)
  await mkdir(path.join(folder, 'override'), { recursive: true })
  for (const [service, content] of [['overridden', { name: names.preprocessor('overridden'), data: { text: secret('a file of the override') } }], ['spoilt', secret('a spoilt file of the override')]] as const) {
    const key = objectHash({ reqData: secretGraphic(), preprocessor: service, followupQuery: secret('the question') })
    await writeFile(path.join(folder, 'override', key), JSON.stringify(content))
  }

  const server = startProcess(t, {
    LOG_LEVEL: 'trace',
    SERVICES_FILE: file,
    PARALLEL_PREPROCESSORS: 'ON',
    SET_ASIDE_AFTER: '1000',
    MAX_BODY: '100kb',
    MAX_REPLY: '100kb',
    STORE_IMAGE_DATA: 'ON',
    STORAGE_DIR: path.join(folder, 'storage'),
    CACHE_OVERRIDE: path.join(folder, 'override'),
    REDIS_URL: `redis://${secret('the user of Redis')}:${secret('the password of Redis')}@127.0.0.1:9`,
    OPERATOR_TOKEN: secret('the token of operators'),
    AUTH_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    AUTH_AUDIENCE: 'tutti',
    OPERATOR_RATE_LIMIT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret('the token of the collector')}`
  })
  const port = await server.port
  const origin = `http://127.0.0.1:${port}`

  let asked = 0
  const send = async (address: string, init: RequestInit = {}) => {
    asked += 1
    const response = await fetch(origin + address, init)
    await response.arrayBuffer()
    return response.status
  }
  const headers = {
    'content-type': 'application/json',
    cookie: `session=${secret('a cookie')}`,
    authorization: `Bearer ${secret('a token that is none of ours')}`,
    referer: `https://example.org/${secret('a referer')}`,
    'user-agent': secret('a browser'),
    'x-forwarded-for': secret('an address'),
    'x-request-id': secret('an id of the client'),
    traceparent: `00-${secret('a trace that is none')}`,
    origin: `https://${secret('an origin')}.example.org`
  }
  const post = (address: string, body: unknown, more: Record<string, string> = {}) =>
    send(address, { method: 'POST', headers: { ...headers, ...more }, body: typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) })
  const graphics = `/render?q=${secret('the query of the request')}`

  // Everything that is answered: the same twice, for the cache.
  const place = { coordinates: { latitude: 45.50468917254693, longitude: -73.57721846395127 } }
  secrets.set('the latitude', '50468917254693').set('the longitude', '57721846395127')
  for (const subject of [undefined, undefined, place, { placeID: secret('a place') }, { highChartsData: { title: { text: secret('a chart') }, series: [{ name: secret('a series'), type: 'line', data: [{ x: 1, y: 2, name: secret('a point') }, { x: 2, y: 3 }] }], axes: [] } }]) {
    t.equal(await post(graphics, secretRequest(subject)), 200)
  }
  t.equal(await post(graphics, { ...secretRequest(), language: 'fr' }), 200)
  t.equal(await post(graphics, secretRequest(), { accept: 'text/event-stream' }), 200)
  t.equal(await post('/render/preprocess', secretRequest()), 200)

  // Everything that is refused.
  t.equal(await post(graphics, { ...secretRequest(), language: secret('a language'), renderers: [secret('a renderer')] }), 400)
  t.equal(await post(graphics, { ...secretRequest(), request_uuid: secret('an id'), timestamp: secret('a time') }), 400)
  t.equal(await post(graphics, `{"${secret('broken JSON')}": ${secret('broken JSON')}`), 400)
  t.equal(await post(graphics, `{"__proto__": "${secret('a forbidden key')}"}`), 400)
  t.equal(await post(graphics, Buffer.from(`"\xff ${secret('no text')}"`, 'latin1')), 400)
  t.equal(await post(graphics, Buffer.from(secret('no gzip')), { 'content-encoding': 'gzip' }), 400)
  t.equal(await post(graphics, gzipSync(`{"${secret('compressed JSON')}`), { 'content-encoding': 'gzip' }), 400)
  t.equal(await post(graphics, '{}', { 'content-encoding': secret('an encoding') }), 415)
  t.equal(await post(graphics, '{}', { 'content-type': `application/json; charset=${secret('a charset')}` }), 415)
  t.equal(await post(graphics, '{}', { 'content-type': secret('a type') }), 400)
  t.equal(await post(graphics, { ...secretRequest(), more: secret('a large body').repeat(5000) }), 413)
  t.equal(await send(graphics, { method: 'POST', headers, body: new Blob([secret('a body of no length').repeat(5000)]).stream(), duplex: 'half' } as RequestInit), 413)

  // Everything that is asked elsewhere.
  t.equal(await send(`/${secret('a path')}?q=${secret('a query')}`, { headers }), 404)
  t.equal(await send(`/${secret('a second path')}/%2e%2e/${secret('a third path')}`, { method: 'DELETE', headers }), 404)
  t.equal(await send(graphics, { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': 'POST' } }), 200)
  t.equal(await send(`/authenticate/${uuid}/${secret('a check')}`, { headers }), 401)
  t.equal(await send(`/authenticate/${secret('no id')}/${secret('a check')}`, { headers }), 400)
  const jwt = (key: typeof privateKey, subject: string) => new SignJWT({ aud: 'tutti', roles: ['operator'], sub: secret(subject) }).setProtectedHeader({ alg: 'EdDSA', kid: secret('the name of a key') }).setExpirationTime('5m').sign(key)
  const good = await jwt(privateKey, 'an operator')
  const bad = await jwt(generateKeyPairSync('ed25519').privateKey, 'no operator')
  secrets.set('a JWT', good.slice(-32)).set('a wrong JWT', bad.slice(-32))
  for (const [token, status] of [[secret('the token of operators'), 200], [good, 200], [bad, 401], [secret('a wrong token'), 401], [`${secret('half a JWT')}.${secret('half a JWT')}.x`, 401]] as const) {
    t.equal(await send(`/metrics?q=${secret('a query of an operator')}`, { headers: { ...headers, authorization: `Bearer ${token}` } }), status)
  }
  t.equal(await send(`/topology?route=${secret('a route')}`, { headers: { ...headers, authorization: `Bearer ${good}` } }), 400)
  const metrics = await (await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${good}` } })).text()
  asked += 1

  // What never becomes a request, and what is broken off.
  for (const bytes of [`${secret('no HTTP')} ${secret('no HTTP')}\r\n\r\n`, `GET /${secret('a path that cannot be decoded')}%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, `GET / HTTP/1.1\r\nhost: x\r\nx-large: ${secret('a large header').repeat(1000)}\r\n\r\n`]) {
    const client = await rawClient(t, port)
    await client.write(bytes)
    t.match(await client.closed, /^HTTP\/1\.1 4/)
  }
  const settled = text.received.length
  const hasty = new AbortController()
  const leaving = post(graphics, secretRequest()).catch(() => {})
  const gone = fetch(origin + graphics, { method: 'POST', headers, body: JSON.stringify(secretRequest()), signal: hasty.signal }).catch(() => {})
  await text.request(settled + 2)
  hasty.abort()
  await Promise.all([leaving, gone])
  asked += 1

  // The services of the kit, asked by others than this server.
  const { 'x-request-id': _, ...others } = headers
  const elsewhere = await Promise.all([leaky.url, charts.url].flatMap(url => [
    fetch(`${url}/${secret('a path of a service')}?q=${secret('a query of a service')}`, { headers: others }),
    fetch(`${url}/preprocessor?q=${secret('a query of a service')}`, { method: 'POST', headers: others, body: `{"${secret('broken JSON')}` }),
    fetch(`${url}/preprocessor`, { method: 'POST', headers: others, body: JSON.stringify({ ...secretRequest(), timestamp: secret('a time') }) })
  ]))
  t.strictSame(elsewhere.map(({ status }) => status), [404, 400, 400, 404, 400, 400])

  server.kill('SIGTERM')
  const { code, stdout, stderr } = await server.ended
  t.equal(code, 0)
  const log = `${stdout}\n${stderr}`
  const kitLogs = await Promise.all([leaky.log(), charts.log()])

  t.test('the log is there: every request has its lines, every failure its reason', async t => {
    const lines = linesOf(log)
    t.equal(lines.filter(({ msg }) => msg === 'request ended').length, asked)
    const outcomes = new Set(lines.filter(({ msg }) => msg === 'service settled').map(line => `${line.service} ${line.reason ?? line.kind}`))
    for (const expected of ['look done', 'modifier done', 'status status', 'redirect status', 'nojson not-json', 'invalid invalid', 'wrongtype invalid', 'hang timeout', 'reset broken', 'large too-large', 'gone refused', 'overridden cached', 'text done', 'liar invalid', 'leaky status', 'charts done']) {
      t.ok(outcomes.has(expected), expected)
    }
    const codes = new Set(lines.filter(({ msg }) => msg === 'request refused').map(line => line.code))
    for (const expected of ['TUTTI_MALFORMED_BODY', 'TUTTI_FORBIDDEN_KEY', 'TUTTI_MALFORMED_TEXT', 'TUTTI_MALFORMED_ENCODING', 'TUTTI_UNSUPPORTED_CHARSET', 'TUTTI_BODY_TOO_LARGE', 'TUTTI_OPERATOR_TOKEN_WRONG', 'TUTTI_TOPOLOGY_QUERY']) {
      t.ok(codes.has(expected), expected)
    }
    t.ok(lines.some(line => line.status === 499))
    t.ok(receiver.spans.length > asked)
    t.match(metrics, 'tutti_requests_total')
    const [leakyLines = [], chartLines = []] = kitLogs.map(linesOf)
    t.ok(leakyLines.some(({ reqId, msg, error }) => reqId === uuid && msg === 'the request has failed' && (error as { code?: string }).code === 'SERVICE_FAILED'))
    t.ok(leakyLines.some(line => JSON.stringify(line).includes('SERVICE_INVALID_REPLY')))
    t.ok(chartLines.some(({ reqId }) => reqId === uuid))
  })

  t.test('and nobody\'s words are in it, in traces or in metrics', async t => {
    t.ok(secrets.size > 70, `${secrets.size} secrets`)
    t.strictSame(leaksIn(log, secrets), [])
    t.strictSame(leaksIn(receiver.requests.map(each => each.text).join('\n'), secrets), [])
    t.strictSame(leaksIn(metrics, secrets), [])
    for (const each of kitLogs) t.strictSame(leaksIn(each, secrets), [])
  })

  t.test('where one is planted in this very log it is found', async t => {
    const lines = log.split('\n')
    for (const name of ['the graphic', 'the password of Redis', 'the latitude', 'a JWT']) {
      const planted = Buffer.from(`{"err":"${secrets.get(name)}"}`).toString('base64')
      t.strictSame(leaksIn(lines.toSpliced(Math.floor(lines.length / 2), 0, planted).join('\n'), secrets), [name])
    }
  })
})
