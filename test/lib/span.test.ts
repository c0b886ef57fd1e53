// Spans where nothing is written down.
import t from 'tap'
import { untraced, unwritten } from '../../lib/span.ts'

t.test('the place of the client is handed on, whatever happens', async t => {
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' }
  const span = untraced.begin('work', {}, headers)
  t.strictSame(span.headers, headers)
  const call = span.call('call', {})
  t.strictSame(call.headers, headers)
  call.event('event', {})
  call.end({}, 'failure')
  span.end({})
  t.notHas(span, 'traceId')
  await untraced.close()
})

t.test('each piece of work without one begins a trace', async t => {
  const begun = Array.from({ length: 3 }, () => untraced.begin('work', {}, {}).headers.traceparent)
  t.equal(new Set(begun).size, 3)
  for (const each of begun) t.match(each, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
})

t.test('without headers nothing is told', async t => t.strictSame(unwritten({}).call('call', {}).headers, {}))
