// The Server-Timing header: one entry for each service, safe to send whatever a service is called, and never too long.
import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import t from 'tap'
import fc from 'fast-check'
import type { Outcome } from '../../../lib/graphics/outcome.ts'
import { serverTiming } from '../../../lib/graphics/server-timing.ts'

const outcomeOf = (service: string, changes: Partial<Outcome> = {}): Outcome => ({ service, role: 'handler', kind: 'done', milliseconds: 1, ...changes })

t.test('without outcomes it is empty', async t => {
  t.equal(serverTiming([]), '')
})

t.test('every outcome is an entry with its ending, the reason of a failure, and its time', async t => {
  t.equal(serverTiming([
    outcomeOf('ocr', { milliseconds: 12.345 }), outcomeOf('object-detection', { kind: 'failed', reason: 'timeout', detail: 'secret' }), outcomeOf('svg_map', { kind: 'not-applicable', milliseconds: 0 }), outcomeOf('a', { kind: 'late', milliseconds: 1e6 })
  ]), 'ocr;desc="done";dur=12.3, object-detection;desc="failed: timeout";dur=1.0, svg_map;desc="not-applicable";dur=0.0, a;desc="late";dur=1000000.0')
})

t.test('how many replicas were asked is said where it was more than one', async t => {
  t.equal(serverTiming([outcomeOf('ocr', { attempts: 2 }), outcomeOf('speak', { kind: 'failed', reason: 'status', attempts: 3 })]),
    'ocr;desc="done, 2 attempts";dur=1.0, speak;desc="failed: status, 3 attempts";dur=1.0')
})

t.test('what a name must not have in a header is replaced', async t => {
  t.equal(serverTiming([outcomeOf('a b,c;d="e"\r\nset-cookie: x')]), 'a_b_c_d__e___set-cookie__x;desc="done";dur=1.0')
  t.equal(serverTiming([outcomeOf('')]), '_;desc="done";dur=1.0')
  t.equal(serverTiming([outcomeOf('é漢😀')]), '____;desc="done";dur=1.0')
})

t.test('it is cut at the last entry that fits, and says nothing of what one entry alone cannot fit', async t => {
  const many = Array.from({ length: 1000 }, (_, index) => outcomeOf(`service-${index}`))
  const header = serverTiming(many)
  t.ok(header.length <= 6000)
  t.ok(header.length > 5900)
  t.ok(serverTiming(many.slice(0, 150)).startsWith(header.slice(0, 3000)))
  t.match(header, /dur=1\.0$/)
  // Each entry is its name and twenty characters; two of them fill the header to the last character but for what parts them.
  const pair = (length: number) => serverTiming([outcomeOf('x'.repeat(2980)), outcomeOf('y'.repeat(length))])
  t.equal(pair(2978).length, 6000)
  t.equal(pair(2979).length, 3000)
  t.equal(serverTiming([outcomeOf('x'.repeat(7000)), outcomeOf('short')]), '')
})

t.test('any names whatever give a header that may be sent', async () => {
  const outcomes = fc.array(fc.record({ name: fc.string({ unit: 'binary', maxLength: 100 }), milliseconds: fc.double({ min: 0, max: 1e7, noNaN: true }) }), { maxLength: 30 })
  fc.assert(fc.property(outcomes, list => {
    const header = serverTiming(list.map(({ name, milliseconds }) => outcomeOf(name, { milliseconds })))
    validateHeaderValue('server-timing', header)
    assert(header.length <= 6000)
    const entries = header === '' ? [] : header.split(', ')
    for (const entry of entries) assert.match(entry, /^[\w.!#$%&'*+^`|~-]+;desc="done";dur=\d+\.\d$/)
    assert(entries.length <= list.length)
  }), { numRuns: 300 })
})
