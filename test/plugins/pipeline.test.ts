// The pipeline as the server has it, with real services: it answers, remarks on dependencies, and ends with the server.
import assert from 'node:assert/strict'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import cache from '../../plugins/cache.ts'
import discovery from '../../plugins/discovery.ts'
import metrics from '../../plugins/metrics.ts'
import pipeline from '../../plugins/pipeline.ts'
import reader from '../../plugins/reader.ts'
import replicas from '../../plugins/replicas.ts'
import shutdown from '../../plugins/shutdown.ts'
import { buildBare } from '../lib/fixtures/app.ts'
import { answering, startHttp } from '../lib/fixtures/loopback.ts'
import { handlerReplyOf, jsonOf, renderingOf, requestOf } from '../lib/fixtures/messages.ts'

const patient = { signal: new AbortController().signal }

/** A server over the given services, whose /answer gives the outcomes of a request, and a request that has been read. */
async function build (t: Test, services: Record<string, unknown>, environment: Record<string, string> = {}) {
  const file = path.join(t.testdir({ 'services.json': JSON.stringify({ services }) }), 'services.json')
  const { app, lines } = await buildBare(t, { SERVICES_FILE: file, PARALLEL_PREPROCESSORS: 'ON', ...environment })
  await app.register(metrics)
  await app.register(shutdown)
  await app.register(discovery)
  await app.register(reader)
  await app.register(replicas)
  await app.register(cache)
  await app.register(pipeline)
  const reading = await app.reader.read('request', jsonOf(requestOf()))
  assert(reading.ok)
  app.get('/answer', async (_request, reply) => {
    reply.header('connection', 'close')
    return (await app.pipeline.render(reading, patient)).outcomes
  })
  await app.ready()
  return { app, lines, reading }
}

t.test('a request is answered by the services of the file', async t => {
  const url = await startHttp(t, answering(200, jsonOf(handlerReplyOf([renderingOf('hello')]))))
  const { app, reading } = await build(t, { hello: { labels: { handler: 'enable' }, urls: [url] } })
  const { body, outcomes } = await app.pipeline.render(reading, patient)
  t.match(outcomes, [{ service: 'hello', kind: 'done' }])
  t.match(JSON.parse(String(body)), { renderings: [{ description: 'hello' }] })
})

t.test('the configured bounds hold: deadlines and the size of a reply', async t => {
  const silent = await startHttp(t, () => {})
  const large = await startHttp(t, answering(200, jsonOf(handlerReplyOf([renderingOf('x', { note: 'x'.repeat(5000) })]))))
  const { app, reading } = await build(t, {
    look: { labels: { preprocessor: 1 }, urls: [silent] }, slow: { labels: { handler: 'enable' }, urls: [silent] }, large: { labels: { handler: 'enable', 'tutti.timeout': '30000' }, urls: [large] }
  }, { PREPROCESSOR_TIMEOUT: '30', HANDLER_TIMEOUT: '40', MAX_REPLY: '4kb' })
  const { outcomes } = await app.pipeline.render(reading, patient)
  t.strictSame(outcomes.map(({ service, reason }) => `${service} ${reason}`).toSorted(), ['large too-large', 'look timeout', 'slow timeout'])
})

t.test('dependencies that cannot be honoured are logged', async t => {
  const { lines } = await build(t, {
    one: { labels: { preprocessor: 1, required_dependencies: 'two' } }, two: { labels: { preprocessor: 1, required_dependencies: 'one' } }
  })
  t.match(lines.find(line => 'route' in line), { level: 40, route: 'default', cause: /one, two wait for one another in a circle/ })
})

t.test('a server that must stop answers what it has when the time is up', async t => {
  const arrived = Promise.withResolvers<void>()
  const silent = await startHttp(t, () => arrived.resolve())
  const { app } = await build(t, { slow: { labels: { handler: 'enable' }, urls: [silent] } }, { SHUTDOWN_TIMEOUT: '20' })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const reply = fetch(`${origin}/answer`)
  await arrived.promise
  await app.close()
  t.match(await (await reply).json(), [{ service: 'slow', kind: 'late' }])
})
