// Pictures without a frame. They take no file and nobody's rights, so they are drawn where requests come in: few at a time, off the main loop.
import pLimit from 'p-limit'
import { DiffractionError } from '../diffraction-error.ts'
import type { DrawnPicture } from '../pixels/picture.ts'
import type { Drawing } from '../view.ts'

/**
 * Draws a picture that stands for none.
 * @param size - pixels in a row, and rows
 * @throws DiffractionError CANCELLED where the signal aborts before there is a turn
 */
export type DrawBlank = (size: number, drawing: Drawing, signal: AbortSignal | undefined) => Promise<DrawnPicture>

/** Makes what draws blank pictures. @param most - drawn at one time: threads that draw are those of the whole process */
export function createBlankPictures (most = 2): DrawBlank {
  const limit = pLimit(most)
  return (size, drawing, signal) => limit(async () => {
    if (signal?.aborted === true) throw new DiffractionError('CANCELLED', 'The request was given up.')
    return await drawBlank(size, drawing)
  })
}

/** Draws one at once. */
export async function drawBlank (size: number, drawing: Drawing): Promise<DrawnPicture> {
  // Loaded where it is needed: most servers never draw anything themselves.
  const { blankPicture } = await import('../pixels/picture.ts')
  return await blankPicture(size, drawing)
}
