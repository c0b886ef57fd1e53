// WORKERS: several processes behind one port are one server, for clients and for operators.
import t from 'tap'
import { after, found, mockService, names, preprocessor, servicesFile } from '../helper.ts'
import { readExposition } from '../lib/fixtures/exposition.ts'
import { ask, metrics, operator, preprocess, start, workersOf } from './two-processes.ts'

t.test('all processes answer on one port, and whichever is asked gives the metrics of all', async t => {
  const server = start(t)
  const port = await server.port
  t.equal((await workersOf(server)).length, 2, 'two processes listen')
  for (let time = 0; time < 10; time++) t.equal((await ask(port, '/health')).status, 200)
  for (let time = 0; time < 3; time++) {
    const { value } = await metrics(port)
    t.equal(value('tutti_requests_total{route="/health",status="200"}'), 10)
    t.equal(value('tutti_workers'), 2)
    t.equal(value('tutti_ready'), 1, 'what each process knows of the whole is not added up')
  }
  t.ok(new Set(server.lines().filter(({ msg }) => msg === 'request ended').map(({ pid }) => pid)).size === 2, 'both have answered')
  const { types } = readExposition((await ask(port, '/metrics', operator)).text)
  t.equal(types.get('tutti_request_duration_seconds'), 'histogram')
  server.kill('SIGTERM')
  t.match(await server.ended, { code: 0, stderr: '' })
})

t.test('limits for one address count over all processes, and an operator is known to all', async t => {
  const server = start(t, { OPERATOR_RATE_LIMIT: '3', NOT_FOUND_RATE_LIMIT: '5', TRUST_PROXY: '127.0.0.1' })
  const port = await server.port
  const statuses = async (times: number, path: string, address: string, headers = {}) => {
    const all: number[] = []
    for (let time = 0; time < times; time++) all.push((await ask(port, path, { ...headers, 'x-forwarded-for': address })).status)
    return all
  }
  const wrong = { authorization: 'Bearer wrong' }
  t.strictSame(await statuses(7, '/nowhere', '203.0.113.1'), [404, 404, 404, 404, 404, 429, 429])
  t.strictSame(await statuses(1, '/nowhere', '203.0.113.2'), [404])
  t.strictSame(await statuses(4, '/topology', '203.0.113.3', wrong), [401, 401, 401, 429])
  t.strictSame(await statuses(4, '/topology', '203.0.113.3', operator), Array(4).fill(429), 'a stranger who has guessed enough learns nothing from any process')
  t.strictSame(await statuses(1, '/metrics', '203.0.113.4', operator), [200])
  t.strictSame(await statuses(5, '/metrics', '203.0.113.4', wrong), [401, 401, 401, 429, 429])
  t.strictSame(await statuses(4, '/metrics', '203.0.113.4', operator), Array(4).fill(200), 'guesses from its address lock an operator out of no process')
})

t.test('a label bounds the calls of all processes together', async t => {
  const gate = Promise.withResolvers<void>()
  const look = await mockService(t, after(gate.promise, found(names.preprocessor('look'), {})))
  const SERVICES_FILE = servicesFile(t, { look: { ...preprocessor(look), labels: { ...preprocessor(look).labels, 'tutti.concurrency': '1' } } })
  const server = start(t, { SERVICES_FILE })
  const port = await server.port
  const replies = [preprocess(port), preprocess(port), preprocess(port), preprocess(port)]
  await look.request(1)
  // All four have come, and three of them wait.
  while ((await metrics(port)).value('tutti_requests_in_flight') !== 4);
  t.equal(look.received.length, 1)
  gate.resolve()
  for (const { status, text } of await Promise.all(replies)) {
    t.equal(status, 200)
    t.match(text, /preprocessor\.look/)
  }
})

t.test('what keeps the server from starting is said once', async t => {
  const busy = start(t)
  const port = await busy.port
  for (const [environment, line] of [
    [{ WORKERS: '0' }, /^Tutti cannot start: WORKERS=0 is not allowed: it must be a whole number from 1 to 64\.\n$/],
    [{ SERVICES_FILE: '/nowhere/services.yaml' }, /^Tutti cannot start: SERVICES_FILE \/nowhere\/services\.yaml cannot be used: [^\n]+\n$/],
    [{ PORT: String(port) }, /^Tutti cannot start: [^\n]+EADDRINUSE[^\n]+ Stop what listens there, or set PORT \(for TLS, SSL_PORT\) to another one\.\n$/]
  ] as const) {
    const { code, stderr, stdout } = await start(t, environment).ended
    t.equal(code, 1)
    t.match(stderr, line)
    t.notMatch(stdout, /another one is started|Server listening/)
  }
})
