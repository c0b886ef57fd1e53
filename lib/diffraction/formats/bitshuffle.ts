// Bitshuffle with LZ4, HDF5 filter 32008, in which detectors of DECTRIS write frames (https://github.com/kiyo-masui/bitshuffle). Counts are cut into blocks; of each
// block the first bits of all counts come first, then the second bits, and so on: planes, which are mostly zeros for the upper bits, and which LZ4 then compresses.
//
// Why not the filter of h5wasm-plugins: it needs the whole frame twice in memory that a thread never gives back, and a third time to hand it over.
import { aligned, simdOfThread } from '../simd/simd.ts'
import { behind, brokenCounts, headerBytes, placeForChunk, readUint32, slack } from './lz4.ts'
import type { Chunk, SharedChunk } from './lz4.ts'

/** Bytes of counts that are made in one go, so that they stay in the cache of a core until they are where they belong. */
const goBytes = 128 * 1024

/** What becomes of the blocks of a chunk. */
interface Work {
  /** Does what is to be done with some whole blocks. Gives where in the chunk the last one ends; below 0 where one makes no sense. */
  readonly whole: (at: number, blocks: number, first: number) => number
  /** Takes counts that have been made one by one: of blocks that loops do not like, and those that are stored as they are. */
  readonly take: (counts: Uint8Array, first: number) => void
}

/** How a chunk lies in memory, and the room behind it. Places are bytes. */
interface Layout {
  readonly bytes: Uint8Array
  /** For the planes of a block, and for one byte of each of its counts. */
  readonly room: number
  readonly turned: number
  /** For planes with rows that vectors fit into, and for what is made of planes. */
  readonly padded: number
  readonly out: number
  /** Bytes of a row of planes, and counts of a block. */
  readonly row: number
  readonly blockCounts: number
  /** Whole blocks that are done in one go. */
  readonly blocks: number
}

/**
 * Decompresses a chunk to the counts as they were.
 * @param size - bytes of a count: 1, 2 or 4
 * @param out - gets the counts, least significant byte first; exactly as long as they are
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressBitshuffle (chunk: Chunk, size: number, out: Uint8Array): void {
  const layout = layOut(chunk, size, out.length / size)
  const { bytes, room, turned, out: made, row, blockCounts } = layout
  const { blocksToCounts } = simdOfThread()
  const take = (counts: Uint8Array, first: number) => { out.set(counts, first * size) }
  eachBlock(chunk, layout, size, out.length / size, {
    whole (at, blocks, first) {
      const end = blocksToCounts(at, chunk.length, blocks, room, row, size, turned, made)
      if (end >= 0) take(bytes.subarray(made, made + blocks * blockCounts * size), first)
      return end
    },
    take
  })
}

/**
 * Decompresses one of several shares of a chunk: the shares of all numbers below `shares`, whoever decompresses them, are the counts as they were.
 * @param share - its number, from 0
 * @param out - gets its counts where they belong; exactly as long as all of them are
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressShare ({ bytes, blockBytes, size, counts }: SharedChunk, share: number, shares: number, out: Uint8Array): void {
  checkBlocks(blockBytes, size)
  // What does not fill a block is for the last one.
  const blocks = Math.floor(counts * size / blockBytes)
  const [first, end] = [share, share + 1].map(each => Math.floor(blocks * each / shares)) as [number, number]
  const isLast = share === shares - 1
  const from = endOfBlocks(bytes, headerBytes, first)
  const to = isLast ? bytes.length : endOfBlocks(bytes, from, end - first)
  // Beside its header, which is not looked at, a chunk is its blocks.
  const length = headerBytes + to - from
  placeForChunk(length).set(bytes.subarray(from, to), headerBytes)
  decompressBitshuffle({ length, blockBytes }, size, out.subarray(first * blockBytes, isLast ? out.length : end * blockBytes))
}

/** Where so many blocks end, of which each begins with its length. */
function endOfBlocks (bytes: Uint8Array, from: number, blocks: number): number {
  let at = from
  for (let block = 0; block < blocks; block++) {
    if (at + 4 > bytes.length) throw brokenCounts()
    at += 4 + readUint32(bytes, at)
  }
  if (at > bytes.length) throw brokenCounts()
  return at
}

function checkBlocks (blockBytes: number, size: number): void {
  if (blockBytes === 0 || blockBytes % (8 * size) !== 0) throw brokenCounts()
}

/**
 * Decompresses a chunk to a mask.
 * @param size - bytes of a count: 1, 2 or 4
 * @param out - gets 1 for each count that is not 0; as long as there are counts, and all zeros
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressNonZero (chunk: Chunk, size: number, out: Uint8Array): void {
  const layout = layOut(chunk, size, out.length)
  const { bytes, room, out: made, row, blockCounts } = layout
  const { block, markNonZero } = simdOfThread()
  eachBlock(chunk, layout, size, out.length, {
    whole (at, blocks, first) {
      for (let index = 0; index < blocks && at >= 0; index++) {
        at = block(at, chunk.length, room, blockCounts * size)
        if (at >= 0 && markNonZero(room, row, size, made) !== 0) out.set(bytes.subarray(made, made + blockCounts), first + index * blockCounts)
      }
      return at
    },
    take (counts, first) {
      for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) out[first + Math.floor(i / size)] = 1
    }
  })
}

function layOut (chunk: Chunk, size: number, counts: number): Layout {
  checkBlocks(chunk.blockBytes, size)
  const blockCounts = Math.min(chunk.blockBytes / size, Math.max(8, counts - counts % 8))
  const row = blockCounts / 8
  const block = aligned(row) * 8 * size + slack
  const blocks = Math.max(1, Math.floor(goBytes / (blockCounts * size)))
  const room = behind(chunk)
  const [turned, padded, out] = [room + block, room + 2 * block, room + 3 * block]
  const bytes = new Uint8Array(simdOfThread().memory(out + blocks * block))
  return { bytes, room, turned, padded, out, row, blockCounts, blocks }
}

/** Goes through the blocks of a chunk, and the counts that are left behind them: fewer than 8, which are stored as they are. */
function eachBlock ({ length }: Chunk, { bytes, room, turned, padded, out, row, blockCounts, blocks }: Layout, size: number, counts: number, { whole, take }: Work): void {
  const simd = simdOfThread()
  let at = headerBytes
  let first = 0
  const checked = (end: number) => {
    if (end < 0) throw brokenCounts()
    return end
  }
  if (row % 16 === 0) {
    for (let left = Math.floor(counts / blockCounts); left > 0;) {
      const some = Math.min(blocks, left)
      at = checked(whole(at, some, first))
      first += some * blockCounts
      left -= some
    }
  }
  while (counts - first >= 8) {
    const number = Math.min(blockCounts, counts - first - (counts - first) % 8)
    at = checked(simd.block(at, length, room, number * size))
    const rowBytes = number / 8
    const paddedRow = aligned(rowBytes)
    for (let plane = 0; plane < 8 * size; plane++) bytes.copyWithin(padded + plane * paddedRow, room + plane * rowBytes, room + (plane + 1) * rowBytes)
    simd.joinPlanes(padded, paddedRow, size, turned, out)
    take(bytes.subarray(out, out + number * size), first)
    first += number
  }
  const left = (counts - first) * size
  if (at + left > length) throw brokenCounts()
  take(bytes.subarray(at, at + left), first)
}
