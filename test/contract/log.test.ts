// The log: one id through all lines of a request, and nothing in it of what the client sent or got.
import t from 'tap'
import { answer, build, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, uuid } from '../helper.ts'
import type { LogLine } from '../helper.ts'

const secrets = {
  graphic: 'data:image/png;base64,c2VjcmV0IHBpY3R1cmU=',
  context: '<img alt="secret context">',
  URL: 'https://secret.example.org/secret-path',
  coordinates: undefined,
  'secret-member': 'secret value',
  followup: { query: 'secret question' }
}
const secretTrace = /secret|c2Vjcm/i

t.test('what is logged', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), { text: 'secret finding' }))
  const text = await mockService(t, made(rendering('secret description', { data: { text: 'secret text' } })))
  const wrong = await mockService(t, answer(500, 'secret traceback'))
  const slow = await mockService(t, hang)
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '500' },
    services: { look: preprocessor(look), wrong: preprocessor(wrong), slow: preprocessor(slow), text: handler(text, { required_dependencies: 'look' }) }
  })
  const during = async (ask: () => Promise<unknown>): Promise<LogLine[]> => {
    const start = server.logs.length
    await ask()
    // The last line is written when the answer has left the server, which may be after it has reached the client.
    await server.logged(line => line.msg === 'request ended', start)
    return server.logs.slice(start)
  }
  const find = (lines: LogLine[], msg: string) => lines.filter(line => line.msg === msg)

  t.test('has the request id in every line of the request, and one line when it has ended', async t => {
    const lines = await during(() => server.render(graphicRequest(secrets)))
    t.ok(lines.every(line => line.reqId === uuid))
    t.match(find(lines, 'request ended'), [{ method: 'POST', route: '/render', status: 200, level: 30 }])
    t.equal(find(lines, 'request ended').length, 1)
    t.ok(Number(find(lines, 'request ended')[0]?.ms) >= 499)
  })

  t.test('names each service with role, outcome, reason and time', async t => {
    const lines = await during(() => server.render(graphicRequest(secrets)))
    const settled = new Map(find(lines, 'service settled').map(line => [line.service, line]))
    t.match(settled.get('look'), { role: 'preprocessor', kind: 'done', milliseconds: Number, level: 20 })
    t.match(settled.get('text'), { role: 'handler', kind: 'done', level: 20 })
    t.match(settled.get('wrong'), { role: 'preprocessor', kind: 'failed', reason: 'status', detail: '500', level: 40 })
    t.match(settled.get('slow'), { role: 'preprocessor', kind: 'failed', reason: 'timeout', level: 40 })
    t.notOk([...settled.values()].some(line => 'result' in line))
  })

  t.test('has the times of all services that were asked, and of the whole, in the words of the IMAGE server', async t => {
    for (const headers of [{ accept: 'application/json' }, { accept: 'text/event-stream' }]) {
      const lines = await during(() => server.post('/render', graphicRequest(), { headers: { 'content-type': 'application/json', ...headers } }))
      const timings = find(lines, 'request ended')[0]?.timings as string[]
      const service = (label: string) => new RegExp(`^req=${uuid} timestamp=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z label=${label} execution_time_ms=\\d+\\.\\d\\dms cpu_time_ms=\\d+\\.\\d\\dms normalized_cpu_usage_percent=\\d+\\.\\d\\d%$`)
      for (const label of ['Preprocessor "look"', 'Preprocessor "wrong"', 'Preprocessor "slow"', 'Handler "text"']) {
        t.equal(timings.filter(line => service(label).test(line)).length, 1, label)
      }
      t.match(timings.at(-1), new RegExp(`^req=${uuid} TotalRequestExecutionTime execution_time_ms=\\d+\\.\\d\\dms$`))
      t.equal(timings.length, 5)
    }
    t.notHas(find(await during(() => server.send('/health')), 'request ended')[0], 'timings')
  })

  t.test('holds nothing of graphics, pages, findings and answers, at any level', async t => {
    slow.behaviour = answer(204)
    const unreadable = [
      answer(200, { request_uuid: uuid, timestamp: 1, name: 'secret name', data: 'secret data', secret: 1 }),
      answer(200, '{"secret": secret}'),
      answer(200, { request_uuid: uuid, timestamp: 1, name: names.preprocessor('look'), data: { data_schema: 'secret schema' } }),
      answer(200, { request_uuid: uuid, timestamp: 1, renderings: [{ type_id: 'secret type', description: 'secret' }] }),
      answer(200, { request_uuid: uuid, timestamp: 1, renderings: [rendering('secret', { metadata: { homepage: 'secret' } })] })
    ]
    const lines: LogLine[] = []
    for (const behaviour of unreadable) {
      look.behaviour = text.behaviour = behaviour
      lines.push(...await during(() => server.render(graphicRequest(secrets))))
    }
    lines.push(...await during(() => server.post('/render/preprocess', graphicRequest(secrets))))
    lines.push(...await during(() => server.render(graphicRequest({ ...secrets, language: 'secret language' }))))
    lines.push(...await during(() => server.render('{"secret": secret}')))
    lines.push(...await during(() => server.render('"secret"')))
    lines.push(...await during(() => server.render('{"__proto__":"secret"}')))
    lines.push(...await during(() => server.post('/render?query=secret', graphicRequest(secrets))))
    lines.push(...await during(() => server.send('/secret-path', { headers: { authorization: 'Bearer secret', cookie: 'secret' } })))
    t.ok(lines.length > 30)
    for (const line of lines.filter(each => secretTrace.test(JSON.stringify(each)))) t.fail('a line holds content', line)
  })

  t.test('says why a request was refused, by code', async t => {
    t.match(find(await during(() => server.render('{')), 'request refused'), [{ code: 'TUTTI_MALFORMED_BODY', status: 400, level: 30 }])
    t.match(find(await during(() => server.render({})), 'request ended'), [{ status: 400 }])
  })

  t.test('does not take the client\'s word for an id before it is checked', async t => {
    const lines = await during(() => server.post('/render', { ...graphicRequest(), request_uuid: 'evil"\n{}' }, { headers: { 'content-type': 'application/json', 'x-request-id': 'evil' } }))
    t.notOk(lines.some(line => JSON.stringify(line).includes('evil')))
  })
})
