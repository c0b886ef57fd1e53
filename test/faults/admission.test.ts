// More large requests at one time than the server can hold: it takes what fits, refuses the rest so that it can come again, and lives.
import { Agent, request } from 'node:http'
import t from 'tap'
import { after, found, graphicRequest, mockService, names, preprocessor, servicesFile } from '../helper.ts'
import { startProcess } from './server-process.ts'

const megabyte = 1024 * 1024
const large = Buffer.from(JSON.stringify(graphicRequest({ graphic: `data:image/png;base64,${'A'.repeat(5 * megabyte)}` })))

/** What a client sees. */
interface Seen { status: number | undefined, retryAfter: string | undefined, text: string }

/** Sends a body on a connection of its own. */
function send (port: number, body: Buffer): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    request({ host: '127.0.0.1', port, method: 'POST', path: '/render/preprocess', agent: new Agent(), headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'], text: String(Buffer.concat(chunks)) }))
    }).on('error', reject).end(body)
  })
}

t.test('F5: 64 requests of 5 MB at once, in a heap of 512 MB', async t => {
  // Room for 20 of them.
  const room = 20
  const gate = Promise.withResolvers<void>()
  const look = await mockService(t, after(gate.promise, found(names.preprocessor('look'), { seen: true })))
  const server = startProcess(t, {
    SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }),
    NODE_OPTIONS: '--max-old-space-size=512',
    MAX_BODY: '10mb',
    MAX_INFLIGHT: String(room * large.length),
    SERVICE_LIMIT: '64',
    LOG_LEVEL: 'info'
  }, true)
  const port = await server.port
  await server.measure()
  let refused = 0
  const allRefused = Promise.withResolvers<void>()
  const replies = Array.from({ length: 64 }, () => send(port, large).then(seen => {
    if (seen.status === 503 && ++refused === 64 - room) allRefused.resolve()
    return seen
  }))
  // A reply that is lost must end the test rather than leave it waiting.
  await Promise.race([allRefused.promise, Promise.all(replies)])
  t.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200, 'it is well, and says so, when it is full')
  t.match(await send(port, large), { status: 503, retryAfter: /^[1-9]/, text: /\(TUTTI_OVERLOADED\)$/ })
  gate.resolve()
  const seen = await Promise.all(replies)
  t.equal(seen.filter(({ status, text }) => status === 200 && text.includes('"seen":true')).length, room, 'what was taken in is answered')
  t.equal(seen.filter(({ status, retryAfter }) => status === 503 && Number(retryAfter) >= 1).length, 64 - room, 'all others are told to come again')
  t.equal((await send(port, large)).status, 200, 'as they can')
  const { memory } = await server.measure()
  t.comment(`${Math.round(memory / megabyte)} MB at its highest`)
})
