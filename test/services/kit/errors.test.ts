// What the log says of an error.
import t from 'tap'
import { traceError } from '../../../services/kit/errors.ts'

t.test('a trace has kind, code, places and causes, and never the message', async t => {
  const inner = Object.assign(new RangeError('secret\n    at secret (secret.ts:1:1)'), { code: 'E_INNER' })
  const trace = traceError(new Error('secret', { cause: inner }))
  t.match(trace, { type: 'Error', cause: { type: 'RangeError', code: 'E_INNER' } })
  t.match(trace.frames[0], /errors\.test\.ts/)
  t.match(trace.cause?.frames[0], /errors\.test\.ts/)
  t.notMatch(JSON.stringify(trace), /secret/)
})

t.test('a message that was changed after the error was made stays out as well', async t => {
  const error = new Error('secret one\n    at secret (secret.ts:1:1)')
  error.message = 'secret two'
  t.notMatch(JSON.stringify(traceError(error)), /secret/)
})

t.test('whatever else is thrown is told by its type', async t => {
  t.strictSame(traceError('secret'), { type: 'string', frames: [] })
  t.strictSame(traceError(undefined), { type: 'undefined', frames: [] })
})

t.test('a chain of causes that bites its tail ends', async t => {
  const error = new Error('a')
  error.cause = error
  t.ok(JSON.stringify(traceError(error)).length < 20_000)
})
