// What files with one frame have in common.
import { DiffractionError } from '../diffraction-error.ts'
import type { Frame } from '../frame.ts'
import type { Metadata } from '../metadata.ts'
import type { ByteFile } from './byte-file.ts'
import type { FrameSize } from './counts.ts'
import type { ImageFile } from './image-file.ts'

/** What a reader knows once it has read the header. */
export interface SingleFrame extends FrameSize {
  readonly format: string
  readonly metadata: Metadata
  /** Reads the frame, into spare memory where that fits. @throws DiffractionError FILE_BROKEN */
  readonly read: (spare: SharedArrayBuffer | undefined) => Frame
}

/** Makes an image file of a header that was read. It closes the file. */
export function singleFrame (file: ByteFile, { format, width, height, metadata, read }: SingleFrame): ImageFile {
  const check = (frame: number) => {
    if (frame !== 1) throw new DiffractionError('FRAME_MISSING', `The file has no frame ${frame}: it has one alone.`)
  }
  return {
    format,
    frames: 1,
    width,
    height,
    companions: () => [],
    metadata (frame) {
      check(frame)
      return metadata
    },
    mask: () => undefined,
    read (frame, _mask, spare) {
      check(frame)
      return read(spare)
    },
    close () { file.close() }
  }
}
