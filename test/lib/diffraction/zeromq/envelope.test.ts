// Messages taken apart.
import t from 'tap'
import { mostHops, openEnvelope } from '../../../../lib/diffraction/zeromq/envelope.ts'

const open = (...parts: string[]) => {
  const opened = openEnvelope(parts.map(part => Buffer.from(part)))
  return opened === undefined ? undefined : { ...opened, envelope: opened.envelope.map(String), request: opened.request === undefined ? undefined : String(opened.request) }
}

t.test('a request, with what is behind it left out', async t => {
  t.same(open('a', '', '{}'), { envelope: ['a', ''], request: '{}' })
  t.same(open('a', 'b', '', '{}', 'more', ''), { envelope: ['a', 'b', ''], request: '{}' })
  t.same(open('a', '', ''), { envelope: ['a', ''], request: '' })
})

t.test('what is no request, and how it is answered', async t => {
  t.same(open('a', '{}'), { envelope: ['a', ''], request: undefined, fault: 'no delimiter' })
  t.same(open('proxy', 'a', '{}'), { envelope: ['proxy', 'a', ''], request: undefined, fault: 'no delimiter' })
  t.same(open('a', ''), { envelope: ['a', ''], request: undefined, fault: 'no request' })
})

t.test('hops', async t => {
  const hops = Array(mostHops).fill('x')
  t.same(open(...hops, '', '{}'), { envelope: [...hops, ''], request: '{}' })
  t.same(open('y', ...hops, '', '{}'), { envelope: ['y', ...hops, ''], request: undefined, fault: 'too many parts' })
})

t.test('what has no way back', async t => {
  t.equal(open('a'), undefined)
  t.equal(open(), undefined)
  t.equal(open(...Array(1000).fill('x')), undefined)
})
