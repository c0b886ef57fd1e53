// The encodings that a JSON text may come in.
import t from 'tap'
import { asUtf8 } from '../../../lib/json/encoding.ts'

const text = '{"é":"漢😀","n":12.0}'

function utf32 (text: string, littleEndian: boolean): Buffer {
  const points = [...text].map(character => character.codePointAt(0) ?? 0)
  const bytes = Buffer.alloc(4 * points.length)
  for (const [index, point] of points.entries()) bytes.writeUInt32LE(point, 4 * index)
  return littleEndian ? bytes : bytes.swap32()
}

const encoders: Record<string, (text: string) => Buffer> = {
  'UTF-8': text => Buffer.from(text),
  'UTF-16LE': text => Buffer.from(text, 'utf16le'),
  'UTF-16BE': text => Buffer.from(text, 'utf16le').swap16(),
  'UTF-32LE': text => utf32(text, true),
  'UTF-32BE': text => utf32(text, false)
}

t.test('each encoding is told by its first bytes, with a byte order mark and without', async t => {
  for (const [name, encode] of Object.entries(encoders)) {
    for (const each of [text, '{}', '[1]', ' \n1', '""']) {
      t.equal(asUtf8(encode(each))?.toString(), each, name)
      t.equal(asUtf8(encode(`\ufeff${each}`))?.toString(), each, `${name} with mark`)
    }
    t.equal(asUtf8(encode('1'))?.toString(), '1', `one character of ${name}`)
  }
})

t.test('UTF-8 stays the bytes that it is', async t => {
  const bytes = Buffer.from(text)
  t.equal(asUtf8(bytes), bytes)
  t.strictSame(asUtf8(Buffer.alloc(0)), Buffer.alloc(0))
})

t.test('bytes that are no text are refused', async t => {
  const wrong = {
    'UTF-8 with a byte that begins nothing': Buffer.from([0x22, 0xff, 0x22]),
    'UTF-8 cut off': Buffer.from('"é').subarray(0, 2),
    'UTF-8 with a surrogate': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    'UTF-16 with half a character': Buffer.from([0x7b, 0, 0x7d]),
    'UTF-16LE with half a pair': Buffer.from([0x22, 0, 0, 0xd8, 0x22, 0]),
    'UTF-16BE with half a pair': Buffer.from([0, 0x22, 0xd8, 0, 0, 0x22]),
    'UTF-32 with a surrogate': utf32('"\ud800"', true),
    'UTF-32 beyond Unicode': Buffer.from([0x22, 0, 0, 0, 0, 0, 0x11, 0]),
    'UTF-32 with a part of a character': Buffer.concat([utf32('{}', false), Buffer.from([0])])
  }
  for (const [name, bytes] of Object.entries(wrong)) t.equal(asUtf8(bytes), undefined, name)
})

t.test('a second byte order mark is part of the text', async t => {
  for (const [name, encode] of Object.entries(encoders)) t.equal(asUtf8(encode('\ufeff\ufeff1'))?.toString(), '\ufeff1', name)
})
