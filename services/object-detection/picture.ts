// From the graphic of a request to the square of pixels that the detector looks at.
import { openPicture } from '../kit/picture.ts'

/** Side of the square that the detector looks at, in pixels. */
export const side = 512

/** A picture fitted into the square without distortion, with black bars on two sides where it is not square. */
export interface Letterbox {
  /** The square: rows from the top, three bytes (red, green, blue) a pixel, `side` × `side` × 3 bytes. */
  pixels: Uint8Array
  /** Column of the square where the picture begins. */
  left: number
  /** Row of the square where the picture begins. */
  top: number
  /** Width of the picture within the square, in pixels. */
  width: number
  /** Height of the picture within the square, in pixels. */
  height: number
}

/** Gives the size at which a picture of any size fits into the square: its longer side fills it. */
function fit (picture: { width: number, height: number }): { width: number, height: number } {
  const scale = side / Math.max(picture.width, picture.height)
  return { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) }
}

/**
 * Fits the graphic of a request (a data URL) into the square: upright, on white where it is transparent, the first frame of an animation. Decoding
 * happens on libvips' threads, not on the event loop. Gives undefined when there is no graphic, or it is no raster picture, is damaged or holds more
 * than 50 million pixels.
 */
export async function letterbox (graphic: string | undefined): Promise<Letterbox | undefined> {
  const picture = await openPicture(graphic)
  if (picture === undefined) return undefined
  const { width, height } = fit(picture)
  const left = Math.floor((side - width) / 2)
  const top = Math.floor((side - height) / 2)
  const pixels = await picture.decode()
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    // Black bars, and bytes as they are: how the model's makers prepare pictures (https://github.com/610265158/mobilenetv3_centernet).
    .extend({ left, top, right: side - width - left, bottom: side - height - top, background: 'black' })
    .removeAlpha()
    .raw()
    .toBuffer()
    // What libvips refuses is a graphic that nobody can look at; that is no failure of this service.
    .catch(() => undefined)
  return pixels?.length === side * side * 3 ? { pixels, left, top, width, height } : undefined
}
