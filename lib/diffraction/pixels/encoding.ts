// Pictures as JPEG, WebP and PNG. This is the one home of sharp among frames.
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { DiffractionError } from '../diffraction-error.ts'
import type { Drawing } from '../view.ts'
import type { Canvas } from './canvas.ts'

/** Formats that a canvas is written in. */
export type PictureFormat = Exclude<Drawing['format'], 'raw'>

/** What `encode` looks at of a drawing. */
export type Encoding = Pick<Drawing, 'quality' | 'chroma' | 'turn' | 'tone'> & { readonly format: PictureFormat }

/** A picture as a file. */
export interface Encoded {
  readonly bytes: Uint8Array
  readonly mediaType: 'image/jpeg' | 'image/webp' | 'image/png'
  readonly width: number
  readonly height: number
}

/** Most pixels of a side that each format can hold, as libjpeg, libwebp and libpng have it. */
const longestSides: Readonly<Record<PictureFormat, number>> = { jpeg: 65500, webp: 16383, png: 1_000_000 }

/** Makes sharp take one thread a picture, and keep none: threads are shared out, and memory is counted, elsewhere. Once a process, before the first picture. */
export function prepareEncoding (): void {
  sharp.concurrency(1)
  sharp.cache(false)
}

/**
 * Writes a canvas as a file. A canvas without colour becomes a file without: decoded, its pixels are the same.
 * @param below - rows of one grey that the picture has below the canvas
 * @throws DiffractionError TOO_LARGE where the format has no pictures of that size
 */
export async function encode (canvas: Canvas, encoding: Encoding, below = { rows: 0, grey: 255 }): Promise<Encoded> {
  const { width, height, channels, pixels } = canvas
  const { format, turn, tone } = encoding
  const longest = longestSides[format]
  if (width > longest || height + below.rows > longest) throw new DiffractionError('TOO_LARGE', `A picture in ${format} is at most ${longest} pixels wide and high: ask for a smaller one, or for another format.`)
  let picture = sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false })
  if (below.rows > 0) picture = picture.extend({ bottom: below.rows, background: { r: below.grey, g: below.grey, b: below.grey } })
  if (turn?.mirror === true) picture = picture.flop()
  if (turn !== undefined && turn.rotation !== 0) picture = picture.rotate(turn.rotation)
  if (tone === 'grey' || tone === 'bitonal') picture = picture.greyscale()
  if (tone === 'bitonal') picture = picture.threshold(128)
  if (channels === 1 || tone === 'grey' || tone === 'bitonal') picture = picture.toColourspace('b-w')
  const { data, info } = await written(picture, encoding).toBuffer({ resolveWithObject: true })
  return { bytes: data, mediaType: `image/${format}`, width: info.width, height: info.height }
}

function written (picture: Sharp, { format, quality, chroma }: Encoding): Sharp {
  switch (format) {
    // One pass over the picture instead of two: the file is larger by some per cent, its pixels are the same.
    case 'jpeg': return picture.jpeg({ quality, chromaSubsampling: chroma, optimiseCoding: false })
    // More effort makes noise hardly smaller, and takes many times as long.
    case 'webp': return picture.webp({ quality, effort: 0, smartSubsample: chroma === '4:4:4' })
    case 'png': return picture.png({ compressionLevel: 2 })
  }
}
