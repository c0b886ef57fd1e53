// Texts in pictures: the band with a label above one, and letters anywhere.
import { Buffer } from 'node:buffer'
import type { Colour } from '../view.ts'
import type { Canvas } from './canvas.ts'
import { characterHeight, characterWidth, firstCharacter, glyphs } from './font.ts'

/** Longest label, in bytes of UTF-8, the number of the frame included. */
const longest = 63

/** Highest band of a label, in pixels. */
export const highestLabel = 64

/**
 * The text of a label: with the number of the frame behind it, unless the file has only one. A text that is too long loses its end, and so the number, as with the LS-CAT
 * image server.
 */
export function labelText (text: string, frame: number, firstFrame: number, lastFrame: number): string {
  return firstFrame === lastFrame ? text : `${text} ${frame}`
}

/** Puts a white band with a text in black above a picture; without a height, or a text, the picture stays as it is. */
export function addLabel (canvas: Canvas, text: string, height: number): Canvas {
  const band = Math.min(Math.max(0, Math.trunc(height)), highestLabel)
  if (band === 0 || text === '') return canvas
  const { width, channels } = canvas
  const pixels = new Uint8Array((canvas.height + band) * width * channels)
  pixels.fill(255, 0, band * width * channels)
  drawText({ width, height: band, channels, pixels: pixels.subarray(0, band * width * channels) }, 0, 0, text, [0, 0, 0])
  pixels.set(canvas.pixels, band * width * channels)
  return { width, height: canvas.height + band, channels, pixels }
}

/**
 * Draws a text in the X11 font 9x15 bold. What reaches beyond the canvas is cut off; characters that are not ASCII, and those of control, are left out.
 * @param x - left edge of the first character
 * @param y - upper edge
 */
export function drawText ({ width, height, channels, pixels }: Canvas, x: number, y: number, text: string, colour: Colour): void {
  let left = Math.round(x)
  const top = Math.round(y)
  for (const code of Buffer.from(text.slice(0, longest)).subarray(0, longest)) {
    if (code < firstCharacter || code > 127) continue
    const glyph = glyphs[code - firstCharacter] ?? '0'.repeat(3 * characterHeight)
    for (let row = 0; row < characterHeight; row++) {
      const bits = Number.parseInt(glyph.slice(row * 3, row * 3 + 3), 16)
      for (let column = 0; column < characterWidth; column++) {
        const [toX, toY] = [left + column, top + row]
        if ((bits >> (characterWidth - 1 - column) & 1) === 0 || toX < 0 || toX >= width || toY < 0 || toY >= height) continue
        for (let channel = 0; channel < channels; channel++) pixels[(toY * width + toX) * channels + channel] = colour[channel]!
      }
    }
    left += characterWidth
  }
}
