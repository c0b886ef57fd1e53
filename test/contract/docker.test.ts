// Services that are containers: who is called, where, and what a client notices when they come and go.
import t from 'tap'
import type { Test } from 'tap'
import { after, answer, build, descriptions, found, graphicRequest, listed, made, mockContainers, names, outcomes, placeServices, rendering } from '../helper.ts'
import type { Behaviour, Built, MockService } from '../helper.ts'
import type { ContainerSpec, FakeContainer } from '../lib/fixtures/engine-containers.ts'
import { fakeEngine } from '../lib/fixtures/fake-engine.ts'
import type { FakeEngine } from '../lib/fixtures/fake-engine.ts'

const look = found(names.preprocessor('look'), { seen: true })
const text = made(rendering('text'))

/** A server whose services are containers. */
interface Surroundings<Name extends string> { engine: FakeEngine, server: Built, services: Record<Name, MockService>, containers: Record<Name, FakeContainer>, port: string }

/** Starts services, places a container for each as its spec says, and builds a server that has found them. */
async function start<Name extends string> (t: Test, behaviours: Record<Name, Behaviour>, specs: Record<NoInfer<Name>, ContainerSpec>, env: Record<string, string> = { PARALLEL_PREPROCESSORS: 'ON' }): Promise<Surroundings<Name>> {
  const engine = await fakeEngine(t)
  const environment = placeServices(engine)
  const { port, services } = await mockContainers(t, behaviours)
  const containers = {} as Record<Name, FakeContainer>
  for (const name of Object.keys(specs) as Name[]) containers[name] = engine.place(at(services[name], { name, ...specs[name] }, port))
  const server = await build(t, { env: { ...environment, ...env } })
  await listed(server.app.discovery)
  return { engine, server, services, containers, port }
}

/** A container at the address of a service, on the network of the server unless its spec says otherwise. */
function at ({ url }: MockService, spec: ContainerSpec, port: string): ContainerSpec {
  return { networks: { image: new URL(url).hostname }, ...spec, labels: { port, ...spec.labels } }
}

/** Names of the services that a request led to, sorted. */
async function called (server: Built, path = '/render', request: unknown = graphicRequest()): Promise<string[]> {
  const reply = await server.post(path, request)
  return Object.keys(outcomes(reply)).toSorted()
}

/** Resolves once these services are there, and no others. */
function knows ({ app: { discovery } }: Built, ...wanted: string[]): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if ([...discovery.current().services.keys()].toSorted().join() !== wanted.toSorted().join()) return
      end()
      resolve()
    }
    const end = discovery.onChange(look)
    look()
  })
}

t.test('containers on the network of the server are called at their own address, others are not', async t => {
  const { server, services } = await start(t, { look, text, far: look, farther: text, twice: look }, {
    look: { service: 'look', labels: { preprocessor: '1' } },
    text: { service: 'text', labels: { handler: 'enable', required_dependencies: 'look,far' } },
    far: { service: 'far', labels: { preprocessor: '1' }, networks: { elsewhere: '127.0.0.4' } },
    farther: { service: 'farther', labels: { handler: 'enable' }, networks: {} },
    twice: { service: 'twice', labels: { preprocessor: '2' }, networks: { elsewhere: '127.0.0.99', image: '127.0.0.6' } }
  })
  t.strictSame(await called(server), ['look', 'text', 'twice'])
  t.strictSame(await called(server, '/render/preprocess'), ['look', 'twice'], 'nor for preprocessing alone')
  t.equal(services.far.received.length + services.farther.received.length, 0)
  t.match(services.look.received[0], { path: '/preprocessor', method: 'POST', headers: { host: new URL(services.look.url).host } })
  t.match(services.text.received[0], { path: '/handler', seen: [names.preprocessor('look')] })
  const warned = server.logs.filter(({ level }) => level === 40)
  t.strictSame(warned.map(({ service }) => service).toSorted(), ['far', 'farther'], 'the log says why')
  t.match(warned, [{ cause: /shares no network/, cure: /./ }, { cause: /shares no network/, cure: /./ }])
})

t.test('roles, names and ports', async t => {
  const { server } = await start(t, { zero: look, none: look, loud: text, other: text, both: look, never: look, spaced: look, plain: text }, {
    zero: { service: 'zero', labels: { preprocessor: '0' } },
    none: { service: 'none', labels: { preprocessor: '' } },
    loud: { service: 'loud', labels: { handler: 'ENABLE' } },
    other: { service: 'other', labels: { handler: 'true' } },
    both: { service: 'both', labels: { preprocessor: '1', handler: 'enable' } },
    never: { service: 'never', labels: { preprocessor: '2', modifyRequest: 'false', required_dependencies: 'zero , absent' } },
    spaced: { service: 'spaced', labels: { preprocessor: '3', route: 'default , map' } },
    plain: { labels: { handler: 'enable' } }
  })
  t.strictSame(await called(server), ['both', 'never', 'plain', 'spaced', 'zero'], 'without the label of Docker Compose the container\'s name is that of the service')
  t.strictSame(await called(server, '/render', graphicRequest({ route: 'map' })), ['spaced'])
  t.strictSame(await called(server, '/render/preprocess'), ['both', 'never', 'spaced', 'zero'])
})

t.test('ports that make no sense', async t => {
  const engine = await fakeEngine(t)
  const env = placeServices(engine)
  const { port, services } = await mockContainers(t, { good: text, letters: text })
  engine.place(at(services.good, { service: 'good', labels: { handler: 'enable' } }, port))
  engine.place(at(services.letters, { service: 'letters', labels: { handler: 'enable', port: `${port}abc` } }, port))
  for (const [index, wrong] of ['0', '70000', 'abc', ''].entries()) engine.place({ service: `wrong-${index}`, labels: { handler: 'enable', port: wrong }, networks: { image: `127.1.1.${index + 1}` } })
  const server = await build(t, { env })
  await listed(server.app.discovery)
  const reply = await server.render()
  t.strictSame(descriptions(reply), ['text', 'text'], 'digits at the beginning count')
  for (const index of [0, 1, 2, 3]) t.match(server.app.discovery.current().services.get(`wrong-${index}`), { replicas: [{ origin: `http://127.1.1.${index + 1}:80` }] })
  t.strictSame(server.logs.filter(({ level, cause }) => level === 40 && /port/.test(String(cause))).map(({ service }) => service).toSorted(), ['letters', 'wrong-0', 'wrong-1', 'wrong-2'])
})

t.test('a container with a health check is called when it is healthy, and no longer when it is not', async t => {
  const { engine, server, containers } = await start(t, { look, text }, {
    look: { service: 'look', labels: { preprocessor: '1' }, health: 'starting' },
    text: { service: 'text', labels: { handler: 'enable' } }
  })
  t.strictSame(await called(server), ['text'])
  engine.setHealth(containers.look, 'healthy')
  await knows(server, 'look', 'text')
  t.strictSame(await called(server), ['look', 'text'])
  engine.setHealth(containers.look, 'unhealthy')
  await knows(server, 'text')
  t.strictSame(await called(server), ['text'])
})

for (const mode of ['ON', 'OFF']) {
  t.test(`replicas with PARALLEL_PREPROCESSORS=${mode}`, async t => {
    const { server, services } = await start(t, { one: text, two: text, three: text, look, looks: look }, {
      one: { service: 'text', labels: { handler: 'enable' } },
      two: { service: 'text', labels: { handler: 'enable' } },
      three: { service: 'text', labels: { handler: 'enable' } },
      look: { service: 'look', labels: { preprocessor: '1' } },
      looks: { service: 'look', labels: { preprocessor: '1' } }
    }, { PARALLEL_PREPROCESSORS: mode })
    const requests = 60
    for (let number = 0; number < requests; number++) {
      const reply = await server.render()
      t.strictSame(descriptions(reply), ['text'], 'a service is asked once, however many replicas it has')
    }
    const handled = [services.one, services.two, services.three].map(({ received }) => received.length)
    t.equal(handled.reduce((sum, count) => sum + count), requests)
    t.ok(handled.every(count => count > 0), 'each has had some of them')
    t.ok(services.look.received.length > 0 && services.looks.received.length > 0)
    await server.post('/render/preprocess', graphicRequest())
    t.equal(services.look.received.length + services.looks.received.length, requests + 1)
  })
}

t.test('containers come and go while requests are answered, and none fails', async t => {
  const { engine, server, services, containers, port } = await start(t, { first: text, second: text, extra: made(rendering('extra')) }, {
    first: { service: 'text', labels: { handler: 'enable' } },
    second: { service: 'text', labels: { handler: 'enable' }, state: 'exited' },
    extra: { service: 'extra', labels: { handler: 'enable' }, state: 'exited' }
  })
  const end = new AbortController()
  const failures: unknown[] = []
  let answered = 0
  const load = async () => {
    while (!end.signal.aborted) {
      const reply = await server.render()
      if (reply.status !== 200 || !descriptions(reply).includes('text')) failures.push(reply)
      answered += 1
    }
  }
  const clients = [load(), load()]

  engine.start(containers.extra)
  await services.extra.request(1)
  t.pass('a container that starts is called')

  const replicas = (count: number) => new Promise<void>(resolve => {
    const unlisten = server.app.discovery.onChange(({ services }) => {
      if (services.get('text')?.replicas.length !== count) return
      unlisten()
      resolve()
    })
  })
  engine.start(containers.second)
  await services.second.request(1)
  t.pass('so is one that joins others')

  const left = replicas(1)
  engine.remove(containers.first)
  await left
  const before = services.first.received.length
  const [seen, calls] = [answered, services.second.received.length]
  await services.second.request(calls + 10)
  t.ok(answered > seen)
  t.ok(services.first.received.length <= before + 2, 'one that is gone is called no more; two clients may have chosen it before')

  const gone = knows(server, 'text')
  engine.die(containers.extra)
  await gone
  end.abort()
  await Promise.all(clients)
  t.strictSame(failures, [])
  t.strictSame(await called(server), ['text'])

  engine.run(at(services.extra, { service: 'late', labels: { handler: 'enable' } }, port))
  await knows(server, 'text', 'late')
  t.strictSame(descriptions(await server.render()).toSorted(), ['extra', 'text'])
})

t.test('a request that was planned before a container went is answered with what it has', async t => {
  const gate = Promise.withResolvers<void>()
  const { engine, server, services, containers } = await start(t, { look: after(gate.promise, look), text }, {
    look: { service: 'look', labels: { preprocessor: '1' } },
    text: { service: 'text', labels: { handler: 'enable', required_dependencies: 'look' } }
  })
  const reply = server.render()
  await services.look.request(1)
  engine.remove(containers.text)
  await knows(server, 'look')
  gate.resolve()
  t.strictSame(descriptions(await reply), ['text'], 'a plan holds until its end')
  t.strictSame(await called(server), ['look'])
})

t.test('no request asks Docker anything', async t => {
  const { engine, server } = await start(t, { look, text }, {
    look: { service: 'look', labels: { preprocessor: '1' } },
    text: { service: 'text', labels: { handler: 'enable', required_dependencies: 'look' } }
  }, { RECONCILE_INTERVAL: '3600000' })
  // The second look that follows the first listing has been taken.
  await engine.until(() => engine.count('/containers/json') >= 2)
  const before = engine.calls.length
  for (let number = 0; number < 100; number++) {
    t.equal((await server.render()).status, 200)
    t.equal((await server.post('/render/preprocess', graphicRequest())).status, 200)
  }
  t.equal(engine.calls.length, before, 'over 200 requests')
  t.strictSame(engine.forbidden, [])
})

t.test('before the first listing', async t => {
  const engine = await fakeEngine(t)
  const env = placeServices(engine)
  const { port, services } = await mockContainers(t, { text })
  engine.place(at(services.text, { service: 'text', labels: { handler: 'enable' } }, port))
  const gate = Promise.withResolvers<void>()
  engine.lag = () => gate.promise
  const server = await build(t, { env })

  for (const path of ['/render', '/render/preprocess']) {
    const reply = await server.post(path, graphicRequest())
    t.equal(reply.status, 503)
    t.equal(reply.headers.get('retry-after'), '1')
    t.match(reply.headers.get('content-type'), 'text/plain')
    t.match(reply.text, /Docker has not said yet which services run.*Try again in a moment.*TUTTI_SERVICES_UNKNOWN/s)
  }
  t.match(await server.post('/render', {}), { status: 400 }, 'a request that is wrong is told so all the same')
  t.match(await server.send('/health/ready'), { status: 503, json: { status: 'not ready', reasons: [{ cause: /Docker/, cure: /./ }] } })
  t.match(await server.send('/health'), { status: 200 })

  gate.resolve()
  await listed(server.app.discovery)
  t.strictSame(descriptions(await server.render()), ['text'])
  t.match(await server.send('/health/ready'), { status: 200, json: { status: 'ready', discovery: { provider: 'docker', ageSeconds: Number } } })
})

t.test('a server that does not know its own container', async t => {
  const table: Array<[name: string, hostname: string]> = [['has no host name', ''], ['has the host name of nothing', 'laptop'], ['has that of a container that is gone', '0123456789ab']]
  for (const [name, HOSTNAME] of table) {
    t.test(name, async t => {
      const engine = await fakeEngine(t)
      const { DOCKER_HOST = '' } = placeServices(engine)
      const { port, services } = await mockContainers(t, { text })
      engine.place(at(services.text, { service: 'text', labels: { handler: 'enable' } }, port))
      const server = await build(t, { env: { DISCOVERY: 'docker', DOCKER_HOST, HOSTNAME } })
      await server.logged(({ cause }) => /container/.test(String(cause)))
      const reply = await server.render()
      t.equal(reply.status, 503)
      t.equal(reply.headers.get('retry-after'), '1')
      t.match(reply.text, /container.*OWN_CONTAINER.*DISCOVERY_NETWORKS.*TUTTI_SERVICES_UNKNOWN/s, 'says how to put it right')
      t.match(await server.send('/health/ready'), { status: 503, json: { reasons: [{ cure: /OWN_CONTAINER/ }] } })
      t.equal(services.text.received.length, 0, 'and calls nobody')
    })
  }
  t.test('works when it is told', async t => {
    const engine = await fakeEngine(t)
    const { DOCKER_HOST = '' } = placeServices(engine)
    const { port, services } = await mockContainers(t, { text })
    engine.place(at(services.text, { service: 'text', labels: { handler: 'enable' } }, port))
    for (const [variable, value] of [['OWN_CONTAINER', 'orchestrator'], ['DISCOVERY_NETWORKS', 'image']] as const) {
      const server = await build(t, { env: { DISCOVERY: 'docker', DOCKER_HOST, HOSTNAME: 'laptop', [variable]: value } })
      await listed(server.app.discovery)
      t.strictSame(descriptions(await server.render()), ['text'], variable)
    }
  })
})

t.test('where Docker cannot be reached from the beginning, the server starts, says so, and serves as soon as it can', async t => {
  const engine = await fakeEngine(t)
  const env = placeServices(engine)
  const { port, services } = await mockContainers(t, { text, look: answer(204) })
  engine.place(at(services.text, { service: 'text', labels: { handler: 'enable' } }, port))
  await engine.leave()
  const server = await build(t, { env })
  await server.logged(({ level, cause }) => level === 50 && /cannot be reached/.test(String(cause)))
  const reply = await server.render()
  t.match(reply, { status: 503, text: /Docker cannot be reached.*TUTTI_SERVICES_UNKNOWN/s })
  t.notMatch(reply.text, engine.socket, 'nothing internal leaves the server')
  await engine.return()
  await listed(server.app.discovery)
  t.strictSame(descriptions(await server.render()), ['text'])
})
