// F24: more connections than the process may have files open.
import { Agent, request } from 'node:http'
import t from 'tap'
import { graphicRequest, handler, made, mockService, rendering, servicesFile } from '../helper.ts'
import { rawClient } from './raw-client.ts'
import { startProcess } from './server-process.ts'

const body = JSON.stringify(graphicRequest())

/** Asks for renderings. @returns status and text */
function render (port: number, agent: Agent): Promise<{ status: number | undefined, text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    request({ host: '127.0.0.1', port, method: 'POST', path: '/render', agent, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('error', reject).on('end', () => resolve({ status: response.statusCode, text: String(Buffer.concat(chunks)) }))
    }).on('error', reject).end(body)
  })
}

t.test('F24: 400 connections where 256 files may be open', async t => {
  const text = await mockService(t, made(rendering('text')))
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { text: handler(text) }) }, false, 256)
  const port = await server.port
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  // Held before the others come; what it asks needs one more connection, to the service.
  const isServed = async (held: Agent) => t.match(await render(port, held), { status: 200, text: /"description":"text"/ })
  await isServed(agent)

  for (let wave = 0; wave < 3; wave++) {
    const clients = await Promise.all(Array.from({ length: 400 }, () => rawClient(t, port)))
    let gone = 0
    const mostGone = Promise.withResolvers<void>()
    for (const { closed } of clients) closed.then(() => { if (++gone === 400 - 127) mostGone.resolve() })
    await mostGone.promise
    await isServed(agent)
    // Sockets that are let go here are let go there when the server sees it; whoever comes too early is closed, and comes again.
    for (const { socket } of clients) socket.destroy()
    await Promise.all(clients.map(({ closed }) => closed))
    const isBack = () => render(port, new Agent()).then(({ status }) => status === 200, () => false)
    while (!await isBack());
    t.pass('clients are served again')
  }

  server.kill('SIGTERM')
  const { code, stdout, stderr } = await server.ended
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.equal(stdout.split('more connections than').length - 1, 1, 'it is told once')
  t.match(stdout, '"openFiles":256')
})
