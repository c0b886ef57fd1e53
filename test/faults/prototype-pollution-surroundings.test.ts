// Keys that try to reach Object.prototype, through everything else that is read: caches, files, stored requests, keys and tokens of operators, what
// Docker lists, and charts. Nothing is polluted, nothing crashes, nobody gains a role.
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { exportJWK } from 'jose'
import { sha1 } from 'object-hash'
import t from 'tap'
import { referenceKey } from '../lib/fixtures/cache-keys.ts'
import { decodeValue } from '../../lib/cache/value.ts'
import { readConfiguration } from '../../lib/configuration.ts'
import { readContainers } from '../../lib/discovery/docker/containers.ts'
import { createEngine } from '../../lib/discovery/docker/engine.ts'
import { readTasks } from '../../lib/discovery/docker/tasks.ts'
import { createReader } from '../../lib/graphics/reader.ts'
import { createRemoteKeys, readPublicKey } from '../../lib/jwt-keys.ts'
import { createJwtJudge } from '../../lib/operator-jwt.ts'
import { agree } from '../../lib/storage/agreement.ts'
import { lineCharts } from '../../services/line-charts/index.ts'
import { answer, build, graphicRequest, mockService, names, onePixel, outcomes, preprocessor, uuid } from '../helper.ts'
import { describeContainer } from '../lib/fixtures/engine-containers.ts'
import { fakeEngine } from '../lib/fixtures/fake-engine.ts'
import { build as buildService } from '../services/kit/build.ts'
import { cleanliness, nested, planted } from './pollution.ts'

const value = { name: names.preprocessor('look'), data: { a: nested({}, 4) } }

t.test('prototype pollution through values of a cache, whichever it is', async t => {
  const stayClean = cleanliness(t)
  const reader = createReader()
  t.teardown(() => reader.close())
  for (const { text, isForbidden } of planted(value)) {
    const decoded = await decodeValue(Buffer.from(text), reader)
    stayClean(text)
    if (isForbidden && decoded !== undefined) t.fail('it is used', { text })
  }
  t.ok(await decodeValue(Buffer.from(JSON.stringify(value)), reader), 'without an attack it is')
})

t.test('prototype pollution through override files', async t => {
  const stayClean = cleanliness(t)
  const folder = t.testdir()
  const look = await mockService(t, answer(204))
  const server = await build(t, { services: { look: preprocessor(look) }, env: { CACHE_OVERRIDE: folder } })
  for (const { text, isForbidden } of planted(value)) {
    writeFileSync(path.join(folder, String(referenceKey({ subject: onePixel, service: 'look' }))), text)
    const reply = await server.render()
    stayClean(text)
    t.equal(reply.status, 200)
    if (isForbidden) t.match(outcomes(reply), { look: 'not-applicable' }, 'the service is asked instead')
  }
})

t.test('prototype pollution through stored requests', async t => {
  const stayClean = cleanliness(t)
  const folder = t.testdir({ [uuid]: {} })
  for (const { text } of planted(graphicRequest({ zoom: nested({}, 4) }))) {
    writeFileSync(path.join(folder, uuid, 'request.json'), text)
    const query = { folder, requestUuid: uuid, check: sha1(graphicRequest()), largest: 100_000 }
    t.match(agree(query), { kind: /^(?:refused|unreadable)$/ }, text)
    stayClean(text)
  }
  for (const requestUuid of ['__proto__', 'constructor']) {
    mkdirSync(path.join(folder, requestUuid))
    agree({ folder, requestUuid, check: '__proto__', largest: 1000 })
    stayClean(requestUuid)
  }
})

t.test('prototype pollution through the tokens and keys of operators', async t => {
  const stayClean = cleanliness(t)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const encode = (text: string | Buffer) => Buffer.from(text).toString('base64url')
  const token = (header: string, payload: string) => {
    const input = `${encode(header)}.${encode(payload)}`
    return `${input}.${encode(sign(null, Buffer.from(input), privateKey))}`
  }
  const header = { alg: 'EdDSA', kid: 'one', more: {} }
  const claims = { aud: 'tutti', exp: Math.floor(Date.now() / 1000) + 600, realm_access: { more: {} }, resource_access: { tutti: {}, more: nested({}, 2) } }
  const rules = { audience: 'tutti', issuer: undefined, role: 'operator' }

  const keys = readPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  if (keys === undefined) throw new Error('the key of the test is no key')
  const judge = createJwtJudge({ ...rules, keys })
  t.equal(await judge(token(JSON.stringify(header), JSON.stringify({ ...claims, roles: ['operator'] }))), 'operator')
  for (const { text } of planted(claims)) {
    t.match(await judge(token(JSON.stringify(header), text)), /^(?:no-role|invalid)$/, text)
    stayClean(text)
  }
  for (const { text } of planted(header)) {
    t.match(await judge(token(text, JSON.stringify(claims))), /^(?:no-role|invalid)$/, text)
    stayClean(text)
  }

  let published = ''
  const provider = createServer((_request, response) => { response.setHeader('content-type', 'application/json').end(published) }).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  t.teardown(() => new Promise(resolve => {
    provider.close(resolve)
    provider.closeAllConnections()
  }))
  const address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/certs`
  const valid = token(JSON.stringify(header), JSON.stringify(claims))
  for (const { text } of planted({ keys: [{ ...await exportJWK(publicKey), kid: 'one' }], more: nested({}, 2) })) {
    published = text
    const judgement = await createJwtJudge({ ...rules, keys: createRemoteKeys({ address }) })(valid).catch((error: NodeJS.ErrnoException) => error.code)
    t.match(judgement, /^(?:no-role|invalid|TUTTI_OPERATOR_KEYS_UNAVAILABLE)$/, text)
    stayClean(text)
  }
})

t.test('prototype pollution through what a Docker engine says', async t => {
  const stayClean = cleanliness(t)
  const fake = await fakeEngine(t)
  const engine = createEngine({ host: fake.host, timeout: 10_000 })
  const { signal } = new AbortController()
  const container = fake.place({ service: 'look', labels: { preprocessor: '1' }, networks: { image: '127.0.0.2' } })
  const place = { candidates: [], networks: ['image'] }

  let listed = 0
  for (const { text } of planted([describeContainer(container, fake.networkId)])) {
    fake.fault = { text }
    const reading = readContainers(await engine.containers(signal), place)
    if ('services' in reading && reading.services.length > 0) listed += 1
    stayClean(text)
  }
  t.ok(listed > 0, `the service was found in ${listed} of the lists`)

  const event = { Type: 'container', Action: 'start', Actor: { ID: container.id, Attributes: { name: 'look' } }, time: 1 }
  for (const { text } of planted(event)) {
    fake.fault = { text: `${text}\n` }
    for await (const each of await engine.events({ types: ['container'], actions: ['start'] }, signal)) stayClean(String(each))
    stayClean(text)
  }

  const id = '0123456789abcdef0123456789'
  const lists = {
    services: [{ ID: 'look', Spec: { Name: 'look', Labels: { 'ca.mcgill.a11y.image.preprocessor': '1' }, TaskTemplate: { ContainerSpec: { Labels: {} }, Networks: [{ Target: id }] }, Mode: {} } }],
    tasks: [{
      ID: 'task',
      ServiceID: 'look',
      NodeID: 'node',
      Slot: 1,
      DesiredState: 'running',
      Spec: { ContainerSpec: { Labels: {} } },
      Status: { State: 'running', ContainerStatus: { ContainerID: container.id } },
      NetworksAttachments: [{ Network: { ID: id, Spec: { Name: 'image', Labels: {} } }, Addresses: ['10.0.0.2/24'] }]
    }],
    nodes: [{ ID: 'node', Status: { State: 'ready', Addr: '10.0.0.1' }, Description: { Hostname: 'one' } }],
    networks: [{ Id: id, Name: 'image', Driver: 'overlay', Scope: 'swarm', Labels: {} }]
  }
  t.match(readTasks(lists, place), { services: [{ name: 'look' }] }, 'the lists are such as lead to a service')
  for (const name of Object.keys(lists) as Array<keyof typeof lists>) {
    for (const { text } of planted(lists[name])) {
      fake.fault = { text }
      readTasks({ ...lists, [name]: await engine[name](signal) }, place)
      stayClean(text)
    }
  }
})

t.test('prototype pollution through charts', async t => {
  const stayClean = cleanliness(t)
  const service = buildService(t, lineCharts)
  const { graphic: _, dimensions: __, ...rest } = graphicRequest()
  const chart = { title: 'Rain', axes: [{ axis: 'xAxis', title: 'Month' }], series: [{ name: 'Rain', type: 'line', data: [{ x: 0, y: 1, more: {} }, { x: 1, y: 3 }] }] }
  for (const { text, isForbidden } of planted({ ...rest, highChartsData: chart })) {
    const { statusCode } = await service.inject({ method: 'POST', url: '/preprocessor', headers: { 'content-type': 'application/json' }, payload: text })
    t.match(statusCode, isForbidden ? /^400$/ : /^(?:200|204|400)$/, text)
    stayClean(text)
  }
})

t.test('prototype pollution through the environment', async t => {
  const stayClean = cleanliness(t)
  const { text = '' } = [...planted({ PORT: '1' })].find(({ isForbidden }) => isForbidden) ?? {}
  for (const environment of [JSON.parse(text), JSON.parse('{"__proto__":"polluted","constructor":"polluted","prototype":"polluted"}')]) {
    t.equal(readConfiguration(environment).configuration.HOST, '127.0.0.1')
    stayClean(JSON.stringify(environment))
  }
})
