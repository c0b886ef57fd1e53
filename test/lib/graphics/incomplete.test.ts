// The Tutti-Incomplete header: who is missing and why, safe to send whatever a service is called, and never too long.
import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import t from 'tap'
import fc from 'fast-check'
import { incomplete } from '../../../lib/graphics/incomplete.ts'
import type { Outcome } from '../../../lib/graphics/outcome.ts'

const outcomeOf = (service: string, changes: Partial<Outcome> = {}): Outcome => ({ service, role: 'handler', kind: 'late', milliseconds: 1, ...changes })

/** Reads a list of items with parameters whose values are tokens or integers, as section 4.2 of RFC 9651 does. Throws where it is none. */
function parse (header: string): Array<{ name: string, parameters: string }> {
  const items: Array<{ name: string, parameters: string }> = []
  const member = /(?:([A-Za-z*][\w!#$%&'*+.^`|~:/-]*)|%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"|"((?:[ !#-[\]-~]|\\["\\])*)");((?:reason|count)=[a-z0-9-]+)(, |$)/y
  for (let rest = true; rest;) {
    const match = member.exec(header)
    assert(match, `no list of structured fields: ${header}`)
    const [, token, display, string, parameters = '', comma] = match
    items.push({ name: token ?? (display === undefined ? undefined : decodeURIComponent(display)) ?? string?.replace(/\\(.)/g, '$1') ?? '', parameters })
    rest = comma !== ''
  }
  return items
}

t.test('a complete answer has none', async t => {
  t.equal(incomplete([]), undefined)
  t.equal(incomplete([outcomeOf('a', { kind: 'done' }), outcomeOf('b', { kind: 'not-applicable' })]), undefined)
})

t.test('who failed or was late is named with the reason', async t => {
  t.equal(incomplete([
    outcomeOf('look', { kind: 'done' }), outcomeOf('describe', { kind: 'failed', reason: 'timeout', detail: 'secret' }), outcomeOf('text', { kind: 'not-applicable' }), outcomeOf('speak')
  ]), 'describe;reason=timeout, speak;reason=late')
})

t.test('names are tokens where they can be, else strings, else display strings', async t => {
  t.equal(incomplete([outcomeOf('a.b_c-1/2')]), 'a.b_c-1/2;reason=late')
  t.equal(incomplete([outcomeOf('1st')]), '"1st";reason=late')
  t.equal(incomplete([outcomeOf('*')]), '"*";reason=late', 'only what was left out is a star')
  t.equal(incomplete([outcomeOf('')]), '"";reason=late')
  t.equal(incomplete([outcomeOf('a "b"\\, c;d=e')]), '"a \\"b\\"\\\\, c;d=e";reason=late')
  t.equal(incomplete([outcomeOf('für%"\r\nset-cookie: x')]), '%"f%c3%bcr%25%22%0d%0aset-cookie: x";reason=late')
})

t.test('what does not fit is counted', async t => {
  const many = incomplete(Array.from({ length: 400 }, (_, number) => outcomeOf(`service-${number}`))) ?? ''
  const items = parse(many)
  t.equal(items.at(-1)?.name, '*')
  t.equal(items.at(-1)?.parameters, `count=${400 - (items.length - 1)}`)
  t.ok(many.length > 900 && many.length <= 1100, `${many.length} bytes`)
  t.equal(incomplete([outcomeOf('x'.repeat(5000))]), '*;count=1')
  t.equal(incomplete([outcomeOf('é'.repeat(5000)), outcomeOf('a')]), '*;count=2')
})

t.test('whatever services are called, the header can be sent, read and is bounded', async t => {
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }), fc.string({ maxLength: 2000 }))
  fc.assert(fc.property(fc.array(name, { minLength: 1, maxLength: 60 }), services => {
    const header = incomplete(services.map(service => outcomeOf(service))) ?? ''
    validateHeaderValue('tutti-incomplete', header)
    assert(header.length <= 1020)
    const items = parse(header)
    const left = items.at(-1)?.parameters.startsWith('count=') ? items.pop() : undefined
    assert.deepEqual(items.map(item => item.name), services.slice(0, items.length).map(service => Buffer.from(service).toString()))
    assert.equal(left?.parameters, items.length === services.length ? undefined : `count=${services.length - items.length}`)
  }))
  t.pass('in random cases')
})
