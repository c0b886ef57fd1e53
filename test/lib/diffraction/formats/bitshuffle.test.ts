// Bitshuffle: planes of bits become counts, and a mask; what makes no sense is refused.
import t from 'tap'
import { decompressBitshuffle, decompressNonZero, decompressShare } from '../../../../lib/diffraction/formats/bitshuffle.ts'
import { placeForChunk } from '../../../../lib/diffraction/formats/lz4.ts'
import { generator } from '../numbers.ts'

/** Places a chunk of blocks that LZ4 has left as they are: each a length, a token that says so many literals, and those. */
function chunkOf (blockBytes: number, blocks: readonly (readonly number[])[], rest: readonly number[] = []) {
  const compressed = blocks.map(block => block.length < 15 ? [block.length << 4, ...block] : [0xf0, ...Array.from({ length: Math.floor((block.length - 15) / 255) }, () => 255), (block.length - 15) % 255, ...block])
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, blockBytes >> 8, blockBytes & 255, ...compressed.flatMap(block => [0, 0, block.length >> 8, block.length & 255, ...block]), ...rest]
  placeForChunk(bytes.length).set(bytes)
  return { length: bytes.length, blockBytes }
}

/** The planes of counts. */
function planesOf (counts: readonly number[], size: number): number[] {
  const row = counts.length / 8
  const planes = Array.from({ length: row * 8 * size }, () => 0)
  counts.forEach((count, i) => {
    for (let bit = 0; bit < 8 * size; bit++) planes[bit * row + (i >> 3)]! |= (count >>> bit & 1) << (i & 7)
  })
  return planes
}

t.test('counts and masks of blocks of every kind: whole ones, short ones, and what is left', async t => {
  const random = generator(3)
  for (const size of [1, 2, 4]) {
    for (const [blockCounts, number] of [[128, 128], [128, 128 * 5 + 48 + 3], [256, 256 * 70], [40, 40 * 3 + 16], [2048, 2048 * 2 + 1024 + 7], [512, 24]] as const) {
      const counts = Array.from({ length: number }, (_, i) => i % 500 < 250 || random() % 3 > 0 ? 0 : random() >>> (32 - 8 * size))
      const whole = number - number % 8
      const blocks = Array.from({ length: Math.ceil(whole / blockCounts) }, (_, i) => planesOf(counts.slice(i * blockCounts, Math.min(whole, (i + 1) * blockCounts)), size))
      const rest = counts.slice(whole).flatMap(count => Array.from({ length: size }, (_, byte) => count >>> 8 * byte & 255))
      const out = new Uint8Array(number * size)
      decompressBitshuffle(chunkOf(blockCounts * size, blocks, rest), size, out)
      const made = size === 1 ? out : size === 2 ? new Uint16Array(out.buffer) : new Uint32Array(out.buffer)
      t.ok(counts.every((count, i) => count === made[i]), `${number} counts of ${size} bytes in blocks of ${blockCounts}`)
      for (const shares of size === 1 ? [] : [1, 2, 3, 7]) {
        const chunk = sharedChunkOf(chunkOf(blockCounts * size, blocks, rest), size as 2 | 4, number)
        const joined = new Uint8Array(number * size)
        // In whatever order.
        for (let share = shares - 1; share >= 0; share--) decompressShare(chunk, share, shares, joined)
        t.strictSame(joined, out, `in ${shares} shares`)
      }
      const mask = new Uint8Array(number)
      decompressNonZero(chunkOf(blockCounts * size, blocks, rest), size, mask)
      t.ok(counts.every((count, i) => (count === 0 ? 0 : 1) === mask[i]), 'and their mask')
    }
  }
})

/** The same chunk in memory that threads share. */
function sharedChunkOf ({ length, blockBytes }: { length: number, blockBytes: number }, size: 2 | 4, counts: number) {
  const bytes = new Uint8Array(new SharedArrayBuffer(length))
  bytes.set(placeForChunk(length))
  return { bytes, blockBytes, size, counts }
}

t.test('shares of a chunk that makes no sense are refused', async t => {
  const [block, counts] = [planesOf([1, 2, 3, 4, 5, 6, 7, 8], 2), 16]
  const broken = (change: (bytes: Uint8Array) => void, bytes = chunkOf(16, [block, block])) => {
    const chunk = sharedChunkOf(bytes, 2, counts)
    change(chunk.bytes)
    return () => { for (const share of [0, 1]) decompressShare(chunk, share, 2, new Uint8Array(2 * counts)) }
  }
  t.doesNotThrow(broken(() => {}))
  for (const [name, attempt] of [
    ['a block that is said to end behind the chunk', broken(bytes => { bytes[12] = 255 })],
    ['a block that says too little', broken(bytes => { bytes[16] = 0x10 })],
    ['blocks that are missing', broken(() => {}, chunkOf(16, [block]))],
    ['a chunk that ends in the length of a block', broken(() => {}, chunkOf(16, [block], [0, 0]))],
    ['a block of no bytes', broken(() => {}, chunkOf(0, [block, block]))],
    ['a block of half a row', broken(() => {}, chunkOf(24, [block, block]))]
  ] as const) t.throws(attempt, { code: 'FILE_BROKEN' }, name)
})

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
  for (const [name, place, counts] of [
    ['a block of no bytes', () => chunkOf(0, [oneToEight]), 8],
    ['a block of half a row', () => chunkOf(12, [oneToEight]), 8],
    ['too few blocks', () => chunkOf(8, [oneToEight]), 16],
    ['a block that says too little', () => chunkOf(8, [oneToEight.slice(1)]), 8],
    ['a block that says too much', () => chunkOf(8, [[...oneToEight, 1]]), 8],
    ['a rest that is cut off', () => chunkOf(8, [oneToEight], [7]), 10],
    ['a block that ends behind the chunk', () => ({ ...chunkOf(8, [oneToEight]), length: 20 }), 8]
  ] as const) {
    t.throws(() => { decompressBitshuffle(place(), 1, new Uint8Array(counts)) }, { code: 'FILE_BROKEN' }, name)
  }
})
