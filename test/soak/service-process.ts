// The services of a soak, in a process of their own. They look at every graphic, say what they saw, and do so badly now and then.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRandom } from '../fixtures/json/random-text.ts'
import { digestOf, filedAs, textRenderer } from './graphics.ts'

/** What a service is like. */
interface Character {
  name: string
  role: 'preprocessor' | 'handler'
  /** Of a thousand calls so many go wrong. */
  faulty: number
  /** Longest time that it takes, in milliseconds. */
  slowness: number
  /** Bytes that a reply has on top. */
  ballast: number
  /** Names of the preprocessors whose results it repeats. */
  uses: string[]
}

const characters: Record<string, Character> = {
  look: { name: 'look', role: 'preprocessor', faulty: 10, slowness: 20, ballast: 2000, uses: [] },
  'look-again': { name: 'look', role: 'preprocessor', faulty: 40, slowness: 40, ballast: 2000, uses: [] },
  find: { name: 'find', role: 'preprocessor', faulty: 30, slowness: 30, ballast: 10000, uses: ['look'] },
  speak: { name: 'speak', role: 'handler', faulty: 10, slowness: 10, ballast: 0, uses: ['look'] },
  draw: { name: 'draw', role: 'handler', faulty: 20, slowness: 30, ballast: 150000, uses: ['look', 'find'] },
  guest: { name: 'guest', role: 'handler', faulty: 20, slowness: 10, ballast: 100, uses: [] }
}

const random = createRandom(Number(process.env.SOAK_SEED ?? 1))
const graphicStart = Buffer.from('"graphic":"')
const resultsStart = Buffer.from('"preprocessors":')

/** What a service sees in a request: the digest of the graphic and, of each preprocessor it uses, what that one saw. */
function see (body: Buffer, uses: string[]): string {
  const start = body.indexOf(graphicStart) + graphicStart.length
  const graphic = digestOf(body.subarray(start, body.indexOf('"', start)))
  if (uses.length === 0) return graphic
  const { preprocessors } = JSON.parse(`{${body.toString('utf8', body.lastIndexOf(resultsStart))}`)
  return [graphic, ...uses.map(name => preprocessors[filedAs(name)]?.seen.split(' ')[0] ?? 'none')].join(' ')
}

/** The ways in which calls go wrong. */
const faults: Array<(response: ServerResponse, reply: string) => void> = [
  response => response.writeHead(500).end('no'),
  response => response.writeHead(503, { 'retry-after': '1' }).end(),
  response => response.writeHead(204).end(),
  response => response.writeHead(200, { 'content-type': 'application/json' }).end('{"request_uuid":'),
  response => response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":7}'),
  response => response.writeHead(301, { location: 'http://127.0.0.1:9/' }).end(),
  response => response.socket?.resetAndDestroy(),
  (response, reply) => response.writeHead(200, { 'content-length': reply.length + 10 }).write(reply, () => response.socket?.resetAndDestroy()),
  // Never, and later than anybody waits.
  () => {},
  (response, reply) => { setTimeout(() => response.destroyed || response.end(reply), 3000) }
]

function serve (character: Character) {
  const { name, role, faulty, slowness, ballast, uses } = character
  const filler = 'x'.repeat(ballast)
  return async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const seen = see(Buffer.concat(chunks), uses)
    const result = role === 'preprocessor'
      ? { name: filedAs(name), data: { seen, filler } }
      : { renderings: [{ type_id: textRenderer, description: name, data: { text: seen, filler } }] }
    const reply = JSON.stringify({ request_uuid: request.headers['x-request-id'], timestamp: 1700000001, ...result })
    const fault = random(1000) < faulty ? faults[random(faults.length)] : undefined
    setTimeout(() => {
      if (fault !== undefined) fault(response, reply)
      else response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply) }).end(reply)
    }, random(slowness))
  }
}

const origins = Object.entries(characters).map(([key, character]) => new Promise<[string, string]>(resolve => {
  const handle = serve(character)
  // A request that breaks off on its way in is nobody's any more.
  const server = createServer((request, response) => { handle(request, response).catch(() => response.destroy()) })
  // Short, so that connections are closed under the server's hands.
  server.keepAliveTimeout = 2000
  server.listen(0, '127.0.0.1', () => resolve([key, `http://127.0.0.1:${(server.address() as AddressInfo).port}`]))
}))
process.send?.(Object.fromEntries(await Promise.all(origins)))
process.on('disconnect', () => process.exit(0))
