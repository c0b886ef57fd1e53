// Opens files of frames as threads do, for tests.
import { openImageFile } from '../../lib/diffraction/formats/open.ts'
import type { ImageFile, OpenOptions } from '../../lib/diffraction/formats/image-file.ts'
import type { Frame } from '../../lib/diffraction/frame.ts'
import type { MetadataValue } from '../../lib/diffraction/metadata.ts'

/** What a file is, and its first frame. */
export interface Opened extends Pick<ImageFile, 'format' | 'frames' | 'width' | 'height'> {
  /** Values of the metadata by name. */
  readonly values: Record<string, MetadataValue>
  readonly units: Record<string, string>
  readonly kinds: Record<string, string>
  readonly frame: Frame
  readonly counts: number[]
  /** 1 where a pixel does not count; undefined where all do. */
  readonly masked: number[] | undefined
}

/** Opens a file, reads one frame, and closes it. */
export async function opened (file: string, options: Partial<OpenOptions> & { frame?: number, spare?: SharedArrayBuffer } = {}): Promise<Opened> {
  const image = await openImageFile(file, { mayOpen: () => true, maxPixels: 100_000_000, ...options })
  try {
    const number = options.frame ?? 1
    const metadata = Object.entries(image.metadata(number))
    const frame = image.read(number, image.mask(), options.spare)
    return {
      format: image.format,
      frames: image.frames,
      width: image.width,
      height: image.height,
      values: Object.fromEntries(metadata.map(([name, { value }]) => [name, value])),
      units: Object.fromEntries(metadata.flatMap(([name, { unit }]) => unit === undefined ? [] : [[name, unit]])),
      kinds: Object.fromEntries(metadata.map(([name, { kind }]) => [name, kind])),
      frame,
      counts: [...frame.pixels],
      masked: frame.mask && [...frame.mask]
    }
  } finally {
    image.close()
  }
}
