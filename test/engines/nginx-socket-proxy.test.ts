// The read-only proxy of the Docker socket: exactly the questions that finding services takes are passed on, and events are not held up.
import { once } from 'node:events'
import { chmodSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { composeFolder, shortFolder, startNginx } from './nginx.ts'
import type { Nginx } from './nginx.ts'

/** Requests, and for which ways of finding services they are allowed. */
const requests: Array<[request: string, docker: boolean, swarm: boolean]> = [
  ['GET /_ping', true, true],
  ['GET /version', true, true],
  ['GET /v1.41/version', true, true],
  ['GET /containers/json', true, false],
  ['GET /v1.41/containers/json?all=false&filters=%7B%7D', true, false],
  ['GET /events', true, true],
  ['GET /v1.51/events?since=1700000000&filters=%7B%22type%22%3A%5B%22container%22%5D%7D', true, true],
  ['GET /services', false, true],
  ['GET /v1.41/services?status=true', false, true],
  ['GET /tasks?filters=%7B%7D', false, true],
  ['GET /nodes', false, true],
  ['GET /networks', false, true],
  ['GET /', false, false],
  ['GET /info', false, false],
  ['GET /containers/abc/json', false, false],
  ['GET /containers/json/', false, false],
  ['GET /containers/jsonx', false, false],
  ['GET /containers/abc/logs?stdout=1', false, false],
  ['GET /containers/abc/archive?path=/', false, false],
  ['GET /containers/json/../abc/export', false, false],
  ['GET /v1.41/../containers/abc/json', false, false],
  ['GET /x/..%2fcontainers/json', false, false],
  ['GET //containers/json', false, false],
  ['GET /containers/json%3fx', false, false],
  ['GET /v1.41x/version', false, false],
  ['GET /secrets', false, false],
  ['GET /services/abc', false, false],
  ['GET /services/abc/logs?stdout=1', false, false],
  ['GET /networks/abc', false, false],
  ['GET /images/json', false, false],
  ['GET /swarm', false, false],
  ['GET /?/version', false, false],
  ['POST /containers/create', false, false],
  ['POST /containers/json', false, false],
  ['POST /containers/abc/exec', false, false],
  ['POST /services', false, false],
  ['PUT /events', false, false],
  ['DELETE /version', false, false],
  ['HEAD /_ping', false, false]
]

/** A Docker engine that says what it was asked. */
async function startEngine (t: Test, listener: RequestListener): Promise<string> {
  const socket = path.join(shortFolder(t), 'docker.sock')
  const server = createServer(listener).listen(socket)
  await once(server, 'listening')
  chmodSync(socket, 0o666)
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return socket
}

async function proxy (t: Test, listener: RequestListener, environment: Record<string, string> = {}): Promise<Nginx> {
  return await startNginx(t, 'socket-proxy', { DOCKER_SOCKET: await startEngine(t, listener), ...environment })
}

/** Sends a request as it is written, which fetch would not. @returns the status */
async function raw (origin: string, method: string, target: string): Promise<number> {
  return (await rawExchange(origin, `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).status
}

async function rawExchange (origin: string, request: string): Promise<{ status: number, text: string }> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.write(request)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return { status: Number(text.split(' ')[1]), text }
}

for (const [column, discovery] of ['docker', 'swarm'].entries()) {
  t.test(`for ${discovery} the patterns of the proxy match what it may ask and nothing else`, async t => {
    const template = readFileSync(path.join(composeFolder, 'nginx/socket-proxy.conf.template'), 'utf8')
    const patterns = [...template.matchAll(/^ +"~(\^.*)" 1;$/gm)].map(([, pattern = '']) => new RegExp(pattern))
    t.equal(patterns.length, 2)
    for (const [request, ...allowed] of requests) {
      t.equal(patterns.some(pattern => pattern.test(`${discovery} ${request}`)), allowed[column], request)
    }
  })
}

t.test('nginx as the proxy of the Docker socket', async t => {
  for (const [column, discovery] of ['docker', 'swarm'].entries()) {
    t.test(`for ${discovery} it passes on what it may, as it came, and answers 403 to everything else`, async t => {
      const asked: string[] = []
      const { origin } = await proxy(t, (request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.end('[]')
      }, { DISCOVERY: discovery })
      for (const [request, ...allowed] of requests) {
        const [method = '', target = ''] = request.split(' ')
        t.equal(await raw(origin, method, target), allowed[column] ? 200 : 403, request)
      }
      t.strictSame(asked, requests.filter(([, ...allowed]) => allowed[column]).map(([request]) => request))
    })
  }

  t.test('it passes on no body', async t => {
    const { origin } = await proxy(t, async (request, response) => {
      let size = 0
      for await (const chunk of request) size += chunk.length
      response.end(`${size} ${request.headers['content-length'] ?? request.headers['transfer-encoding']}`)
    })
    const { status, text } = await rawExchange(origin, 'GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}')
    t.equal(status, 200)
    t.match(text, /\r\n\r\n(?:1?\w+\r\n)?0 undefined/)
  })

  t.test('it passes on each event at once, and hangs up on Docker when nobody listens any more', async t => {
    const gone = Promise.withResolvers<void>()
    const events = Promise.withResolvers<void>()
    const { origin } = await proxy(t, async (_request, response) => {
      response.once('close', gone.resolve)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      await events.promise
      response.write('{"Action":"start"}\n')
    })
    const controller = new AbortController()
    const response = await fetch(`${origin}/events`, { signal: controller.signal })
    t.equal(response.status, 200, 'before any event has come')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    events.resolve()
    t.equal((await reader?.read())?.value, '{"Action":"start"}\n')
    controller.abort()
    await gone.promise
    t.pass('the connection to Docker is closed')
  })

  t.test('it ends the events when Docker does, and says 502 while Docker is away', async t => {
    const { origin } = await proxy(t, (_request, response) => { response.end('{"Action":"die"}\n') })
    t.equal(await (await fetch(`${origin}/events`)).text(), '{"Action":"die"}\n')
    const alone = await startNginx(t, 'socket-proxy', { DOCKER_SOCKET: path.join(shortFolder(t), 'none.sock') })
    t.equal((await fetch(`${alone.origin}/version`)).status, 502)
  })

  t.test('it does not start for anything but docker and swarm', async t => {
    await t.rejects(startNginx(t, 'socket-proxy', { DISCOVERY: 'static' }), { message: 'DISCOVERY=static is not allowed: it must be docker or swarm.' })
    await t.rejects(startNginx(t, 'socket-proxy', { DOCKER_SOCKET: '/run/$x' }), { message: 'DOCKER_SOCKET=/run/$x is not allowed' })
  })
})
