// The fast path of reading a request says what reading all of it says, or nothing.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { createPicturedReading } from '../../../lib/graphics/pictured.ts'
import { createReading } from '../../../lib/graphics/reading.ts'
import { sized } from '../../long.ts'
import { jsonOf, requestOf } from '../fixtures/messages.ts'

const read = createReading()
const most = 64 * 1024
const readPictured = createPicturedReading(read, most)
const picture = `data:image/png;base64,${'iVBORw0KGgo'.repeat(200)}`

t.test('a request with a picture is read, with the places of all that is behind it', async t => {
  const bytes = jsonOf({ preprocessors: { 'org.a': 1 }, ...requestOf({ graphic: picture, route: 'é' }), 'org.b': {} })
  const reading = readPictured(bytes)
  assert(reading)
  t.strictSame(reading, read('request', bytes))
  t.equal(reading.route, 'é')
  t.match(bytes.toString('utf8', reading.members.at(-1)?.keyStart, reading.members.at(-1)?.valueEnd), '"org.b":{}')
})

t.test('what is not plainly one is left to others', async t => {
  const text = (value: unknown) => JSON.stringify(value)
  const plain = text(requestOf({ graphic: picture }))
  const others: Record<string, string> = {
    'a short picture': text(requestOf()),
    'no picture': text(requestOf({ graphic: undefined, placeID: 'x'.repeat(5000) })),
    'a picture that is no string': text(requestOf({ graphic: [picture] })),
    'a picture of another kind': plain.replace('image/png', 'text/png'),
    'a picture not in base64': plain.replace('iVBOR', 'iV-OR'),
    'a picture with an escape': plain.replace('iVBOR', 'iV\\u0042OR'),
    'a picture that does not end': plain.slice(0, plain.indexOf('iVBOR') + 2000),
    'a picture of something else': text({ ...requestOf({ graphic: undefined, placeID: 'x' }), of: { graphic: picture } }),
    'two pictures': plain.replace(/}$/, `,"graphic":${text(picture)}}`),
    'two pictures, one with an escape in its key': plain.replace(/}$/, `,"gr\\u0061phic":${text(picture)}}`),
    'too much before the picture': text({ note: 'x'.repeat(most), ...requestOf({ graphic: picture }) }),
    'too much behind the picture': text(requestOf({ graphic: picture, note: 'x'.repeat(most) })),
    'a request that is invalid': text(requestOf({ graphic: picture, language: 'english' })),
    'a request that is no JSON': `${plain},`,
    'a request that is no text': plain.replace('<img>', '\xff')
  }
  for (const [what, body] of Object.entries(others)) t.equal(readPictured(Buffer.from(body, 'latin1')), undefined, what)
})

t.test('bodies that were tampered with are read as by reading all of them', { timeout: sized(120_000, 3_600_000) }, async t => {
  const bodies = [
    requestOf({ graphic: picture }),
    requestOf({ graphic: picture, preprocessors: { 'org.a': { graphic: 'x' } }, renderers: ['a.b', 'graphic'] }),
    { ...requestOf({ graphic: picture }), context: '"graphic":"', 'graphic ': [{ graphic: picture }], route: 'r' }
  ].flatMap(value => [JSON.stringify(value), JSON.stringify(value, null, 2)])
  const scraps = ['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '=', '-', '\u0000', '\xff', 'graphic', '"graphic"', '"graphic":', '\\"', `"graphic":"${picture}"`, '"gr\\u0061phic":1,', '/*']
  const interesting = (text: string) => ['"graphic"', 'data:', ';base64,', 'iVBOR', '"request_uuid"', '"preprocessors"', '"renderers"'].flatMap(word => {
    const at = text.indexOf(word)
    return at === -1 ? [] : [at - 1, at, at + 1, at + word.length - 1, at + word.length, at + word.length + 1]
  })
  const change = fc.record({ place: fc.nat(), isNear: fc.boolean(), cut: fc.integer({ min: 0, max: 3 }), scrap: fc.option(fc.constantFrom(...scraps)) })
  let taken = 0
  let left = 0
  fc.assert(fc.property(fc.constantFrom(...bodies), fc.array(change, { maxLength: 3 }), (body, changes) => {
    const text = changes.reduce((whole, { place, isNear, cut, scrap }) => {
      const near = interesting(whole)
      const at = isNear ? near[place % near.length] ?? 0 : place % (whole.length + 1)
      return whole.slice(0, at) + (scrap ?? '') + whole.slice(at + cut)
    }, body)
    const bytes = Buffer.from(text, 'latin1')
    const quick = readPictured(bytes)
    if (quick === undefined) left += 1
    else taken += 1
    return quick === undefined || isDeepStrictEqual(quick, read('request', bytes))
  }), { numRuns: sized(100_000, 10_000_000) })
  t.ok(taken > left / 10 && left > taken / 10, `both happen: ${taken} taken, ${left} left`)
})
