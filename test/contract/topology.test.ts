// What an operator sees at /topology: what is there, how it does, what is wrong, and what a request would lead to.
import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { Ajv } from 'ajv'
import { TopologyExplanation } from '../../schemas/topology.ts'
import { answer, build, found, handler, hang, made, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import type { Entry } from '../helper.ts'
import { readFlowchart } from '../lib/fixtures/flowchart.ts'

const validate = new Ajv().compile<TopologyExplanation>(TopologyExplanation)

const services: Record<string, Entry> = {
  resize: preprocessor('http://127.0.0.1:9', { modifyRequest: true }),
  objects: { ...preprocessor('http://127.0.0.1:9', { cacheTimeout: 60, 'tutti.timeout': 700, 'tutti.concurrency': 2, 'tutti.retries': 0 }), urls: ['http://127.0.0.1:9', 'http://127.0.0.1:11'] },
  both: preprocessor('http://127.0.0.1:9', { preprocessor: 3, handler: 'enable', optional_dependencies: 'objects', 'tutti.cache.vary': 'language' }),
  speak: handler('http://127.0.0.1:9', { required_dependencies: 'objects, absent', route: 'default,chart' }),
  odd: handler('http://127.0.0.1:9', { required_dependencies: 'speak', route: 'chart', port: '80abc' })
}

t.test('as JSON', async t => {
  const before = Date.now()
  const server = await build(t, { services, env: { PARALLEL_PREPROCESSORS: 'ON' } })
  const { status, headers, json } = await server.send('/topology')
  const topology = json as TopologyExplanation
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.ok(validate(json), JSON.stringify(validate.errors))
  const service = (name: string) => topology.services.find(each => each.name === name)

  t.test('it says where it comes from and how old it is', async t => {
    t.match(topology, { provider: 'static', revision: 1, parallel: true, omitted: { services: 0, problems: 0, plans: 0 } })
    t.ok(Date.parse(topology.takenAt ?? '') >= before && Date.parse(topology.confirmedAt ?? '') <= Date.now())
    t.ok((topology.ageSeconds ?? NaN) >= 0)
    t.notHas(topology, 'trouble')
    t.notHas(topology, 'obstacle')
  })

  t.test('each service has its roles and what its labels say', async t => {
    t.strictSame(topology.services.map(({ name, roles }) => [name, ...roles]), [['resize', 'modifier'], ['objects', 'preprocessor'], ['both', 'preprocessor', 'handler'], ['speak', 'handler'], ['odd', 'handler']])
    t.match(service('objects'), { priority: 1, cacheSeconds: 60, timeout: 700, concurrency: 2, retries: 0, modifiesRequest: false })
    t.match(service('both'), { priority: 3, variesByLanguage: true, optional: [{ service: 'objects', runs: true }], required: [] })
    t.match(service('speak'), { routes: ['default', 'chart'], required: [{ service: 'objects', runs: true }, { service: 'absent', runs: false }] })
    t.notHas(service('speak'), 'priority')
    t.notHas(service('speak'), 'timeout')
    t.strictSame(service('objects')?.replicas, ['http://127.0.0.1:9', 'http://127.0.0.1:11'].map(origin => ({ id: origin, origin, health: 'unchecked', inFlight: 0, failures: 0 })))
  })

  t.test('what was corrected is named, with the cure', async t => {
    t.match(topology.problems, [{ service: 'odd', cause: /80abc/, cure: /number/ }])
    t.equal(topology.problems.length, 1)
  })

  t.test('each route has the plans of both endpoints', async t => {
    t.strictSame(topology.plans.map(({ route }) => route), ['default', 'chart'])
    const [first, chart] = topology.plans
    t.strictSame(first?.render.stages, [
      { steps: [{ service: 'resize', role: 'modifier', after: [] }] },
      {
        steps: [
          { service: 'objects', role: 'preprocessor', after: [] },
          { service: 'both', role: 'preprocessor', after: ['objects'] },
          { service: 'speak', role: 'handler', after: ['objects'] }
        ]
      }
    ])
    t.strictSame(first?.preprocess.stages.map(({ steps }) => steps.map(({ service }) => service)), [['resize', 'objects'], ['both']])
    t.match(chart?.render.remarks, [/^odd requires speak, which is a handler/])
    t.strictSame(chart?.preprocess, { stages: [], remarks: [] })
  })

  t.test('one route alone', async t => {
    const { plans } = (await server.send('/topology?route=chart')).json as TopologyExplanation
    t.strictSame(plans, topology.plans.slice(1))
  })
})

t.test('as Mermaid', async t => {
  const server = await build(t, { services, env: { PARALLEL_PREPROCESSORS: 'ON' } })
  const { status, headers, text } = await server.send('/topology?format=mermaid')
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'text/vnd.mermaid; charset=utf-8')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  const chart = readFlowchart(text)
  t.strictSame(chart.nodes, ['stage1: resize (modifier)', 'stage2: objects (preprocessor)', 'stage2: both (preprocessor)', 'stage2: speak (handler)'])
  t.strictSame(chart.edges, ['request ==> stage1', 'stage1 ==> stage2', 'objects -.-> both', 'objects --> speak', 'stage2 ==> answer'])
  const other = readFlowchart((await server.send('/topology?route=chart&format=mermaid')).text)
  t.equal(other.title, 'Plan of the route chart')
  t.strictSame(other.nodes, ['stage1: speak (handler)', 'stage1: odd (handler)'])
  t.match(other.remarks, [/^odd requires speak/])
})

t.test('PARALLEL_PREPROCESSORS=OFF shows in both forms', async t => {
  const server = await build(t, { services })
  const { parallel, plans } = (await server.send('/topology?format=json')).json as TopologyExplanation
  t.equal(parallel, false)
  t.strictSame(plans[0]?.render.stages.map(({ steps }) => steps.map(({ service }) => service)), [['resize'], ['objects'], ['both'], ['both', 'speak']])
  t.equal(readFlowchart((await server.send('/topology?format=mermaid')).text).description, '5 calls in 4 stages')
})

for (const query of ['format=xml', 'format=', 'format=JSON', 'format=json&format=mermaid', 'route=nowhere', 'route=', 'route=%0Aevil', 'format=mermaid&route=a"]', 'route=__proto__', `route=${'x'.repeat(5000)}`]) {
  t.test(`the query ${query.slice(0, 40)} is refused with the cure`, async t => {
    const server = await build(t, { services })
    const { status, text } = await server.send(`/topology?${query}`)
    t.equal(status, 400)
    t.match(text, /^Bad Request: .*Send format=json or format=mermaid.* \(TUTTI_TOPOLOGY_QUERY\)$/)
  })
}

t.test('without any service there is a plan of nothing', async t => {
  const server = await build(t)
  const { json } = await server.send('/topology')
  t.ok(validate(json))
  t.match(json, { services: [], problems: [], plans: [{ route: 'default', render: { stages: [] } }] })
  t.strictSame(readFlowchart((await server.send('/topology?format=mermaid')).text).edges, ['request ==> answer'])
})

t.test('replicas show what happens to them: calls under way, failures, time aside', async t => {
  const broken = await mockService(t, answer(500))
  const slow = await mockService(t, hang)
  const well = await mockService(t, found(names.preprocessor('look'), {}))
  const speak = await mockService(t, made(rendering('done')))
  const server = await build(t, {
    services: { look: { labels: { preprocessor: 1, 'tutti.retries': 0 }, urls: [broken.url, well.url] }, slow: handler(slow), speak: handler(speak) },
    env: { SET_ASIDE_AFTER: '2', SET_ASIDE_TIME: '60000', PARALLEL_PREPROCESSORS: 'ON', REQUEST_TIMEOUT: '60000' }
  })
  const replicasOf = async (name: string) => ((await server.send('/topology')).json as TopologyExplanation).services.find(each => each.name === name)?.replicas ?? []
  // Which replica a call goes to is a matter of chance.
  let asked = 0
  while (broken.received.length < 2) {
    const looked = server.logs.length
    server.render().catch(() => {})
    await server.logged(line => line.msg === 'service settled' && line.service === 'look', looked)
    asked += 1
  }
  await slow.request(asked)
  const [first, second] = await replicasOf('look')
  t.match(first, { origin: broken.url, failures: 2, inFlight: 0 })
  const aside = Date.parse(first?.setAsideUntil ?? '') - Date.now()
  t.ok(aside > 0 && aside <= 60000)
  t.match(second, { origin: well.url, failures: 0, inFlight: 0 })
  t.notHas(second, 'setAsideUntil')
  t.match(await replicasOf('slow'), [{ inFlight: asked }])
})

t.test('trouble shows, and a change shows as the next revision', async t => {
  const file = servicesFile(t, services)
  const server = await build(t, { env: { SERVICES_FILE: file } })
  const told = server.logged(line => line.level === 50)
  await writeFile(file, 'services: [')
  await told
  t.match((await server.send('/topology')).json, { revision: 1, trouble: { cause: /services file/, cure: /./ }, services: [{ name: 'resize' }] })
  const changed = new Promise(resolve => server.app.discovery.onChange(resolve))
  await writeFile(file, 'services: { alone: { labels: { handler: enable } } }')
  await changed
  const { json } = await server.send('/topology')
  t.match(json, { revision: 2, services: [{ name: 'alone' }] })
  t.notHas(json, 'trouble')
})
