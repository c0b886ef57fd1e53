// Which services a request concerns: routes, and what makes a service a preprocessor or a handler.
import t from 'tap'
import type { Test } from 'tap'
import { answer, build, graphicRequest, mockService, outcomes } from '../helper.ts'
import type { Entry, MockService } from '../helper.ts'

/** Asks with a request and gives the paths and names of the services that were called, sorted. */
async function called (ask: () => Promise<unknown>, services: Record<string, MockService>): Promise<string[]> {
  const before = new Map(Object.entries(services).map(([name, service]) => [name, service.received.length]))
  await ask()
  return Object.entries(services).flatMap(([name, service]) => service.received.slice(before.get(name)).map(({ path }) => `${name} ${path}`)).toSorted()
}

async function start (t: Test, labels: Record<string, Entry['labels']>, env: Record<string, string> = { PARALLEL_PREPROCESSORS: 'ON' }) {
  const services: Record<string, MockService> = {}
  for (const name of Object.keys(labels)) services[name] = await mockService(t, answer(204))
  const server = await build(t, { env, services: Object.fromEntries(Object.entries(labels).map(([name, each]) => [name, { labels: each, urls: [services[name]?.url ?? ''] }])) })
  return { server, services, calls: (request: unknown, path = '/render') => called(() => server.post(path, request), services) }
}

t.test('routes', async t => {
  const { calls } = await start(t, {
    plain: { preprocessor: 1 },
    empty: { preprocessor: 1, route: '' },
    both: { preprocessor: 1, route: 'default,followup' },
    followup: { handler: 'enable', route: 'followup' },
    spaced: { handler: 'enable', route: 'followup , map' },
    malformed: { preprocessor: 1, route: 'follow-up' },
    trailing: { preprocessor: 1, route: 'map,' },
    hostile: { preprocessor: 1, route: '__proto__,constructor' }
  })
  const ofDefault = ['both /preprocessor', 'empty /preprocessor', 'malformed /preprocessor', 'plain /preprocessor', 'trailing /preprocessor']

  const table: Array<[route: unknown, expected: string[]]> = [
    [undefined, ofDefault],
    ['default', ofDefault],
    ['followup', ['both /preprocessor', 'followup /handler', 'spaced /handler']],
    ['map', ['spaced /handler']],
    ['__proto__', ['hostile /preprocessor']],
    ['constructor', ['hostile /preprocessor']],
    ['toString', []],
    ['Default', []],
    ['default,followup', []],
    ['unknown', []],
    ['', []],
    [null, []],
    [0, []],
    [['default'], []],
    [{ default: true }, []],
    ['x'.repeat(50000), []]
  ]
  for (const [route, expected] of table) {
    t.test(`route ${JSON.stringify(route)?.slice(0, 30)} concerns ${expected.length === 0 ? 'nobody' : expected.join(', ')}`, async t => {
      t.strictSame(await calls(graphicRequest({ route })), expected)
      t.strictSame(await calls(graphicRequest({ route }), '/render/preprocess'), expected.filter(each => each.endsWith('/preprocessor')))
    })
  }
})

t.test('labels that make a service', async t => {
  const labels: Record<string, [labels: Entry['labels'], roles: string[]]> = {
    number: [{ preprocessor: 1 }, ['preprocessor']],
    zero: [{ preprocessor: '0' }, ['preprocessor']],
    words: [{ preprocessor: 'late' }, ['preprocessor']],
    nothing: [{ preprocessor: '' }, []],
    handler: [{ handler: 'enable' }, ['handler']],
    truth: [{ handler: 'true' }, []],
    capitals: [{ handler: 'ENABLE' }, []],
    nonsense: [{ preprocessor: '1', handler: 'true' }, ['preprocessor']],
    prefixed: [{ 'ca.mcgill.a11y.image.preprocessor': '1' }, ['preprocessor']],
    foreign: [{ 'org.example.preprocessor': '1', 'org.example.handler': 'enable' }, []]
  }
  const { calls, server } = await start(t, Object.fromEntries(Object.entries(labels).map(([name, [each]]) => [name, each])))
  t.strictSame(await calls(graphicRequest()), Object.entries(labels).flatMap(([name, [, roles]]) => roles.map(role => `${name} /${role}`)).toSorted())
  const problems = server.logs.filter(line => line.msg === 'a service is not as it should be')
  t.strictSame(new Set(problems.map(line => line.service)), new Set(['words', 'nothing', 'truth', 'capitals', 'nonsense', 'foreign']), 'and the log names the others, with the cure')
  t.ok(problems.every(line => line.level === 40 && typeof line.cure === 'string'))
})

t.test('a request for one route does not see the services of another as dependencies', async t => {
  const { calls } = await start(t, {
    look: { preprocessor: 1, route: 'map' },
    text: { handler: 'enable', required_dependencies: 'look' }
  })
  t.strictSame(await calls(graphicRequest()), ['text /handler'])
})

t.test('a service without addresses is at its own name, at the port of its label', async t => {
  const look = await mockService(t, answer(204))
  const { port } = new URL(look.url)
  const ports = { '127.0.0.1': port, '127.0.1': `${port}abc`, 127.1: ` ${port}` }
  const server = await build(t, { services: Object.fromEntries(Object.entries(ports).map(([name, label]) => [name, { labels: { preprocessor: 1, port: label } }])) })
  t.strictSame(outcomes(await server.render()), { '127.0.0.1': 'not-applicable', '127.0.1': 'not-applicable', 127.1: 'not-applicable' })
})
