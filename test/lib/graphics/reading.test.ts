// Reading the three texts that come from outside: what is taken from them, where their parts lie, and why one is refused.
import assert from 'node:assert/strict'
import t from 'tap'
import { createReading, mostItems, mostParts } from '../../../lib/graphics/reading.ts'
import { handlerReplyOf, jsonOf, preprocessorReplyOf, renderingOf, requestOf, textRenderer, uuid } from '../fixtures/messages.ts'

const read = createReading()

const readRequest = (changes: Record<string, unknown> = {}) => read('request', jsonOf(requestOf(changes)))

t.test('a request gives its id, its route and where its members lie', async t => {
  const bytes = jsonOf(requestOf({ route: 'followup' }))
  const reading = read('request', bytes)
  assert(reading.ok)
  t.equal(reading.requestUuid, uuid)
  t.equal(reading.route, 'followup')
  t.strictSame(reading.members.map(({ key, valueStart, valueEnd }) => [key, JSON.parse(bytes.toString('utf8', valueStart, valueEnd))]), Object.entries(requestOf({ route: 'followup' })))
})

t.test('a request without route belongs to default; one whose route is no name belongs nowhere', async t => {
  t.match(readRequest(), { ok: true, route: 'default' })
  t.match(readRequest({ route: 'x'.repeat(4096) }), { route: 'x'.repeat(4096) })
  for (const route of ['', null, 7, {}, ['default'], 'x'.repeat(4097)]) t.match(readRequest({ route }), { ok: true, route: undefined })
})

t.test('of a key that comes twice the last counts, as for JSON.parse', async t => {
  const text = JSON.stringify(requestOf({ route: 'first' })).replace(/}$/, ',"rout\\u0065":"second"}')
  t.match(read('request', Buffer.from(text)), { ok: true, route: 'second' })
  const reply = Buffer.from(`{"request_uuid":"${uuid}","timestamp":1,"name":"org.x","data":{"n":1},"dat\\u0061" : {"n":2} }`)
  const reading = read('preprocessorReply', reply)
  assert(reading.ok)
  t.equal(reply.toString('utf8', reading.dataStart, reading.dataEnd), '{"n":2}')
})

t.test('a preprocessor\'s reply gives its name and where its data lie', async t => {
  const bytes = jsonOf(preprocessorReplyOf('ca.mcgill.a11y.image.preprocessor.ocrClouds', { lines: ['é', { data: 1 }] }))
  const reading = read('preprocessorReply', bytes)
  assert(reading.ok)
  t.equal(reading.name, 'ca.mcgill.a11y.image.preprocessor.ocrClouds')
  t.equal(bytes.toString('utf8', reading.dataStart, reading.dataEnd), '{"lines":["é",{"data":1}]}')
})

t.test('a handler\'s reply gives each rendering\'s type, description and place', async t => {
  const renderings = [renderingOf('one'), renderingOf('zwölf', { type_id: 'org.other', extra: { renderings: [] } })]
  const bytes = jsonOf(handlerReplyOf(renderings))
  const reading = read('handlerReply', bytes)
  assert(reading.ok)
  t.strictSame(reading.renderings.map(({ typeId, description }) => [typeId, description]), [[textRenderer, 'one'], ['org.other', 'zwölf']])
  t.strictSame(reading.renderings.map(({ start, end }) => JSON.parse(bytes.toString('utf8', start, end))), renderings)
  t.match(read('handlerReply', jsonOf(handlerReplyOf([]))), { ok: true, renderings: [] })
})

t.test('one wrong rendering spoils the reply', async t => {
  t.match(read('handlerReply', jsonOf(handlerReplyOf([renderingOf('one'), renderingOf('x'.repeat(301))]))), {
    ok: false, cause: 'invalid', errors: [{ instancePath: '/renderings/1/description', keyword: 'maxLength' }]
  })
})

t.test('an empty body is an empty request, which the schema refuses', async t => {
  for (const text of ['', ' \r\n\t']) t.match(read('request', Buffer.from(text)), { ok: false, cause: 'invalid', errors: [{ keyword: 'required' }] })
})

t.test('a body that is no object and no array, or whose syntax is wrong, is no JSON', async t => {
  for (const text of ['null', '5', '"{}"', 'x', '{', '{"a":1}{', '[1,]', '{"a":\'b\'}', '\u00a0{}', '\ufeff{}', '\ufeff\ufeff{}', '\ufeff', '\u0000', '{"a":1e}']) {
    t.match(read('request', Buffer.from(text)), { ok: false, cause: 'not-json', detail: /./ }, JSON.stringify(text))
  }
  t.match(read('request', Buffer.from('[]')), { ok: false, cause: 'invalid' }, 'a list is JSON, though no request')
})

t.test('a byte order mark that was left in place is refused, not stumbled over', async t => {
  t.match(read('request', Buffer.concat([Buffer.from('\ufeff'), jsonOf(requestOf())])), { ok: false, cause: 'not-json' })
})

t.test('bytes that are no UTF-8 are no text, however they came about', async t => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc0, 0xaf]]) {
    const spoilt = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
    t.strictSame(read('request', spoilt), { ok: false, cause: 'not-text' })
  }
})

t.test('keys that pollute prototypes are refused at every depth and in every spelling', async t => {
  for (const key of ['"__proto__":{"polluted":1}', '"\\u005f_proto__":{"polluted":1}', '"constructor":{"prototype":{"polluted":1}}']) {
    for (const text of [`{${key}}`, `{"a":[{"b":{${key}}}]}`, `[{${key}}]`]) {
      for (const kind of ['request', 'preprocessorReply', 'handlerReply'] as const) t.strictSame(read(kind, Buffer.from(text)), { ok: false, cause: 'forbidden-key' }, text)
    }
  }
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  t.match(readRequest({ note: 'a string may say "__proto__": or constructor' }), { ok: true })
})

t.test('lists and members beyond all reason are refused by name', async t => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `org.x${index}`)
  const object = (count: number) => Object.fromEntries(names(count).map(name => [name, 0]))
  t.match(readRequest({ renderers: names(mostItems) }), { ok: true })
  t.strictSame(readRequest({ renderers: names(mostItems + 1) }), { ok: false, cause: 'too-many', member: 'renderers' })
  t.strictSame(readRequest({ capabilities: names(mostItems + 1) }), { ok: false, cause: 'too-many', member: 'capabilities' })
  t.strictSame(readRequest({ preprocessors: object(mostItems + 1) }), { ok: false, cause: 'too-many', member: 'preprocessors' })
  t.strictSame(readRequest(object(mostItems)), { ok: false, cause: 'too-many', member: 'The request' })
  const renderings = names(mostItems + 1).map(name => renderingOf(name))
  t.strictSame(read('handlerReply', jsonOf(handlerReplyOf(renderings))), { ok: false, cause: 'too-many', member: 'renderings' })
  t.match(read('handlerReply', jsonOf(handlerReplyOf(renderings.slice(1)))), { ok: true })
})

t.test('a text of more parts than memory is spent on is refused before it is parsed', async t => {
  const refused = { code: 'TUTTI_BODY_TOO_HARD' }
  t.throws(() => read('request', Buffer.from('['.repeat(mostParts + 1))), refused)
  t.throws(() => read('preprocessorReply', Buffer.from(`[${'{},'.repeat(mostParts)}{}]`)), refused)
  t.match(readRequest({ note: '['.repeat(mostParts + 1) }), { ok: true }, 'in a string they are nothing')
})

t.test('a text that is nested as deeply as it is long overflows no stack', async t => {
  for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
    const deep = `${open.repeat(50_000)}1${close.repeat(50_000)}`
    const reading = read('request', Buffer.from(JSON.stringify(requestOf({ note: 0 })).replace('"note":0', `"note":${deep}`)))
    t.match(reading, { ok: true })
  }
})
