// Base64 told by decoding: never a wrong yes, and no doubt about what encoders write.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { isCertainlyBase64 } from '../../../lib/json/base64.ts'
import { sized } from '../../long.ts'

const sliceLength = 16 * 1024
const alphabet = /^[a-zA-Z0-9+/=]+$/

t.test('what an encoder writes is base64, whatever its length', async t => {
  for (const length of [1, 2, 3, 4, 5, 6, 100, 12_287, 12_288, 12_289, 24_576, 24_577, 100_000]) {
    const text = randomBytes(length).toString('base64')
    t.equal(isCertainlyBase64(Buffer.from(text)), true, `${length} bytes`)
    t.equal(isCertainlyBase64(Buffer.from(text.replace(/=+$/, ''))), true, `${length} bytes without padding`)
  }
})

t.test('any other byte at any place is seen', async t => {
  const text = Buffer.alloc(2 * sliceLength + 8, 'QUJD')
  const places = [0, 1, 2, 3, sliceLength - 1, sliceLength, sliceLength + 1, 2 * sliceLength - 1, 2 * sliceLength, text.length - 1]
  for (let byte = 0; byte < 256; byte++) {
    const isOfAlphabet = /[a-zA-Z0-9+/]/.test(String.fromCharCode(byte))
    for (const place of places) {
      const one = Buffer.from(text)
      one[place] = byte
      const isPadding = byte === 0x3d && place >= text.length - 4
      if (isCertainlyBase64(one) !== (isOfAlphabet || isPadding)) t.fail(`byte ${byte} at ${place}`)
    }
  }
})

t.test('a number of characters that no bytes give is as good as any other, and nothing is no text', async t => {
  for (const length of [1, 5, 9, sliceLength + 1]) t.equal(isCertainlyBase64(Buffer.alloc(length, 'A')), true)
  t.equal(isCertainlyBase64(Buffer.alloc(0)), false)
})

t.test('a yes is never wrong', async t => {
  const character = fc.constantFrom(...'AZaz09+/=-_ \n\t"\\,;é\u0000')
  let yes = 0
  fc.assert(fc.property(fc.string({ unit: character, maxLength: 12 }), fc.nat({ max: 3 }), (text, before) => {
    const bytes = Buffer.concat([Buffer.alloc(before * sliceLength, 'QUJD'), Buffer.from(text)])
    if (!isCertainlyBase64(bytes)) return
    yes += 1
    if (!alphabet.test(bytes.toString())) throw new Error('it is not')
  }), { numRuns: sized(3000, 200_000) })
  t.ok(yes > 10, 'some were')
})
