// Swarm: what the lists of a manager mean, for tasks on one network, on several and on that of their node, before, during and
// after an update, for two stacks side by side, and that no list whatever does harm.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { readTasks } from '../../../../lib/discovery/docker/tasks.ts'
import type { SwarmListing } from '../../../../lib/discovery/docker/tasks.ts'
import type { Reading } from '../../../../lib/discovery/follow.ts'
import { labelPrefix } from '../../../../lib/discovery/labels.ts'

const stackLabel = 'com.docker.stack.namespace'
const ownContainer = '0123456789ab'.padEnd(64, 'c')
const home = { candidates: [ownContainer.slice(0, 12)], networks: undefined }

interface NetworkEntry { id: string, name: string, driver?: string, stack?: string, isIngress?: boolean }

const image: NetworkEntry = { id: 'netimage0000000000000000i', name: 'image_default', stack: 'image' }
const backend: NetworkEntry = { id: 'netbackend00000000000000b', name: 'backend' }
const elsewhere: NetworkEntry = { id: 'netelsewhere0000000000000', name: 'elsewhere' }
const ingress: NetworkEntry = { id: 'netingress000000000000000', name: 'ingress', isIngress: true }
const host: NetworkEntry = { id: 'nethost0000000000000000000', name: 'host', driver: 'host' }
const allNetworks = [image, backend, elsewhere, ingress, host]

/** An entry of GET /networks. */
const network = ({ id, name, driver = 'overlay', stack, isIngress = false }: NetworkEntry) => ({
  Name: name, Id: id, Created: '2024-05-01T08:00:00.5Z', Scope: driver === 'host' ? 'local' : 'swarm', Driver: driver, Ingress: isIngress, Labels: stack === undefined ? {} : { [stackLabel]: stack }
})

/** An entry of NetworksAttachments; without addresses on the network of the node. */
const attachment = ({ id, name, driver = 'overlay', stack, isIngress = false }: NetworkEntry, addresses?: string[]) => ({
  Network: {
    ID: id,
    Version: { Index: 18 },
    Spec: { Name: name, Labels: stack === undefined ? {} : { [stackLabel]: stack }, DriverConfiguration: { Name: driver }, ...isIngress ? { Ingress: true } : {}, Scope: driver === 'host' ? 'local' : 'swarm' },
    DriverState: { Name: driver }
  },
  ...addresses === undefined ? {} : { Addresses: addresses }
})

interface ServiceEntry {
  labels?: Record<string, unknown>
  containerLabels?: Record<string, unknown>
  stack?: string
  on?: NetworkEntry[]
  mode?: object
  createdAt?: string
}

/** An entry of GET /services; labels of ours are written without their prefix. */
function service (name: string, { labels = { preprocessor: '1' }, containerLabels = {}, stack = 'image', on = [image], mode = { Replicated: { Replicas: 1 } }, createdAt = '2024-05-01T08:00:00.5Z' }: ServiceEntry = {}) {
  return {
    ID: `service-${name}`,
    Version: { Index: 19 },
    CreatedAt: createdAt,
    Spec: {
      Name: name,
      Labels: { ...prefixed(labels), ...stack === '' ? {} : { [stackLabel]: stack } },
      TaskTemplate: { ContainerSpec: { Image: `registry.example/${name}:latest`, Labels: prefixed(containerLabels) }, Networks: on.map(({ id }) => ({ Target: id, Aliases: [name] })), ForceUpdate: 0 },
      Mode: mode
    }
  }
}

interface TaskEntry {
  id?: string
  slot?: number
  state?: string
  desired?: string
  attachments?: object[]
  containerLabels?: Record<string, unknown>
  node?: string
  test?: string[]
  container?: string
  fault?: string
}

/** An entry of GET /tasks. */
function task (name: string, { id = `${name}-1`, slot = 1, state = 'running', desired = 'running', attachments = [attachment(image, ['10.0.1.5/24'])], containerLabels = {}, node = 'node-1', test, container = 'e'.repeat(64), fault }: TaskEntry = {}) {
  return {
    ID: id,
    ServiceID: `service-${name}`,
    ...slot === 0 ? {} : { Slot: slot },
    NodeID: node,
    DesiredState: desired,
    Spec: { ContainerSpec: { Image: `registry.example/${name}:latest`, Labels: prefixed(containerLabels), ...test === undefined ? {} : { Healthcheck: { Test: test, Interval: 1e9 } } } },
    Status: { Timestamp: '2024-05-01T08:00:09.5Z', State: state, Message: state, ...fault === undefined ? {} : { Err: fault }, ContainerStatus: { ContainerID: container, PID: 677, ExitCode: 0 } },
    NetworksAttachments: attachments
  }
}

const prefixed = (labels: Record<string, unknown>) => Object.fromEntries(Object.entries(labels).map(([name, value]) => [/^(tutti|com)\./.test(name) ? name : labelPrefix + name, value]))

/** The server itself: a service of the stack image, with its task on the network of that stack. */
const ownService = service('image_orchestrator', { labels: {} })
const ownTask = (entry: TaskEntry = {}) => task('image_orchestrator', { container: ownContainer, attachments: [attachment(ingress, ['10.255.0.3/16']), attachment(image, ['10.0.1.2/24'])], ...entry })

/** Lists with the server itself in them. */
const listing = ({ services = [], tasks = [], own = [ownTask()], nodes = [], networks = allNetworks }: { services?: unknown[], tasks?: unknown[], own?: unknown[], nodes?: unknown[], networks?: NetworkEntry[] }): SwarmListing => ({
  services: [ownService, ...services], tasks: [...own, ...tasks], nodes, networks: networks.map(network)
})

/** Reads lists in which nothing stands in the way. */
function read (lists: SwarmListing, place: Parameters<typeof readTasks>[1] = home): Reading {
  const reading = readTasks(lists, place)
  assert('services' in reading, 'there is an obstacle')
  return reading
}

/** The services that were found, with the origins of their replicas. */
const origins = ({ services }: Reading) => Object.fromEntries(services.map(({ name, replicas }) => [name, replicas.map(({ origin }) => origin)]))

const causes = ({ problems }: Reading) => problems.map(({ service, cause }) => `${service}: ${cause}`)

t.test('a service on our network is called at the address of its task', async t => {
  const reading = read(listing({ services: [service('image_ocr', { labels: { preprocessor: '2', port: '5000', required_dependencies: 'objects' } })], tasks: [task('image_ocr', { id: 'abc' })] }))
  t.match(reading, { services: [{ name: 'ocr', priority: 2, handles: false, required: ['objects'], replicas: [{ id: 'abc', origin: 'http://10.0.1.5:5000', health: 'unchecked' }] }], problems: [] })
  t.equal(reading.services.length, 1)
  t.strictSame(reading.problems, [])
})

t.test('all running tasks of a service are its replicas, in order of slot', async t => {
  const at = (slot: number, state?: string, desired?: string) => task('image_ocr', { id: `t${slot}`, slot, state, desired, attachments: [attachment(image, [`10.0.1.${slot}/24`])] })
  const reading = read(listing({ services: [service('image_ocr')], tasks: [at(10), at(9), at(11, 'starting'), at(12, 'running', 'shutdown'), at(13, 'failed', 'shutdown')] }))
  t.strictSame(origins(reading), { ocr: ['http://10.0.1.9:80', 'http://10.0.1.10:80'] })
  t.strictSame(causes(reading), ['ocr: 1 task is not running (starting)'])
})

t.test('a service with a task on every node has as many replicas', async t => {
  const tasks = ['b', 'a'].map((id, index) => task('image_ocr', { id, slot: 0, node: `node-${index}`, attachments: [attachment(image, [`10.0.1.${index + 7}/24`])] }))
  t.strictSame(origins(read(listing({ services: [service('image_ocr', { mode: { Global: {} } })], tasks }))), { ocr: ['http://10.0.1.8:80', 'http://10.0.1.7:80'] })
})

t.test('jobs and services without a role are left out without a word', async t => {
  const services = [service('image_a', { mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } } }), service('image_b', { mode: { GlobalJob: {} } }), service('image_c', { labels: { port: '5000' } })]
  t.strictSame(read(listing({ services, tasks: ['image_a', 'image_b', 'image_c'].map(name => task(name)) })), { services: [], problems: [] })
})

t.test('the server does not call itself, whatever its labels', async t => {
  const lists = listing({})
  t.strictSame(read({ ...lists, services: [service('image_orchestrator', { labels: { handler: 'enable' } })] }), { services: [], problems: [] })
})

t.test('a health check in the specification makes a running task a healthy one, unless it is switched off', async t => {
  const tests: Array<[string[] | undefined, string]> = [[['CMD', 'true'], 'healthy'], [['NONE'], 'unchecked'], [[], 'unchecked'], [undefined, 'unchecked']]
  for (const [test, health] of tests) {
    t.match(read(listing({ services: [service('image_ocr')], tasks: [task('image_ocr', { test })] })).services, [{ replicas: [{ health }] }])
  }
})

t.test('labels of the service win over those of its containers', async t => {
  const services = [service('image_ocr', { labels: { port: '5000' }, containerLabels: { handler: 'enable', port: '6000', route: 'maps' } })]
  const reading = read(listing({ services, tasks: [task('image_ocr', { containerLabels: { handler: 'enable', port: '6000', route: 'maps' } })] }))
  t.match(reading.services, [{ handles: true, routes: ['maps'], replicas: [{ origin: 'http://10.0.1.5:5000' }] }])
})

t.test('during an update an old task keeps its own port, and one with another role is left out', async t => {
  const services = [service('image_ocr', { labels: {}, containerLabels: { handler: 'enable', port: '6000', route: 'maps' } })]
  const at = (slot: number, containerLabels: Record<string, unknown>) => task('image_ocr', { id: `t${slot}`, slot, containerLabels, attachments: [attachment(image, [`10.0.1.${slot}/24`])] })
  const reading = read(listing({ services, tasks: [at(1, { handler: 'enable', port: '6000', route: 'maps' }), at(2, { handler: 'enable', port: '5000' }), at(3, { preprocessor: '1', port: '5000' })] }))
  t.strictSame(origins(reading), { ocr: ['http://10.0.1.1:6000', 'http://10.0.1.2:5000'] })
  t.match(reading.services, [{ routes: ['maps'] }], 'the newest specification says what the service is')
  t.strictSame(causes(reading), ['ocr: 1 task is from before an update with another role, left out'])
})

t.test('the network: one that is shared, chosen by label where there are several, never ingress', async t => {
  const own = [ownTask({ attachments: [attachment(ingress, ['10.255.0.3/16']), attachment(image, ['10.0.1.2/24']), attachment(backend, ['10.0.2.2/24'])] })]
  const attachments = [attachment(ingress, ['10.255.0.9/16']), attachment(elsewhere, ['10.0.9.5/24']), attachment(image, ['10.0.1.5/24']), attachment(backend, ['10.0.2.5/24'])]
  const origin = (label?: string) => {
    const reading = read(listing({ own, services: [service('image_ocr', { labels: { preprocessor: '1', ...label === undefined ? {} : { 'tutti.network': label } } })], tasks: [task('image_ocr', { attachments })] }))
    return [origins(reading).ocr?.[0], reading.problems.length]
  }
  t.strictSame(origin(), ['http://10.0.2.5:80', 0], 'the first by name')
  for (const label of ['image_default', 'default', image.id, image.id.slice(0, 12)]) t.strictSame(origin(label), ['http://10.0.1.5:80', 0], label)
  for (const label of ['elsewhere', 'ingress', 'nowhere', 'net']) t.strictSame(origin(label), ['http://10.0.2.5:80', 1], `${label}: reported, and the first one used`)
})

t.test('tasks that share nothing but ingress with the server are not called', async t => {
  const reading = read(listing({ services: [service('image_ocr', { on: [] })], tasks: [task('image_ocr', { attachments: [attachment(ingress, ['10.255.0.9/16'])] })] }))
  t.strictSame(reading.services, [])
  t.equal(reading.problems.length, 1)
})

t.test('a task with several addresses is called at IPv4, else at IPv6', async t => {
  const origin = (...addresses: string[]) => origins(read(listing({ services: [service('image_ocr')], tasks: [task('image_ocr', { attachments: [attachment(image, addresses)] })] }))).ocr
  t.strictSame(origin('fd00::5/64', '10.0.1.5/24'), ['http://10.0.1.5:80'])
  t.strictSame(origin('fd00::5/64'), ['http://[fd00::5]:80'])
  t.strictSame(origin('evil.example/24', '10.0.1.5@evil.example/24', 'fe80::1%eth0/64'), undefined)
})

t.test('a running task without an address on a shared network is a problem with a cure', async t => {
  const services = [service('image_ocr', { on: [elsewhere] }), service('image_tags')]
  const tasks = [task('image_ocr', { attachments: [attachment(elsewhere, ['10.0.9.5/24'])] }), task('image_tags', { attachments: [attachment(image, [])] }), task('image_tags', { id: 'two', slot: 2 })]
  const reading = read(listing({ services, tasks }))
  t.strictSame(origins(reading), { tags: ['http://10.0.1.5:80'] })
  t.strictSame(reading.problems, ['ocr', 'tags'].map(service => ({
    service, cause: '1 running task is without an address on a network that it shares with the server, left out', cure: 'Put the service on the network of the server: image_default.'
  })))
})

t.test('a service with a role and no running task says why', async t => {
  const services = [service('image_none'), service('image_zero', { mode: { Replicated: { Replicas: 0 } } }), service('image_stuck')]
  const reading = read(listing({ services, tasks: [task('image_stuck', { state: 'pending', fault: 'no suitable node\n(insufficient resources on 1 node)' })] }))
  t.strictSame(reading.services, [])
  t.strictSame(new Set(causes(reading)), new Set(['none: it has no running task', 'zero: it is scaled to no tasks', 'stuck: it has no running task (no suitable node (insufficient resources on 1 node))']))
  t.ok(reading.problems.some(({ cure }) => cure.endsWith('docker service ps --no-trunc image_stuck')))
})

t.test('on the network of the node', async t => {
  const services = [service('image_ocr', { labels: { preprocessor: '1', port: '5000' }, on: [host] })]
  const tasks = ['node-1', 'node-2', 'node-3', 'node-4'].map((node, index) => task('image_ocr', { id: node, slot: index + 1, node, attachments: [attachment(host)] }))
  const nodes = [
    { ID: 'node-1', Status: { State: 'ready', Addr: '192.168.1.1' } },
    { ID: 'node-2', Status: { State: 'ready', Addr: '192.168.1.2' } },
    { ID: 'node-3', Status: { State: 'ready', Addr: '0.0.0.0' }, ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '[fd00::3]:2377' } }
  ]
  const onHost = [ownTask({ attachments: [attachment(host)] })]
  t.test('services are called at the address of their node, on the own node at 127.0.0.1', async t => {
    const reading = read(listing({ own: onHost, services, tasks, nodes }))
    t.strictSame(origins(reading), { ocr: ['http://127.0.0.1:5000', 'http://192.168.1.2:5000', 'http://[fd00::3]:5000'] })
    t.strictSame(causes(reading), ['ocr: 1 running task is without an address on a network that it shares with the server, left out'], 'nobody knows where node-4 is')
  })
  t.test('they are not called where the server is not on it too', async t => {
    const reading = read(listing({ services, tasks, nodes }))
    t.strictSame(reading.services, [])
    t.match(reading.problems, [{ cure: /It is on the network of its node: name that in DISCOVERY_NETWORKS/ }])
  })
  t.test('an operator who names it says that the nodes can be reached', async t => {
    const reading = read(listing({ services, tasks: tasks.slice(0, 2), nodes }), { ...home, networks: ['host'] })
    t.strictSame(origins(reading), { ocr: ['http://192.168.1.1:5000', 'http://192.168.1.2:5000'] })
  })
})

t.test('the own task is found by id, by name, or by the name of its service, running or not yet', async t => {
  const lists = listing({ services: [service('image_ocr')], tasks: [task('image_ocr')], own: [ownTask({ state: 'starting' })] })
  for (const candidate of [ownContainer, ownContainer.slice(0, 12), 'image_orchestrator', 'image_orchestrator.1.image_orchestrator-1']) {
    t.strictSame(origins(read(lists, { candidates: ['', 'nobody', candidate], networks: undefined })), { ocr: ['http://10.0.1.5:80'] }, candidate)
  }
})

t.test('where the own task is unknown there is an obstacle with a cure, and nothing matches everything', async t => {
  const lists = listing({ services: [service('image_ocr')], tasks: [task('image_ocr', { container: '' })] })
  for (const candidates of [[], [''], ['f'.repeat(64)], [ownContainer.slice(0, 11)], ['image'], ['undefined']]) {
    t.match(readTasks(lists, { candidates, networks: undefined }), { obstacle: { cause: /^the (server does not know|container that the server runs in)/, cure: /OWN_CONTAINER.*DISCOVERY_NETWORKS/ } }, JSON.stringify(candidates))
  }
  t.match(readTasks(listing({ own: [ownTask({ attachments: [attachment(ingress, ['10.255.0.3/16'])] })] }), home), { obstacle: { cause: /is on no network/ } })
})

t.test('networks that are named replace those of the own task', async t => {
  const services = [service('image_ocr'), service('image_tags', { on: [backend] })]
  const lists = listing({ services, tasks: [task('image_ocr'), task('image_tags', { attachments: [attachment(backend, ['10.0.2.5/24'])] })] })
  for (const place of [home, { candidates: [], networks: undefined }]) {
    t.strictSame(origins(read(lists, { ...place, networks: ['backend'] })), { tags: ['http://10.0.2.5:80'] })
    t.strictSame(origins(read(lists, { ...place, networks: ['nowhere', 'default', backend.id] })), { ocr: ['http://10.0.1.5:80'], tags: ['http://10.0.2.5:80'] }, 'also by id and by the name that the stack gives')
    t.match(readTasks(lists, { ...place, networks: ['nowhere'] }), { obstacle: { cure: /DISCOVERY_NETWORKS/ } })
  }
})

t.test('of two services with the same name the own stack\'s is called and the other reported', async t => {
  const older = service('test_ocr', { stack: 'test', createdAt: '2023-01-01T00:00:00Z' })
  const ours = service('image_ocr')
  const own = task('image_ocr')
  const other = task('test_ocr', { attachments: [attachment(image, ['10.0.1.6/24'])] })
  t.test('also where the other is older', async t => {
    const reading = read(listing({ services: [older, ours], tasks: [own, other] }))
    t.strictSame(origins(reading), { ocr: ['http://10.0.1.5:80'] })
    t.strictSame(causes(reading), ['test_ocr: it is called ocr like the service image_ocr and is left out'])
  })
  t.test('also while ours does not run', async t => {
    const reading = read(listing({ services: [older, ours], tasks: [other] }))
    t.strictSame(reading.services, [])
    t.strictSame(new Set(causes(reading)), new Set(['ocr: it has no running task', 'test_ocr: it is called ocr like the service image_ocr and is left out']))
  })
  t.test('where neither is ours, or we are unknown, the older one is called', async t => {
    const third = service('third_ocr', { stack: 'third' })
    const tasks = [other, task('third_ocr', { attachments: [attachment(image, ['10.0.1.7/24'])] })]
    t.strictSame(origins(read(listing({ services: [third, older], tasks }))), { ocr: ['http://10.0.1.6:80'] })
    t.strictSame(origins(read(listing({ services: [ours, older], tasks: [own, other] }), { candidates: [], networks: ['default'] })), { ocr: ['http://10.0.1.6:80'] })
  })
  t.test('one that is on no network of ours takes no name away', async t => {
    const far = service('image_ocr', { on: [elsewhere] })
    t.strictSame(origins(read(listing({ services: [older, far], tasks: [other] }))), { ocr: ['http://10.0.1.6:80'] })
  })
})

t.test('services are in order of age, then of name, however the lists are ordered', async t => {
  const dates: Record<string, string> = { image_c: '2024-01-01T00:00:00Z', image_b: '2024-02-01T00:00:00Z', image_a: '2024-02-01T00:00:00Z', image_d: 'yesterday' }
  const services = Object.entries(dates).map(([name, createdAt]) => service(name, { createdAt }))
  const tasks = Object.keys(dates).map(name => task(name))
  const expected = read(listing({ services, tasks }))
  t.strictSame(expected.services.map(({ name }) => name), ['c', 'a', 'b', 'd'])
  fc.assert(fc.property(fc.shuffledSubarray(services, { minLength: 4 }), fc.shuffledSubarray(tasks, { minLength: 4 }), (services, tasks) => {
    assert.deepEqual(read(listing({ services, tasks })), expected)
  }))
})

/** Every path into an entry, to set something else at its end. */
function paths (value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => paths(inner, [...path, name]))]
}

/** A copy of an entry with something else at the end of one path. */
function corrupt (value: unknown, [name, ...rest]: string[], replacement: unknown): unknown {
  if (name === undefined) return replacement
  const copy: Record<string, unknown> = { ...value as object }
  copy[name] = corrupt(copy[name], rest, replacement)
  return Array.isArray(value) ? Object.values(copy) : copy
}

t.test('no list whatever throws, and a good service beside it is still called', async () => {
  const good = { services: [service('image_good')], tasks: [task('image_good', { id: 'good' })] }
  const bad = { services: service('image_bad'), tasks: task('image_bad'), networks: network(backend), nodes: { ID: 'node-1', Status: { Addr: '192.168.1.1' }, ManagerStatus: { Addr: '192.168.1.1:2377' } } }
  const kind = fc.constantFrom(...Object.keys(bad) as Array<keyof typeof bad>)
  const entry = kind.chain(kind => fc.tuple(fc.constant(kind), fc.oneof(
    fc.jsonValue(),
    fc.tuple(fc.constantFrom(...paths(bad[kind])), fc.jsonValue()).map(([path, value]) => corrupt(bad[kind], path, value))
  )))
  fc.assert(fc.property(fc.array(entry, { maxLength: 8 }), entries => {
    const garbage = Map.groupBy(entries, ([kind]) => kind)
    const of = (kind: keyof typeof bad) => (garbage.get(kind) ?? []).map(([, value]) => value)
    const lists = listing({ services: [...of('services'), ...good.services], tasks: [...of('tasks'), ...good.tasks], nodes: of('nodes') })
    const reading = read({ ...lists, networks: [...of('networks'), ...lists.networks] })
    assert.deepEqual(origins(reading).good, ['http://10.0.1.5:80'])
    for (const { replicas } of reading.services) for (const { origin } of replicas) assert.equal(new URL(origin).origin + (new URL(origin).port === '' ? ':80' : ''), origin)
  }), { numRuns: 1000 })
})

t.test('values as deep as a parser lets through do no harm', async t => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  const services = [service('image_ocr', { labels: { preprocessor: '1', route: deep }, containerLabels: { port: deep } }), deep]
  const reading = read(listing({ services, tasks: [task('image_ocr', { containerLabels: { port: deep } }), deep] }))
  t.strictSame(origins(reading), { ocr: ['http://10.0.1.5:80'] })
  t.strictSame(causes(reading), ['ocr: label ca.mcgill.a11y.image.port is no text and is ignored', 'ocr: label ca.mcgill.a11y.image.route is no text and is ignored'])
})
