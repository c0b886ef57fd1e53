// Counts become shades of grey, or colours.
import { aligned, simdOfThread } from '../simd/simd.ts'
import type { Colour, Drawing, Reduced } from '../view.ts'
import type { Canvas } from './canvas.ts'
import type { Levels } from './levels.ts'
import { coloursOf } from './palettes.ts'
import { overloadIn, stretch } from './statistics.ts'

/** What `paint` looks at of a drawing. */
export type Paint = Pick<Drawing, 'scale' | 'invert' | 'palette' | 'overloadColour' | 'maskColour'>

/** Gives memory for so many bytes, whatever is in it. */
export type Room = (bytes: number) => Uint8Array<ArrayBuffer>

/** Up to this count colours are listed, where all others are black. */
const listed = 0x10000

/**
 * Paints a reduced frame: high counts dark, unless inverted, and the shades between black and white by the scale.
 * @param inColour - whether there are to be three channels even where all is grey, because something coloured comes on top
 * @param room - gives memory for so many bytes, whatever is in it
 */
export function paint (reduced: Reduced, drawing: Paint, levels: Levels, inColour = false, room: Room = bytes => new Uint8Array(bytes)): Canvas {
  const { width, height, pixels, mask, statistics } = reduced
  const { overloadColour, maskColour, palette } = drawing
  const isColourful = inColour || palette !== 'grey' || (statistics.saturated > 0 && !isGrey(overloadColour)) || (mask !== undefined && maskColour !== undefined && !isGrey(maskColour))
  const channels = isColourful ? 3 : 1
  const painted = room(pixels.length * channels)
  const shadeOf = shades(drawing, levels)
  // With red in the lowest byte.
  const colours = Int32Array.from(coloursOf(palette), ([red, green, blue]) => red | green << 8 | blue << 16)
  if (pixels instanceof Float32Array || levels.black > listed) {
    for (let from = 0; from < pixels.length; from += stretch) paintOneByOne(pixels, from, Math.min(from + stretch, pixels.length), shadeOf, colours, channels, painted)
    if (statistics.saturated > 0) paintWhere(pixels, overloadIn(pixels), 0, overloadColour, channels, painted)
  } else {
    const overloads = statistics.saturated > 0 ? { number: overloadIn(pixels), colour: overloadColour } : undefined
    paintListed(pixels, Int32Array.from({ length: levels.black + 1 }, (_, count) => colours[shadeOf(count)]!), overloads, channels, painted)
  }
  if (mask !== undefined && maskColour !== undefined) paintWhere(mask, 1, 0, maskColour, channels, painted)
  return { width, height, channels, pixels: painted }
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

/** Paints counts whose colours are listed, the last of them for all counts from there on, and overloads. */
function paintListed (pixels: Uint16Array | Uint32Array, list: Int32Array, overloads: { number: number, colour: Colour } | undefined, channels: 1 | 3, painted: Uint8Array): void {
  const simd = simdOfThread()
  const at = aligned(list.byteLength)
  const out = at + 4 * stretch
  const memory = simd.memory(out + channels * stretch + 4)
  new Int32Array(memory, 0, list.length).set(list)
  const counts = new Uint32Array(memory, at, stretch)
  const made = new Uint8Array(memory, out, channels * stretch)
  for (let from = 0; from < pixels.length; from += stretch) {
    const some = pixels.subarray(from, from + stretch)
    counts.set(some)
    simd.colours(at, at + 4 * some.length, 0, list.length - 1, channels, out)
    painted.set(made.subarray(0, channels * some.length), channels * from)
    // Here rather than in the pixels themselves: memory that threads share is searched slowly.
    if (overloads !== undefined) paintWhere(counts.subarray(0, some.length), overloads.number, from, overloads.colour, channels, painted)
  }
}

function paintOneByOne (pixels: Reduced['pixels'], from: number, to: number, shadeOf: (count: number) => number, colours: Int32Array, channels: 1 | 3, painted: Uint8Array): void {
  for (let at = from; at < to; at++) {
    const colour = colours[shadeOf(pixels[at]!)]!
    for (let channel = 0; channel < channels; channel++) painted[at * channels + channel] = colour >> 8 * channel
  }
}

/** Paints the pixels with a certain number; `first` is the place of the first. */
function paintWhere (numbers: Uint16Array | Uint32Array | Float32Array | Uint8Array, number: number, first: number, colour: Colour, channels: 1 | 3, painted: Uint8Array): void {
  for (let at = numbers.indexOf(number); at >= 0; at = numbers.indexOf(number, at + 1)) {
    for (let channel = 0; channel < channels; channel++) painted[(first + at) * channels + channel] = colour[channel]!
  }
}

function isGrey ([red, green, blue]: Colour): boolean {
  return red === green && green === blue
}
