// Reduced frames as others get them: what was written is read back, and nothing else is believed.
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { readReduced, writeReduced } from '../../../../lib/diffraction/frames/shared-format.ts'
import type { Reduced } from '../../../../lib/diffraction/view.ts'

function reduced (overrides: Partial<Reduced> = {}): Reduced {
  const pixels = new Uint32Array(new SharedArrayBuffer(4 * 6))
  pixels.set([0, 1, 65535, 65536, 4294967294, 4294967295])
  return {
    width: 3,
    height: 2,
    pixels,
    mask: undefined,
    window: { x: -1, y: 2, width: 300, height: 200 },
    statistics: { n: 5, mean: 0.1 + 0.2, rms: 1e300, stddev: undefined, min: 0, max: 4294967294, saturated: 1 },
    spots: 7,
    ...overrides
  }
}

const mask = new Uint8Array(new SharedArrayBuffer(6)).fill(1, 2, 4)
const cases: Record<string, Reduced> = {
  '32 bits': reduced(),
  '16 bits': reduced({ pixels: new Uint16Array(new SharedArrayBuffer(12)).fill(65535, 3), spots: undefined }),
  'means and a mask': reduced({ pixels: new Float32Array(new SharedArrayBuffer(24)).fill(1.5, 1), mask }),
  nothing: reduced({ statistics: { n: 0, mean: undefined, rms: undefined, stddev: undefined, min: undefined, max: undefined, saturated: 0 } })
}

for (const [name, each] of Object.entries(cases)) {
  t.test(`${name}: what was written is read back`, async t => {
    const found = readReduced(writeReduced(each), each)
    t.same(found, each)
    t.ok(found?.pixels.buffer instanceof SharedArrayBuffer, 'where threads can reach it')
    t.equal(readReduced(writeReduced(each), { width: 2, height: 3 }), undefined, 'but not for a picture of another size')
  })
}

t.test('what is damaged, cut or longer is not believed', async t => {
  const bytes = writeReduced(reduced({ mask }))
  fc.assert(fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const damaged = Uint8Array.from(bytes)
    damaged[at]! ^= by
    return readReduced(damaged, { width: 3, height: 2 }) === undefined
  }))
  for (let length = 0; length < bytes.length; length++) t.equal(readReduced(bytes.subarray(0, length), { width: 3, height: 2 }), undefined)
  t.equal(readReduced(Buffer.concat([bytes, Buffer.alloc(1)]), { width: 3, height: 2 }), undefined)
})

t.test('what is forged with the right checksum is not believed where it makes no sense', async t => {
  const bytes = Buffer.from(writeReduced(reduced()))
  const length = bytes.readUInt32LE(4)
  const header: Record<string, unknown> = JSON.parse(bytes.toString('utf8', 8, 8 + length))
  const forged = (overrides: Record<string, unknown> | string) => {
    const text = Buffer.from(typeof overrides === 'string' ? overrides : JSON.stringify({ ...header, ...overrides }))
    const all = Buffer.concat([bytes.subarray(0, 8), text, bytes.subarray(8 + length)])
    all.writeUInt32LE(text.length, 4)
    all.writeUInt32LE(crc32(all.subarray(0, -4)), all.length - 4)
    return readReduced(all, { width: 3, height: 2 })
  }
  t.ok(forged({}))
  const senseless = [
    '', 'null', '[]', '{', { depth: 'toString' }, { depth: 'u16' }, { isMasked: true }, { isMasked: 1 }, { width: 4 }, { width: '3' }, { window: [] }, { window: [0, 0, 0, 1] },
    { window: [0, 0, 1, '1'] }, { statistics: null }, { statistics: { n: 'x' } }, { statistics: { n: 1, saturated: 0, mean: 'x' } }, { spots: 'many' }, { x: 'x'.repeat(5000) }
  ]
  for (const each of senseless) t.equal(forged(each), undefined, JSON.stringify(each).slice(0, 60))
})
