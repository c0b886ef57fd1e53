// Turns a tactile drawing into the pins that a refreshable display would raise, by drawing it and looking at the ink.
import sharp from 'sharp'

/** Pixels along the side of a pin's square. */
const detail = 10

/** The pins of a drawing. */
export interface Pins {
  columns: number
  rows: number
  /** Whether at least half of the pin's square has ink. */
  isRaised: (column: number, row: number) => boolean
  /** How many pins of a rectangle, edges included, are raised. */
  count: (left: number, top: number, right: number, bottom: number) => number
  /** The drawing as text, one character a pin. */
  text: string
}

/** Draws an SVG document whose units are pins of 2.5 mm; rejects when it is not valid XML or no SVG. */
export async function pinsOf (svg: string): Promise<Pins> {
  const [, width = '', height = ''] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  const columns = Math.floor(Number(width))
  const rows = Math.floor(Number(height))
  const sized = svg.replace(/ width="[\d.]+mm" height="[\d.]+mm"/, ` width="${Number(width) * detail}" height="${Number(height) * detail}"`)
  const { data, info } = await sharp(Buffer.from(sized))
    .flatten({ background: 'white' }).greyscale().raw().toBuffer({ resolveWithObject: true })
  function isRaised (column: number, row: number): boolean {
    let ink = 0
    for (let y = row * detail; y < (row + 1) * detail; y++) {
      for (let x = column * detail; x < (column + 1) * detail; x++) ink += 255 - (data[y * info.width * info.channels + x * info.channels] ?? 255)
    }
    return ink >= 255 * detail * detail * 0.48
  }
  const grid = Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => isRaised(column, row)))
  return {
    columns,
    rows,
    isRaised: (column, row) => grid[row]?.[column] ?? false,
    count: (left, top, right, bottom) => grid.slice(top, bottom + 1).flatMap((line) => line.slice(left, right + 1)).filter((raised) => raised).length,
    text: grid.map((line) => line.map((raised) => raised ? '●' : '·').join('')).join('\n')
  }
}

/** Gives the braille of a drawing, line by line, as Unicode cells. */
export function brailleOf (svg: string): string[] {
  return [...svg.matchAll(/data-braille="([^"]*)"/g)].map(([, cells = '']) => cells)
}

/** Gives the value of an attribute of every element that has it. */
export function attributesOf (svg: string, name: string): string[] {
  return [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)
}
