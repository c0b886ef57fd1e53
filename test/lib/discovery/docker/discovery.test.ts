// Following a Docker engine over a real socket: what is asked when, what each event brings, and what stays when the engine goes.
import t from 'tap'
import { createDockerDiscovery } from '../../../../lib/discovery/docker/discovery.ts'
import { createEngine } from '../../../../lib/discovery/docker/engine.ts'
import type { ContainerSpec } from '../../fixtures/engine-containers.ts'
import { fakeEngine } from '../../fixtures/fake-engine.ts'
import { follower, origins, placeOwn, quick } from '../../fixtures/follower.ts'

const list = '/containers/json'

/** A handler on the network of the server. */
const text: ContainerSpec = { service: 'text', labels: { handler: 'enable' }, networks: { image: '10.0.0.2' } }
const second: ContainerSpec = { ...text, networks: { image: '10.0.0.3' } }
const onlyText = { text: ['http://10.0.0.2:80'] }

t.test('it attaches to the events, then lists, and asks for nothing else', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.place(text)
  const { services } = follower(t, engine)
  await services(onlyText)
  t.strictSame(engine.calls.slice(0, 2).map(({ method, path }) => `${method} ${path}`), ['GET /events', `GET ${list}`])
  engine.run(second)
  await services({ text: ['http://10.0.0.2:80', 'http://10.0.0.3:80'] })
  t.strictSame([...new Set(engine.calls.map(({ path }) => path))], ['/events', list])
  t.equal(engine.count('/events'), 1)
})

t.test('before the first listing nothing is there, and the status says why', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.place(text)
  engine.fault = { hang: true }
  const { discovery, services, topologies } = follower(t, engine, { timeout: 100 })
  t.equal(discovery.current().services.size, 0)
  t.match(discovery.status(), { confirmedAt: undefined, obstacle: { cause: 'Docker has not said yet which services run', cure: /./ }, trouble: undefined })
  await engine.until(() => engine.count('/events') > 1)
  t.match(discovery.status(), { confirmedAt: undefined, obstacle: { cause: 'Docker cannot be reached', cure: /./ }, trouble: undefined })
  engine.fault = undefined
  const before = Date.now()
  await services(onlyText)
  const { confirmedAt, ...rest } = discovery.status()
  t.ok(Number(confirmedAt) >= before && Number(confirmedAt) <= Date.now())
  t.strictSame(rest, { obstacle: undefined, trouble: undefined })
  t.equal(topologies.length, 1)
})

t.test('every change is followed at once', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  // An hour between reconciliations: whatever is seen is owed to an event.
  const { services } = follower(t, engine)
  const one = engine.run(text)
  await services(onlyText)

  engine.pause(one)
  await services({})
  engine.unpause(one)
  await services(onlyText)
  engine.die(one)
  await services({})
  engine.start(one)
  await services(onlyText)
  engine.disconnect(one, 'image')
  await services({})
  engine.connect(one, 'image', '10.0.0.9')
  await services({ text: ['http://10.0.0.9:80'] })
  engine.setHealth(one, 'unhealthy')
  await services({})
  engine.setHealth(one, 'healthy')
  await services({ text: ['http://10.0.0.9:80'] })
  const two = engine.run(second)
  await services({ text: ['http://10.0.0.3:80', 'http://10.0.0.9:80'] })
  engine.remove(one)
  await services({ text: ['http://10.0.0.3:80'] })
  engine.remove(two)
  await services({})
})

t.test('when the server joins a network, those who are there join the services', async t => {
  const engine = await fakeEngine(t)
  const own = placeOwn(engine)
  engine.place({ ...text, service: 'far', networks: { back: '10.1.0.2' } })
  const { services, topology } = follower(t, engine)
  const { problems } = await topology(({ problems }) => problems.length > 0)
  t.match(problems, [{ service: 'far', cause: /shares no network/ }])
  engine.connect(own, 'back', '10.1.0.1')
  t.strictSame((await services({ far: ['http://10.1.0.2:80'] })).problems, [])
  engine.disconnect(own, 'back')
  await services({})
})

t.test('events that come together are one reason to list', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const { services } = follower(t, engine, { pace: { ...quick, debounce: 50, debounceLimit: 10_000 } })
  await services({}).then(() => engine.until(() => engine.count(list) > 0))
  const before = engine.count(list)
  for (let number = 2; number < 250; number++) engine.run({ ...text, networks: { image: `10.0.0.${number}` } })
  await services({ text: Array.from({ length: 248 }, (_, index) => `http://10.0.0.${index + 2}:80`).toSorted() })
  t.ok(engine.count(list) - before <= 2, 'one for all of them, and perhaps one for those that came while it was made')
})

t.test('events that never cease do not put off the listing without end', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const { services } = follower(t, engine, { pace: { ...quick, debounce: 200, debounceLimit: 400 } })
  await engine.until(() => engine.count(list) > 0)
  const one = engine.run(text)
  const steady = setInterval(() => engine.setHealth(one, 'healthy'), 10)
  t.teardown(() => clearInterval(steady))
  await services(onlyText)
})

t.test('what changes while a list is under way is seen with the next', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const { services, topologies } = follower(t, engine)
  await engine.until(() => engine.count(list) > 1)
  const gate = Promise.withResolvers<void>()
  engine.lag = () => gate.promise
  const lists = engine.count(list)
  const one = engine.run(text)
  await engine.until(() => engine.count(list) > lists)
  engine.remove(one)
  engine.run(second)
  gate.resolve()
  await services({ text: ['http://10.0.0.3:80'] })
  t.strictSame(topologies.slice(-2).map(origins), [onlyText, { text: ['http://10.0.0.3:80'] }])
})

t.test('a change without an event is found by reconciling, and the stream that did not tell is opened anew', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const { services } = follower(t, engine, { interval: 100 })
  await engine.until(() => engine.count(list) > 2)
  engine.place(text)
  await services(onlyText)
  await engine.until(() => engine.count('/events') > 1)
  t.pass('it was opened anew')
})

t.test('a stream that never tells of its end is noticed within two reconciliations', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const { services } = follower(t, engine, { interval: 100 })
  await engine.until(() => engine.count(list) > 2)
  engine.events.hold()
  engine.run(text)
  await services(onlyText)
  engine.events.release(() => [])
  engine.run(second)
  await services({ text: ['http://10.0.0.2:80', 'http://10.0.0.3:80'] })
})

t.test('nothing new is no new snapshot', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.place(text)
  const { services, discovery, topologies } = follower(t, engine, { interval: 100 })
  const first = await services(onlyText)
  await engine.until(() => engine.count(list) > 4)
  t.equal(discovery.current(), first)
  t.equal(topologies.length, 1)
  t.ok(Number(discovery.status().confirmedAt) >= first.takenAt, 'but it is known to be true still')
})

t.test('while the engine is away the last services stay, and the status says so', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.place(text)
  const { services, discovery, trouble, troubles } = follower(t, engine)
  const there = await services(onlyText)
  const { confirmedAt } = discovery.status()
  await engine.leave()
  t.match(await trouble(each => each !== undefined), { cause: 'Docker cannot be reached', cure: /./ })
  t.equal(discovery.current(), there)
  t.match(discovery.status(), { obstacle: undefined, trouble: { cause: 'Docker cannot be reached' } })
  t.ok(Number(discovery.status().confirmedAt) >= Number(confirmedAt))
  engine.place(second)
  await engine.return()
  await services({ text: ['http://10.0.0.2:80', 'http://10.0.0.3:80'] })
  t.strictSame(discovery.status().trouble, undefined)
  t.equal(troubles.at(-1), undefined)
})

t.test('an engine that answers with errors changes nothing either', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.place(text)
  const { services, discovery, trouble } = follower(t, engine)
  const there = await services(onlyText)
  engine.fault = { status: 500 }
  engine.events.drop('reset')
  t.match(await trouble(each => each !== undefined), { cause: 'Docker answers with an error', cure: /./ })
  t.equal(discovery.current(), there)
  const from = engine.calls.length
  await engine.until(() => engine.calls.length > from + 3)
  engine.fault = undefined
  engine.run(second)
  await services({ text: ['http://10.0.0.2:80', 'http://10.0.0.3:80'] })
})

t.test('a proxy that forbids events is named as one that answers with an error', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  engine.fault = { status: 403, paths: ['/events'] }
  const { trouble, discovery } = follower(t, engine)
  t.match(await trouble(each => each !== undefined), { cause: 'Docker answers with an error', cure: /may talk to it/ })
  t.match(discovery.status().obstacle, { cause: 'Docker answers with an error' })
})

t.test('an own container that is not there is an obstacle, with the cure, until it is', async t => {
  const engine = await fakeEngine(t)
  engine.place(text)
  const place = { candidates: ['orchestrator'], networks: undefined }
  const { discovery, trouble, services } = follower(t, engine, { place })
  t.match(await trouble(each => each !== undefined), { cause: /is not among those that run/, cure: /OWN_CONTAINER/ })
  t.equal(discovery.current().services.size, 0)
  t.match(discovery.status(), { confirmedAt: undefined, obstacle: { cause: /is not among/ } })
  engine.run({ name: 'orchestrator', networks: { image: '10.0.0.1' } })
  await services(onlyText)
})

t.test('an own container that disappears from the list costs nobody a service', async t => {
  const engine = await fakeEngine(t)
  const own = placeOwn(engine)
  engine.place(text)
  const { discovery, trouble, services } = follower(t, engine)
  await services(onlyText)
  engine.remove(own)
  t.match(await trouble(each => each !== undefined), { cause: /is not among those that run/ })
  t.strictSame(origins(discovery.current()), onlyText)
})

t.test('over TCP, as through a proxy, everything is the same', async t => {
  const engine = await fakeEngine(t, { tcp: true })
  placeOwn(engine)
  const { services } = follower(t, engine)
  const one = engine.run(text)
  await services(onlyText)
  engine.remove(one)
  await services({})
  await engine.leave()
  engine.place(second)
  await engine.return()
  await services({ text: ['http://10.0.0.3:80'] })
})

t.test('a swarm: services and tasks of a manager', async t => {
  const engine = await fakeEngine(t)
  const { services, trouble } = follower(t, engine, { provider: 'swarm', interval: 100, place: { candidates: [], networks: ['tutti_image'] } })
  t.match(await trouble(each => each !== undefined), { cause: /Docker Swarm/, cure: /./ }, 'an engine that is no manager is trouble')
  const network = { ID: 'n1', Spec: { Name: 'tutti_image' } }
  engine.swarm = {
    services: [{ ID: 's1', Version: { Index: 1 }, CreatedAt: '2026-01-01T00:00:00Z', UpdatedAt: '2026-01-01T00:00:00Z', Spec: { Name: 'tutti_text', Labels: { 'com.docker.stack.namespace': 'tutti' }, TaskTemplate: { ContainerSpec: { Labels: { 'ca.mcgill.a11y.image.handler': 'enable' } } }, Mode: { Replicated: { Replicas: 1 } } }, Endpoint: { Spec: { Mode: 'dnsrr' } } }],
    nodes: [{ ID: 'm1', Status: { State: 'ready', Addr: '10.5.0.1' }, Spec: { Availability: 'active' } }],
    tasks: [{
      ID: 't1', ServiceID: 's1', NodeID: 'm1', Slot: 1, DesiredState: 'running', Spec: { ContainerSpec: { Labels: { 'ca.mcgill.a11y.image.handler': 'enable' } } }, Status: { State: 'running', ContainerStatus: { ContainerID: 'c1' } }, NetworksAttachments: [{ Network: network, Addresses: ['10.2.0.7/24'] }]
    }]
  }
  await services({ text: ['http://10.2.0.7:80'] })
  t.strictSame(engine.forbidden, [])
  t.strictSame([...new Set(engine.calls.map(({ path }) => path))].toSorted(), ['/events', '/networks', '/nodes', '/services', '/tasks'])
})

t.test('closing ends everything: nothing is asked and nobody is told any more', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  for (const isThere of [true, false]) {
    if (!isThere) await engine.leave()
    const discovery = createDockerDiscovery({
      provider: 'docker', engine: createEngine({ host: engine.host, timeout: 5000 }), place: { candidates: ['orchestrator'], networks: undefined }, interval: 100, pace: { ...quick, firstPause: 60_000 }, socket: engine.socket
    })
    if (isThere) await engine.until(() => engine.count(list) > 0)
    await discovery.close()
    await discovery.close()
    if (isThere) await engine.until(() => engine.events.open === 0)
  }
  t.pass('also in the middle of a pause of a minute')
})
