// From a reduced frame to a picture in a file: levels, paint, what is drawn on top, label, encoding.
import type { Drawing, Reduced } from '../view.ts'
import type { Canvas } from './canvas.ts'
import { encode } from './encoding.ts'
import type { Rows } from './jpeg-shares.ts'
import { addLabel } from './label.ts'
import { levelsOf } from './levels.ts'
import type { Levels } from './levels.ts'
import { paint } from './painting.ts'
import type { Room } from './painting.ts'

/** A picture in a file, or the pixels of one. */
export interface DrawnPicture {
  readonly bytes: Uint8Array
  readonly mediaType: 'image/jpeg' | 'image/webp' | 'image/png' | 'application/octet-stream'
  /** Pixels of the picture, its label included. */
  readonly width: number
  readonly height: number
  /** Counts that are white and black in it. */
  readonly levels: Levels
  /** Bits of a pixel where `bytes` are raw: 16, 32, or -32 for float. */
  readonly depth: 16 | 32 | -32
}

/** Grey of a picture without a frame. */
const blankGrey = 240

/**
 * Draws a reduced frame.
 * @param how.rows - those to draw: all, or a share of them that is joined to others
 * @param how.overlay - draws over the painted frame, before there is a label
 * @param how.room - gives memory to paint in, which is free again when the picture is there
 * @throws DiffractionError TOO_LARGE where its format has no pictures of that size
 */
export async function drawPicture (reduced: Reduced, drawing: Drawing, { rows = [0, reduced.height], overlay, room }: { rows?: Rows, overlay?: ((canvas: Canvas) => void) | undefined, room?: Room } = {}): Promise<DrawnPicture> {
  const levels = levelsOf(reduced, drawing)
  const depth = depthOf(reduced.pixels)
  const { format } = drawing
  if (format === 'raw') return { bytes: rawBytes(reduced.pixels), mediaType: 'application/octet-stream', width: reduced.width, height: reduced.height, levels, depth }
  const canvas = paint(rowsOf(reduced, rows), drawing, levels, overlay !== undefined, room)
  overlay?.(canvas)
  return { ...await encode(labelled(canvas, drawing), { ...drawing, format }), levels, depth }
}

/**
 * The picture that stands for none: grey, as wide as high. Most of it is filled by threads of sharp, since it is asked of processes that must not stop for it.
 * @throws DiffractionError TOO_LARGE where its format has no pictures of that size
 */
export async function blankPicture (size: number, drawing: Drawing): Promise<DrawnPicture> {
  const canvas: Canvas = { width: size, height: 1, channels: 1, pixels: new Uint8Array(size).fill(blankGrey) }
  const format = drawing.format === 'raw' ? 'png' : drawing.format
  const picture = await encode(labelled(canvas, drawing), { ...drawing, format }, { rows: size - 1, grey: blankGrey })
  return { ...picture, levels: { white: 0, black: 0 }, depth: 16 }
}

function rowsOf (reduced: Reduced, [from, to]: Rows): Reduced {
  const { width, height, pixels, mask } = reduced
  if (from === 0 && to === height) return reduced
  return { ...reduced, height: to - from, pixels: pixels.subarray(from * width, to * width), mask: mask?.subarray(from * width, to * width) }
}

function labelled (canvas: Canvas, { label }: Drawing): Canvas {
  return label === undefined ? canvas : addLabel(canvas, label.text, label.height)
}

function depthOf (pixels: Reduced['pixels']): 16 | 32 | -32 {
  if (pixels instanceof Float32Array) return -32
  return pixels instanceof Uint16Array ? 16 : 32
}

/** A copy of the bytes of pixels, for another process. The machines that this runs on are little-endian, as the bytes are to be. */
function rawBytes (pixels: Reduced['pixels']): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength).slice()
}
