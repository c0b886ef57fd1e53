// The one interface to files with frames. Each format implements it in a file of its own.
import type { Frame } from '../frame.ts'
import type { Metadata } from '../metadata.ts'
import type { SharedChunk } from './lz4.ts'

/** A file that is open. Everything is synchronous: it is used in threads that do nothing else. */
export interface ImageFile {
  /** Name of the format, such as `hdf5`, `cbf`, `marccd`, `tiff`, `smv`. */
  readonly format: string
  /** Frames in it. */
  readonly frames: number
  /** Pixels in a row of each frame. */
  readonly width: number
  /** Rows of each frame. */
  readonly height: number
  /**
   * Files besides the one opened that a frame comes from (the data file of an HDF5 master), as `realpath` gives them; what is not there is left out.
   * They are looked up each time that the frame is asked for.
   * @param frame - its number, from 1
   */
  companions (frame: number): readonly string[]
  /**
   * What is known of a frame.
   * @param frame - its number, from 1
   */
  metadata (frame: number): Metadata
  /**
   * Pixels that do not count, where that is the same for all frames; it may be kept as long as the file does not change.
   * Undefined where the file has none, or where `read` finds them in the frame itself.
   */
  mask (): Uint8Array<SharedArrayBuffer> | undefined
  /**
   * Stands for what `mask()` gives: files where this is the same have the same mask, as all files of one detector mostly do. Found without the work of `mask()`; absent, or
   * undefined, where that cannot be.
   */
  maskContent? (): string | undefined
  /**
   * Reads a frame.
   * @param frame - its number, from 1
   * @param mask - what `mask()` gave, now or earlier
   * @param spare - memory that the pixels may be put into, as `memoryFor` of frame.ts does; what is in it is of no use
   * @throws DiffractionError FRAME_MISSING, FILE_BROKEN, TOO_LARGE
   */
  read (frame: number, mask?: Uint8Array<SharedArrayBuffer>, spare?: SharedArrayBuffer): Frame
  /**
   * Gives a frame as it is compressed, so that several threads decompress a share of it each. Absent, or undefined, where it can only be read.
   * @param frame - its number, from 1
   * @param spare - memory that it may be put into
   * @throws DiffractionError FRAME_MISSING, FILE_BROKEN, TOO_LARGE
   */
  compressed? (frame: number, spare?: SharedArrayBuffer): SharedChunk | undefined
  /** Closes the file and all that was opened with it. */
  close (): void
}

/** What a reader may do. */
export interface OpenOptions {
  /** Whether a file may be opened because another one names it (an external link of HDF5). The path is absolute and has been resolved by `realpath`. */
  readonly mayOpen: (path: string) => boolean
  /** Most pixels of a frame; a file that claims more is refused before memory is taken. */
  readonly maxPixels: number
}
