import t from 'tap'
import { decodeValue, encodeValue } from '../../../lib/cache/value.ts'
import { createReader } from '../../../lib/graphics/reader.ts'

const name = 'ca.mcgill.a11y.image.preprocessor.objectDetection'

t.test('a value is written as the reference writes it, and read again', async t => {
  const reader = createReader()
  t.teardown(() => reader.close())
  const data = { objects: [{ type: 'chat noir é', area: 0.5 }] }
  const value = encodeValue({ name, data: Buffer.from(JSON.stringify(data)) })
  t.equal(value.toString(), JSON.stringify({ name, data }))
  t.equal(value.buffer.byteLength, value.length, 'it keeps nothing else in memory')
  const before = Buffer.from(value)
  const result = await decodeValue(value, reader)
  t.equal(result?.name, name)
  t.equal(result?.data.toString(), JSON.stringify(data))
  t.strictSame(value, before)
})

t.test('a large value may go to a worker, and stays whole for others who share it', async t => {
  const reader = createReader()
  t.teardown(() => reader.close())
  const data = JSON.stringify({ text: 'x'.repeat(2_000_000) })
  const value = encodeValue({ name, data: Buffer.from(data) })
  const results = await Promise.all([decodeValue(value, reader), decodeValue(value, reader)])
  for (const result of results) t.equal(result?.data.toString(), data)
  t.equal(value.length, data.length + name.length + '{"name":"","data":}'.length)
})

t.test('a file that somebody wrote by hand is read', async t => {
  const reader = createReader()
  t.teardown(() => reader.close())
  const result = await decodeValue(Buffer.from(`\uFEFF\n {\n  "name": "${name}",\n  "data": { "a": 1 }\n}\n`), reader)
  t.equal(result?.data.toString(), '{ "a": 1 }')
})

t.test('whatever is no such value is none, and does no harm', async t => {
  const reader = createReader()
  t.teardown(() => reader.close())
  const whole = JSON.stringify({ name, data: { a: 1 } })
  const texts = [
    '', ' ', '{', '{}', '[]', 'null', '"text"', '42', `${whole}x`, `${whole}${whole}`, `[${whole}]`, whole.slice(0, -1), whole.slice(1),
    JSON.stringify({ name }), JSON.stringify({ data: {} }), JSON.stringify({ name: 'no name', data: {} }), JSON.stringify({ name: 7, data: {} }),
    JSON.stringify({ name, data: [] }), JSON.stringify({ name, data: 'text' }), JSON.stringify({ name, data: null }),
    `{"name":"${name}","data":{"__proto__":{"polluted":true}}}`, `{"__proto__":{"polluted":true},"name":"${name}","data":{}}`,
    `{"name":"${name}","data":{"constructor":{"prototype":{"polluted":true}}}}`, `{"name":"${name}","data":${'['.repeat(100_000)}`,
    `{"name":"${name}","data":{"a":[${'{},'.repeat(2_100_000)}{}]}}`
  ]
  for (const text of texts) t.equal(await decodeValue(Buffer.from(text), reader), undefined, text.slice(0, 80))
  t.equal(await decodeValue(Buffer.concat([Buffer.from(`{"name":"${name}","data":{"a":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')]), reader), undefined)
  t.equal('polluted' in {}, false)
})
