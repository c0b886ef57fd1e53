// Readings of a request.
import t from 'tap'
import { decodeDataUrl, languageOf, now } from '../../../services/kit/index.ts'

t.test('a data URL is taken apart', async t => {
  t.strictSame(decodeDataUrl('data:image/PNG;base64,aGVsbG8='), { mediaType: 'image/png', bytes: Buffer.from('hello') })
  t.strictSame(decodeDataUrl('data:image/svg+xml;base64,AAEC').bytes, Buffer.from([0, 1, 2]))
})

t.test('what is no short base64 data URL is refused', async t => {
  for (const text of ['', 'data:', 'https://example.org/a.png', 'data:image/png,abc', `data:image/${'x'.repeat(200)};base64,aGVsbG8=`]) {
    t.throws(() => decodeDataUrl(text), TypeError, text.slice(0, 30))
  }
})

t.test('the language is French or English', async t => {
  t.strictSame(['fr', 'FR', 'en', 'de', 'xx'].map(language => languageOf({ language })), ['fr', 'fr', 'en', 'en', 'en'])
})

t.test('the time is in whole seconds', async t => {
  const before = Date.now() / 1000
  const time = now()
  t.ok(Number.isInteger(time) && time >= Math.floor(before) && time <= Date.now() / 1000)
})
