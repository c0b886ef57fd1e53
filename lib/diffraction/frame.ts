// A frame: what a detector counted during one exposure, as it comes out of a file.

/**
 * Counts of one exposure. The memory is shared, so that threads read it without a copy.
 *
 * A count that is the largest of its type (65535, or 4294967295) is an overload: the detector could not count further. Readers see to that: what a format marks
 * otherwise, or counts of 8 bits, they write so.
 */
export interface Frame {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** Counts, row by row from the first row of the file. */
  readonly pixels: Uint16Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer>
  /** 1 for each pixel that does not count (a gap between modules, a broken pixel), 0 for the others, in the order of `pixels`; undefined where all count. */
  readonly mask: Uint8Array<SharedArrayBuffer> | undefined
}

/** The count that stands for an overload in pixels of that type. */
export function overloadOf ({ BYTES_PER_ELEMENT }: Frame['pixels']): number {
  return BYTES_PER_ELEMENT === 2 ? 0xffff : 0xffffffff
}

/**
 * Memory for so many bytes: what is spare, where that is large enough without being much too large, else new. Large frames would otherwise leave memory behind faster than
 * all threads get to see that it is free.
 */
export function memoryFor (bytes: number, spare: SharedArrayBuffer | undefined): SharedArrayBuffer {
  return spare !== undefined && fits(spare, bytes) ? spare : new SharedArrayBuffer(bytes)
}

/** Whether memory is large enough for so many bytes, and not too large to be used for them. */
export function fits ({ byteLength }: SharedArrayBuffer, bytes: number): boolean {
  return byteLength >= bytes && byteLength <= bytes * 1.25
}

/** Where a frame is. */
export interface FrameSource {
  /** Path of the file: absolute, or below the first folder that its reader may look into. For HDF5 that of the master. */
  readonly file: string
  /** Number of the frame in it, from 1. */
  readonly frame: number
}

/** What the file system says of a file: another file, or the same one rewritten, has another one. */
export interface FileIdentity {
  /** Number of the device. */
  readonly device: number
  /** Number of the inode. */
  readonly inode: number
  /** Time of the last change, in nanoseconds since 1970, as decimal digits. */
  readonly modified: string
  /** Bytes. */
  readonly size: number
  /** Stands for the other files that a frame comes from, and what they are now; undefined where there are none. */
  readonly companions?: string
}
