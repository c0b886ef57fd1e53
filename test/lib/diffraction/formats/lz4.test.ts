// LZ4 blocks: what they say, and that none says more than there is room for.
import t from 'tap'
import { decompressLz4, placeForChunk } from '../../../../lib/diffraction/formats/lz4.ts'
import { simdOfThread } from '../../../../lib/diffraction/simd/simd.ts'
import { generator } from '../numbers.ts'

/** Decompresses a block, and gives what it says; undefined where it makes no sense. Nothing else may have been written but some bytes behind the room. */
function decompress (block: readonly number[], room = 200): number[] | undefined {
  const simd = simdOfThread()
  const [from, to] = [32, 64 + block.length]
  const memory = new Uint8Array(simd.memory(to + room + 64))
  memory.fill(0xee, 0, to + room + 64)
  memory.set(block, from)
  const end = simd.lz4(from, from + block.length, to, to + room)
  if (memory.subarray(from + block.length, to).some(byte => byte !== 0xee) || memory.subarray(to + room + 16, to + room + 64).some(byte => byte !== 0xee)) throw new Error('the loop wrote where it should not')
  return end < 0 ? undefined : [...memory.subarray(to, end)]
}

/** The same in plain words. */
function restated (block: readonly number[], room: number): number[] | undefined {
  const out: number[] = []
  let at = 0
  const longer = (length: number) => {
    for (let more = 255; length >= 15 && more === 255; length += more) {
      if (at >= block.length || length - 15 > room) return NaN
      more = block[at++]!
    }
    return length
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = longer(token >> 4)
    if (!(literals <= block.length - at && literals <= room - out.length)) return undefined
    out.push(...block.slice(at, at += literals))
    if (at === block.length) return out
    if (block.length - at < 2) return undefined
    const offset = block[at]! | block[at + 1]! << 8
    at += 2
    const length = longer(token & 15) + 4
    if (offset === 0 || offset > out.length || !(length <= room - out.length)) return undefined
    for (let i = 0; i < length; i++) out.push(out[out.length - offset]!)
  }
  return out
}

t.test('what is made of random sequences is what plain words make of them', async t => {
  const random = generator(7)
  let wellFormed = 0
  for (let round = 0; round < 4000; round++) {
    const block: number[] = []
    for (let sequences = 1 + random() % 6; sequences > 0; sequences--) {
      const literals = random() % (round % 3 === 0 ? 40 : 14)
      const match = random() % (round % 5 === 0 ? 300 : 14)
      const bytes = (length: number) => length < 15 ? [] : [...Array.from({ length: Math.floor((length - 15) / 255) }, () => 255), (length - 15) % 255]
      block.push(Math.min(15, literals) << 4 | (sequences === 1 ? 0 : Math.min(15, match)), ...bytes(literals), ...Array.from({ length: literals }, () => random() & 255))
      if (sequences > 1) block.push(1 + random() % (round % 2 === 0 ? 20 : 4), 0, ...bytes(match))
    }
    if (round % 4 === 3) block[random() % block.length] = random() & 255
    const room = round % 7 === 6 ? random() % 100 : 2000
    const expected = restated(block, room)
    if (expected !== undefined) wellFormed++
    const made = decompress(block, room)
    if (JSON.stringify(made) !== JSON.stringify(expected)) t.same(made, expected, `round ${round}: ${block.join()}`)
  }
  t.ok(wellFormed > 1000, `${wellFormed} of 4000 blocks make sense`)
})

t.test('chunks are made of blocks, some of them stored as they are', async t => {
  const blocks = [[0x1f, 9, 1, 0, 45, 0x00], Array.from({ length: 65 }, (_, i) => i), [0x20, 1, 2]]
  const bytes = [0, 0, 0, 0, 0, 0, 0, 132, 0, 0, 0, 65, ...blocks.flatMap(block => [0, 0, 0, block.length, ...block])]
  const out = new Uint8Array(132)
  const chunk = { length: bytes.length, blockBytes: 65 }
  placeForChunk(bytes.length).set(bytes)
  decompressLz4(chunk, out)
  t.same([...out], [...Array.from({ length: 65 }, () => 9), ...Array.from({ length: 65 }, (_, i) => i), 1, 2])
  for (const wrong of [{ ...chunk, length: 20 }, { ...chunk, blockBytes: 0 }, { ...chunk, blockBytes: 64 }, { ...chunk, length: chunk.length - 1 }]) {
    placeForChunk(bytes.length).set(bytes)
    t.throws(() => { decompressLz4(wrong, out) }, { code: 'FILE_BROKEN' })
  }
})

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
    t.equal(decompress(block, room), undefined, name)
  }
})
