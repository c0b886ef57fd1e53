// The bytes of a request body: content types, encodings and charsets, honest ones and bombs.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { request as send } from 'node:http'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import fc from 'fast-check'
import { decodeBody, receiveBody, withoutByteOrderMark } from '../../lib/body.ts'
import { startHttp } from './fixtures/loopback.ts'

const text = '{"a":"é漢😀"}'

const decode = (bytes: Buffer | string, contentType: string | undefined = 'application/json', contentEncoding?: string, limit = 1000) =>
  decodeBody(Buffer.from(bytes), { contentType, contentEncoding }, limit)

const big = (bytes: Buffer) => Buffer.from(bytes).swap16()

/** UTF-32 as an independent encoder writes it. */
function utf32 (value: string, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc([...value].length * 4)
  for (const [index, character] of [...value].entries()) {
    const point = character.codePointAt(0) ?? 0
    if (littleEndian) bytes.writeUInt32LE(point, index * 4)
    else bytes.writeUInt32BE(point, index * 4)
  }
  return bytes
}

t.test('JSON is taken as it is, in whatever way its type is written', async t => {
  for (const type of ['application/json', 'Application/JSON', ' application/json ', 'application/json;charset=utf-8', 'application/json; charset=UTF-8', 'application/json; charset="utf8"', 'application/json; charset=', 'application/json; version=1; charset=utf-8']) {
    t.equal((await decode(text, type)).toString(), text, type)
  }
})

t.test('a body of any other type counts as absent', async t => {
  for (const type of ['text/plain', 'application/vnd.x+json', 'application/jsonp', 'application/json, text/plain', 'text/json', '', ' ;', 'json']) {
    t.equal((await decode(text, type)).length, 0, type)
  }
  t.equal((await decodeBody(Buffer.from(text), { contentType: undefined, contentEncoding: 'br' }, 1000)).length, 0)
})

t.test('gzip and deflate are inflated', async t => {
  t.equal((await decode(gzipSync(text), 'application/json', 'gzip')).toString(), text)
  t.equal((await decode(gzipSync(text), 'application/json', ' GZIP ')).toString(), text)
  t.equal((await decode(deflateSync(text), 'application/json', 'deflate')).toString(), text)
  for (const encoding of ['identity', '', ' ']) t.equal((await decode(text, 'application/json', encoding)).toString(), text)
})

t.test('other encodings are refused by name', async t => {
  for (const encoding of ['br', 'zstd', 'compress', 'gzip, gzip', 'gzip,deflate', '__proto__', 'toString']) {
    await t.rejects(decode(gzipSync(text), 'application/json', encoding), { code: 'TUTTI_UNSUPPORTED_ENCODING', statusCode: 415, message: encoding.toLowerCase() })
  }
  const error: unknown = await decode('', 'application/json', 'x'.repeat(10_000)).catch((error: unknown) => error)
  t.ok(String(error).length < 300, 'however long the name')
})

t.test('what cannot be inflated is refused', async t => {
  for (const bytes of [Buffer.from(text), gzipSync(text).subarray(0, -1), Buffer.alloc(0)]) await t.rejects(decode(bytes, 'application/json', 'gzip'), { code: 'TUTTI_MALFORMED_ENCODING', statusCode: 400 })
  await t.rejects(decode(deflateRawSync(text), 'application/json', 'deflate'), { code: 'TUTTI_MALFORMED_ENCODING' })
})

t.test('the limit counts what comes out, to the byte', async t => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
  await t.rejects(decode(bomb, 'application/json', 'gzip', 1_000_000), { code: 'TUTTI_BODY_TOO_LARGE', statusCode: 413, message: '1000000' })
  await t.rejects(decode(deflateSync(Buffer.alloc(50_000_000)), 'application/json', 'deflate', 1_000_000), { code: 'TUTTI_BODY_TOO_LARGE' })
  t.equal((await decode(gzipSync('x'.repeat(1000)), 'application/json', 'gzip', 1000)).length, 1000)
  await t.rejects(decode(gzipSync('x'.repeat(1001)), 'application/json', 'gzip', 1000), { code: 'TUTTI_BODY_TOO_LARGE' })
})

t.test('UTF-16 and UTF-32 become UTF-8, by their name, their byte order mark or their first character', async t => {
  const little = Buffer.from(text, 'utf16le')
  const mark = '\ufeff'
  const cases: Array<[string, Buffer]> = [
    ['utf-16le', little], ['utf-16be', big(little)], ['utf-16', little], ['utf-16', big(little)], ['UTF16', little],
    ['utf-16', Buffer.from(mark + text, 'utf16le')], ['utf-16', big(Buffer.from(mark + text, 'utf16le'))], ['utf-16le', Buffer.from(mark + text, 'utf16le')], ['utf-16be', big(Buffer.from(mark + text, 'utf16le'))],
    ['utf-32le', utf32(text, true)], ['utf-32be', utf32(text, false)], ['utf-32', utf32(text, true)], ['utf-32', utf32(text, false)],
    ['utf-32', utf32(mark + text, true)], ['utf-32', utf32(mark + text, false)], ['utf-32be', utf32(mark + text, false)]
  ]
  for (const [charset, bytes] of cases) t.equal((await decode(bytes, `application/json; charset=${charset}`)).toString(), text, `${charset} ${bytes.toString('hex', 0, 4)}`)
  t.equal((await decode(gzipSync(little), 'application/json; charset=utf-16', 'gzip')).toString(), text)
  for (const charset of ['utf-16', 'utf-32', 'utf-8']) t.equal((await decode('', `application/json; charset=${charset}`)).length, 0)
})

t.test('a long UTF-32 text is decoded whole', async t => {
  const long = `{"a":"${'é😀'.repeat(150_000)}"}`
  t.equal((await decode(utf32(long, true), 'application/json; charset=utf-32')).toString(), long)
})

t.test('bytes that are not what their charset promises are refused', async t => {
  const cases: Array<[string, number[]]> = [
    ['utf-16le', [0x00, 0xd8]], ['utf-16le', [0x00, 0xdc, 0x41, 0x00]], ['utf-16be', [0xd8, 0x00, 0x00, 0x41]], ['utf-16', [0x7b]], ['utf-16le', [0x7b, 0x00, 0x7d]],
    ['utf-32le', [0x00, 0x00, 0x11, 0x00]], ['utf-32be', [0xff, 0xff, 0xff, 0xff]], ['utf-32le', [0x00, 0xd8, 0x00, 0x00]], ['utf-32be', [0x00, 0x00, 0xdf, 0xff]], ['utf-32', [0x7b, 0x00, 0x00]]
  ]
  for (const [charset, bytes] of cases) {
    await t.rejects(decode(Buffer.from(bytes), `application/json; charset=${charset}`), { code: 'TUTTI_MALFORMED_TEXT', statusCode: 400, message: charset }, `${charset} ${bytes}`)
  }
})

t.test('other charsets are refused by name', async t => {
  for (const charset of ['iso-8859-1', 'ascii', 'utf-7', 'utf-8le', 'utf-24', 'ucs2', 'x'.repeat(10_000)]) {
    await t.rejects(decode(text, `application/json; charset=${charset}`), { code: 'TUTTI_UNSUPPORTED_CHARSET', statusCode: 415, message: charset.slice(0, 40) })
  }
})

t.test('a byte order mark of UTF-8 is taken away, once, without copying', async t => {
  t.equal((await decode('\ufeff{}')).toString(), '{}')
  t.equal((await decode('\ufeff\ufeff{}')).toString(), '\ufeff{}')
  const bytes = Buffer.from('\ufeff{}')
  t.equal(withoutByteOrderMark(bytes).buffer, bytes.buffer)
  const [partial, plain] = [Buffer.from([0xef, 0xbb]), Buffer.from('{}')]
  t.equal(withoutByteOrderMark(partial), partial)
  t.equal(withoutByteOrderMark(plain), plain)
})

t.test('any text comes through any charset unchanged, and any bytes are text or refused', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), fc.boolean(), async (content, littleEndian) => {
    const value = `{"a":${JSON.stringify(content)}}`
    const order = littleEndian ? 'le' : 'be'
    const sixteen = littleEndian ? Buffer.from(value, 'utf16le') : big(Buffer.from(value, 'utf16le'))
    for (const charset of [`utf-16${order}`, 'utf-16']) if ((await decode(sixteen, `application/json; charset=${charset}`)).toString() !== value) throw new Error(charset)
    for (const charset of [`utf-32${order}`, 'utf-32']) if ((await decode(utf32(value, littleEndian), `application/json; charset=${charset}`)).toString() !== value) throw new Error(charset)
  }), { numRuns: 300 })
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('utf-16', 'utf-16be', 'utf-32', 'utf-32le'), fc.constantFrom('identity', 'gzip', 'deflate'), async (bytes, charset, encoding) => {
    const ended = await decode(Buffer.from(bytes), `application/json; charset=${charset}`, encoding).catch((error: { code?: string }) => error.code ?? 'no code')
    if (typeof ended === 'string' && !ended.startsWith('TUTTI_')) throw new Error(ended)
  }), { numRuns: 600 })
})

/** What comes of bodies sent to a server that takes so many bytes; it tells each as soon as it knows, and breaks the connection. */
async function receiver (t: Test, limit: number) {
  let tell: (result: Buffer | Error) => void = () => {}
  const origin = await startHttp(t, async (request, response) => {
    tell(await receiveBody(request, limit).catch((error: Error) => error))
    response.destroy()
  })
  return (parts: Buffer[], headers: Record<string, string | number>, end = true): Promise<Buffer | Error> => new Promise(resolve => {
    tell = resolve
    const request = send(origin, { method: 'POST', headers }).on('error', () => {})
    for (const part of parts) request.write(part)
    if (end) request.end()
    else request.write('', () => request.destroy())
  })
}

t.test('a body comes whole, whether or not its length is announced, and takes no more memory than it has bytes', async t => {
  const receive = await receiver(t, 3_000_000)
  for (const lengths of [[], [1], [70_000, 3, 0, 2_000_000], [3_000_000]]) {
    const parts = lengths.map(length => randomBytes(length))
    const whole = Buffer.concat(parts)
    const announced = await receive(parts, { 'content-length': whole.length })
    assert(Buffer.isBuffer(announced))
    t.ok(announced.equals(whole))
    t.equal(announced.buffer.byteLength, whole.length)
    const chunked = await receive(parts, { 'transfer-encoding': 'chunked' })
    t.ok(Buffer.isBuffer(chunked) && chunked.equals(whole))
  }
})

t.test('a body above the limit is refused, announced at once and otherwise as soon as it is', async t => {
  const receive = await receiver(t, 1000)
  const refused = { code: 'TUTTI_BODY_TOO_LARGE', statusCode: 413 }
  t.match(await receive([Buffer.alloc(1)], { 'content-length': 1001 }, false), refused)
  t.match(await receive([Buffer.alloc(1001)], { 'transfer-encoding': 'chunked' }, false), refused)
  t.equal((await receive([Buffer.alloc(1000)], { 'transfer-encoding': 'chunked' }) as Buffer).length, 1000)
})

t.test('a body that breaks off is the fault of whoever sent it', async t => {
  const receive = await receiver(t, 1000)
  for (const [name, value] of [['content-length', 9], ['transfer-encoding', 'chunked']] as const) t.match(await receive([Buffer.alloc(3)], { [name]: value }, false), { statusCode: 400 })
})
