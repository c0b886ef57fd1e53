// A server that is replaced under load: for DRAIN_TIME it says that it stops and serves on, so that nobody loses a request.
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { after, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import { startProcess } from './server-process.ts'
import { sized } from '../long.ts'

const body = JSON.stringify(graphicRequest())

/** Asks a server, on a kept connection where there is one. @returns status, whether the connection is to end, and the text */
function ask (port: number, agent: Agent, method: 'GET' | 'POST', path: string): Promise<{ status: number, isLast: boolean, text: string }> {
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('error', reject).on('end', () => resolve({
        status: response.statusCode ?? 0, isLast: response.headers.connection === 'close', text: String(Buffer.concat(chunks))
      }))
    }
    const headers = method === 'POST' ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}
    request({ host: '127.0.0.1', port, method, path, agent, headers }, onResponse).on('error', reject).end(method === 'POST' ? body : undefined)
  })
}

function keepAlive (t: Test): Agent {
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  return agent
}

/** Services that take a moment. */
async function services (t: Test): Promise<string> {
  const look = await mockService(t, (response, received) => new Promise(resolve => setTimeout(resolve, sized(50, 500))).then(() => found(names.preprocessor('look'), {})(response, received)))
  const text = await mockService(t, made(rendering('text')))
  return servicesFile(t, { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) })
}

/** Servers that are replaced. */
const runs = sized(2, 20)

t.test(`F20: no request is lost when a server stops under load, ${runs} times`, async t => {
  const SERVICES_FILE = await services(t)
  const start = () => startProcess(t, { SERVICES_FILE, PARALLEL_PREPROCESSORS: 'ON', DRAIN_TIME: '500', SHUTDOWN_TIMEOUT: '20000', LOG_LEVEL: 'info' })
  let next = start()
  for (let run = 0; run < runs; run++) {
    const old = next
    next = start()
    const ports = { old: await old.port, next: await next.port }
    const agents = { old: keepAlive(t), next: keepAlive(t) }
    const over = new AbortController()
    let isOldGood = true
    const answered = { old: 0, next: 0 }
    const lost: unknown[] = []
    const busy = Promise.withResolvers<void>()

    // As a balancer does: it asks who is ready, keeps connections, and goes elsewhere when it is told that one is the last.
    const watch = async () => {
      while (isOldGood) isOldGood &&= (await ask(ports.old, agents.old, 'GET', '/health/ready')).status === 200
    }
    const client = async () => {
      while (!over.signal.aborted) {
        const to = isOldGood ? 'old' : 'next'
        try {
          const { status, isLast, text } = await ask(ports[to], agents[to], 'POST', '/render')
          if (status !== 200 || !text.includes('"description":"text"')) lost.push({ to, status, text })
          if (isLast && to === 'old') isOldGood = false
          answered[to] += 1
          if (answered.old === 40 + run * 7) busy.resolve()
        } catch (error) {
          lost.push({ to, error })
          busy.resolve()
        }
      }
    }
    const clients = [watch(), ...Array.from({ length: sized(16, 32) }, client)]
    await busy.promise
    old.kill('SIGTERM')
    const { code, stderr } = await old.ended
    over.abort()
    await Promise.all(clients)
    t.strictSame(lost, [], `run ${run}: ${answered.old} and ${answered.next} requests were answered`)
    t.ok(answered.next > 0, 'the next server has taken over')
    t.strictSame({ code, stderr }, { code: 0, stderr: '' })
    agents.old.destroy()
    agents.next.destroy()
  }
})

t.test('while it drains a server is live but not ready, takes requests on any connection, and makes each its last', async t => {
  const server = startProcess(t, { SERVICES_FILE: await services(t), DRAIN_TIME: '600000' })
  const port = await server.port
  const agent = keepAlive(t)
  t.equal((await ask(port, agent, 'GET', '/health/ready')).status, 200)
  t.match(await ask(port, agent, 'POST', '/render'), { status: 200, isLast: false })
  server.kill('SIGTERM')
  await server.logged('the server stops')
  t.match(await ask(port, agent, 'GET', '/health/ready'), { status: 503, isLast: true, text: /the server is stopping/ })
  t.match(await ask(port, agent, 'GET', '/health/live'), { status: 200 })
  t.match(await ask(port, agent, 'POST', '/render'), { status: 200, isLast: true })
  server.kill('SIGTERM')
  t.equal((await server.ended).code, 1, 'a second signal ends it at once')
})

t.test('a request that begins while the server drains is finished after the listener has closed', async t => {
  const gate = Promise.withResolvers<void>()
  const look = await mockService(t, hang)
  look.behaviour = after(gate.promise, found(names.preprocessor('look'), {}))
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }), DRAIN_TIME: '2000' })
  const port = await server.port
  const agent = keepAlive(t)
  server.kill('SIGTERM')
  await server.logged('the server stops')
  const reply = ask(port, agent, 'POST', '/render/preprocess')
  await look.request(1)
  // Until nobody listens any more.
  while (await ask(port, new Agent(), 'GET', '/health').then(() => true, () => false));
  gate.resolve()
  t.match(await reply, { status: 200, text: /preprocessor\.look/ })
  t.equal((await server.ended).code, 0)
})
