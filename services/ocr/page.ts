// Prepares a picture for text recognition: grey, on white, at a size at which letters are tall enough to be read and the work stays bounded.
import type { Buffer } from 'node:buffer'
import type { Picture } from '../kit/picture.ts'

/** Small pictures are enlarged towards this longest side, in pixels. Measured: print of 9 pixels becomes readable; more gives photographs more noise to be misread, and takes longer. */
const comfortableSide = 1200

/** A picture is not enlarged more than this: there is nothing in it to be seen. */
const largestScale = 4

/** Large pictures are reduced to this longest side, in pixels. */
const longestSide = 2400

/** Shortest side that can hold a line of text, in pixels after scaling. */
const shortestSide = 12

/** A picture ready for recognition. */
export interface Page {
  /** The picture as an 8-bit grey PNG. */
  png: Buffer
  /** Its width in pixels. */
  width: number
  /** Its height in pixels. */
  height: number
}

/** Prepares a picture. Gives undefined when it is too small to hold text, damaged, or takes too long to decode. */
export async function prepare (picture: Picture): Promise<Page | undefined> {
  const longest = Math.max(picture.width, picture.height)
  const scale = Math.min(largestScale, Math.max(1, comfortableSide / longest), longestSide / longest)
  const width = Math.round(picture.width * scale)
  const height = Math.round(picture.height * scale)
  if (Math.min(width, height) < shortestSide) return undefined
  try {
    const png = await picture.decode().flatten({ background: 'white' }).resize(width, height, { fit: 'fill' }).greyscale().png({ compressionLevel: 1 }).toBuffer()
    return { png, width, height }
  } catch {
    return undefined
  }
}
