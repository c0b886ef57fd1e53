// Bitshuffle with LZ4, HDF5 filter 32008, in which detectors of DECTRIS write frames (https://github.com/kiyo-masui/bitshuffle). Counts are cut into blocks; of each
// block the first bits of all counts come first, then the second bits, and so on: planes, which are mostly zeros for the upper bits, and which LZ4 then compresses.
//
// Why not the filter of h5wasm-plugins: it needs the whole frame twice in memory that a thread never gives back, and a third time to hand it over.
import { aligned, simdOfThread } from '../simd/simd.ts'
import { brokenCounts, decompressBlock, headerBytes, readUint32 } from './lz4.ts'
import type { Chunk } from './lz4.ts'

/** Most bytes of a row of planes that are joined in one go. Those of blocks as they are usually written, of 8 kB, are 256 or 512 long. */
const longestRow = 1024

/** Takes counts that have been joined. `counts` is used again for the next. */
type Take = (counts: Uint8Array, first: number) => void

/**
 * Decompresses a chunk to the counts as they were.
 * @param size - bytes of a count: 1, 2 or 4
 * @param out - gets the counts, least significant byte first; exactly as long as they are
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressBitshuffle (chunk: Chunk, size: number, out: Uint8Array): void {
  const left = eachBlock(chunk, size, out.length / size, (counts, first) => { out.set(counts, first * size) })
  out.set(left, out.length - left.length)
}

/**
 * Decompresses a chunk to a mask.
 * @param size - bytes of a count: 1, 2 or 4
 * @param out - gets 1 for each count that is not 0; as long as there are counts, and all zeros
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressNonZero (chunk: Chunk, size: number, out: Uint8Array): void {
  const mark: Take = (bytes, first) => markNonZero(size === 4 ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : size === 2 ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes, first, out)
  const left = eachBlock(chunk, size, out.length, mark).slice()
  mark(left, out.length - left.length / size)
}

function markNonZero (counts: Uint8Array | Uint16Array | Uint32Array, first: number, out: Uint8Array): void {
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) out[first + i] = 1
}

/**
 * Goes through the blocks of a chunk.
 * @returns the counts that are left, fewer than 8, which are stored as they are
 */
function eachBlock ({ area, length, room, blockBytes }: Chunk, size: number, counts: number, take: Take): Uint8Array {
  if (blockBytes === 0 || blockBytes % (8 * size) !== 0) throw brokenCounts()
  const blockCounts = blockBytes / size
  let at = headerBytes
  let first = 0
  while (counts - first >= 8) {
    const number = Math.min(blockCounts, counts - first - (counts - first) % 8)
    const end = room + number * size
    if (length - at < 4) throw brokenCounts()
    const compressed = readUint32(area, at)
    at += 4
    if (compressed > length - at || decompressBlock(area, at, at + compressed, room, end) !== end) throw brokenCounts()
    at += compressed
    joinPlanes(area.subarray(room, end), size, first, take)
    first += number
  }
  const left = (counts - first) * size
  if (at + left > length) throw brokenCounts()
  return area.subarray(at, at + left)
}

/** Joins the planes of one block to counts. @param first - number of its first count */
function joinPlanes (planes: Uint8Array, size: number, first: number, take: Take): void {
  const simd = simdOfThread()
  const rowBytes = planes.length / size / 8
  for (let from = 0; from < rowBytes; from += longestRow) {
    const bytes = Math.min(longestRow, rowBytes - from)
    const row = aligned(bytes)
    const [turned, out] = [row * 8 * size, row * 8 * (size + 1)]
    const memory = simd.memory(row * 8 * (2 * size + 1))
    if (row === rowBytes) new Uint8Array(memory).set(planes)
    else for (let plane = 0; plane < 8 * size; plane++) new Uint8Array(memory, plane * row, row).set(planes.subarray(plane * rowBytes + from, plane * rowBytes + from + bytes))
    simd.joinPlanes(0, row, size, turned, out)
    take(new Uint8Array(memory, out, bytes * 8 * size), first + from * 8)
  }
}
