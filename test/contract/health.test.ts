// What load balancers and people read: the process answers; requests can be answered now, or why not.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { build, handler, servicesFile } from '../helper.ts'
import { rawClient } from '../faults/raw-client.ts'

interface Ready { status: string, discovery: { provider: string, confirmedAt: string, ageSeconds: number, trouble?: { cause: string, cure: string } } }

t.test('GET /health/live is GET /health', async t => {
  const server = await build(t)
  const { status, json, headers } = await server.send('/health/live')
  t.equal(status, 200)
  t.match(json, { status: 'healthy', timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ })
  t.equal(headers.get('cache-control'), 'no-store')
})

t.test('GET /health/ready says that services are known, and since when', async t => {
  const before = Date.now()
  const server = await build(t, { services: { secret: handler('http://127.0.0.1:9') } })
  const { status, json, headers } = await server.send('/health/ready')
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  const { discovery, ...rest } = json as Ready
  t.strictSame(rest, { status: 'ready' })
  t.strictSame(Object.keys(discovery), ['provider', 'confirmedAt', 'ageSeconds'])
  t.equal(discovery.provider, 'static')
  t.ok(Date.parse(discovery.confirmedAt) >= before && Date.parse(discovery.confirmedAt) <= Date.now())
  t.ok(discovery.ageSeconds >= 0 && discovery.ageSeconds * 1000 <= Date.now() - before)
})

t.test('a list that cannot be renewed is trouble, which is told without names and addresses; the server stays ready', async t => {
  const services = { secret: handler('http://127.0.0.1:9') }
  const file = servicesFile(t, services)
  const server = await build(t, { env: { SERVICES_FILE: file } })
  const { confirmedAt } = (await server.send('/health/ready').then(({ json }) => json as Ready)).discovery
  const told = server.logged(line => line.level === 50)
  await writeFile(file, 'services: { secret: 10.0.0.7')
  await told
  const { status, text, json } = await server.send('/health/ready')
  t.equal(status, 200)
  const { discovery } = json as Ready
  t.match(discovery.trouble, { cause: /services file/, cure: /./ })
  t.ok(Date.parse(discovery.confirmedAt) <= Date.parse(confirmedAt), 'and its age grows')
  for (const secret of ['secret', '127.0.0.1', '10.0.0.7', path.dirname(file)]) t.notMatch(text, secret)
  const mended = new Promise(resolve => server.app.discovery.onChange(resolve))
  await writeFile(file, JSON.stringify({ services }))
  await mended
  t.notMatch((await server.send('/health/ready')).text, 'trouble')
})

t.test('before services have been looked for the server is live but not ready, and says what to do', async t => {
  const socket = path.join(t.testdir({}), 'no-engine.sock')
  const server = await build(t, { env: { DISCOVERY: 'docker', DOCKER_HOST: `unix://${socket}`, DISCOVERY_NETWORKS: 'secret-network' } })
  t.equal((await server.send('/health/live')).status, 200)
  const { status, json, headers, text } = await server.send('/health/ready')
  t.equal(status, 503)
  t.match(headers.get('retry-after'), /^[1-9]\d*$/)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(json, { status: 'not ready', reasons: [{ cause: /./, cure: /./ }] })
  for (const secret of [socket, 'secret-network', 'ENOENT']) t.notMatch(text, secret)
  t.match((await server.send('/metrics')).text, /^tutti_ready 0$/m)
  t.match((await server.send('/topology')).json, { provider: 'docker', revision: 0, services: [], obstacle: { cause: /./, cure: /./ } })
  t.match((await server.send('/topology?format=mermaid')).text, /^flowchart/)
})

t.test('HEAD and OPTIONS are answered as for /health', async t => {
  const server = await build(t)
  for (const path of ['/health/live', '/health/ready', '/HEALTH/Ready/']) {
    const head = await server.send(path, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(head.text, '')
    const options = await server.send(path, { method: 'OPTIONS' })
    t.equal(options.status, 200)
    t.equal(options.headers.get('allow'), 'GET,HEAD')
    t.equal((await server.send(path, { method: 'POST' })).status, 404)
  }
})

/** Resolves when nobody listens on a port any more. */
async function refused (port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const [ending] = await Promise.race([once(socket, 'connect').then(() => [undefined]), once(socket, 'error')])
    socket.destroy()
    if (ending !== undefined) return
  }
}

const whileClosing: Array<[path: string, status: number, text: RegExp]> = [
  ['/health', 200, /"healthy"/],
  ['/health/live', 200, /"healthy"/],
  ['/health/ready', 503, /^\{"status":"not ready","reasons":\[\{"cause":"the server is stopping","cure":".+"\}\]\}$/],
  ['/topology', 503, /^Service Unavailable: .+ \(TUTTI_SERVER_CLOSING\)$/],
  ['/nowhere', 503, /^Service Unavailable: .+ \(TUTTI_SERVER_CLOSING\)$/]
]
for (const [path, status, text] of whileClosing) {
  t.test(`a connection that is busy when the server begins to close gets ${status} for ${path}, and is told to go`, async t => {
    const server = await build(t, { env: { SHUTDOWN_TIMEOUT: '60000' } })
    const client = await rawClient(t, server.port)
    const answered = once(client.socket, 'data')
    await client.write(`GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET ${path} HTTP/1.1\r\nhost: localhost\r\n`)
    await answered
    const first = client.received()
    const closed = server.app.close()
    await refused(server.port)
    await client.write('\r\n')
    const [head = '', body = ''] = (await client.closed).slice(first.length).split('\r\n\r\n')
    t.match(head, `HTTP/1.1 ${status} `)
    t.match(head, /\r\nconnection: close/i)
    if (status === 503) t.match(head, /\r\nretry-after: 1/i)
    t.match(body, text)
    await closed
  })
}
