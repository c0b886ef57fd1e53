// The Server-Timing header: what each service did, by name.
import t from 'tap'
import { answer, build, found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering } from '../helper.ts'

t.test('each service is named with its outcome and milliseconds, in the order in which they settled', async t => {
  const services = {
    shrink: preprocessor(await mockService(t, found(names.modifier, { zoom: 1 })), { modifyRequest: true }),
    'look.v2_x-y': preprocessor(await mockService(t, found(names.preprocessor('look'), {})), { optional_dependencies: 'shrink' }),
    absent: preprocessor(await mockService(t, answer(204)), { required_dependencies: 'look.v2_x-y' }),
    wrong: preprocessor(await mockService(t, answer(500, 'secret')), { required_dependencies: 'absent' }),
    slow: preprocessor(await mockService(t, hang), { required_dependencies: 'wrong' }),
    text: handler(await mockService(t, made(rendering('secret'))), { required_dependencies: 'slow' })
  }
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '500' }, services })
  const { headers } = await server.render()
  const dur = '\\d+\\.\\d'
  t.match(headers.get('server-timing'), new RegExp(
    `^shrink;desc="done";dur=${dur}, look\\.v2_x-y;desc="done";dur=${dur}, absent;desc="not-applicable";dur=${dur}, ` +
    `wrong;desc="failed: status";dur=${dur}, slow;desc="failed: timeout";dur=${dur}, text;desc="done";dur=${dur}$`
  ))
  const slow = headers.get('server-timing')?.match(/slow;desc="failed: timeout";dur=([\d.]+)/)?.[1]
  t.ok(Number(slow) >= 499, 'milliseconds are those of the call')

  const preprocess = await server.post('/render/preprocess', graphicRequest())
  t.match(preprocess.headers.get('server-timing'), /shrink;desc="done"/)
  t.notMatch(preprocess.headers.get('server-timing'), /text;/)
})

t.test('hundreds of services make a header that clients can still read', async t => {
  const everywhere = await mockService(t, answer(204))
  const services = Object.fromEntries(Array.from({ length: 400 }, (_, number) => [`service-with-a-long-name-${number}`, preprocessor(everywhere)]))
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
  const { status, headers } = await server.render()
  t.equal(status, 200)
  const header = headers.get('server-timing') ?? ''
  t.ok(header.length > 4000 && header.length <= 6144, `${header.length} characters`)
  t.match(header, /dur=\d+\.\d$/, 'cut between entries')
})

t.test('a refused request has none', async t => {
  const server = await build(t)
  t.equal((await server.render({})).headers.get('server-timing'), null)
})
