// The checks of a soak find what is wrong with an answer, and nothing in one that is right.
import t from 'tap'
import { createRandom } from '../fixtures/json/random-text.ts'
import { checkEvents, checkPreprocess, checkRefusal, checkRender, isRefusedForLoad, WrongAnswer } from './checks.ts'
import type { Reply } from './checks.ts'
import { createGraphicSource, digestOf, filedAs, textRenderer } from './graphics.ts'

const call = createGraphicSource(createRandom(3)).unique(1000)
const { digest } = call.graphic

const right = {
  timing: 'look;desc="cached";dur=0.4, find;desc="done, 2 attempts";dur=12.0, speak;desc="done";dur=3.1, draw;desc="failed: timeout";dur=1000.3',
  incomplete: 'draw;reason=timeout',
  renderings: [{ type_id: textRenderer, description: 'speak', data: { text: `${digest} ${digest}` } }]
}

function renderReply (changes: Partial<typeof right> & { uuid?: string } = {}): Reply {
  const { timing, incomplete, renderings, uuid = call.requestUuid } = { ...right, ...changes }
  return {
    status: 200,
    headers: { 'server-timing': timing, 'tutti-incomplete': incomplete },
    body: Buffer.from(JSON.stringify({ request_uuid: uuid, timestamp: 1700000000, renderings }))
  }
}

t.test('the digest of a call is that of its data URL', t => {
  const { graphic } = JSON.parse(Buffer.concat(call.parts).toString())
  t.equal(digestOf(Buffer.from(graphic)), digest)
  t.end()
})

t.test('a right answer to /render passes', t => {
  checkRender(renderReply(), call)
  checkRender(renderReply({
    timing: 'look;desc="failed: status";dur=1.0, find;desc="not-applicable";dur=1.0, speak;desc="done";dur=3.1, draw;desc="done";dur=1.0, guest;desc="late";dur=9.0',
    incomplete: 'guest;reason=late, look;reason=status',
    renderings: ['speak', 'draw'].map(description => ({ type_id: textRenderer, description, data: { text: description === 'speak' ? `${digest} none` : `${digest} none none` } }))
  }), call)
  t.end()
})

t.test('a wrong answer to /render does not', t => {
  const [speak] = right.renderings
  const other = digestOf(Buffer.from('another'))
  const wrongs: Record<string, Reply> = {
    'another status': { ...renderReply(), status: 500 },
    'an answer to another request': renderReply({ uuid: '6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b' }),
    'a rendering of another graphic': renderReply({ renderings: [{ type_id: textRenderer, description: 'speak', data: { text: `${other} ${digest}` } }] }),
    'a rendering made with the results of another graphic': renderReply({ renderings: [{ type_id: textRenderer, description: 'speak', data: { text: `${digest} ${other}` } }] }),
    'a rendering that lacks a result': renderReply({ renderings: [{ type_id: textRenderer, description: 'speak', data: { text: `${digest} none` } }] }),
    'no rendering of a service that is done': renderReply({ renderings: [] }),
    'two renderings of one service': renderReply({ renderings: speak === undefined ? [] : [speak, speak] }),
    'a rendering of a service that failed': renderReply({ renderings: [...right.renderings, { type_id: textRenderer, description: 'draw', data: { text: `${digest} ${digest} ${digest}` } }] }),
    'silence about a service that failed': renderReply({ incomplete: '' }),
    'a service that is called missing and is not': renderReply({ incomplete: 'draw;reason=timeout, speak;reason=late' }),
    'no word of a service': renderReply({ timing: right.timing.slice(right.timing.indexOf('find')) }),
    'a service that nobody knows': renderReply({ timing: `${right.timing}, stranger;desc="done";dur=1.0` }),
    'a header that cannot be read': renderReply({ timing: `${right.timing}, speak` })
  }
  for (const [what, reply] of Object.entries(wrongs)) t.throws(() => checkRender(reply, call), WrongAnswer, what)
  t.end()
})

t.test('the answer to /render/preprocess must be the request, byte by byte, with the right results', t => {
  const timing = 'look;desc="done";dur=1.0, find;desc="failed: broken";dur=1.0'
  const reply = (sent: Buffer, seen: string): Reply => ({
    status: 200,
    headers: { 'server-timing': timing, 'tutti-incomplete': 'find;reason=broken' },
    body: Buffer.concat([sent.subarray(0, -1), Buffer.from(`,"preprocessors":{"${filedAs('look')}":{"seen":"${seen}"}}}`)])
  })
  const sent = Buffer.concat(call.parts)
  checkPreprocess(reply(sent, digest), call)
  t.throws(() => checkPreprocess(reply(sent, 'none'), call), WrongAnswer, 'a wrong result')
  const changed = Buffer.from(sent)
  changed[500] = changed[500] === 65 ? 66 : 65
  t.throws(() => checkPreprocess(reply(changed, digest), call), WrongAnswer, 'one letter of the graphic')
  t.end()
})

t.test('a stream of events must tell the same story as its answer', t => {
  const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
  const services = ['look', 'find', 'speak', 'draw'].map(service => ({ service }))
  const [speak] = right.renderings
  const events = [
    event('discovered', { request_uuid: call.requestUuid, services }),
    event('started', { service: 'look' }),
    event('done', { service: 'look' }),
    event('done', { service: 'find' }),
    ': still here\n\n',
    event('done', { service: 'speak' }),
    event('rendering', speak ?? {}),
    event('failed', { service: 'draw', reason: 'status' }),
    event('answer', { request_uuid: call.requestUuid, timestamp: 1700000000, renderings: right.renderings })
  ]
  const reply = (lines: string[]): Reply => ({ status: 200, headers: {}, body: Buffer.from(lines.join('')) })
  checkEvents(reply(events), call)
  for (const [what, gone] of [['discovered', 0], ['the end of look', 2], ['the rendering', 6], ['the end of draw', 7], ['the answer', 8]] as const) {
    t.throws(() => checkEvents(reply(events.toSpliced(gone, 1)), call), WrongAnswer, `without ${what}`)
  }
  t.throws(() => checkEvents(reply(events.toSpliced(3, 0, events[2] ?? '')), call), WrongAnswer, 'with an end of look too many')
  t.end()
})

t.test('only a 503 that says why and when is a refusal for want of room', t => {
  const reply = (status: number, text: string, headers: Reply['headers'] = { 'retry-after': '1' }): Reply => ({ status, headers, body: Buffer.from(text) })
  t.equal(isRefusedForLoad(reply(200, '')), false)
  t.equal(isRefusedForLoad(reply(503, 'No room. (TUTTI_OVERLOADED)')), true)
  t.throws(() => isRefusedForLoad(reply(503, 'No room. (TUTTI_OVERLOADED)', {})), WrongAnswer, 'it must say when to come back')
  t.throws(() => isRefusedForLoad(reply(503, 'No. (TUTTI_SERVICES_UNKNOWN)')), WrongAnswer, 'other reasons are none')
  checkRefusal(reply(400, 'No. (TUTTI_MALFORMED_BODY)'), [400], 'TUTTI_MALFORMED_BODY')
  t.throws(() => checkRefusal(reply(400, 'No.'), [400], 'TUTTI_MALFORMED_BODY'), WrongAnswer)
  t.throws(() => checkRefusal(reply(404, ''), [400]), WrongAnswer)
  t.throws(() => checkRefusal(reply(429, '', {}), [429]), WrongAnswer, 'a limit says when it ends')
  t.end()
})
