// The sheet that a tactile drawing is made on: a grid of pins. It knows which pins are raised already, keeps things apart, and finds room for braille.
//
// Why a grid of pins: a refreshable tactile display such as the Monarch has 96 × 40 pins, and draws ten lines of 32 braille cells with them: a cell takes
// 3 × 4 pins with the space around it. A drawing on this grid is exact there, and 2.5 mm between pins, which is about the distance of dots in a cell
// (2.34 mm; Braille Authority of North America, Size and Spacing of Braille Characters), makes its braille legible on embossed or swell paper too.
import { blank } from './braille.ts'
import { element, svgDocument } from './svg.ts'
import type { Attributes, SvgOptions } from './svg.ts'

/** Columns of pins of the largest sheet. */
export const mostColumns = 96

/** Rows of pins of the largest sheet. */
export const mostRows = 40

/** Millimetres between the middles of two pins. */
export const pitch = 2.5

/** Pins that a braille cell takes in width, with the space to the next one, and in height, without. */
export const cell = { width: 3, height: 3 }

/** A pin: column from the left, row from the top, both from 0. */
export interface Pin {
  column: number
  row: number
}

/** A rectangle of pins, its edges included. */
export interface PinRectangle {
  left: number
  top: number
  right: number
  bottom: number
}

/** A sheet that is being drawn on. */
export interface Sheet {
  readonly columns: number
  readonly rows: number
  /** Gives whether a pin has none that is raised beside it, also diagonally, and is not raised itself. */
  isClear: (pin: Pin) => boolean
  /** Gives whether a rectangle lies on the sheet and is empty, with at least one pin around it. */
  isFree: (rectangle: PinRectangle) => boolean
  /** Notes that pins are raised; those off the sheet are ignored. */
  raise: (pins: Iterable<Pin>) => void
  /** Adds an element to the drawing; its pins are noted with `raise`. */
  draw: (name: string, attributes: Attributes, pins: Iterable<Pin>) => void
  /** Writes a line of braille cells at the first of these places (upper left pins) that is free, and gives that place. */
  write: (cells: string, places: Iterable<Pin>) => Pin | undefined
  /** Gives the drawing as an SVG document. */
  toSvg: (words: Pick<SvgOptions, 'title' | 'description' | 'language'>) => string
}

/** Gives the width in pins of a line of braille. */
export function brailleWidth (cells: string): number {
  return cells.length * cell.width - 1
}

/** Gives the pins of a line of braille whose upper left pin is there: dots 1 to 3 down the left of a cell, 4 to 6 down its right. */
export function braillePins (cells: string, { column, row }: Pin): Pin[] {
  return [...cells].flatMap((character, index) => {
    const dots = (character.codePointAt(0) ?? 0) - 0x2800
    return [0, 1, 2, 3, 4, 5]
      .filter((dot) => (dots >> dot & 1) === 1)
      .map((dot) => ({ column: column + index * cell.width + (dot < 3 ? 0 : 1), row: row + dot % 3 }))
  })
}

/** Radius of a braille dot in pins: 2 mm across, a little more than paper braille has (1.6 mm), so that it fills at least half of a pin's square when the drawing is turned into pins. */
const dotRadius = 0.4

/**
 * Makes an empty sheet of a size in pins; a sheet may be a fraction of a pin wider than its grid.
 * Nothing on it comes closer than one lowered pin to anything else, which is 5 mm from middle to middle: the Guidelines and Standards for Tactile Graphics
 * of the Braille Authority of North America (2010) ask for 1/8 inch (3.2 mm) between parts, so that a finger can tell them apart.
 */
export function createSheet (width: number, height: number): Sheet {
  const columns = Math.floor(width)
  const rows = Math.floor(height)
  const raised = new Uint8Array(columns * rows)
  const elements: string[] = []

  const isOn = (column: number, row: number) => column >= 0 && row >= 0 && column < columns && row < rows
  const isRaised = (column: number, row: number) => isOn(column, row) && raised[row * columns + column] === 1

  function isEmpty (rectangle: PinRectangle): boolean {
    for (let row = rectangle.top; row <= rectangle.bottom; row++) {
      for (let column = rectangle.left; column <= rectangle.right; column++) {
        if (isRaised(column, row)) return false
      }
    }
    return true
  }

  function raise (pins: Iterable<Pin>): void {
    for (const { column, row } of pins) {
      if (isOn(column, row)) raised[row * columns + column] = 1
    }
  }

  const isFree: Sheet['isFree'] = ({ left, top, right, bottom }) =>
    isOn(left, top) && isOn(right, bottom) && isEmpty({ left: left - 1, top: top - 1, right: right + 1, bottom: bottom + 1 })

  return {
    columns,
    rows,
    isFree,
    raise,
    isClear: ({ column, row }) => isEmpty({ left: column - 1, top: row - 1, right: column + 1, bottom: row + 1 }),

    draw (name, attributes, pins) {
      elements.push(element(name, attributes))
      raise(pins)
    },

    write (cells, places) {
      if (cells.replaceAll(blank, '') === '') return undefined
      const right = brailleWidth(cells) - 1
      for (const { column, row } of places) {
        if (!isFree({ left: column, top: row, right: column + right, bottom: row + cell.height - 1 })) continue
        const pins = braillePins(cells, { column, row })
        const dots = pins.map((pin) => element('circle', { cx: pin.column + 0.5, cy: pin.row + 0.5, r: dotRadius })).join('')
        // Hidden from screen readers, which read the name of the thing itself.
        elements.push(element('g', { fill: '#000', stroke: 'none', 'aria-hidden': 'true', 'data-braille': cells }, dots))
        // The whole line is taken, so that nothing is drawn between its dots.
        raise(rectanglePins({ left: column, top: row, right: column + right, bottom: row + cell.height - 1 }))
        return { column, row }
      }
      return undefined
    },

    toSvg: (words) => svgDocument({ ...words, width, height, pitch }, elements.join(''))
  }
}

/** Gives all pins of a rectangle. */
export function rectanglePins ({ left, top, right, bottom }: PinRectangle): Pin[] {
  return Array.from({ length: bottom - top + 1 }, (_, y) => Array.from({ length: right - left + 1 }, (_, x) => ({ column: left + x, row: top + y }))).flat()
}
