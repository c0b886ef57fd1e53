// Which traceparent and tracestate count as valid, and what is made of them.
import t from 'tap'
import { readTraceContext, writeTraceContext } from '../../lib/trace-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const good = `00-${traceId}-${spanId}-01`

t.test('a valid one is read and written as it was', async t => {
  t.strictSame(readTraceContext({ traceparent: good, tracestate: 'a=1,b@c=x y' }), { traceId, spanId, flags: 1, state: 'a=1,b@c=x y' })
  for (const traceparent of [good, good.replace(/01$/, '00'), good.replace(/01$/, '03')]) {
    const context = readTraceContext({ traceparent })
    t.ok(context)
    t.strictSame(context && writeTraceContext(context), { traceparent })
  }
})

t.test('one of a later version is read as far as it is known', async t => {
  t.match(readTraceContext({ traceparent: `cc-${traceId}-${spanId}-01-more` }), { traceId, spanId, flags: 1 })
  t.match(readTraceContext({ traceparent: `cc-${traceId}-${spanId}-01` }), { traceId })
})

for (const traceparent of [
  '', 'x', good.slice(1), `${good}-more`, `${good} `, `${good}\n`, ` ${good}`, good.toUpperCase(), `ff-${traceId}-${spanId}-01`, `cc-${traceId}-${spanId}-01more`,
  `00-${'0'.repeat(32)}-${spanId}-01`, `00-${traceId}-${'0'.repeat(16)}-01`, `00-${traceId}-${spanId}-1`, `00-${traceId}-${spanId}-0g`,
  `${good}, ${good}`, `cc-${traceId}-${spanId}-01-${'x'.repeat(1000)}`
]) {
  t.test(`${JSON.stringify(traceparent).slice(0, 90)} is no traceparent`, async t => {
    t.equal(readTraceContext({ traceparent, tracestate: 'a=1' }), undefined)
  })
}

for (const tracestate of ['', ' , ', 'a', '=1', 'A=1', 'a=1=2', 'a=\u0007', 'a=1,b', 'a=é', `a=${'x'.repeat(300)}`, `a=1,b=${'x'.repeat(252)},c=${'x'.repeat(255)}`, Array.from({ length: 33 }, (_, each) => `k${each}=1`).join()]) {
  t.test(`the tracestate ${JSON.stringify(tracestate).slice(0, 40)} is left out`, async t => {
    t.strictSame(readTraceContext({ traceparent: good, tracestate }), { traceId, spanId, flags: 1 })
  })
}

t.test('absent headers are no context', async t => {
  t.equal(readTraceContext({}), undefined)
  t.equal(readTraceContext({ tracestate: 'a=1' }), undefined)
})
