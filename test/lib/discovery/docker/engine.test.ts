// What is asked of a Docker engine, and what becomes of its answers: lists, a stream of events however it is cut, and errors that
// say what happened.
import { createServer } from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { createEngine, EngineError } from '../../../../lib/discovery/docker/engine.ts'
import type { Engine } from '../../../../lib/discovery/docker/engine.ts'
import { fakeEngine } from '../../fixtures/fake-engine.ts'
import type { FakeEngine } from '../../fixtures/fake-engine.ts'

const kinds = { types: ['container', 'network'], actions: ['start', 'die', 'health_status'] }
const { signal } = new AbortController()

async function start (t: Test, { tcp = false, timeout = 5000 } = {}): Promise<{ fake: FakeEngine, engine: Engine }> {
  const fake = await fakeEngine(t, { tcp })
  return { fake, engine: createEngine({ host: fake.host, timeout }) }
}

/** Attaches to the events, and ends with the test. */
async function attach (t: Test, engine: Engine): Promise<AsyncIterator<unknown>> {
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  return (await engine.events(kinds, ending.signal))[Symbol.asyncIterator]()
}

/** The given number of items, texts parsed. */
async function take (events: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const items: unknown[] = []
  while (items.length < count) {
    const { value } = await events.next() as { value: unknown }
    items.push(typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value)
  }
  return items
}

const event = (Action: string, Type = 'container') => ({ Type, Action, Actor: { ID: '', Attributes: { name: 'café 🦉' } }, scope: 'local', time: 0, timeNano: 0 })
const lines = (...actions: string[]) => actions.map(action => `${JSON.stringify(event(action))}\n`).join('')

for (const tcp of [false, true]) {
  t.test(`lists come over ${tcp ? 'TCP' : 'a unix socket'}`, async t => {
    const { fake, engine } = await start(t, { tcp })
    const { id } = fake.place({ service: 'text', networks: { image: '10.0.0.2' } })
    fake.place({ name: 'old', state: 'exited' })
    fake.swarm = { services: [{ ID: 's' }], tasks: [{ ID: 'a', DesiredState: 'running' }, { ID: 'b', DesiredState: 'shutdown' }], nodes: [{ ID: 'n' }] }
    t.match(await engine.containers(signal), [{ Id: id }])
    t.strictSame(await engine.services(signal), [{ ID: 's' }])
    t.match(await engine.tasks(signal), [{ ID: 'a' }])
    t.strictSame(await engine.nodes(signal), [{ ID: 'n' }])
    t.match(await engine.networks(signal), [{ Name: 'image' }])
    t.strictSame(fake.forbidden, [])
    t.ok(fake.calls.every(({ method }) => method === 'GET'), 'by reading only')
  })
}

t.test('the environment of the process decides nothing', async t => {
  const variables = { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_TLS_VERIFY: '1', DOCKER_CLIENT_TIMEOUT: '1', DOCKER_PATH_PREFIX: '/wrong/' }
  const before = { ...process.env }
  t.teardown(() => { for (const name of Object.keys(variables)) if (before[name] === undefined) delete process.env[name]; else process.env[name] = before[name] })
  Object.assign(process.env, variables)
  for (const tcp of [false, true]) {
    const { engine } = await start(t, { tcp })
    t.strictSame(await engine.containers(signal), [])
  }
})

t.test('errors say what happened', async t => {
  const { fake, engine } = await start(t)
  const table: Array<[name: string, fault: FakeEngine['fault'], expected: { status?: number, message: RegExp }]> = [
    ['an error of the engine', { status: 500 }, { status: 500, message: /500/ }],
    ['a proxy that forbids it', { status: 403 }, { status: 403, message: /403/ }],
    ['a connection that breaks', { reset: true }, { message: /ECONNRESET/ }]
  ]
  for (const [name, fault, expected] of table) {
    t.test(name, async t => {
      fake.fault = fault
      await t.rejects(engine.containers(signal), { name: 'EngineError', ...expected })
      await t.rejects(engine.events(kinds, signal), { name: 'EngineError', ...expected })
    })
  }
  t.test('no answer', async t => {
    fake.fault = { hang: true }
    const impatient = createEngine({ host: fake.host, timeout: 100 })
    await t.rejects(impatient.containers(signal), { name: 'EngineError', message: 'GET /containers/json: no whole answer in 100 ms' })
    await t.rejects(impatient.events(kinds, signal), { name: 'EngineError', message: 'GET /events: no answer in 100 ms' })
  })
  for (const text of ['', 'null', '{}', '"x"', '[{"Id":', '<html>']) {
    t.test(`an answer that is ${text || 'empty'}`, async t => {
      fake.fault = { text }
      await t.rejects(engine.containers(signal), { name: 'EngineError', message: 'GET /containers/json: the answer is no JSON list' })
    })
  }
  t.test('nobody there', async t => {
    fake.fault = undefined
    await fake.leave()
    await t.rejects(engine.containers(signal), { name: 'EngineError', status: undefined, message: /ENOENT/ })
    await t.rejects(engine.events(kinds, signal), { name: 'EngineError', message: /ENOENT/ })
  })
})

t.test('who no longer wants an answer ends the question', async t => {
  const { fake, engine } = await start(t)
  fake.fault = { hang: true }
  const questions: Array<(signal: AbortSignal) => Promise<unknown>> = [signal => engine.containers(signal), signal => engine.events(kinds, signal)]
  for (const ask of questions) {
    const ending = new AbortController()
    const before = fake.calls.length
    const answer = ask(ending.signal)
    await fake.until(() => fake.calls.length > before)
    ending.abort()
    await t.rejects(answer, EngineError)
  }
})

t.test('events', async t => {
  t.test('only what matters is asked for', async t => {
    const { fake, engine } = await start(t)
    await attach(t, engine)
    t.strictSame(JSON.parse(fake.calls[0]?.query.get('filters') ?? ''), { type: kinds.types, event: kinds.actions })
  })

  t.test('come whole, one by one, however they are cut or joined', async t => {
    const { fake, engine } = await start(t)
    const events = await attach(t, engine)
    const bytes = Buffer.from(lines('start', 'die'))
    for (let size = 1; size <= bytes.length; size += size < 40 ? 1 : 50) {
      // Byte by byte too, so that letters of several bytes are cut as well.
      for (let start = 0; start < bytes.length; start += size) fake.events.write(bytes.subarray(start, start + size))
      t.strictSame(await take(events, 2), [event('start'), event('die')], `in pieces of ${size} bytes`)
    }
    fake.events.write(lines('start', 'die', 'start').replaceAll('\n', '\r\n\r\n'))
    t.equal((await take(events, 3)).length, 3, 'with other ends of lines and empty ones')
  })

  t.test('those that nobody asked for, from a proxy that passes filters on to nobody, are left out', async t => {
    const { fake, engine } = await start(t)
    const events = await attach(t, engine)
    fake.events.write(lines('exec_create: curl', 'top', 'start') + `${JSON.stringify(event('start', 'volume'))}\n` + lines('health_status: healthy'))
    t.match(await take(events, 2), [{ Action: 'start' }, { Action: 'health_status: healthy' }])
  })

  t.test('what cannot be understood may mean anything and is given as it is', async t => {
    const { fake, engine } = await start(t)
    const events = await attach(t, engine)
    fake.events.write('nonsense\n{"Type":7}\nnull\n[]\n{"Type":"container","Act')
    t.equal((await take(events, 4)).length, 4)
    fake.events.drop('end')
    t.match((await events.next()), { done: false, value: /"Act/ }, 'the last one need not be finished')
    t.match(await events.next(), { done: true })
  })

  t.test('a line without end costs no memory without end, and may mean anything', async t => {
    const { fake, engine } = await start(t)
    const events = await attach(t, engine)
    const part = 'x'.repeat(64 * 1024)
    for (let size = 0; size <= 1024 * 1024; size += part.length) fake.events.write(part)
    t.equal((await take(events, 1)).length, 1)
    fake.events.write('\n' + lines('start'))
    for (let item: unknown; (item as { Action?: unknown } | undefined)?.Action !== 'start';) [item] = await take(events, 1)
    t.pass('and what comes after is understood')
  })

  t.test('may be silent for as long as they like once the stream has begun', async t => {
    const { fake, engine } = await start(t, { timeout: 1000 })
    const events = await attach(t, engine)
    fake.fault = { hang: true }
    await t.rejects(engine.containers(signal), /1000 ms/, 'a list has taken longer than that')
    fake.events.write(lines('start'))
    t.match(await take(events, 1), [{ Action: 'start' }])
  })

  t.test('end as the stream ends: properly, or with an error', async t => {
    const { fake, engine } = await start(t)
    const first = await attach(t, engine)
    fake.events.drop('end')
    t.match(await first.next(), { done: true })
    const second = await attach(t, engine)
    fake.events.drop('reset')
    await t.rejects(second.next(), EngineError)
  })

  t.test('end when nobody wants them any more', async t => {
    const { fake, engine } = await start(t)
    const ending = new AbortController()
    await engine.events(kinds, ending.signal)
    await fake.until(() => fake.events.open === 1)
    ending.abort()
    await fake.until(() => fake.events.open === 0)
  })
})

t.test('TLS: both sides show their certificates', async t => {
  const [ca, cert, key] = ['ca', 'cert', 'key'].map(name => readFileSync(new URL(`../../../fixtures/certificates/${name}.pem`, import.meta.url)))
  if (ca === undefined || cert === undefined || key === undefined) throw new TypeError('certificates are missing')
  const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (_request, response) => response.end('[{"Id":"x"}]'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.strictSame(await createEngine({ host, certificates: { ca, cert, key }, timeout: 5000 }).containers(signal), [{ Id: 'x' }])
  await t.rejects(createEngine({ host: host.replace('tcp', 'https'), timeout: 5000 }).containers(signal), EngineError, 'a server that nobody vouches for is not believed')
  await t.rejects(createEngine({ host, timeout: 5000 }).containers(signal), EngineError, 'without certificates nothing is encrypted')
})
