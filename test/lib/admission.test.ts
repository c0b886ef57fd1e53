// Places for requests: never more than there are, each given back once.
import fc from 'fast-check'
import t from 'tap'
import { createAdmission, mostBodyBytes } from '../../lib/admission.ts'

t.test('there are so many places and no more', async t => {
  const admission = createAdmission({ maxRequests: 2, maxBytes: 100 })
  const first = admission.admit(0)
  t.ok(admission.admit(0))
  t.equal(admission.admit(0), undefined)
  first?.release()
  t.ok(admission.admit(0), 'one that is given back goes to the next')
  t.strictSame(admission.state(), { requests: 2, bytes: 0, refused: 1 })
})

t.test('bodies have so much room and no more', async t => {
  const admission = createAdmission({ maxRequests: 100, maxBytes: 100 })
  const first = admission.admit(60)
  t.ok(admission.admit(40), 'to the last byte')
  t.equal(admission.admit(1), undefined)
  t.ok(admission.admit(0), 'what has no body needs no room')
  first?.release()
  t.ok(admission.admit(60))
})

t.test('a body that is larger than all the room gets in where there is no other', async t => {
  const admission = createAdmission({ maxRequests: 100, maxBytes: 100 })
  const large = admission.admit(1000)
  t.ok(large)
  t.equal(admission.admit(1), undefined)
  large?.release()
  t.ok(admission.admit(100))
  t.equal(admission.admit(1000), undefined)
})

t.test('a body that turns out smaller leaves room to others', async t => {
  const admission = createAdmission({ maxRequests: 100, maxBytes: 100 })
  const place = admission.admit(100)
  place?.settle(10)
  t.equal(admission.state().bytes, 10)
  place?.settle(50)
  t.equal(admission.state().bytes, 10, 'it grows no more')
  t.ok(admission.admit(90))
  place?.release()
  place?.settle(1)
  t.equal(admission.state().bytes, 90, 'what is given back is settled')
})

t.test('whatever happens in whatever order, bounds hold and nothing is left in the end', async () => {
  const step = fc.record({ kind: fc.constantFrom('admit', 'settle', 'release'), bytes: fc.nat(80), which: fc.nat(20) })
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
    const admission = createAdmission({ maxRequests: 5, maxBytes: 100 })
    const places = []
    for (const { kind, bytes, which } of steps) {
      const place = places[which % Math.max(1, places.length)]
      if (kind === 'admit') places.push(admission.admit(bytes))
      else if (kind === 'settle') place?.settle(bytes)
      else place?.release()
      const state = admission.state()
      if (state.requests > 5 || state.bytes > 100 || state.requests < 0 || state.bytes < 0) return false
    }
    for (const place of places) place?.release()
    const { requests, bytes, refused } = admission.state()
    return requests === 0 && bytes === 0 && refused === places.filter(place => place === undefined).length
  }))
})

t.test('headers say how large a body can be', async t => {
  for (const [headers, bytes] of [
    [{}, 0],
    [{ 'content-length': '0' }, 0],
    [{ 'content-length': '70' }, 70],
    [{ 'content-length': '100' }, 100],
    [{ 'content-length': '101' }, 0],
    [{ 'content-length': '101', 'content-encoding': 'gzip' }, 0],
    [{ 'content-length': '70', 'content-encoding': 'identity' }, 70],
    [{ 'content-length': '70', 'content-encoding': ' GZIP' }, 170],
    [{ 'content-length': '0', 'content-encoding': 'gzip' }, 0],
    [{ 'transfer-encoding': 'chunked' }, 100],
    [{ 'transfer-encoding': 'chunked', 'content-encoding': 'deflate' }, 200]
  ] as const) t.equal(mostBodyBytes(headers, 100), bytes, JSON.stringify(headers))
})
