// Tens of thousands of connections with bytes that are nearly HTTP: each is answered or closed, what is hidden in a body is never answered, and afterwards
// the server is as it was.
import { connect } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { descriptions, found, graphicRequest, handler, made, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import { startProcess } from '../faults/server-process.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import type { Random } from '../fixtures/json/random-text.ts'
import { figure, sized } from '../long.ts'
import { hiddenAnswer, hiddenRequest, nearlyHttp, shownRequest } from './http-mutations.ts'

const cases = sized(750, 50_000)
const atOnce = 64

/** After this time a connection hangs, in milliseconds: many times what the server gives it. */
const longest = 30_000

/** TEST_SEED repeats a run. */
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))

t.setTimeout(sized(120_000, 3_600_000))

/** How a client ends: with its side closed, by waiting for an answer, or by going away in the middle. */
type Ending = 'closes its side' | 'waits' | 'goes'

/** Sends pieces of bytes over a connection of its own. @returns what came back, and whether the connection ended by itself */
function converse (port: number, pieces: Buffer[], ending: Ending): Promise<{ text: string, isOver: boolean }> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const hanging = setTimeout(() => {
      resolve({ text, isOver: false })
      socket.destroy()
    }, longest)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(hanging)
      resolve({ text, isOver: true })
    })
    socket.on('data', bytes => {
      text += bytes.toString('latin1')
      // Whoever has an answer may keep the connection; here one is enough.
      if (ending === 'waits' && statuses(text).length > 0) socket.end()
    })
    socket.once('connect', () => {
      const write = (index: number): void => {
        const piece = pieces[index]
        if (piece !== undefined) return void socket.write(piece, () => setImmediate(write, index + 1))
        if (ending === 'closes its side') socket.end()
        if (ending === 'goes') socket.resetAndDestroy()
      }
      write(0)
    })
  })
}

/** The final statuses in what came back. */
function statuses (text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 ([2-5]\d\d) /gm)].map(([, status]) => Number(status))
}

/** How many beginnings of a request there are at most in what was sent: a version (of RTSP too, which Node takes for HTTP), or a line that would be one of HTTP/0.9. */
function requests (text: string): number {
  return [...text.matchAll(/[A-Z]+\/[0-9]|[\r\n ][A-Z-]+ \S*[\r\n]|^\S+ \S*[\r\n]/g)].length
}

function cut (bytes: Buffer, random: Random): Buffer[] {
  const cuts = Array.from({ length: random(3) === 0 ? 1 + random(4) : 0 }, () => random(bytes.length + 1)).toSorted((a, b) => a - b)
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index])).filter(piece => piece.length > 0)
}

t.test('bytes that are nearly HTTP', async t => {
  t.comment(`TEST_SEED=${seed}`)
  const look = await mockService(t, found(names.preprocessor('look'), { seen: true }))
  const text = await mockService(t, made(rendering('text')))
  const file = servicesFile(t, { look: preprocessor(look), text: handler(text) })
  const server = startProcess(t, {
    SERVICES_FILE: file,
    // On a busy machine it would turn away what this test is about.
    MAX_EVENT_LOOP_DELAY: '0',
    STORE_IMAGE_DATA: 'ON',
    STORAGE_DIR: path.join(path.dirname(file), 'storage'),
    HEADERS_TIMEOUT: '500',
    RECEIVE_TIMEOUT: '500',
    NOT_FOUND_RATE_LIMIT: '0',
    OPERATOR_RATE_LIMIT: '0'
  })
  const port = await server.port
  const over = new AbortController()
  void server.ended.then(() => over.abort())

  // Else it would not be seen if what is hidden were answered.
  const shown = await converse(port, [Buffer.from(shownRequest)], 'closes its side')
  t.match(shown.text, hiddenAnswer, 'the same request is answered where it is not hidden')

  const wrong: string[] = []
  const answers = new Map<number | 'closed', number>()
  // Some send thousands of requests at once, and are told to come again.
  let next = 0
  const client = async () => {
    while (next < cases && !over.signal.aborted && wrong.length < 3) {
      const number = next++
      // The generator gives neighbouring seeds the same numbers.
      const random = createRandom(Math.imul(seed + number, 0x9e3779b1) << 1)
      const isHidden = random(3) === 0
      const sent = isHidden ? hiddenRequest(random) : nearlyHttp(random)
      const bytes = Buffer.from(sent, 'latin1')
      const ending = pick<Ending>(random, ['closes its side', 'closes its side', 'closes its side', 'waits', 'goes'])
      const { text, isOver } = await converse(port, cut(bytes, random), ending)
      const all = statuses(text)
      for (const status of all.length === 0 ? ['closed' as const] : all) answers.set(status, (answers.get(status) ?? 0) + 1)
      const served = all.filter(status => ![400, 408, 431].includes(status)).length
      const fault = !isOver
        ? 'hangs'
        : isHidden && text.includes(hiddenAnswer)
          ? 'has what is hidden in it answered'
          : all.some(status => status >= 500 && !(status === 503 && text.includes('retry-after: 1')))
            ? 'is a fault of the server'
            : served > requests(sent) ? 'has more answers than requests' : undefined
      if (fault !== undefined) wrong.push(`case ${number}, which ${ending}, ${fault}: ${JSON.stringify(sent.slice(0, 3000))} -> ${JSON.stringify(text.slice(0, 1000))}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  t.strictSame(wrong, [])
  t.notOk(over.signal.aborted, 'the server lives')

  const told = [...answers].toSorted(([, a], [, b]) => b - a).map(([status, count]) => `${status}: ${count}`).join(', ')
  figure(t, 'HTTP', `${next} connections, none hung, nothing hidden was answered (${told})`)
  // Between 4 and 15 in a hundred, by the seed: several answers may come from one connection.
  t.ok((answers.get(200) ?? 0) > cases / 100 && (answers.get(400) ?? 0) > cases / 10, 'some are still HTTP, others are not')

  // What was cut off may still be ending.
  const gauges = async () => (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).match(/^tutti\w*(?:in_flight|inflight|waiting|running)\w*(?:\{.*\})? \S+$/gm) ?? []
  const isQuiet = (lines: string[]) => lines.length > 0 && lines.every(line => line.endsWith(' 0'))
  let lines = await gauges()
  for (let tries = 0; tries < 200 && !isQuiet(lines); tries++) lines = await gauges()
  t.ok(isQuiet(lines), lines.join('\n'))

  const response = await fetch(`http://127.0.0.1:${port}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
  t.strictSame(descriptions({ json: await response.json() } as Parameters<typeof descriptions>[0]), ['text'])
  server.kill('SIGTERM')
  const { code, stdout, stderr } = await server.ended
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, /"level":(?:50|60)/, 'nothing went wrong inside')
})
