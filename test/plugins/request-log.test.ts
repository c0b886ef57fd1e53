// The one line that a request leaves in the log.
import { get } from 'node:http'
import t from 'tap'
import metrics from '../../plugins/metrics.ts'
import requestLog from '../../plugins/request-log.ts'
import tracing from '../../plugins/tracing.ts'
import { buildBare } from '../lib/fixtures/app.ts'
import { closeOf } from '../lib/fixtures/loopback.ts'

t.test('a request leaves one line: method, pattern of the route, status and time, not its address', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(metrics)
  await app.register(tracing)
  await app.register(requestLog)
  app.get('/things/:name', async (_request, reply) => await reply.code(202).send('ok'))
  await app.inject('/things/secret?token=secret')
  await app.inject('/nowhere/secret')
  const ended = lines.filter(line => line.msg === 'request ended')
  t.match(ended, [{ level: 30, method: 'GET', route: '/things/:name', status: 202, ms: Number }, { status: 404 }])
  t.notMatch(JSON.stringify(lines), 'secret')
})

t.test('a request that says who it is has that id in all its further lines', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(metrics)
  await app.register(tracing)
  await app.register(requestLog)
  app.get('/', async (request, reply) => {
    app.identify(request, reply, 'known id')
    request.log.info('working')
    return request.id
  })
  t.equal((await app.inject('/')).body, 'known id')
  t.match(lines, [{ msg: 'working', reqId: 'known id' }, { msg: 'request ended', reqId: 'known id' }])
})

t.test('a request whose client has gone leaves its line too', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(metrics)
  await app.register(tracing)
  await app.register(requestLog)
  const arrived = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  app.get('/', async (_request, reply) => {
    arrived.resolve()
    await closeOf(reply.raw)
    gone.resolve()
    return 'nobody'
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = get(origin, { agent: false }).on('error', () => {})
  await arrived.promise
  client.destroy()
  await gone.promise
  t.match(lines.filter(line => line.msg === 'request ended'), [{ route: '/', status: 499 }])
})
