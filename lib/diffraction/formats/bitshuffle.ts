// Bitshuffle with LZ4, HDF5 filter 32008, in which detectors of DECTRIS write frames (https://github.com/kiyo-masui/bitshuffle). Counts are cut into blocks; of each
// block the first bits of all counts come first, then the second bits, and so on: planes, which are mostly zeros for the upper bits, and which LZ4 then compresses.
//
// Why not the filter of h5wasm-plugins: it needs the whole frame twice in memory that a thread never gives back, and a third time to hand it over.
import { brokenCounts, decompressBlock, headerBytes, readUint32 } from './lz4.ts'
import type { Chunk } from './lz4.ts'

/** What is done with the planes of a block: bit `bit` of count `i` is bit `i % 8` of byte `bit * rowBytes + i / 8`, `rowBytes` being a multiple of 4. */
type Planes = (words: Uint32Array, rowWords: number, out: Uint8Array, first: number) => void

/**
 * Decompresses a chunk to the counts as they were.
 * @param size - bytes of a count
 * @param out - gets the counts, least significant byte first; exactly as long as they are, and all zeros
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressBitshuffle (chunk: Chunk, size: number, out: Uint8Array): void {
  const left = eachBlock(chunk, size, out.length / size, out, size, (words, rowWords, counts, first) => {
    for (let byte = 0; byte < size; byte++) joinByte(words, byte * 8 * rowWords, rowWords, counts, first + byte, size)
  })
  out.set(left, out.length - left.length)
}

/**
 * Decompresses a chunk to a mask.
 * @param size - bytes of a count
 * @param out - gets 1 for each count that is not 0; as long as there are counts, and all zeros
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressNonZero (chunk: Chunk, size: number, out: Uint8Array): void {
  const left = eachBlock(chunk, size, out.length, out, 1, (words, rowWords, mask, first) => {
    for (let word = 0; word < rowWords; word++) {
      let bits = 0
      for (let plane = word; plane < size * 8 * rowWords; plane += rowWords) bits |= words[plane] as number
      if (bits === 0) continue
      for (let bit = 0; bit < 32; bit++) mask[first + 32 * word + bit] = bits >>> bit & 1
    }
  })
  const first = out.length - left.length / size
  for (let i = 0; i < left.length; i++) if (left[i] !== 0) out[first + Math.floor(i / size)] = 1
}

/**
 * Goes through the blocks of a chunk.
 * @param step - bytes of `out` that a count gets
 * @returns the counts that are left, fewer than 8, which are stored as they are
 */
function eachBlock ({ area, length, room, blockBytes }: Chunk, size: number, counts: number, out: Uint8Array, step: number, join: Planes): Uint8Array {
  if (blockBytes === 0 || blockBytes % (8 * size) !== 0) throw brokenCounts()
  const words = new Uint32Array(area.buffer, area.byteOffset + room)
  let at = headerBytes
  let first = 0
  const decompress = (bytes: number) => {
    if (length - at < 4) throw brokenCounts()
    const compressed = readUint32(area, at)
    at += 4
    if (compressed > length - at || decompressBlock(area, at, at + compressed, room, room + bytes) !== room + bytes) throw brokenCounts()
    at += compressed
  }

  const blockCounts = blockBytes / size
  // Planes of whole words lie as they are needed.
  if (blockCounts % 32 === 0) {
    for (; counts - first >= blockCounts; first += blockCounts) {
      decompress(blockBytes)
      join(words, blockCounts / 32, out, first * step)
    }
  }
  // Others, above all those of the last block, which is shorter, are put into rows of whole words.
  while (counts - first >= 8) {
    const number = Math.min(blockCounts, counts - first - (counts - first) % 8)
    decompress(number * size)
    const rowBytes = number / 8
    const rowWords = Math.ceil(rowBytes / 4)
    const rows = new Uint8Array(size * 8 * rowWords * 4)
    for (let row = 0; row < size * 8; row++) rows.set(area.subarray(room + row * rowBytes, room + (row + 1) * rowBytes), row * rowWords * 4)
    const joined = new Uint8Array(rowWords * 32 * step)
    join(new Uint32Array(rows.buffer), rowWords, joined, 0)
    out.set(joined.subarray(0, number * step), first * step)
    first += number
  }
  const left = (counts - first) * size
  if (at + left > length) throw brokenCounts()
  return area.subarray(at, at + left)
}

/**
 * Joins eight planes to one byte of each count: eight bits of eight counts at a time are a square that is turned over its diagonal, four squares in a word
 * (Hacker's Delight, 7-3). Bytes that are zero in 32 counts, most of them, are not written.
 */
function joinByte (words: Uint32Array, plane: number, rowWords: number, out: Uint8Array, first: number, step: number): void {
  for (let word = 0; word < rowWords; word++) {
    const at = plane + word
    let a = words[at] as number
    let b = words[at + rowWords] as number
    let c = words[at + 2 * rowWords] as number
    let d = words[at + 3 * rowWords] as number
    let e = words[at + 4 * rowWords] as number
    let f = words[at + 5 * rowWords] as number
    let g = words[at + 6 * rowWords] as number
    let h = words[at + 7 * rowWords] as number
    if ((a | b | c | d | e | f | g | h) === 0) continue
    let t = (a >>> 1 ^ b) & 0x55555555
    b ^= t
    a ^= t << 1
    t = (c >>> 1 ^ d) & 0x55555555
    d ^= t
    c ^= t << 1
    t = (e >>> 1 ^ f) & 0x55555555
    f ^= t
    e ^= t << 1
    t = (g >>> 1 ^ h) & 0x55555555
    h ^= t
    g ^= t << 1
    t = (a >>> 2 ^ c) & 0x33333333
    c ^= t
    a ^= t << 2
    t = (b >>> 2 ^ d) & 0x33333333
    d ^= t
    b ^= t << 2
    t = (e >>> 2 ^ g) & 0x33333333
    g ^= t
    e ^= t << 2
    t = (f >>> 2 ^ h) & 0x33333333
    h ^= t
    f ^= t << 2
    t = (a >>> 4 ^ e) & 0x0f0f0f0f
    e ^= t
    a ^= t << 4
    t = (b >>> 4 ^ f) & 0x0f0f0f0f
    f ^= t
    b ^= t << 4
    t = (c >>> 4 ^ g) & 0x0f0f0f0f
    g ^= t
    c ^= t << 4
    t = (d >>> 4 ^ h) & 0x0f0f0f0f
    h ^= t
    d ^= t << 4
    let to = first + 32 * word * step
    for (let shift = 0; shift < 32; shift += 8) {
      out[to] = a >>> shift
      out[to += step] = b >>> shift
      out[to += step] = c >>> shift
      out[to += step] = d >>> shift
      out[to += step] = e >>> shift
      out[to += step] = f >>> shift
      out[to += step] = g >>> shift
      out[to += step] = h >>> shift
      to += step
    }
  }
}
