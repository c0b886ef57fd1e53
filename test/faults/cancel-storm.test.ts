// A storm of requests whose clients hang up after a moment: the server does what is asked of it afterwards, and nothing of the storm is left.
import { connect } from 'node:net'
import t from 'tap'
import { answer, found, graphicRequest, handler, made, mockService, names, outcomes, preprocessor, rendering, servicesFile } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { figure, sized } from '../long.ts'
import { gaugesAtRest } from './gauges.ts'
import { head } from './raw-client.ts'
import { startProcess } from './server-process.ts'

const requests = sized(1000, 5000)
const atOnce = 50

/** Takes up to 40 ms. */
const later = (behaviour: Behaviour): Behaviour => async (response, received) => {
  await new Promise(resolve => setTimeout(resolve, Math.random() * 40))
  if (!response.destroyed) await behaviour(response, received)
}

t.test(`F12: ${requests} requests, each dropped within 50 ms, leave every gauge at zero`, { timeout: 120_000 }, async t => {
  const shrink = await mockService(t, later(found(names.modifier, { zoom: 1 })))
  const look = await mockService(t, later(found(names.preprocessor('look'), {})))
  const odd = await mockService(t, later(answer(503)))
  const text = await mockService(t, later(made(rendering('text'))))
  const server = startProcess(t, {
    SERVICES_FILE: servicesFile(t, {
      shrink: preprocessor(shrink, { modifyRequest: true }),
      look: preprocessor(look, { cacheTimeout: 1 }),
      odd: preprocessor(odd, { cacheTimeout: 1 }),
      text: handler(text, { required_dependencies: 'look,odd' })
    }),
    PARALLEL_PREPROCESSORS: 'ON',
    PARALLEL_LIMIT: '24',
    SERVICE_LIMIT: '8',
    // What is refused makes no storm.
    MAX_EVENT_LOOP_DELAY: '0'
  })
  const port = await server.port
  const origin = `http://127.0.0.1:${port}`

  // Few graphics, so that many ask for the same.
  const bodies = Array.from({ length: 20 }, (_, number) => JSON.stringify(graphicRequest({ graphic: `data:image/png;base64,${String(number).padStart(4, 'A')}` })))
  const kinds: Array<Record<string, string>> = [{}, { accept: 'text/event-stream' }]
  const messages = bodies.flatMap(body => kinds.map(headers => head({ ...headers, 'content-length': Buffer.byteLength(body) }) + body))
  let begunTo = 0
  const drop = (number: number) => new Promise<void>(resolve => {
    const socket = connect(port, '127.0.0.1')
    const dropSoon = () => setTimeout(() => number % 4 < 2 ? socket.destroy() : socket.resetAndDestroy(), Math.random() * 50)
    socket.on('error', () => {}).once('close', () => resolve())
    socket.write(messages[number % messages.length] ?? '')
    // Every other one is dropped so long after it was sent, on a busy machine before it is looked at; the rest so long after its work has begun.
    if (number % 2 === 0) dropSoon()
    else {
      socket.once('data', () => {
        begunTo += 1
        dropSoon()
      })
    }
  })
  const begun = performance.now()
  let sent = 0
  const client = async () => { while (sent < requests) await drop(sent++) }
  await Promise.all(Array.from({ length: atOnce }, client))
  const seconds = (performance.now() - begun) / 1000
  t.ok(begunTo > requests / 10, `work for ${begunTo} had begun`)
  t.ok(look.received.length > requests / 100, `${look.received.length} calls of a service that comes second`)

  t.strictSame(await gaugesAtRest(origin), [])
  const response = await fetch(`${origin}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
  t.equal(response.status, 200)
  const made200 = { status: response.status, headers: response.headers, text: '', json: await response.json() }
  t.match(outcomes(made200), { shrink: 'done', look: 'done', text: 'done' }, 'and a request is answered as ever')
  t.strictSame(await gaugesAtRest(origin), [])

  server.kill('SIGTERM')
  const { code, stdout, stderr } = await server.ended
  t.equal(code, 0)
  t.equal(stderr, '', 'no warning, no rejection that nobody handled')
  t.notMatch(stdout, /"level":[56]0/, 'nothing that the log calls an error')
  figure(t, 'F12', `${requests} requests dropped in ${seconds.toFixed(1)} s, ${begunTo} after their work had begun; every gauge at 0`)
})
