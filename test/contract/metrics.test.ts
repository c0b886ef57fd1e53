// What Prometheus reads at /metrics after the server has worked.
import { once } from 'node:events'
import t from 'tap'
import { answer, build, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { Built } from '../helper.ts'
import { head, rawClient } from '../faults/raw-client.ts'
import { readExposition } from '../lib/fixtures/exposition.ts'
import type { Exposition } from '../lib/fixtures/exposition.ts'

async function metricsOf (server: Built): Promise<Exposition> {
  const { status, headers, text } = await server.send('/metrics')
  if (status !== 200 || headers.get('content-type') !== 'text/plain; version=0.0.4; charset=utf-8') throw new Error(`${status} ${headers.get('content-type')}`)
  return readExposition(text)
}

t.test('after a render the outcomes of all services are there, and the request itself', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const odd = await mockService(t, answer(204))
  const broken = await mockService(t, answer(500))
  const speak = await mockService(t, made(rendering('done')))
  const server = await build(t, { services: { look: preprocessor(look), odd: preprocessor(odd), broken: preprocessor(broken, { preprocessor: 2 }), speak: handler(speak) } })
  const empty = await metricsOf(server)
  t.strictSame(empty.labels('tutti_service_outcomes_total', 'service'), [])
  for (let number = 0; number < 2; number++) await server.render()
  const metrics = await metricsOf(server)
  const outcomes = (service: string, role: string, kind: string, reason = '') => metrics.value('tutti_service_outcomes_total', { service, role, kind, reason })
  t.equal(outcomes('look', 'preprocessor', 'done'), 2)
  t.equal(outcomes('odd', 'preprocessor', 'not-applicable'), 2)
  t.equal(outcomes('broken', 'preprocessor', 'failed', 'status'), 2)
  t.equal(outcomes('speak', 'handler', 'done'), 2)
  t.strictSame(metrics.labels('tutti_service_outcomes_total', 'service').sort(), ['broken', 'look', 'odd', 'speak'])
  t.equal(metrics.value('tutti_service_duration_seconds_count', { service: 'look', role: 'preprocessor' }), 2)
  t.equal(metrics.value('tutti_requests_total', { route: '/render', status: '200' }), 2)
  t.equal(metrics.value('tutti_request_duration_seconds_count', { route: '/render' }), 2)
  t.ok((metrics.value('tutti_request_duration_seconds_sum', { route: '/render' }) ?? 0) >= (metrics.value('tutti_service_duration_seconds_sum', { service: 'look', role: 'preprocessor' }) ?? Infinity))
  t.equal(metrics.value('tutti_services'), 4)
  t.equal(metrics.value('tutti_replicas', { service: 'look' }), 1)
  t.equal(metrics.value('tutti_ready'), 1)
  t.equal(metrics.value('tutti_discovery_trouble'), 0)
})

t.test('refusals are counted by route and status, and no path of a client becomes a label', async t => {
  const server = await build(t)
  await server.post('/render', graphicRequest({ timestamp: 'never' }))
  await server.post('/Render/Preprocess/', '{')
  for (const path of ['/nowhere', '/wp-admin.php', '/render/../x', '/health/%00', '/%']) await server.send(path)
  await server.send('/topology?format=no')
  const metrics = await metricsOf(server)
  t.equal(metrics.value('tutti_requests_total', { route: '/render', status: '400' }), 1)
  t.equal(metrics.value('tutti_requests_total', { route: '/render/preprocess', status: '400' }), 1)
  t.equal(metrics.value('tutti_requests_total', { route: '/topology', status: '400' }), 1)
  t.ok((metrics.value('tutti_requests_total', { route: 'unknown', status: '404' }) ?? 0) >= 4)
  for (const route of metrics.labels('tutti_requests_total', 'route')) t.ok(['/render', '/render/preprocess', '/topology', '/metrics', 'unknown'].includes(route), route)
})

t.test('a call under way shows, and a client that goes is counted as 499', async t => {
  const slow = await mockService(t, hang)
  const server = await build(t, { services: { slow: handler(slow) } })
  const body = JSON.stringify(graphicRequest())
  const client = await rawClient(t, server.port)
  await client.write(head({ 'content-length': Buffer.byteLength(body) }) + body)
  await slow.request(1)
  t.equal((await metricsOf(server)).value('tutti_calls_in_flight', { service: 'slow' }), 1)
  const ended = server.logged(line => line.msg === 'request ended' && line.status === 499)
  client.socket.destroy()
  await once(client.socket, 'close')
  await ended
  await server.logged(line => line.msg === 'service settled')
  const metrics = await metricsOf(server)
  t.equal(metrics.value('tutti_requests_total', { route: '/render', status: '499' }), 1)
  t.equal(metrics.value('tutti_service_outcomes_total', { service: 'slow', role: 'handler', kind: 'cancelled', reason: '' }), 1)
  t.equal(metrics.value('tutti_calls_in_flight', { service: 'slow' }), 0)
})

t.test('two servers in one process count apart', async t => {
  const [one, other] = [await build(t), await build(t)]
  await one.render()
  t.equal((await metricsOf(one)).value('tutti_requests_total', { route: '/render', status: '200' }), 1)
  t.equal((await metricsOf(other)).value('tutti_requests_total', { route: '/render', status: '200' }), undefined)
})

t.test('an attempt at another replica is counted', async t => {
  const broken = await mockService(t, answer(503))
  const well = await mockService(t, made(rendering('done')))
  const server = await build(t, { services: { speak: { labels: { handler: 'enable' }, urls: [broken.url, well.url] } }, env: { SET_ASIDE_AFTER: '1000' } })
  while (broken.received.length === 0) await server.render()
  const metrics = await metricsOf(server)
  t.equal(metrics.value('tutti_service_further_attempts_total', { service: 'speak', role: 'handler' }), 1)
  t.equal(metrics.value('tutti_service_outcomes_total', { service: 'speak', role: 'handler', kind: 'done', reason: '' }), well.received.length)
})
