// Bitshuffle: planes of bits become counts, and a mask; what makes no sense is refused.
import t from 'tap'
import { decompressBitshuffle, decompressNonZero } from '../../../../lib/diffraction/formats/bitshuffle.ts'

/** Makes a chunk of blocks that LZ4 has left as they are: each a length, a token that says so many literals, and those. */
function chunkOf (blockBytes: number, blocks: readonly (readonly number[])[], rest: readonly number[] = []) {
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, blockBytes >> 8, blockBytes & 255, ...blocks.flatMap(block => [0, 0, 0, block.length + 1, block.length << 4, ...block]), ...rest]
  const room = Math.ceil(bytes.length / 4) * 4
  const area = new Uint8Array(room + 64)
  area.set(bytes)
  return { area, length: bytes.length, room, blockBytes }
}

// The first bits of 1 to 8, then their second bits, and so on.
const oneToEight = [0b01010101, 0b01100110, 0b01111000, 0b10000000, 0, 0, 0, 0]

t.test('planes become counts; what does not fill a byte of bits follows as it is', async t => {
  const counts = new Uint8Array(19)
  decompressBitshuffle(chunkOf(8, [oneToEight, oneToEight.toReversed()], [7, 8, 9]), 1, counts)
  t.strictSame([...counts], [1, 2, 3, 4, 5, 6, 7, 8, 128, 64, 192, 32, 160, 96, 224, 16, 7, 8, 9])
})

t.test('a mask has 1 where any bit is set', async t => {
  const mask = new Uint8Array(11)
  decompressNonZero(chunkOf(8, [[0b00000001, 0, 0, 0, 0, 0, 0, 0b10000000]], [0, 255, 0]), 1, mask)
  t.strictSame([...mask], [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0])
})

t.test('what makes no sense is refused', async t => {
  for (const [name, chunk, counts] of [
    ['a block of no bytes', chunkOf(0, [oneToEight]), 8],
    ['a block of half a row', chunkOf(12, [oneToEight]), 8],
    ['too few blocks', chunkOf(8, [oneToEight]), 16],
    ['a block that says too little', chunkOf(8, [oneToEight.slice(1)]), 8],
    ['a block that says too much', chunkOf(8, [[...oneToEight, 1]]), 8],
    ['a rest that is cut off', chunkOf(8, [oneToEight], [7]), 10],
    ['a block that ends behind the chunk', { ...chunkOf(8, [oneToEight]), length: 20 }, 8]
  ] as const) {
    t.throws(() => { decompressBitshuffle(chunk, 1, new Uint8Array(counts)) }, { code: 'FILE_BROKEN' }, name)
  }
})
