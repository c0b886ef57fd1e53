// LZ4 blocks, as https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md describes them, and the HDF5 filter 32004 that is made of them
// (https://github.com/HDFGroup/hdf5_plugins/tree/master/LZ4). Every length is checked before it is believed.
import { DiffractionError } from '../diffraction-error.ts'

/** What is thrown where compressed bytes make no sense. */
export function brokenCounts (): DiffractionError {
  return new DiffractionError('FILE_BROKEN', 'The counts of this frame are broken: what they were compressed to makes no sense. Copy the file anew from where it was written.')
}

/** From how many bytes on the memory is asked to copy: below, a loop is done sooner. */
const many = 24

/**
 * Decompresses one block. Source and target are parts of one array, which is the fastest to copy in.
 * @param area - has the block from `from` to `end`, and gets what it says from `to` on, at most until `limit`
 * @returns where what was written ends
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressBlock (area: Uint8Array, from: number, end: number, to: number, limit: number): number {
  let source = from
  let target = to
  while (source < end) {
    const token = area[source++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let more
      do {
        if (source >= end) throw brokenCounts()
        more = area[source++] as number
        literals += more
      } while (more === 255)
    }
    if (literals > end - source || literals > limit - target) throw brokenCounts()
    if (literals < many) {
      for (const stop = source + literals; source < stop;) area[target++] = area[source++] as number
    } else {
      area.copyWithin(target, source, source + literals)
      source += literals
      target += literals
    }
    // The last sequence is literals only.
    if (source === end) return target

    if (end - source < 2) throw brokenCounts()
    const offset = (area[source] as number) | (area[source + 1] as number) << 8
    source += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more
      do {
        if (source >= end) throw brokenCounts()
        more = area[source++] as number
        length += more
      } while (more === 255)
    }
    if (offset === 0 || offset > target - to || length > limit - target) throw brokenCounts()
    const stop = target + length
    if (length < many) {
      while (target < stop) {
        area[target] = area[target - offset] as number
        target++
      }
    } else if (offset === 1) {
      area.fill(area[target - 1] as number, target, stop)
      target = stop
    } else {
      // What is copied may reach into what the copy writes: then it repeats, in pieces that double.
      const start = target - offset
      while (target < stop) {
        const piece = Math.min(target - start, stop - target)
        area.copyWithin(target, start, start + piece)
        target += piece
      }
    }
  }
  return target
}

/** A chunk as it lies in the file, with room behind it in the same array. */
export interface Chunk {
  readonly area: Uint8Array
  /** Bytes of the chunk, from the first of `area`. */
  readonly length: number
  /** Where the room begins, a multiple of 4. */
  readonly room: number
  /** What the header says of the bytes of a block, and the room there is for one. */
  readonly blockBytes: number
}

/** Bytes of the header of filters 32004 and 32008 alike: how many bytes it will be (8), and how many a block (4), most significant byte first. */
export const headerBytes = 12

/** Reads a number of four bytes, most significant byte first. */
export function readUint32 (bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

/**
 * Decompresses a chunk of filter 32004.
 * @param out - gets the counts; exactly as long as they are
 * @throws DiffractionError FILE_BROKEN
 */
export function decompressLz4 ({ area, length, room, blockBytes }: Chunk, out: Uint8Array): void {
  let at = headerBytes
  for (let done = 0; done < out.length;) {
    const size = Math.min(blockBytes, out.length - done)
    if (size <= 0 || length - at < 4) throw brokenCounts()
    const compressed = readUint32(area, at)
    at += 4
    if (compressed > length - at) throw brokenCounts()
    if (compressed === size) {
      // Blocks that did not become smaller are stored as they are.
      out.set(area.subarray(at, at + size), done)
    } else {
      if (decompressBlock(area, at, at + compressed, room, room + size) !== room + size) throw brokenCounts()
      out.set(area.subarray(room, room + size), done)
    }
    at += compressed
    done += size
  }
}
