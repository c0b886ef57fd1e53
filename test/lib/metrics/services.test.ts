// Metrics of services: what is there, how far it can be trusted, how calls end, and that containers that come and go do not pile up.
import t from 'tap'
import type { Service, ServiceDiscovery } from '../../../lib/discovery/topology.ts'
import { createReplicas } from '../../../lib/graphics/replicas.ts'
import { createMetricsRegistry } from '../../../lib/metrics/registry.ts'
import { addServiceMetrics } from '../../../lib/metrics/services.ts'
import { readExposition } from '../fixtures/exposition.ts'
import { handlerOf, preprocessorOf, replicaOf, topologyOf } from '../fixtures/topology.ts'

/** Metrics of services that the test changes, at a time that stands still. */
function build (services: Service[], options: { limit?: number, status?: ReturnType<ServiceDiscovery['status']> } = {}) {
  const metrics = createMetricsRegistry()
  const replicas = createReplicas({ setAsideAfter: 1, setAsideTime: 60000 })
  let topology = topologyOf(services)
  const status = options.status ?? { confirmedAt: 8500, obstacle: undefined, trouble: undefined }
  const discovery: ServiceDiscovery = { current: () => topology, status: () => status, onChange: () => () => {}, close: async () => {} }
  const count = addServiceMetrics({ registry: metrics.registry, discovery, replicaState: replicas.state, now: () => 10000, ...options.limit === undefined ? {} : { limit: options.limit } })
  return {
    count,
    replicas,
    change (services: Service[]) { topology = topologyOf(services, topology.revision + 1) },
    read: async () => readExposition(await metrics.text())
  }
}

t.test('what is there is measured when it is asked for', async t => {
  const look = preprocessorOf('look', { replicas: [replicaOf('http://10.0.0.1:80'), replicaOf('http://10.0.0.2:80')] })
  const { replicas, change, read } = build([look, handlerOf('speak')])
  const seat = await replicas.take(look, new AbortController().signal)
  const failing = await replicas.take(look, new AbortController().signal)
  if (failing !== 'down') failing?.leave('failure')
  const before = await read()
  t.equal(before.value('tutti_ready'), 1)
  t.equal(before.value('tutti_discovery_trouble'), 0)
  t.equal(before.value('tutti_discovery_age_seconds'), 1.5)
  t.equal(before.value('tutti_topology_revision'), 1)
  t.equal(before.value('tutti_services'), 2)
  t.equal(before.value('tutti_replicas', { service: 'look' }), 2)
  t.equal(before.value('tutti_replicas', { service: 'speak' }), 1)
  t.equal(before.value('tutti_replicas_set_aside', { service: 'look' }), 1)
  t.equal(before.value('tutti_calls_in_flight', { service: 'look' }), 1)
  if (seat !== 'down') seat?.leave('success')
  change([handlerOf('speak')])
  const after = await read()
  t.equal(after.value('tutti_topology_revision'), 2)
  t.strictSame(after.labels('tutti_replicas', 'service'), ['speak'], 'what has gone is not there any more')
  t.strictSame(after.labels('tutti_calls_in_flight', 'service'), ['speak'])
})

t.test('trouble, and the time before the first list, show', async t => {
  const trouble = { cause: 'the engine does not answer', cure: 'Start it.' }
  const troubled = await build([], { status: { confirmedAt: 1000, obstacle: undefined, trouble } }).read()
  t.equal(troubled.value('tutti_ready'), 1)
  t.equal(troubled.value('tutti_discovery_trouble'), 1)
  t.equal(troubled.value('tutti_discovery_age_seconds'), 9)
  const unready = await build([], { status: { confirmedAt: undefined, obstacle: trouble, trouble: undefined } }).read()
  t.equal(unready.value('tutti_ready'), 0)
  t.equal(unready.value('tutti_discovery_age_seconds'), undefined)
})

t.test('outcomes are counted by service, role, kind and reason', async t => {
  const { count, read } = build([preprocessorOf('look')])
  count({ service: 'look', role: 'preprocessor', kind: 'done', milliseconds: 300 })
  count({ service: 'look', role: 'preprocessor', kind: 'done', milliseconds: 700, attempts: 3 })
  count({ service: 'look', role: 'preprocessor', kind: 'failed', reason: 'timeout', milliseconds: 15000 })
  count({ service: 'look', role: 'preprocessor', kind: 'late', milliseconds: 0 })
  const metrics = await read()
  const outcomes = (kind: string, reason = '') => metrics.value('tutti_service_outcomes_total', { service: 'look', role: 'preprocessor', kind, reason })
  t.equal(outcomes('done'), 2)
  t.equal(outcomes('failed', 'timeout'), 1)
  t.equal(outcomes('late'), 1)
  const labels = { service: 'look', role: 'preprocessor' }
  t.equal(metrics.value('tutti_service_duration_seconds_count', labels), 3, 'one that was never called has no duration')
  t.equal(metrics.value('tutti_service_duration_seconds_sum', labels), 16)
  t.equal(metrics.value('tutti_service_duration_seconds_bucket', { ...labels, le: '0.5' }), 1)
  t.equal(metrics.value('tutti_service_duration_seconds_bucket', { ...labels, le: '+Inf' }), 3)
  t.equal(metrics.value('tutti_service_further_attempts_total', labels), 2)
})

t.test('of services that have gone only so many are remembered, and none that is there is forgotten', async t => {
  const { count, change, read } = build([], { limit: 3 })
  for (let number = 0; number < 50; number++) {
    change([handlerOf('stays'), handlerOf(`comes-and-goes-${number}`)])
    count({ service: 'stays', role: 'handler', kind: 'done', milliseconds: 1 })
    count({ service: `comes-and-goes-${number}`, role: 'handler', kind: 'done', milliseconds: 1, attempts: 2 })
  }
  const metrics = await read()
  const kept = ['stays', 'comes-and-goes-48', 'comes-and-goes-49']
  for (const name of ['tutti_service_outcomes_total', 'tutti_service_duration_seconds_count']) t.strictSame(metrics.labels(name, 'service'), kept)
  t.strictSame(metrics.labels('tutti_service_further_attempts_total', 'service'), kept.slice(1))
  t.equal(metrics.value('tutti_service_outcomes_total', { service: 'stays', role: 'handler', kind: 'done', reason: '' }), 50)
})

t.test('a name of any letters is one label', async t => {
  const name = 'a"} 1\ntutti_ready 7\\'
  const { count, read } = build([handlerOf(name)])
  count({ service: name, role: 'handler', kind: 'done', milliseconds: 1 })
  const metrics = await read()
  t.equal(metrics.value('tutti_ready'), 1)
  t.strictSame(metrics.labels('tutti_replicas', 'service'), [name])
  t.strictSame(metrics.labels('tutti_service_outcomes_total', 'service'), [name])
})
