// What a listing of containers means: who is a service, where it is called, and why another one is left out.
import assert from 'node:assert/strict'
import t from 'tap'
import { readContainers } from '../../../../lib/discovery/docker/containers.ts'
import type { Reading } from '../../../../lib/discovery/follow.ts'
import { createContainer, describeContainer, idOf } from '../../fixtures/engine-containers.ts'
import type { ContainerSpec, FakeContainer } from '../../fixtures/engine-containers.ts'

const networkId = (name: string) => idOf(`network ${name}`)

const own: ContainerSpec = { name: 'orchestrator', networks: { image: '10.0.0.1', back: '10.1.0.1' } }

/** A handler on the network of the server. */
const text: ContainerSpec = { service: 'text', labels: { handler: 'enable' }, networks: { image: '10.0.0.2' } }

interface Options { candidates?: string[], networks?: string[] | undefined, change?: (entry: Record<string, unknown>, container: FakeContainer) => Record<string, unknown> }

function listingOf (specs: ContainerSpec[], change: Options['change'] = entry => entry): unknown[] {
  return specs.map((spec, index) => createContainer(spec, index)).map(each => change(describeContainer(each, networkId), each))
}

/** Reads a list of containers, newest last, in which the first one is the server's. */
function read (specs: ContainerSpec[], { candidates, networks, change }: Options = {}): Reading {
  const listing = listingOf([own, ...specs], change)
  const reading = readContainers(listing, { candidates: candidates ?? ['orchestrator'], networks })
  assert(!('obstacle' in reading))
  return reading
}

/** Names, each with the origins of its replicas in their order. */
const found = ({ services }: Reading) => Object.fromEntries(services.map(({ name, replicas }) => [name, replicas.map(({ origin }) => origin)]))
const onlyText = { text: ['http://10.0.0.2:80'] }

t.test('a container with labels of a service is one, with everything that the labels say', async t => {
  const { services, problems } = read([{
    service: 'look',
    networks: { image: '10.0.0.2' },
    labels: {
      preprocessor: '3',
      port: '5000',
      route: 'default, map',
      required_dependencies: 'one, two',
      optional_dependencies: 'three',
      modifyRequest: 'false',
      cacheTimeout: '60',
      'tutti.timeout': '2500',
      'tutti.concurrency': '4',
      'tutti.retries': '0',
      'tutti.cache.vary': 'language'
    }
  }])
  t.strictSame(problems, [])
  t.strictSame(services, [{
    name: 'look',
    priority: 3,
    handles: false,
    modifiesRequest: false,
    routes: ['default', 'map'],
    required: ['one', 'two'],
    optional: ['three'],
    cacheSeconds: 60,
    variesByLanguage: true,
    timeout: 2500,
    concurrency: 4,
    retries: 0,
    replicas: [{ id: createContainer({ service: 'look' }, 1).id, origin: 'http://10.0.0.2:5000', health: 'unchecked' }]
  }])
})

t.test('the name of a service is that of Docker Compose, else that of the container', async t => {
  t.strictSame(found(read([{ ...text, name: 'image-text-1' }])), onlyText)
  t.strictSame(found(read([{ ...text, service: undefined, name: 'speaker' }])), { speaker: ['http://10.0.0.2:80'] })
})

t.test('what carries no label of a service is none, and nothing is said about it', async t => {
  const reading = read([{ name: 'memcached', labels: null, networks: { image: '10.0.0.9' } }, { name: 'traefik', labels: { 'traefik.enable': 'true' }, state: 'paused' }])
  t.strictSame(reading, { services: [], problems: [] })
})

t.test('labels that are null or no texts cost nobody else anything', async t => {
  const hostile: unknown[] = [null, undefined, [], 'labels', 7, { 'ca.mcgill.a11y.image.handler': null }, { 'ca.mcgill.a11y.image.handler': { a: 1 } }]
  for (const Labels of hostile) {
    t.strictSame(found(read([text, { name: 'odd' }], { change: (entry, { name }) => name === 'odd' ? { ...entry, Labels } : entry })), onlyText)
  }
})

t.test('states', async t => {
  for (const state of ['created', 'paused', 'restarting', 'exited', 'dead'] as const) {
    t.test(`a container that is ${state} is left out, and said to be`, async t => {
      const reading = read([text, { ...text, service: 'other', state }])
      t.strictSame(found(reading), onlyText)
      t.match(reading.problems, [{ service: 'other', cause: state, cure: /./ }])
    })
  }
})

t.test('health', async t => {
  t.match(read([text]).services, [{ replicas: [{ health: 'unchecked' }] }], 'without a check')
  t.match(read([{ ...text, health: 'healthy' }]).services, [{ replicas: [{ health: 'healthy' }] }])
  for (const health of ['starting', 'unhealthy'] as const) {
    const reading = read([{ ...text, health }])
    t.strictSame(reading.services, [], `${health} is no replica`)
    t.match(reading.problems, [{ service: 'text', cause: /health check/, cure: /./ }])
  }
  const replicas = read([{ ...text, health: 'unhealthy' }, { ...text, networks: { image: '10.0.0.3' }, health: 'healthy' }])
  t.strictSame(found(replicas), { text: ['http://10.0.0.3:80'] }, 'the others serve')
})

t.test('networks', async t => {
  t.test('a container on another network is left out, and said to be', async t => {
    const reading = read([text, { ...text, service: 'far', networks: { elsewhere: '10.9.0.2' } }])
    t.strictSame(found(reading), onlyText)
    t.match(reading.problems, [{ service: 'far', cause: 'a container shares no network with the server', cure: /./ }])
  })
  t.test('a network of the same name but of another id is another network', async t => {
    const strange = (entry: Record<string, unknown>, { name }: FakeContainer) => name === 'far'
      ? { ...entry, NetworkSettings: { Networks: { image: { NetworkID: networkId('another image'), IPAddress: '10.9.0.2' } } } }
      : entry
    t.strictSame(found(read([text, { ...text, service: 'far', name: 'far' }], { change: strange })), onlyText)
  })
  t.test('the address is that on the network that is shared, wherever else it is', async t => {
    t.strictSame(found(read([{ ...text, networks: { aaa: '10.9.0.2', image: '10.0.0.2', zzz: '10.8.0.2' } }])), onlyText)
  })
  t.test('of several that are shared the label chooses, by name, by name without the project, or by id', async t => {
    const both = { back: '10.1.0.2', image: '10.0.0.2' }
    t.strictSame(found(read([{ ...text, networks: both }])), { text: ['http://10.1.0.2:80'] }, 'the first by name where nothing is said')
    for (const label of ['image', networkId('image'), networkId('image').slice(0, 12)]) {
      t.strictSame(found(read([{ ...text, networks: both, labels: { handler: 'enable', 'tutti.network': label } }])), onlyText, label)
    }
    const composed = listingOf([{ name: 'orchestrator', networks: { image_back: '10.1.0.1', image_front: '10.0.0.1' } }, { ...text, networks: { image_back: '10.1.0.2', image_front: '10.0.0.2' }, labels: { handler: 'enable', 'tutti.network': 'front' } }])
    const reading = readContainers(composed, { candidates: ['orchestrator'], networks: undefined })
    assert(!('obstacle' in reading))
    t.strictSame(found(reading), onlyText)
  })
  t.test('a label that names a network which is not shared is reported', async t => {
    const reading = read([{ ...text, labels: { handler: 'enable', 'tutti.network': 'nowhere' } }])
    t.strictSame(found(reading), onlyText)
    t.match(reading.problems, [{ service: 'text', cause: /tutti\.network is "nowhere"/, cure: /./ }])
  })
  t.test('networks that the operator names rule, by name or by id, and need no own container', async t => {
    for (const network of ['other', networkId('other')]) {
      t.strictSame(found(read([text, { ...text, service: 'far', networks: { other: '10.9.0.2' } }], { candidates: [], networks: [network] })), { far: ['http://10.9.0.2:80'] })
    }
  })
  t.test('an address of the sixth version stands in brackets and is taken where there is no other', async t => {
    t.strictSame(found(read([{ ...text, networks: { image: { ipv6: 'fd00::2' } } }])), { text: ['http://[fd00::2]:80'] })
    t.strictSame(found(read([{ ...text, networks: { image: { ipv4: '10.0.0.2', ipv6: 'fd00::2' } } }])), onlyText)
  })
  t.test('one without an address is left out, and said to be', async t => {
    const reading = read([text, { ...text, service: 'bare', networks: { image: {} } }])
    t.strictSame(found(reading), onlyText)
    t.match(reading.problems, [{ service: 'bare', cause: /no address/, cure: /./ }])
  })
})

t.test('network modes', async t => {
  const ownId = createContainer(own, 0).id
  const inside = (mode: string, spec: ContainerSpec = {}) => ({ ...text, networks: {}, networkMode: mode, ...spec })

  t.test('a container in the network of the server is called at 127.0.0.1', async t => {
    for (const mode of [`container:${ownId}`, 'container:orchestrator']) t.strictSame(found(read([inside(mode)])), { text: ['http://127.0.0.1:80'] })
  })
  t.test('a container in the network of another one is called at the address of that one', async t => {
    t.strictSame(found(read([{ name: 'vpn', networks: { image: '10.0.0.7' } }, inside('container:vpn')])), { text: ['http://10.0.0.7:80'] })
  })
  t.test('a chain of them is followed, a circle is not', async t => {
    t.strictSame(found(read([{ name: 'vpn', networks: { image: '10.0.0.7' } }, { name: 'middle', networkMode: 'container:vpn' }, inside('container:middle')])), { text: ['http://10.0.0.7:80'] })
    const reading = read([text, { name: 'a', networkMode: 'container:b' }, { name: 'b', networkMode: 'container:a' }, inside('container:a', { service: 'lost' })])
    t.strictSame(found(reading), onlyText)
    t.match(reading.problems, [{ service: 'lost', cure: /./ }])
  })
  t.test('where the other one does not run it is left out, and said to be', async t => {
    const reading = read([inside(`container:${idOf('gone')}`)])
    t.strictSame(reading.services, [])
    t.match(reading.problems, [{ service: 'text', cause: /does not run/, cure: /./ }])
  })
  t.test('on the network of the host: called at 127.0.0.1 where the server is there too, else left out', async t => {
    const host = inside('host', { networks: { host: {} } })
    const reading = read([host])
    t.strictSame(reading.services, [])
    t.match(reading.problems, [{ service: 'text', cause: /host/, cure: /./ }])
    const both = readContainers(listingOf([{ name: 'orchestrator', networkMode: 'host', networks: { host: {} } }, host]), { candidates: ['orchestrator'], networks: undefined })
    assert(!('obstacle' in both))
    t.strictSame(found(both), { text: ['http://127.0.0.1:80'] })
  })
  t.test('without any network there is no way to it', async t => {
    const reading = read([inside('none', { networks: { none: {} } })])
    t.strictSame(reading.services, [])
    t.match(reading.problems, [{ service: 'text', cure: /./ }])
  })
})

t.test('replicas', async t => {
  t.test('all containers of one service are one service, each with its own port', async t => {
    const reading = read([text, { ...text, networks: { image: '10.0.0.3' } }, { ...text, networks: { image: '10.0.0.4' }, labels: { handler: 'enable', port: '5000' } }])
    t.strictSame(found(reading), { text: ['http://10.0.0.2:80', 'http://10.0.0.3:80', 'http://10.0.0.4:5000'] })
    t.equal(new Set(reading.services[0]?.replicas.map(({ id }) => id)).size, 3)
  })
  t.test('the labels of the newest rule, and a difference is reported', async t => {
    const reading = read([{ ...text, created: 2_000_000_002, labels: { handler: 'enable', route: 'new' } }, { ...text, created: 2_000_000_001, networks: { image: '10.0.0.3' } }])
    t.match(reading.services, [{ routes: ['new'], replicas: { length: 2 } }])
    t.match(reading.problems, [{ service: 'text', cause: /different labels/, cure: /./ }])
  })
  t.test('one of an older version that has another role is not called in the new one', async t => {
    const reading = read([{ ...text, labels: { preprocessor: '1' } }, { ...text, networks: { image: '10.0.0.3' } }])
    t.match(reading.services, [{ handles: true, priority: undefined, replicas: [{ origin: 'http://10.0.0.3:80' }] }])
    t.match(reading.problems, [{ service: 'text', cause: /different roles/ }])
  })
  t.test('what is wrong with every one of them is said once', async t => {
    const wrong = { handler: 'enable', port: '80abc' }
    t.equal(read([{ ...text, labels: wrong }, { ...text, labels: wrong, networks: { image: '10.0.0.3' } }]).problems.length, 1)
  })
  t.test('a container of docker-compose run is none', async t => {
    const reading = read([text, { ...text, networks: { image: '10.0.0.3' }, labels: { handler: 'enable', 'com.docker.compose.oneoff': 'True' } }])
    t.strictSame(found(reading), onlyText)
  })
})

t.test('the own container', async t => {
  const { id } = createContainer(own, 0)
  for (const candidate of [id, id.slice(0, 12), 'orchestrator']) t.strictSame(found(read([text], { candidates: [candidate] })), onlyText, candidate)
  t.strictSame(found(read([text], { candidates: [idOf('another'), id] })), onlyText, 'the first that is there counts')

  for (const candidates of [[], [''], ['', ''], [id.slice(0, 11)], [id[0] ?? ''], [idOf('gone')], ['orch'], ['*'], ['__proto__']]) {
    const reading = readContainers(listingOf([own, text]), { candidates, networks: undefined })
    t.match(reading, { obstacle: { cause: /container/, cure: /OWN_CONTAINER/ } }, `${JSON.stringify(candidates)} matches nothing`)
  }
  t.strictSame(found(read([], { change: entry => ({ ...entry, Labels: { 'ca.mcgill.a11y.image.handler': 'enable' } }) })), {}, 'is no service, whatever its labels')
})

t.test('entries that are no containers are passed over', async t => {
  const reading = readContainers([null, 7, 'x', [], {}, { Id: 7 }, { Id: 'x', Labels: { 'ca.mcgill.a11y.image.handler': 'enable' } }, ...listingOf([own, text])], { candidates: ['orchestrator'], networks: undefined })
  assert(!('obstacle' in reading))
  t.strictSame(found(reading), onlyText)
})

t.test('names that every object has are names like others', async t => {
  const reading = read(['__proto__', 'constructor', 'toString'].map((service, index) => ({ ...text, service, networks: { image: `10.0.0.${index + 2}` } })))
  t.strictSame(reading.services.map(({ name }) => name).toSorted(), ['__proto__', 'constructor', 'toString'])
  t.equal(({} as Record<string, unknown>).handler, undefined)
})
