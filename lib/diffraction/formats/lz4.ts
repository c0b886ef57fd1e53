// Chunks of the HDF5 filter 32004 (https://github.com/HDFGroup/hdf5_plugins/tree/master/LZ4), which is made of blocks of LZ4. Those are decompressed by simd/simd.wat.
import { DiffractionError } from '../diffraction-error.ts'
import { aligned, simdOfThread, simdWith } from '../simd/simd.ts'

/** What is thrown where compressed bytes make no sense. */
export function brokenCounts (): DiffractionError {
  return new DiffractionError('FILE_BROKEN', 'The counts of this frame are broken: what they were compressed to makes no sense. Copy the file anew from where it was written.')
}

/** A chunk as it lies in the file. Its bytes are at the beginning of the memory of this thread's loops, until something else is. */
export interface Chunk {
  /** Bytes of the chunk. */
  readonly length: number
  /** What the header says of the bytes of a block. */
  readonly blockBytes: number
}

/** Bytes of the header of filters 32004 and 32008 alike: how many bytes it will be (8), and how many a block (4), most significant byte first. */
export const headerBytes = 12

/** Bytes that loops may read or write beyond what they are told. */
export const slack = 16

/** A chunk in memory that threads share, so that each may decompress some of its blocks. Those are compressed by themselves. */
export interface SharedChunk {
  /** The chunk as it lies in the file. */
  readonly bytes: Uint8Array<SharedArrayBuffer>
  /** What the header says of the bytes of a block. */
  readonly blockBytes: number
  /** Bytes of a count. */
  readonly size: 2 | 4
  /** Counts that it will be. */
  readonly counts: number
}

/** Gives the memory that a chunk is to be read into. */
export function placeForChunk (length: number): Uint8Array {
  return new Uint8Array(simdWith(length + slack).memory, 0, length)
}

/** Where in that memory there is room behind a chunk. */
export function behind ({ length }: Chunk): number {
  return aligned(length + slack)
}

/** Reads a number of four bytes, most significant byte first. */
export function readUint32 (bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

/**
 * Decompresses a chunk of filter 32004.
 * @param out - gets the counts; exactly as long as they are
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressLz4 (chunk: Chunk, out: Uint8Array): void {
  const { length, blockBytes } = chunk
  const simd = simdOfThread()
  const room = behind(chunk)
  const bytes = new Uint8Array(simd.memory(room + Math.min(blockBytes, out.length) + slack))
  let at = headerBytes
  for (let done = 0; done < out.length;) {
    const size = Math.min(blockBytes, out.length - done)
    if (size <= 0 || length - at < 4) throw brokenCounts()
    const compressed = readUint32(bytes, at)
    if (compressed === size && size <= length - at - 4) {
      // Blocks that did not become smaller are stored as they are.
      at += 4
      out.set(bytes.subarray(at, at + size), done)
      at += size
    } else {
      at = simd.block(at, length, room, size)
      if (at < 0) throw brokenCounts()
      out.set(bytes.subarray(room, room + size), done)
    }
    done += size
  }
}
