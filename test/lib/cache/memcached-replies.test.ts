import fc from 'fast-check'
import t from 'tap'
import { createReplyParser } from '../../../lib/cache/memcached-replies.ts'

t.test('replies come out the same however the bytes are cut', async () => {
  const value = Buffer.from('a value with\r\nEND\r\nin it')
  const bytes = Buffer.concat([Buffer.from(`STORED\r\nVALUE key 0 ${value.length}\r\n`), value, Buffer.from('\r\nEND\r\nVALUE key 0 0\r\n\r\nEND\r\nSERVER_ERROR out of memory\r\n')])
  const expected = [
    { line: 'STORED' }, { line: `VALUE key 0 ${value.length}`, value: value.toString() }, { line: 'END' }, { line: 'VALUE key 0 0', value: '' }, { line: 'END' },
    { line: 'SERVER_ERROR out of memory' }
  ]
  fc.assert(fc.property(fc.array(fc.nat(bytes.length)), cuts => {
    const parse = createReplyParser(100)
    const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
    const replies = places.slice(1).flatMap((end, index) => parse(bytes.subarray(places[index], end)))
    const seen = replies.map(({ line, value }) => ({ line, ...value && { value: value.toString() } }))
    if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`differs: ${JSON.stringify(seen)}`)
  }))
})

t.test('a value that is too large is refused before a byte of it is kept', async t => {
  t.throws(() => createReplyParser(100)(Buffer.from('VALUE key 0 101\r\n')), RangeError)
  t.throws(() => createReplyParser(100)(Buffer.from('VALUE key 0 9999999999\r\n')), RangeError)
  t.strictSame(createReplyParser(100)(Buffer.from('VALUE key 0 99999999999\r\n')), [{ line: 'VALUE key 0 99999999999' }], 'what is no length at all is only a line')
})

t.test('a line without an end is refused, all at once and piece by piece', async t => {
  t.throws(() => createReplyParser(100)(Buffer.alloc(5000, 'x')), RangeError)
  const parse = createReplyParser(100)
  t.throws(() => { for (let times = 0; times < 2000; times++) parse(Buffer.from('x')) }, RangeError)
})

t.test('a value longer than it said is refused', async t => {
  t.throws(() => createReplyParser(100)(Buffer.from('VALUE key 0 3\r\nabcdef\r\nEND\r\n')), RangeError)
})
