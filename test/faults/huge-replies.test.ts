// Replies far above the limit of a reply, and what would be if it were followed or unpacked: memory stays within a few times the limit.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { answer, descriptions, found, graphicRequest, handler, made, mockService, names, outcomes, preprocessor, rendering, servicesFile } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { figure } from '../long.ts'
import { gaugesAtRest } from './gauges.ts'
import { startProcess } from './server-process.ts'

const megabyte = 1024 * 1024
/** The default of MAX_REPLY. */
const limit = 32 * megabyte

/** Writes so much as fast as it is taken. */
const pour = (bytes: number, headers: Record<string, string> = {}): Behaviour => response => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers })
  const chunk = Buffer.alloc(megabyte, ' ')
  let left = bytes
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) {
        response.once('drain', write)
        return
      }
    }
    response.end()
  }
  write()
}

t.test('F8: replies of 100 MB, without end, and 10 MB that would unpack to 10 GB', { timeout: 120_000 }, async t => {
  // Several members in a row are one gzip text (RFC 1952, section 2.2).
  const member = gzipSync(Buffer.alloc(100 * megabyte, ' '))
  const bomb = Buffer.concat(Array.from({ length: 103 }, () => member))
  const target = await mockService(t, found(names.preprocessor('target'), {}))
  const redirect = (status: number) => answer(status, '', { location: `${target.url}/preprocessor` })
  const behaviours: Record<string, [behaviour: Behaviour, outcome: string]> = {
    announced: [pour(100 * megabyte, { 'content-length': String(100 * megabyte) }), 'failed: too-large'],
    chunked: [pour(100 * megabyte), 'failed: too-large'],
    endless: [pour(Infinity), 'failed: too-large'],
    bomb: [answer(200, bomb, { 'content-encoding': 'gzip' }), 'failed: not-json'],
    headers: [answer(200, '{}', { 'x-long': 'a'.repeat(megabyte) }), 'failed: broken'],
    moved: [redirect(301), 'failed: status'],
    found: [redirect(302), 'failed: status'],
    elsewhere: [redirect(307), 'failed: status'],
    forever: [redirect(308), 'failed: status'],
    busy: [answer(503, '', { 'retry-after': '3600' }), 'failed: status']
  }
  const text = await mockService(t, made(rendering('well')))
  const services = { text: handler(text) }
  for (const [name, [behaviour]] of Object.entries(behaviours)) {
    const { url } = await mockService(t, behaviour)
    Object.assign(services, { [`look-${name}`]: preprocessor(url), [`show-${name}`]: handler(url) })
  }
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, services), PARALLEL_PREPROCESSORS: 'OFF', MAX_EVENT_LOOP_DELAY: '0' }, true)
  const origin = `http://127.0.0.1:${await server.port}`
  const render = async (request: Record<string, unknown>) => {
    const response = await fetch(`${origin}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
  }
  // Answered without a call: what the process weighs by then is its own.
  await render(graphicRequest({ route: 'nobody' }))
  await server.measure()
  await render(graphicRequest({ route: 'nobody' }))
  const { memory: before } = await server.measure()
  const begun = performance.now()
  const reply = await render(graphicRequest())
  t.equal(reply.status, 200)
  t.strictSame(descriptions(reply), ['well'])
  const expected = Object.entries(behaviours).flatMap(([name, [, outcome]]) => [[`look-${name}`, outcome], [`show-${name}`, outcome]])
  t.strictSame(outcomes(reply), Object.fromEntries([...expected, ['text', 'done']]))
  t.equal(target.received.length, 0, 'nobody is sent to where a reply points')
  const { memory: after } = await server.measure()
  // Handlers run at one time: four of them hold up to the limit each.
  const growth = after - before
  t.ok(growth < 12 * limit, `${Math.round(growth / megabyte)} MB more`)
  t.strictSame(await gaugesAtRest(origin), [])
  figure(t, 'F8', `20 such replies in one request, four of them at one time: ${Math.round(growth / megabyte)} MB more than before, ${((performance.now() - begun) / 1000).toFixed(1)} s`)
})
