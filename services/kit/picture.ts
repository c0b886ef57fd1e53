// The graphic of a request as a picture that can be decoded safely: only raster formats, only up to a number of pixels, judged before anything is decoded.
import type { Buffer } from 'node:buffer'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { decodeDataUrl } from './graphic.ts'

/** Largest picture that is decoded when the caller states no other limit: 50 million pixels, about 200 MB decoded. */
export const defaultPixelLimit = 50_000_000

/** Longest that one decoding may take, in seconds; a picture can be small and still be made to be slow. */
const decodingSeconds = 20

/** The raster formats that are read. Vector formats and documents are not: they are programs for their reader. */
export type PictureFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif'

/** A picture whose header has been read and found acceptable. */
export interface Picture {
  /** What the bytes are, whatever the data URL says. */
  format: PictureFormat
  /** Width in pixels, as a viewer shows it (EXIF orientation applied). */
  width: number
  /** Height in pixels, as a viewer shows it (EXIF orientation applied). */
  height: number
  /** Whether it has an alpha channel. */
  hasAlpha: boolean
  /** Starts a sharp pipeline on the first frame, upright, with the pixel limit and a time limit set. It rejects when the picture is damaged. */
  decode: () => Sharp
}

/**
 * Opens the graphic of a request. Gives undefined when there is none, or when it is no raster picture, is damaged, or has more than `maxPixels` pixels: in all these cases a service has nothing to say.
 * Only the header is read here.
 */
export async function openPicture (graphic: string | undefined, maxPixels = defaultPixelLimit): Promise<Picture | undefined> {
  if (graphic === undefined) return undefined
  const { bytes } = decodeDataUrl(graphic)
  const format = formatOf(bytes)
  if (format === undefined) return undefined
  const open = () => sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', pages: 1 })
  const header = await open().metadata().catch(() => undefined)
  if (header === undefined || header.width < 1 || header.height < 1 || header.width * header.height > maxPixels) return undefined
  return {
    format,
    ...header.autoOrient,
    hasAlpha: header.hasAlpha,
    decode: () => open().timeout({ seconds: decodingSeconds }).autoOrient()
  }
}

/** Tells a format by its first bytes, so that a decoder is never chosen by what the sender claims. */
function formatOf (bytes: Buffer): PictureFormat | undefined {
  const begins = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text
  if (begins('\xff\xd8\xff')) return 'jpeg'
  if (begins('\x89PNG\r\n\x1a\n')) return 'png'
  if (begins('GIF87a') || begins('GIF89a')) return 'gif'
  if (begins('RIFF') && begins('WEBP', 8)) return 'webp'
  if (begins('II*\0') || begins('MM\0*')) return 'tiff'
  if (begins('ftypavif', 4) || begins('ftypmif1', 4)) return 'avif'
  return undefined
}
