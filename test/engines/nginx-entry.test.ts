// nginx in front of the orchestrator, as the compose files configure it: what it lets through, refuses, says and keeps to itself.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { startNameServer, startNginx } from './nginx.ts'
import type { Nginx } from './nginx.ts'

const limits = { MAX_BODY: '2mb', REQUEST_TIMEOUT: '60000', RECEIVE_TIMEOUT: '60000' }

/** Servers that take the place of orchestrators, on one port of several addresses. @returns the port */
async function orchestrators (t: Test, ...listeners: RequestListener[]): Promise<number> {
  let port = 0
  for (const [index, listener] of listeners.entries()) {
    const server = createServer(listener).listen(port, `127.0.0.${index + 2}`)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    t.teardown(() => {
      server.close()
      server.closeAllConnections()
    })
  }
  return port
}

/** nginx in front of them. */
async function entry (t: Test, listeners: RequestListener[], environment: Record<string, string> = {}): Promise<Nginx> {
  const port = await orchestrators(t, ...listeners)
  const names = await startNameServer(t, listeners.map((_, index) => `127.0.0.${index + 2}`))
  return await startNginx(t, 'entry', { ...limits, ORCHESTRATOR: `orchestrator:${port}`, RESOLVER: names.place, ...environment })
}

async function length (message: IncomingMessage): Promise<number> {
  let size = 0
  for await (const chunk of message) size += chunk.length
  return size
}

t.test('nginx in front of the orchestrator', async t => {
  t.test('lets through what clients need, in any of the ways they write it, and nothing for operators', async t => {
    const { origin } = await entry(t, [(request, response) => { response.end(`${request.method} ${request.url}`) }])
    for (const [path, passes] of Object.entries({
      '/render': true,
      '/render/': true,
      '/Render': true,
      '/render/preprocess': true,
      '/render/preprocess/?a=b': true,
      '/authenticate/6f1d2a3b/0123': true,
      '/health': true,
      '/health/ready': false,
      '/health/live': false,
      '/topology': false,
      '/metrics': false,
      '/tracking/state': false,
      '/render/../topology': false,
      '/render/%2e%2e/metrics': false,
      '//topology': false,
      '/': false
    })) {
      const response = await fetch(origin + path, { method: 'POST', body: '{}' })
      t.equal(response.status, passes ? 200 : 404, path)
      t.equal(await response.text(), passes ? `POST ${path}` : 'Not Found: There is nothing here. Send graphics to /render.')
    }
  })

  t.test('takes bodies up to MAX_BODY and says the same as the orchestrator about larger ones', async t => {
    const { origin } = await entry(t, [async (request, response) => { response.end(String(await length(request))) }])
    const most = 2 * 1024 * 1024
    const taken = await fetch(`${origin}/render`, { method: 'POST', body: Buffer.alloc(most) })
    t.equal(await taken.text(), String(most))
    const refused = await fetch(`${origin}/render`, { method: 'POST', body: Buffer.alloc(most + 1) })
    t.equal(refused.status, 413)
    t.match(refused.headers.get('content-type'), 'text/plain')
    t.match(await refused.text(), /larger than 2097152 bytes.*TUTTI_BODY_TOO_LARGE/)
  })

  t.test('tells the orchestrator who the client is, and believes only proxies that it was told to trust', async t => {
    const tell: RequestListener = ({ headers }, response) => {
      response.end(JSON.stringify([headers['x-real-ip'], headers['x-forwarded-for'], headers['x-forwarded-proto'], headers.host]))
    }
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
    const ask = async ({ origin }: Nginx) => await (await fetch(`${origin}/health`, { headers })).json()
    const open = await entry(t, [tell])
    const [address, forwarded] = await ask(open) as string[]
    t.match(address, /^127\./, 'the word of a client is not believed')
    t.equal(forwarded, address, 'and not passed on')
    const behind = await entry(t, [tell], { TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' })
    t.match(await ask(behind), ['203.0.113.7', '203.0.113.7', 'https', new URL(behind.origin).host])
  })

  t.test('passes on each event as it comes, also to a POST', async t => {
    const gate = Promise.withResolvers<void>()
    const { origin } = await entry(t, [async (request, response) => {
      response.setHeader('content-type', 'text/event-stream')
      response.write(`data: ${await length(request)}\n\n`)
      await gate.promise
      response.end('data: last\n\n')
    }])
    const response = await fetch(`${origin}/render`, { method: 'POST', body: '{}', headers: { accept: 'text/event-stream' } })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    t.equal((await reader?.read())?.value, 'data: 2\n\n', 'the first, while the orchestrator still works')
    gate.resolve()
    t.equal((await reader?.read())?.value, 'data: last\n\n')
  })

  t.test('asks another orchestrator when one has too much to do, and passes its word on when there is no other', async t => {
    const busy: RequestListener = (_request, response) => { response.writeHead(503, { 'retry-after': '1' }).end('busy') }
    const { origin } = await entry(t, [busy, (_request, response) => { response.end('done') }])
    for (let round = 0; round < 20; round++) t.equal(await (await fetch(`${origin}/render`, { method: 'POST', body: '{}' })).text(), 'done')
    const alone = await entry(t, [busy])
    const refused = await fetch(`${alone.origin}/render`, { method: 'POST', body: '{}' })
    t.equal(refused.status, 503)
    t.equal(refused.headers.get('retry-after'), '1')
    t.equal(await refused.text(), 'busy')
  })

  t.test('hangs up when the client has hung up', async t => {
    const asked = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const { origin } = await entry(t, [(_request, response) => {
      response.once('close', gone.resolve)
      asked.resolve()
    }])
    const controller = new AbortController()
    const answer = fetch(`${origin}/render`, { method: 'POST', body: '{}', signal: controller.signal })
    await asked.promise
    controller.abort()
    await t.rejects(answer)
    await gone.promise
  })

  t.test('says so in plain text when no orchestrator answers', async t => {
    const names = await startNameServer(t, [])
    const { origin } = await startNginx(t, 'entry', { ...limits, RESOLVER: names.place })
    const response = await fetch(`${origin}/render`, { method: 'POST', body: '{}' })
    t.equal(response.status, 502)
    t.equal(response.headers.get('retry-after'), '1')
    t.match(await response.text(), /^Bad Gateway: No orchestrator answers\./)
  })

  t.test('follows the orchestrator to its new address', async t => {
    const port = await orchestrators(t, (_request, response) => { response.end('old') }, (_request, response) => { response.end('new') })
    const names = await startNameServer(t, ['127.0.0.2'])
    const { origin } = await startNginx(t, 'entry', { ...limits, ORCHESTRATOR: `orchestrator:${port}`, RESOLVER: names.place })
    const ask = async () => await (await fetch(`${origin}/health`)).text()
    t.equal(await ask(), 'old')
    names.addresses = ['127.0.0.3']
    let answers = 1
    while (await ask() === 'old') answers++
    t.ok(answers >= 1, 'within the second for which it remembers')
  })

  t.test('writes a log without query strings, ids and addresses of clients', async t => {
    const nginx = await entry(t, [(_request, response) => { response.end() }])
    for (const path of ['/render?key=secret', '/authenticate/secret/secret', '/secret']) await fetch(nginx.origin + path, { method: 'POST', body: 'secret' })
    t.match([await nginx.line(1), await nginx.line(2), await nginx.line(3)], [
      { method: 'POST', route: '/render', status: 200, orchestratorStatus: '200' },
      { method: 'POST', route: '/authenticate/', status: 200 },
      { method: 'POST', route: 'other', status: 404 }
    ])
    t.notMatch(nginx.output(), 'secret')
    t.notMatch(nginx.output(), new URL(nginx.origin).hostname)
  })

  t.test('does not start with a value that cannot be meant, and says which', async t => {
    for (const [name, value] of Object.entries({ MAX_BODY: '10 apples', REQUEST_TIMEOUT: '1m', RECEIVE_TIMEOUT: '', ORCHESTRATOR: 'a;b', RESOLVER: '$x', TRUSTED_PROXIES: '10.0.0.0/8;' })) {
      await t.rejects(startNginx(t, 'entry', { ...limits, [name]: value }), { message: `nginx cannot start: ${name}=${value} is not allowed: it must be` })
    }
  })
})
