// The choice of replicas as the server has it: configured, told of changes, and saying what it does.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Topology } from '../../lib/discovery/topology.ts'
import discovery from '../../plugins/discovery.ts'
import replicas from '../../plugins/replicas.ts'
import { buildBare } from '../lib/fixtures/app.ts'

const patient = new AbortController().signal

t.test('a replica that fails is set aside as configured, returns when it answers, and is forgotten when it goes', async t => {
  const services = (urls: string[]) => JSON.stringify({ services: { many: { labels: { handler: 'enable' }, urls } } })
  const file = path.join(t.testdir({ 'services.json': services(['http://127.0.0.1:1', 'http://127.0.0.1:2']) }), 'services.json')
  const { app, lines } = await buildBare(t, { SERVICES_FILE: file, SET_ASIDE_AFTER: '2', SET_ASIDE_TIME: '3600000' })
  await app.register(discovery)
  await app.register(replicas)
  const service = app.discovery.current().services.get('many')
  const [one, other] = service?.replicas ?? []
  assert(service && one && other)
  const take = async () => {
    const seat = await app.replicas.take(service, patient, [other])
    assert(seat && seat !== 'down')
    return seat
  }

  const [first, second, last] = [await take(), await take(), await take()]
  first.leave('failure')
  t.equal(lines.filter(line => 'replica' in line).length, 0)
  second.leave('failure')
  t.match(lines.at(-1), { level: 40, service: 'many', replica: 'http://127.0.0.1:1', ms: 3600000 })
  t.match(app.replicas.state(one), { inFlight: 1, failures: 2, setAsideUntil: Number })
  last.leave('success')
  t.match(lines.at(-1), { level: 30, service: 'many', replica: 'http://127.0.0.1:1', msg: /answers again/ })

  ;(await take()).leave('failure')
  t.equal(app.replicas.state(one).failures, 1)
  const changed = new EventTarget()
  app.discovery.onChange((topology: Topology) => {
    if (topology.services.get('many')?.replicas.length === 1) changed.dispatchEvent(new Event('now'))
  })
  const change = once(changed, 'now')
  writeFileSync(file, services(['http://127.0.0.1:2']))
  await change
  t.strictSame(app.replicas.state(one), { inFlight: 0, failures: 0 })
})
