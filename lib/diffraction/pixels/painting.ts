// Counts become shades of grey, or colours.
import type { Colour, Drawing, Reduced } from '../view.ts'
import type { Canvas } from './canvas.ts'
import type { Levels } from './levels.ts'
import { coloursOf } from './palettes.ts'
import { overloadIn, stretch } from './statistics.ts'

/** What `paint` looks at of a drawing. */
export type Paint = Pick<Drawing, 'scale' | 'invert' | 'palette' | 'overloadColour' | 'maskColour'>

/** Counts below this one have their shades looked up where the others are black. */
const listed = 0x10000

/**
 * Paints a reduced frame: high counts dark, unless inverted, and the shades between black and white by the scale.
 * @param inColour - whether there are to be three channels even where all is grey, because something coloured comes on top
 */
export function paint (reduced: Reduced, drawing: Paint, levels: Levels, inColour = false): Canvas {
  const { width, height, pixels, mask, statistics } = reduced
  const { overloadColour, maskColour, palette } = drawing
  const isColourful = inColour || palette !== 'grey' || (statistics.saturated > 0 && !isGrey(overloadColour)) || (mask !== undefined && maskColour !== undefined && !isGrey(maskColour))
  const channels = isColourful ? 3 : 1
  const painted = new Uint8Array(pixels.length * channels)
  const shade = shader(pixels, drawing, levels)
  if (isColourful) {
    const shaded = new Uint8Array(stretch)
    const colours = Int32Array.from(coloursOf(palette), ([red, green, blue]) => red | green << 8 | blue << 16)
    const words = new Int32Array(painted.buffer, 0, painted.length >> 2)
    for (let from = 0; from < pixels.length; from += stretch) {
      const to = Math.min(from + stretch, pixels.length)
      shade(from, to, shaded, 0)
      colourShades(shaded, to - from, colours, words, painted, from)
    }
  } else for (let from = 0; from < pixels.length; from += stretch) shade(from, Math.min(from + stretch, pixels.length), painted, from)
  if (statistics.saturated > 0) paintWhere(pixels, overloadIn(pixels), overloadColour, channels, painted)
  if (mask !== undefined && maskColour !== undefined) paintWhere(mask, 1, maskColour, channels, painted)
  return { width, height, channels, pixels: painted }
}

/** Gives a function that writes down the shades of some pixels. */
function shader (pixels: Reduced['pixels'], drawing: Paint, levels: Levels): (from: number, to: number, shaded: Uint8Array, place: number) => void {
  const shadeOf = shades(drawing, levels)
  if (pixels instanceof Float32Array || levels.black > listed) return (from, to, shaded, place) => shadeOneByOne(pixels, from, to, shadeOf, shaded, place)
  const table = new Uint8Array(listed + 1).fill(shadeOf(levels.black))
  for (let count = 0; count < levels.black; count++) table[count] = shadeOf(count)
  return (from, to, shaded, place) => shadeCounts(pixels, from, to, table, shaded, place)
}

/** The shade of a count, 0 to 255. */
function shades ({ scale, invert }: Paint, { black, white }: Levels): (count: number) => number {
  const bend = scale === 'linear' ? (above: number) => above : scale === 'sqrt' ? Math.sqrt : Math.log1p
  const range = bend(black - white)
  const shade = (count: number) => {
    if (count <= white) return 255
    if (count >= black) return 0
    return Math.trunc(255 - bend(count - white) / range * 255)
  }
  return invert ? count => 255 - shade(count) : shade
}

function shadeCounts (pixels: Uint16Array | Uint32Array, from: number, to: number, table: Uint8Array, shaded: Uint8Array, place: number): void {
  for (let at = 0; at < to - from; at++) {
    const count = pixels[from + at]!
    shaded[place + at] = table[count < listed ? count : listed]!
  }
}

function shadeOneByOne (pixels: Reduced['pixels'], from: number, to: number, shadeOf: (count: number) => number, shaded: Uint8Array, place: number): void {
  for (let at = 0; at < to - from; at++) shaded[place + at] = shadeOf(pixels[from + at]!)
}

/**
 * Makes three bytes of each shade, four shades at a time.
 * @param colours - with red in the lowest byte
 * @param place - of the first pixel, a multiple of 4
 */
function colourShades (shaded: Uint8Array, length: number, colours: Int32Array, words: Int32Array, painted: Uint8Array, place: number): void {
  let at = 0
  for (let word = place / 4 * 3; at + 4 <= length; at += 4, word += 3) {
    const first = colours[shaded[at]!]!
    const second = colours[shaded[at + 1]!]!
    const third = colours[shaded[at + 2]!]!
    const fourth = colours[shaded[at + 3]!]!
    words[word] = first | second << 24
    words[word + 1] = second >> 8 | third << 16
    words[word + 2] = third >> 16 | fourth << 8
  }
  for (; at < length; at++) {
    const colour = colours[shaded[at]!]!
    for (let channel = 0; channel < 3; channel++) painted[(place + at) * 3 + channel] = colour >> 8 * channel
  }
}

/** Paints the pixels with a certain number. */
function paintWhere (numbers: Reduced['pixels'] | Uint8Array, number: number, colour: Colour, channels: 1 | 3, painted: Uint8Array): void {
  for (let at = numbers.indexOf(number); at >= 0; at = numbers.indexOf(number, at + 1)) {
    for (let channel = 0; channel < channels; channel++) painted[at * channels + channel] = colour[channel]!
  }
}

function isGrey ([red, green, blue]: Colour): boolean {
  return red === green && green === blue
}
