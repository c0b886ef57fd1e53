// LZ4 blocks: what they say, and that none says more than there is room for.
import t from 'tap'
import { decompressBlock } from '../../../../lib/diffraction/formats/lz4.ts'

/** Decompresses a block, and gives what it says. */
function decompress (block: readonly number[], room = 200): number[] {
  const area = new Uint8Array(block.length + room)
  area.set(block)
  const end = decompressBlock(area, 0, block.length, block.length, block.length + room)
  return [...area.subarray(block.length, end)]
}

t.test('literals are copied', async t => {
  t.same(decompress([0x30, 1, 2, 3]), [1, 2, 3])
  const many = Array.from({ length: 40 }, (_, i) => i)
  t.same(decompress([0xf0, 25, ...many]), many)
})

t.test('a match repeats what came before, also what it writes itself', async t => {
  t.same(decompress([0x20, 7, 8, 2, 0, 0x10, 9]), [7, 8, 7, 8, 7, 8, 9])
  t.same(decompress([0x1f, 5, 1, 0, 45, 0x00]), Array.from({ length: 65 }, () => 5))
  t.same(decompress([0x3f, 1, 2, 3, 3, 0, 21, 0x10, 4]), [...Array.from({ length: 43 }, (_, i) => i % 3 + 1), 4])
})

t.test('what makes no sense is refused', async t => {
  for (const [name, block, room] of [
    ['literals beyond the end', [0x40, 1, 2], 200],
    ['a length that does not end', [0xf0, 255, 255], 200],
    ['a match of nothing', [0x10, 1, 0, 0, 0x10, 1], 200],
    ['a match before the beginning', [0x10, 1, 2, 0, 0x10, 1], 200],
    ['an offset that is cut off', [0x10, 1, 1], 200],
    ['literals beyond the room', [0x40, 1, 2, 3, 4], 3],
    ['a match beyond the room', [0x1f, 5, 1, 0, 45, 0x00], 64]
  ] as const) {
    t.throws(() => decompress(block, room), { code: 'FILE_BROKEN' }, name)
  }
})
