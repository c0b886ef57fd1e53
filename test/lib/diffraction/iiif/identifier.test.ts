// Identifiers of frames.
import t from 'tap'
import { readFrameName, writeFrameName } from '../../../../lib/diffraction/iiif/identifier.ts'

t.test('an identifier is read as it was written, plain or as base64url', async t => {
  for (const name of [{ esaf: 1, file: 'a.cbf', frame: 1 }, { esaf: 40001, file: '/data/über:a b/1_master.h5', frame: 3600 }, { esaf: 0, file: ':', frame: 9 }, { esaf: 1, file: 'a\nb', frame: 1 }]) {
    const text = writeFrameName(name)
    t.strictSame(readFrameName(text), name)
    t.strictSame(readFrameName(Buffer.from(text).toString('base64url')), name)
  }
})

t.test('anything else is none', async t => {
  for (const text of ['', 'x', ':', '::', '1:a', '1:a:', '1::1', ':a:1', '1:a:0', '-1:a:1', '1.5:a:1', '1:a:1.5', '1:a\0b:1', 'a:1:1', `1:${'a'.repeat(4097)}:1`, '9999999999:a:1', '1:a:9999999999', 'MTphOjA', '%31%3Aa%3A1']) {
    t.equal(readFrameName(text), undefined, text.slice(0, 40))
  }
})
