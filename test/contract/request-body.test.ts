// How bodies may be written: content types, charsets, compression; and what is said of one that cannot be read.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { build, graphicRequest, names } from '../helper.ts'
import type { Built, Reply } from '../helper.ts'

const context = 'Éric – 木 – 🎵'
const text = JSON.stringify(graphicRequest({ context }))

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf])
const utf16le = Buffer.from(text, 'utf16le')
const utf16be = Buffer.from(utf16le).swap16()
const utf32le = Buffer.concat([...text].map(character => {
  const unit = Buffer.alloc(4)
  unit.writeUInt32LE(character.codePointAt(0) ?? 0)
  return unit
}))
const utf32be = Buffer.from(utf32le).swap32()

const send = (server: Built, body: Buffer | string, headers: Record<string, string>): Promise<Reply> =>
  server.post('/render/preprocess', body, { headers })

t.test('bodies', async t => {
  const server = await build(t, { env: { MAX_BODY: '1mb' } })

  const readable: Array<[how: string, body: Buffer, headers: Record<string, string>]> = [
    ['as application/json', Buffer.from(text), { 'content-type': 'application/json' }],
    ['with a charset', Buffer.from(text), { 'content-type': 'application/json; charset=UTF-8' }],
    ['with a quoted charset', Buffer.from(text), { 'content-type': 'application/json; charset="utf-8"' }],
    ['with other parameters', Buffer.from(text), { 'content-type': 'Application/JSON; version=1; charset=utf-8' }],
    ['in UTF-8 with a byte order mark', Buffer.concat([utf8Mark, Buffer.from(text)]), { 'content-type': 'application/json' }],
    ['in UTF-16 little endian with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le]), { 'content-type': 'application/json; charset=utf-16' }],
    ['in UTF-16 big endian with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be]), { 'content-type': 'application/json; charset=utf-16' }],
    ['in UTF-16 little endian without a mark', utf16le, { 'content-type': 'application/json; charset=utf-16' }],
    ['in UTF-16LE by name', utf16le, { 'content-type': 'application/json; charset=utf-16le' }],
    ['in UTF-16BE by name', utf16be, { 'content-type': 'application/json; charset=utf-16be' }],
    ['in UTF-32 little endian with a mark', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32le]), { 'content-type': 'application/json; charset=utf-32' }],
    ['in UTF-32 big endian with a mark', Buffer.concat([Buffer.from([0, 0, 0xfe, 0xff]), utf32be]), { 'content-type': 'application/json; charset=utf-32' }],
    ['in UTF-32BE by name', utf32be, { 'content-type': 'application/json; charset=utf-32be' }],
    ['in UTF-32LE by name', utf32le, { 'content-type': 'application/json; charset=utf-32le' }],
    ['gzipped', gzipSync(text), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['gzipped, in capitals', gzipSync(text), { 'content-type': 'application/json', 'content-encoding': 'GZIP' }],
    ['deflated', deflateSync(text), { 'content-type': 'application/json', 'content-encoding': 'deflate' }],
    ['encoded as identity', Buffer.from(text), { 'content-type': 'application/json', 'content-encoding': 'identity' }],
    ['gzipped in UTF-16', gzipSync(utf16le), { 'content-type': 'application/json; charset=utf-16le', 'content-encoding': 'gzip' }]
  ]
  for (const [how, body, headers] of readable) {
    t.test(`a request may be sent ${how}`, async t => {
      const { status, json } = await send(server, body, headers)
      t.equal(status, 200)
      t.match(json, { context, renderers: [names.renderer('Text'), names.renderer('SimpleAudio')] })
    })
  }

  const absent: Array<[what: string, body: Buffer | string, headers: Record<string, string>]> = [
    ['no content type', Buffer.from(text), {}],
    ['text/plain', text, { 'content-type': 'text/plain' }],
    ['a JSON subtype', text, { 'content-type': 'application/vnd.api+json' }],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a multipart form', text, { 'content-type': 'multipart/form-data; boundary=x' }],
    ['a content type that is none', text, { 'content-type': 'json' }],
    ['another content type with an unknown encoding', text, { 'content-type': 'text/html', 'content-encoding': 'br' }],
    ['white space only', ' \r\n\t', { 'content-type': 'application/json' }],
    ['a byte order mark only', utf8Mark, { 'content-type': 'application/json' }],
    ['gzip of nothing', gzipSync(''), { 'content-type': 'application/json', 'content-encoding': 'gzip' }]
  ]
  for (const [what, body, headers] of absent) {
    t.test(`${what} counts as an empty request`, async t => {
      const { status, json, headers: replied } = await send(server, body, headers)
      t.equal(status, 400)
      t.equal(replied.get('content-type'), 'application/json; charset=utf-8')
      t.match(json, [{ keyword: 'required' }, { keyword: 'required' }, { keyword: 'required' }, { keyword: 'required' }, { keyword: 'oneOf' }])
    })
  }

  t.test('a POST without any body counts as an empty request', async t => {
    const { status, json } = await server.send('/render', { method: 'POST' })
    t.equal(status, 400)
    t.equal((json as unknown[]).length, 5)
  })

  t.test('an array satisfies two branches at once, as it always has', async t => {
    const { status, json } = await server.post('/render', '[]')
    t.equal(status, 400)
    t.match(json, [{ keyword: 'oneOf', params: { passingSchemas: [0, 1] } }])
  })

  const json = { 'content-type': 'application/json' }
  const refused: Array<[what: string, body: Buffer | string, headers: Record<string, string>, status: number, code: string]> = [
    ['malformed JSON', '{"request_uuid":', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['JSON with a trailing comma', '{"a":1,}', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['JSON with text behind it', `${text}{}`, json, 400, 'TUTTI_MALFORMED_BODY'],
    ['JSON with a NUL', '{"a":"\0"}', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['two byte order marks', Buffer.concat([utf8Mark, utf8Mark, Buffer.from(text)]), json, 400, 'TUTTI_MALFORMED_BODY'],
    ['null', 'null', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['a string', '"x"', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['a number', '5', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['true', 'true', json, 400, 'TUTTI_MALFORMED_BODY'],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"context":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), json, 400, 'TUTTI_MALFORMED_TEXT'],
    ['UTF-8 cut inside a character', Buffer.from(text).subarray(0, Buffer.from(text).indexOf('木') + 1), json, 400, 'TUTTI_MALFORMED_TEXT'],
    ['an encoded surrogate', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), json, 400, 'TUTTI_MALFORMED_TEXT'],
    ['UTF-16 with half a character', utf16le.subarray(0, -1), { 'content-type': 'application/json; charset=utf-16le' }, 400, 'TUTTI_MALFORMED_TEXT'],
    ['UTF-16 with a lone surrogate', Buffer.from('{"\ud800":1}', 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }, 400, 'TUTTI_MALFORMED_TEXT'],
    ['UTF-32 beyond Unicode', Buffer.from([0x7b, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f]), { 'content-type': 'application/json; charset=utf-32le' }, 400, 'TUTTI_MALFORMED_TEXT'],
    ['UTF-32 with half a character', utf32le.subarray(0, -2), { 'content-type': 'application/json; charset=utf-32' }, 400, 'TUTTI_MALFORMED_TEXT'],
    ['another charset', text, { 'content-type': 'application/json; charset=iso-8859-1' }, 415, 'TUTTI_UNSUPPORTED_CHARSET'],
    ['a charset that is none', text, { 'content-type': 'application/json; charset=utf-64' }, 415, 'TUTTI_UNSUPPORTED_CHARSET'],
    ['brotli', brotliCompressSync(text), { ...json, 'content-encoding': 'br' }, 415, 'TUTTI_UNSUPPORTED_ENCODING'],
    ['two encodings', gzipSync(gzipSync(text)), { ...json, 'content-encoding': 'gzip, gzip' }, 415, 'TUTTI_UNSUPPORTED_ENCODING'],
    ['gzip that is none', text, { ...json, 'content-encoding': 'gzip' }, 400, 'TUTTI_MALFORMED_ENCODING'],
    ['gzip cut short', gzipSync(text).subarray(0, -12), { ...json, 'content-encoding': 'gzip' }, 400, 'TUTTI_MALFORMED_ENCODING'],
    ['deflate without its header', deflateRawSync(text), { ...json, 'content-encoding': 'deflate' }, 400, 'TUTTI_MALFORMED_ENCODING']
  ]
  for (const [what, body, headers, status, code] of refused) {
    t.test(`${what} is refused with ${status}, the cause, the cure and ${code}`, async t => {
      const reply = await send(server, body, headers)
      t.equal(reply.status, status)
      t.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8')
      t.equal(reply.headers.get('x-content-type-options'), 'nosniff')
      t.match(reply.text, new RegExp(`^(Bad Request|Unsupported Media Type): The .+\\. .+\\. \\(${code}\\)$`))
      t.notMatch(reply.text, /\bat \S+:\d+|\/lib\/|node_modules/, 'and nothing of the program')
    })
  }

  const forbidden = ['{"__proto__":{"x":1}}', '{"a":{"b":[{"__proto__":1}]}}', '{"\\u005f_proto__":1}', '{"constructor":{"prototype":{"x":1}}}', '[{"__proto__":1}]']
  for (const body of forbidden) {
    t.test(`${body} is refused`, async t => {
      const reply = await server.post('/render', body)
      t.equal(reply.status, 400)
      t.match(reply.text, /__proto__.*Leave it out.*\(TUTTI_FORBIDDEN_KEY\)$/)
    })
  }
})
